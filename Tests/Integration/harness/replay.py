"""A client program as its server sees it, and the life that every such program leads.

`Program` is what all have in common: the requests it sends with its own fields, and the copy of a
calendar that it keeps. A client's file derives one from it that sends that client's requests, and
puts it through `Life`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

from . import icalendar
from .dav import Answer, Client, Response, clark
from .stack import Stack

CALENDAR = "{urn:ietf:params:xml:ns:caldav}calendar"
COLLECTION = "{DAV:}collection"
#: A token that no server gave out.
LOST_TOKEN = "http://sabre.io/ns/sync/2147480000"


class Program:
    """A client program over one account.

    Its methods raise `AssertionError` where that client would stop, show an error or lose
    something, although a server is free to answer so.
    """

    #: Fields of every request.
    fields: dict[str, str] = {}
    #: Whether it changes and deletes only what it has seen (If-Match); else the last one wins.
    is_conditional = True

    def __init__(self, client: Client) -> None:
        self.client = client
        #: The calendar that it keeps alike.
        self.calendar = ""
        #: What it has: ETags and texts by href, as the server spelled the href.
        self.etags: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        #: The token or ctag of the last sync.
        self.token = ""
        #: Every request sent, as `METHOD path`.
        self.sent: list[str] = []

    # What each client does in its own way

    def discover(self) -> dict[str, Response]:
        """The calendars by href, from the host's address alone."""
        raise NotImplementedError

    def open(self, calendar: str) -> None:
        """What it looks at before it syncs a calendar for the first time."""
        self.calendar = calendar

    def synchronise(self) -> None:
        """Brings `etags` and `texts` up to date, by tokens where it does not say otherwise."""
        self.synchronise_by_token()

    def ask_for_changes(self, token: str) -> Answer:
        """Its sync-collection REPORT."""
        raise NotImplementedError

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        """Its calendar-multiget REPORT."""
        raise NotImplementedError

    #: How many hrefs that has at most.
    batch = 100

    def check_member(self, href: str, response: Response) -> None:
        """What it needs of each member that changed."""

    def stored(self, href: str, text: str, answer: Answer) -> None:
        """What it does after a PUT that worked: keeps its own text under the ETag it was told."""
        assert answer.etag and answer.etag.startswith('"'), answer
        self.take(href, answer.etag, text)

    # Writing, as nearly all do it

    def create(self, name: str, text: str) -> str:
        """Stores a new object and answers its href.

        - Raises `Taken` where there is one already.
        """
        href = self.calendar + name
        answer = self.store(href, text, If_None_Match="*")
        if answer.status == 412:
            raise Taken
        assert answer.status in (200, 201, 204), answer
        self.stored(href, text, answer)
        return href

    def change(self, href: str, text: str) -> int:
        """Stores another version of an object that it has; answers the status."""
        condition = {"If_Match": self.etags[href]} if self.is_conditional else {}
        answer = self.store(href, text, **condition)
        if answer.status in (200, 201, 204):
            self.stored(href, text, answer)
        return answer.status

    def store(self, href: str, text: str, **condition: str) -> Answer:
        return self.send(
            "PUT", href, text, Content_Type="text/calendar; charset=utf-8", **condition
        )

    def remove(self, href: str) -> int:
        """Deletes an object that it has; answers the status."""
        condition = {"If_Match": self.etags[href]} if self.is_conditional else {}
        status = self.send("DELETE", href, **condition).status
        if status in (200, 204):
            self.drop([href])
        return status

    # Reading, in the two ways there are

    def synchronise_by_token(self) -> None:
        """RFC 6578: what changed since the token, and a fresh list where that is lost."""
        answer = self.ask_for_changes(self.token)
        if answer.status != 207:
            assert self.token and token_is_lost(answer), answer
            self.start_afresh()
            return
        listed = {}
        for href, response in answer.responses.items():
            if response.status == 404:
                self.drop([href])
                continue
            assert response.status is None, f"no client knows what to do with {response.status}"
            self.check_member(href, response)
            listed[href] = response.text("d:getetag") or ""
        if not self.token:
            self.drop(self.texts.keys() - listed.keys())
        self.fetch(self.stale(listed))
        assert answer.sync_token, "an answer without token is an error"
        self.token = answer.sync_token

    def start_afresh(self) -> None:
        """What it does when its token is no longer good."""
        self.token = ""
        self.synchronise_by_token()

    def synchronise_by_listing(self, listed: dict[str, str]) -> None:
        """All ETags by href: what is not listed is gone."""
        self.drop(self.texts.keys() - listed.keys())
        self.fetch(self.stale(listed))

    def fetch(self, wanted: list[str]) -> None:
        for hrefs in chunks(wanted, self.batch):
            self.keep(self.ask_for_data(hrefs))

    # What they share

    def send(
        self, method: str, path: str, body: str | bytes = b"", signed_in: bool = True,
        **fields: str | None,
    ) -> Answer:
        """- Parameter fields: `If_Match="…"` is `If-Match: …`; None leaves one out."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        merged = {
            name: value for name, value in {**self.fields, **named}.items() if value is not None
        }
        self.sent.append(f"{method} {path}")
        return self.client.request(method, path, body, merged, signed_in)

    def follow(
        self, method: str, path: str, body: str | bytes = b"", **fields: str | None
    ) -> tuple[str, Answer]:
        """Sends, goes where it is sent to, and answers that path too.

        Clients follow five redirects at most, keep method and body, and take none to another host or
        to a weaker scheme.
        """
        for _ in range(6):
            answer = self.send(method, path, body, **fields)
            if answer.status not in (301, 302, 307, 308):
                return path, answer
            location = answer.headers["Location"]
            host = f"http://{self.client.host}:{self.client.port}"
            target = urlsplit(urljoin(host + path, location))
            assert f"{target.scheme}://{target.netloc}" == host, location
            path = target.path
        raise AssertionError(f"redirects without end: {path}")

    def keep(self, answer: Answer) -> None:
        """Takes the objects of a calendar-multiget or query with calendar-data."""
        for href, response in answer.responses.items():
            assert response.status is None, f"{href} is listed and cannot be read: {answer}"
            etag, text = response.text("d:getetag"), response.text("c:calendar-data")
            assert etag and text, f"{href} without ETag or data"
            self.take(href, etag, over_the_wire(text))

    def take(self, href: str, etag: str, text: str) -> None:
        """Keeps a version that it fetched."""
        self.etags[href], self.texts[href] = etag, text

    def drop(self, hrefs: Iterable[str]) -> None:
        for href in list(hrefs):
            self.etags.pop(href, None)
            self.texts.pop(href, None)

    def stale(self, listed: dict[str, str]) -> list[str]:
        """Hrefs of a listing (ETags by href) whose text it does not have in that version."""
        return [href for href, etag in listed.items()
                if self.etags.get(href) != etag or href not in self.texts]

    def lose_token(self) -> None:
        """As after a restored backup of client or server."""
        self.token = LOST_TOKEN

    def own(self, responses: dict[str, Response], path: str) -> Response:
        """The response for the collection that was asked, found as clients find it: by its path."""
        (found,) = [
            response for href, response in responses.items()
            if unquote(urlsplit(href).path).rstrip("/") == unquote(path).rstrip("/")
        ]
        return found


def over_the_wire(text: str) -> str:
    """Calendar data as an XML parser hands it on, with the line ends that were stored."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def calendars(responses: dict[str, Response]) -> dict[str, Response]:
    """Those responses of a listing that are calendars."""
    return {
        href: response for href, response in responses.items()
        if CALENDAR in response.children("d:resourcetype")
    }


def etags(answer: Answer) -> dict[str, str]:
    """Those of a listing by href; what has none, such as the collection, is left out."""
    return {
        href: response.text("d:getetag") or "" for href, response in answer.responses.items()
        if response.text("d:getetag")
    }


def hrefs_in(response: Response, name: str) -> set[str]:
    """All hrefs inside a property."""
    value = response.found.get(clark(name))
    return set() if value is None else {href.text or "" for href in value.iter(clark("d:href"))}


def privileges(response: Response) -> set[str]:
    """Those of DAV:current-user-privilege-set, as Clark names."""
    value = response.found.get(clark("d:current-user-privilege-set"))
    return set() if value is None else {each.tag for privilege in value for each in privilege}


def chunks(hrefs: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(hrefs), size):
        yield hrefs[start:start + size]


def hrefs_xml(hrefs: Iterable[str], prefix: str = "d:") -> str:
    return "".join(
        f"<{prefix}href>{href.replace('&', '&amp;').replace('<', '&lt;')}</{prefix}href>"
        for href in hrefs
    )


def token_is_lost(answer: Answer) -> bool:
    """What DAVx5, CalDav Synchronizer, Evolution and Thunderbird all understand."""
    return answer.status == 403 and answer.precondition == "{DAV:}valid-sync-token"


#: Objects as people have them, by names that clients give.
OBJECTS = {
    "plain.ics": icalendar.event("plain@life", "Plain"),
    "with space, comma & + @ é.ics": icalendar.event("{B-1}/odd uid@life", "Odd name"),
    "weekly.ics": icalendar.calendar(
        icalendar.component(
            "VEVENT", "UID:weekly@life", "DTSTAMP:20260901T080000Z",
            "DTSTART;TZID=Europe/Berlin:20260914T090000",
            "DTEND;TZID=Europe/Berlin:20260914T100000", "RRULE:FREQ=WEEKLY;COUNT=10",
            "EXDATE;TZID=Europe/Berlin:20260928T090000", "SUMMARY:Weekly",
            "BEGIN:VALARM", "UID:alarm@life", "ACTION:DISPLAY", "DESCRIPTION:Soon",
            "TRIGGER:-PT15M", "X-APPLE-DEFAULT-ALARM:TRUE", "END:VALARM",
        ),
        icalendar.component(
            "VEVENT", "UID:weekly@life", "DTSTAMP:20260901T080000Z",
            "RECURRENCE-ID;TZID=Europe/Berlin:20260921T090000",
            "DTSTART;TZID=Europe/Berlin:20260921T110000",
            "DTEND;TZID=Europe/Berlin:20260921T120000", "SUMMARY:Later once",
        ),
    ),
    "all day.ics": icalendar.calendar(
        icalendar.component(
            "VEVENT", "UID:day@life", "DTSTAMP:20260901T080000Z", "DTSTART;VALUE=DATE:20260914",
            "DTEND;VALUE=DATE:20260916", "SUMMARY:Two days 🎈",
        )
    ),
    "todo.ics": icalendar.to_do("todo@life", "To do", "STATUS:NEEDS-ACTION", "PRIORITY:5"),
}


class Discovery:
    """From the host's address alone, through every web server."""

    program: type[Program]

    def test_finds_every_calendar(self, stack: Stack, client: Client) -> None:
        made = client.make_calendar(f"found-{uuid.uuid4().hex[:12]}")
        program = self.program(client)
        try:
            found = program.discover()
            assert {made, client.calendar("crm-tasks")} <= found.keys(), program.sent
        finally:
            client.delete(made)


class Life:
    """What happens to every client that keeps a calendar alike.

    A subclass names its `program`; it may leave out what that client cannot hold.
    """

    program: type[Program]

    @pytest.fixture
    def client(self, dav: Client) -> Client:
        """Somebody else, or the same user elsewhere; the web server makes no difference here."""
        return dav

    #: Whether its calendar holds this object of OBJECTS.
    holds = staticmethod(lambda name: True)
    #: How many objects make it fetch in several batches.
    many = 25

    @pytest.fixture
    def program_at_work(self, stack: Stack, client: Client) -> Iterator[Program]:
        """The program over a connection of its own, in a calendar of its own."""
        url = f"http://{client.host}:{client.port}{client.base_path}"
        connection = stack.client(client.user or "", url)
        path = client.make_calendar(f"life-{uuid.uuid4().hex[:12]}")
        program = self.program(connection)
        program.open(path)
        yield program
        client.delete(path)
        connection.close()

    def fill(self, client: Client, program: Program) -> None:
        """What others stored before."""
        for name, text in OBJECTS.items():
            if self.holds(name):
                put(client, program.calendar, name, text)

    # Reading

    def test_first_sync_of_an_empty_calendar(self, program_at_work: Program) -> None:
        program_at_work.synchronise()
        assert program_at_work.texts == {}

    def test_first_sync_brings_everything(self, client: Client, program_at_work: Program) -> None:
        self.fill(client, program_at_work)
        program_at_work.synchronise()
        assert_alike(program_at_work, client)

    def test_many_objects_come_in_batches(self, client: Client, program_at_work: Program) -> None:
        for number in range(self.many):
            put(client, program_at_work.calendar, f"{number}.ics",
                icalendar.event(f"{number}@many"))
        program_at_work.synchronise()
        assert_alike(program_at_work, client)
        assert len(program_at_work.texts) == self.many

    def test_second_sync_fetches_nothing(self, client: Client, program_at_work: Program) -> None:
        self.fill(client, program_at_work)
        program_at_work.synchronise()
        token, texts = program_at_work.token, dict(program_at_work.texts)
        program_at_work.take = unexpected  # type: ignore[method-assign]
        program_at_work.synchronise()
        assert (program_at_work.token, program_at_work.texts) == (token, texts)

    def test_what_others_change_comes(self, client: Client, program_at_work: Program) -> None:
        calendar = program_at_work.calendar
        for name in ("kept.ics", "changed.ics", "gone.ics"):
            put(client, calendar, name, icalendar.event(f"{name}@x"))
        program_at_work.synchronise()
        put(client, calendar, "changed.ics", icalendar.event("changed.ics@x", "Changed"))
        put(client, calendar, "new.ics", icalendar.event("new@x"))
        put(client, calendar, "brief.ics", icalendar.event("brief@x"))
        client.delete(calendar + "brief.ics")
        client.delete(calendar + "gone.ics")
        program_at_work.synchronise()
        assert_alike(program_at_work, client)
        assert {href.rpartition("/")[2] for href in program_at_work.texts} == {
            "kept.ics", "changed.ics", "new.ics"
        }

    def test_what_is_made_again_under_its_name_comes(
        self, client: Client, program_at_work: Program
    ) -> None:
        put(client, program_at_work.calendar, "a.ics", icalendar.event("a@x", "First"))
        program_at_work.synchronise()
        client.delete(program_at_work.calendar + "a.ics")
        put(client, program_at_work.calendar, "a.ics", icalendar.event("b@x", "Second"))
        program_at_work.synchronise()
        assert_alike(program_at_work, client)

    # Writing

    def test_own_writes_stand_as_they_were_sent(
        self, client: Client, program_at_work: Program
    ) -> None:
        program_at_work.synchronise()
        text = icalendar.event("own@x", "Own", "20260914T090000Z", "20260914T100000Z",
                               "X-CLIENTS-OWN;X-P=1:kept")
        href = program_at_work.create("own.ics", text)
        assert client.get(href).text == text
        program_at_work.synchronise()
        assert_alike(program_at_work, client)

        text = text.replace("SUMMARY:Own", "SUMMARY:Own again")
        assert program_at_work.change(href, text) in (200, 201, 204)
        assert client.get(href).text == text
        program_at_work.synchronise()
        assert_alike(program_at_work, client)

        assert program_at_work.remove(href) in (200, 204)
        assert client.get(href).status == 404
        program_at_work.synchronise()
        assert program_at_work.texts == {}

    def test_changes_an_object_of_an_odd_name(
        self, client: Client, program_at_work: Program
    ) -> None:
        """The href goes back byte for byte, however it came."""
        name = "with space, comma & + @ é.ics"
        put(client, program_at_work.calendar, name, OBJECTS[name])
        program_at_work.synchronise()
        (href,) = program_at_work.texts
        text = OBJECTS[name].replace("SUMMARY:Odd name", "SUMMARY:Changed")
        assert program_at_work.change(href, text) in (200, 201, 204)
        assert client.get(href).text == text
        program_at_work.synchronise()
        assert program_at_work.remove(href) in (200, 204)
        assert client.names(program_at_work.calendar) == set()

    def test_conflict_loses_no_version_of_others(
        self, client: Client, program_at_work: Program
    ) -> None:
        put(client, program_at_work.calendar, "a.ics", icalendar.event("a@x", "Known to both"))
        program_at_work.synchronise()
        (href,) = program_at_work.texts
        theirs = icalendar.event("a@x", "Theirs")
        put(client, program_at_work.calendar, "a.ics", theirs)
        status = program_at_work.change(href, icalendar.event("a@x", "Mine"))
        if program_at_work.is_conditional:
            assert status == 412 and client.get(href).text == theirs
        else:
            assert status in (200, 204)
        program_at_work.synchronise()
        assert_alike(program_at_work, client)

    def test_deleting_what_others_changed(
        self, client: Client, program_at_work: Program
    ) -> None:
        put(client, program_at_work.calendar, "a.ics", icalendar.event("a@x", "Known to both"))
        program_at_work.synchronise()
        (href,) = program_at_work.texts
        put(client, program_at_work.calendar, "a.ics", icalendar.event("a@x", "Theirs"))
        status = program_at_work.remove(href)
        if program_at_work.is_conditional:
            assert status == 412 and "Theirs" in client.get(href).text
        else:
            assert status in (200, 204)
        program_at_work.synchronise()
        assert_alike(program_at_work, client)

    def test_new_object_whose_name_is_taken(
        self, client: Client, program_at_work: Program
    ) -> None:
        """If-None-Match: * keeps what is there."""
        program_at_work.synchronise()
        theirs = icalendar.event("theirs@x", "Theirs")
        put(client, program_at_work.calendar, "taken.ics", theirs)
        with pytest.raises(Taken):
            program_at_work.create("taken.ics", icalendar.event("mine@x", "Mine"))
        assert client.get(program_at_work.calendar + "taken.ics").text == theirs

    # Trouble

    def test_lost_token_brings_the_same_copy_again(
        self, client: Client, program_at_work: Program
    ) -> None:
        self.fill(client, program_at_work)
        program_at_work.synchronise()
        client.delete(program_at_work.calendar + "plain.ics")
        put(client, program_at_work.calendar, "weekly.ics", icalendar.event("weekly@life", "One"))
        program_at_work.lose_token()
        program_at_work.synchronise()
        assert_alike(program_at_work, client)
        program_at_work.synchronise()
        assert_alike(program_at_work, client)

    def test_what_the_crm_writes_comes(
        self, stack: Stack, client: Client, program_at_work: Program
    ) -> None:
        """By plain SQL, in the calendar that is the CRM's."""
        stack.wait_until_gone_are_noticed()
        program_at_work.open(client.calendar("crm-tasks"))
        program_at_work.synchronise()
        before = dict(program_at_work.texts)
        owner = stack.sql_value(f"SELECT id FROM users WHERE username = '{client.user}'")
        task = stack.sql_value(
            "INSERT INTO tasks (title, start_datetime, user_id) "
            f"VALUES ('By the CRM', '2026-09-14 09:00:00', {owner}); SELECT LAST_INSERT_ID()"
        )
        try:
            program_at_work.synchronise()
            (href,) = program_at_work.texts.keys() - before.keys()
            assert "SUMMARY:By the CRM" in program_at_work.texts[href]
            stack.sql(f"UPDATE tasks SET title = 'By the CRM again' WHERE id = {task}")
            program_at_work.synchronise()
            assert "SUMMARY:By the CRM again" in program_at_work.texts[href]
        finally:
            stack.sql(f"DELETE FROM tasks WHERE id = {task}")
        stack.wait_until_gone_are_noticed()
        program_at_work.synchronise()
        assert program_at_work.texts == before


class Taken(Exception):
    """A new object's name is in use: 412 for its If-None-Match."""


def unexpected(href: str, etag: str, text: str) -> None:
    raise AssertionError(f"{href} was fetched although nothing has changed")


def put(client: Client, calendar: str, name: str, text: str) -> None:
    """As another client does it."""
    answer = client.put(calendar + quote(name), text)
    assert answer.status in (201, 204), answer


def assert_alike(program: Program, client: Client) -> None:
    """Whether a program's copy is what the server has."""
    listed = client.propfind(program.calendar, "d:getetag", depth="1").responses
    etags = {
        href: response.text("d:getetag") for href, response in listed.items()
        if href != program.calendar
    }
    assert program.etags == etags
    assert program.texts == {href: client.get(href).text for href in etags}
