"""Calendar clients that write, and one that only follows sync tokens."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable
from urllib.parse import quote

from harness.dav import Answer, Client
from objects import (
    escaped, lines_of, moment, new_object, raised, sentence, value_of, with_property,
    without_extras,
)
from world import CLIENT_CELLS, CRM_WRITERS, SHARED_CELLS, USERS, Durable, World

#: Answers after which a request is made again: nothing was done.
REFUSALS = (429, 503)
#: Answers of the web server when a worker ended while it was at work: anything may have been done.
LOST = (502, 504)


class Unknown(Exception):
    """No answer: the request may have been carried out or not."""


class Visitor:
    """One connection for each user, with what this client believes the calendars hold."""

    def __init__(self, world: World, base: str, passwords: dict[str, str]) -> None:
        self.world = world
        self.clients = {user: Client(base, user, passwords[user], timeout=60) for user in USERS}

    def ask(self, user: str, request: Callable[[Client], Answer]) -> Answer:
        """- Raises `Unknown`."""
        for attempt in range(200):
            try:
                answer = request(self.clients[user])
            except (OSError, http.client.HTTPException) as error:
                if not self.world.disturbed:
                    self.world.fail(f"no answer: {error!r}")
                raise Unknown from error
            if answer.status in LOST:
                if not self.world.disturbed:
                    self.world.fail(f"no answer: {answer!r}")
                raise Unknown
            if answer.status not in REFUSALS:
                if answer.status >= 500:
                    self.world.fail(f"{answer!r}")
                return answer
            self.world.count(f"client refused {answer.status}")
            time.sleep(0.05 + 0.02 * attempt)
        raise AssertionError(f"refused again and again: {answer!r}")

    def surely(self, user: str, request: Callable[[Client], Answer]) -> Answer:
        """Of a request that changes nothing: made until there is an answer."""
        deadline = time.monotonic() + 90
        while True:
            try:
                return self.ask(user, request)
            except Unknown:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def path_of(user: str, calendar: str, name: str = "") -> str:
    return f"/caldav/calendars/{user}/{calendar}/{quote(name)}"


class Follower(threading.Thread):
    """Keeps a copy of some calendars by sync tokens alone.

    - Parameter limit: of each answer; None: everything at once.
    """

    def __init__(
        self, world: World, visitor: Visitor, calendars: list[tuple[str, str]], limit: int | None
    ) -> None:
        super().__init__(daemon=True)
        self.world = world
        self.visitor = visitor
        self.limit = limit
        self.copies: dict[tuple[str, str], dict[str, tuple[str, str]]] = {c: {} for c in calendars}
        self.tokens: dict[tuple[str, str], str] = {c: "" for c in calendars}
        self.busy = threading.Lock()

    def run(self) -> None:
        try:
            while not self.world.ended.is_set():
                self.world.going.wait()
                with self.busy:
                    for calendar in self.copies:
                        self.follow(calendar)
                time.sleep(0.05)
        except Exception as error:  # noqa: BLE001: an ended thread would look like a passed test
            self.world.fail(f"follower ended: {error!r}")
            raise

    def catch_up(self) -> None:
        """Follows each calendar until its token stays the same."""
        for calendar in self.copies:
            while self.follow(calendar):
                pass

    def follow(self, calendar: tuple[str, str]) -> bool:
        """Asks once what changed, and for the text of that.

        - Returns: whether the token moved.
        """
        user, path = calendar[0], path_of(*calendar)
        copy, token = self.copies[calendar], self.tokens[calendar]
        answer = self.visitor.surely(user, lambda c: c.sync(path, token, self.limit))
        if answer.status == 403 and token:
            self.world.count("follower begins anew")
            copy.clear()
            self.tokens[calendar] = ""
            return True
        changed = []
        for response in answer.responses.values():
            if response.href == path:
                continue
            if response.status == 404:
                copy.pop(response.name, None)
            elif copy.get(response.name, ("",))[0] != response.text("d:getetag"):
                changed.append(response.href)
        new = answer.sync_token or ""
        if token and int(new.rpartition("/")[2]) < int(token.rpartition("/")[2]):
            self.world.fail(f"the token of {path} went from {token} to {new}")
        for first in range(0, len(changed), 50):
            hrefs = changed[first:first + 50]
            got = self.visitor.surely(user, lambda c: c.multiget(path, hrefs))
            for response in got.responses.values():
                if response.status == 404:
                    copy.pop(response.name, None)
                else:
                    copy[response.name] = (
                        response.text("d:getetag") or "", response.text("c:calendar-data") or "")
        if new == token and changed:
            self.world.fail(f"{path}: changes without a new token")
        self.tokens[calendar] = new
        return new != token


class ClientWriter(threading.Thread):
    def __init__(
        self, number: int, world: World, visitor: Visitor, operations: int,
        calendars: list[tuple[str, str]],
    ) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.world = world
        self.visitor = visitor
        self.operations = operations
        self.choose = random.Random(world.seed * 100 + number)
        self.calendars = calendars
        #: Its own view, which is often old: (user, calendar, name) to (ETag, text).
        self.known: dict[tuple[str, str, str], tuple[str | None, str]] = {}
        #: The same of durable objects.
        self.durables: dict[tuple[str, str, str], tuple[str | None, str]] = {}
        #: What `crashes` was when it came to know them.
        self.seen_at: dict[tuple[str, str, str], int] = {}
        self.serial = 0
        self.busy = threading.Lock()

    def run(self) -> None:
        try:
            for turn in range(self.operations):
                self.world.going.wait()
                if self.world.ended.is_set():
                    return
                with self.busy:
                    self._one(turn)
        except Exception as error:  # noqa: BLE001: an ended thread would look like a passed test
            self.world.fail(f"client {self.number} ended: {error!r}")
            raise

    def _one(self, turn: int) -> None:
        kinds = {
            self.look: 4, self.put_new: 8, self.put_known: 16, self.put_blind: 8, self.delete: 7,
            self.private: 18, self.durable: 30, self.copy: 1,
        }
        if turn == 0:
            return self.look()
        kind = self.choose.choices(list(kinds), list(kinds.values()))[0]
        try:
            kind()
            self.world.count(f"client {kind.__name__}")
        except Unknown:
            self.world.count("client without answer")

    # Anybody's objects

    def look(self) -> None:
        """Lists a calendar and takes some of it for its own view."""
        user, calendar = self.choose.choice(self.calendars)
        path = path_of(user, calendar)
        listed = self.visitor.surely(
            user, lambda c: c.propfind(path, "d:getetag", depth="1")).responses
        hrefs = [href for href in listed if href != path]
        self.choose.shuffle(hrefs)
        if not hrefs:
            return
        got = self.visitor.surely(user, lambda c: c.multiget(path, hrefs[:40]))
        for response in got.responses.values():
            text = response.text("c:calendar-data")
            if response.status is None and text and (value_of(text, "SUMMARY") or "V")[0] == "V":
                self.known[user, calendar, response.name] = (response.text("d:getetag"), text)
        while len(self.known) > 300:
            self.known.pop(next(iter(self.known)))

    def _title(self) -> str:
        self.serial += 1
        title = f"V{self.number}-{self.serial} {self.choose.choice(['', sentence(self.choose)])}"
        return title * 9 if self.choose.random() < 0.03 else title

    def _put(
        self, key: tuple[str, str, str], text: str, fields: dict[str, str] | None = None
    ) -> Answer:
        answer = self.visitor.ask(
            key[0], lambda c: c.put(path_of(*key), text, fields))
        if answer.status in (201, 204):
            self.known[key] = (answer.etag, text)
            if not answer.etag:
                self.world.fail(f"no ETag: {answer!r}")
        return answer

    def put_new(self) -> None:
        user, calendar = self.choose.choice(self.calendars)
        name = f"v{self.number}-{self.serial}.ics"
        uid = f"uid-{self.number}-{self.serial}-{self.choose.randrange(10**6)}"
        if self.choose.random() < 0.1:
            name = self.choose.choice(["Räume & more.ics", "a b.ics", "no-suffix"]) + str(self.serial)
        text = new_object(self.choose, uid, self._title())
        fields = {"If-None-Match": "*"} if self.choose.random() < 0.7 else None
        answer = self._put((user, calendar, name), text, fields)
        if answer.status not in (201, 204, 412):
            self.world.fail(f"{answer!r}\n{text}")

    def _edited(self, text: str) -> str:
        choose = self.choose
        for _ in range(choose.randrange(1, 3)):
            name = choose.choice(
                ["SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "PRIORITY", "X-MODEL", "times", "EXTRAS"])
            if name == "SUMMARY":
                text = with_property(text, name, f"SUMMARY:{escaped(self._title())}")
            elif name == "STATUS":
                text = with_property(text, name, choose.choice([None, "STATUS:CANCELLED"]))
            elif name == "PRIORITY":
                text = with_property(text, name, choose.choice([None, f"PRIORITY:{choose.randrange(10)}"]))
            elif name == "EXTRAS":
                text = without_extras(text)
            elif name == "times":
                if value_of(text, "RRULE") or "RECURRENCE-ID" in text or "DUE" in text:
                    continue
                start = moment(choose)
                for ended in ("DURATION", "DTEND"):
                    text = with_property(text, ended, None)
                text = with_property(text, "DTEND", f"DTEND:{start.replace(minute=59):%Y%m%dT%H%M%SZ}")
                text = with_property(text, "DTSTART", f"DTSTART:{start:%Y%m%dT%H%M%SZ}")
                # Without an end, too: the row may hold one that no object shows, being before the start.
                if "BEGIN:VTODO" in text or choose.random() < 0.3:
                    text = with_property(text, "DTEND", None)
            else:
                value = choose.choice([None, f"{name}:{escaped(sentence(choose))}"])
                text = with_property(text, name, value)
        if choose.random() < 0.6:
            text = raised(text)
        return text

    def put_known(self) -> None:
        """With the ETag that it knows; on 412 it fetches and tries once more, as clients do."""
        if not self.known:
            return
        key = self.choose.choice(list(self.known))
        etag, text = self.known[key]
        for _ in range(2):
            answer = self._put(key, self._edited(text), {"If-Match": etag or "*"})
            if answer.status != 412:
                break
            got = self.visitor.ask(key[0], lambda c: c.get(path_of(*key)))
            if got.status == 404:
                del self.known[key]
                return
            if answer.etag is None:
                self.world.count("412 without ETag")
            etag, text = got.etag, got.body.decode()
        self._judge(answer)

    def put_blind(self) -> None:
        if not self.known:
            return
        key = self.choose.choice(list(self.known))
        self._judge(self._put(key, self._edited(self.known[key][1])))

    def _judge(self, answer: Answer) -> None:
        # 403: another object has the UID, or the calendar's kinds do not include it.
        if answer.status not in (201, 204, 412):
            self.world.count(f"PUT {answer.status} {answer.precondition}")
            if answer.precondition is None or "no-uid-conflict" not in answer.precondition:
                self.world.fail(f"{answer!r}")

    def copy(self) -> None:
        """The same object in another calendar under the same name, as a client moves it."""
        if not self.known:
            return
        key = self.choose.choice(list(self.known))
        user, calendar = self.choose.choice(self.calendars)
        self._judge(self._put((user, calendar, key[2]), self.known[key][1]))

    def delete(self) -> None:
        if not self.known:
            return
        key = self.choose.choice(list(self.known))
        etag, _ = self.known.pop(key)
        fields = {"If-Match": etag} if etag and self.choose.random() < 0.5 else None
        answer = self.visitor.ask(key[0], lambda c: c.delete(path_of(*key), fields))
        if answer.status not in (204, 404, 412):
            self.world.fail(f"{answer!r}")

    # Objects of its own

    def private(self) -> None:
        user, calendar = self.choose.choice(self.calendars)
        name = f"p{self.number}-{self.choose.randrange(25)}.ics"
        key = (user, calendar, name)
        allowed = self.world.private.get(key, [None])
        wanted: str | None = None
        if allowed == [None] or self.choose.random() < 0.7:
            self.serial += 1
            wanted = new_object(self.choose, f"{name}@{user}", f"P{self.number}.{self.serial}")
            # A later version says so, or it would be taken for one that others have changed since.
            wanted = with_property(wanted, "SEQUENCE", f"SEQUENCE:{self.serial}")
        self.world.private[key] = [*allowed, wanted]
        kills = self.world.kills
        if wanted is None:
            answer = self.visitor.ask(user, lambda c: c.delete(path_of(*key)))
            expected = (204,) if None not in allowed else (204, 404)
        else:
            answer = self.visitor.ask(user, lambda c: c.put(path_of(*key), wanted))
            expected = {(None,): (201,)}.get(tuple(allowed), (204,) if None not in allowed else (201, 204))
        if kills != self.world.kills:
            expected = (204, 404) if wanted is None else (201, 204)
        if answer.status not in expected:
            self.world.fail(f"private {key}: {answer!r}\n{wanted}")
        self.world.private[key] = [wanted]

    # Durable objects

    def durable(self) -> None:
        durable = self.choose.choice(self.world.durables)
        mine = [c for c in CLIENT_CELLS + SHARED_CELLS if durable.writer_of(c) == self.number]
        if not mine:
            return
        key = (durable.owner, "crm-tasks", durable.name)
        is_blind = durable.is_blind and self.choose.random() < 0.7
        if key not in self.durables or self.choose.random() < 0.3:
            self._fetch(durable, key)
        for _ in range(20):
            etag, text = self.durables[key]
            new = text
            values = {}
            # Without If-Match, a value set back to a former one looks like a version that is old.
            chosen = [c for c in mine if not (is_blind and c in ("priority", "status"))]
            if not chosen:
                return
            for cell in self.choose.sample(chosen, min(len(chosen), self.choose.randrange(1, 3))):
                new, values[cell] = self._with_cell(new, cell)
            if self.choose.random() < 0.1:
                new = without_extras(new)
            # Whoever does not say what it began with raises nothing either.
            if not is_blind and self.choose.random() < 0.5:
                new = raised(new)
            before = {cell: durable.cells.get(cell, []) for cell in values}
            for cell, value in values.items():
                durable.cells[cell] = [*before[cell], value] if before[cell] else []
            fields = {"If-Match": etag or ""}
            crashes, kills = self.world.crashes, self.world.kills

            def put(client: Client) -> Answer:
                # Nobody can merge into a version that a crash took back: it has to be fetched again.
                nonlocal is_blind
                is_blind = is_blind and self.seen_at[key] == self.world.crashes
                return client.put(path_of(*key), new, None if is_blind else fields)

            answer = self.visitor.ask(key[0], put)
            if answer.status == 204:
                self.durables[key] = (answer.etag, new)
                self.seen_at[key] = crashes
                for cell, value in values.items():
                    durable.cells[cell] = [value]
                return
            # What was asked twice may have been done the first time.
            if kills == self.world.kills:
                for cell in values:
                    durable.cells[cell] = before[cell]
            if answer.status != 412 or is_blind:
                self.world.fail(f"durable: {answer!r}")
                return
            self.world.count("412")
            self._fetch(durable, key)

    def _fetch(self, durable: Durable, key: tuple[str, str, str]) -> None:
        crashes = self.world.crashes
        got = self.visitor.surely(key[0], lambda c: c.get(path_of(*key)))
        if got.status != 200:
            raise AssertionError(f"durable object is not there: {got!r}")
        self.seen_at[key] = crashes
        self.durables[key] = (got.etag, got.body.decode())

    def _with_cell(self, text: str, cell: str) -> tuple[str, str]:
        self.serial += 1
        number = f"{self.number}.{self.serial}"
        if cell == "title":
            return with_property(text, "SUMMARY", f"SUMMARY:D {number}"), f"D {number}"
        if cell == "description":
            value = f"description {number}"
            return with_property(text, "DESCRIPTION", f"DESCRIPTION:{value}"), value
        if cell == "priority":
            value, said = self.choose.choice([("low", 8), ("medium", 4), ("high", 2)])
            return with_property(text, "PRIORITY", f"PRIORITY:{said}"), value
        if cell == "status":
            value, said = self.choose.choice(
                [("pending", "TENTATIVE"), ("completed", "CONFIRMED"), ("cancelled", "CANCELLED")])
            return with_property(text, "STATUS", f"STATUS:{said}"), value
        if cell == "times":
            start = moment(self.choose)
            end = start.replace(minute=59)
            zone = ";TZID=Europe/Berlin:"
            text = with_property(text, "DTEND", f"DTEND{zone}{end:%Y%m%dT%H%M%S}")
            text = with_property(text, "DTSTART", f"DTSTART{zone}{start:%Y%m%dT%H%M%S}")
            return text, f"{start} {end}"
        return with_property(text, cell, f"{cell}:{cell} {number}"), f"{cell} {number}"
