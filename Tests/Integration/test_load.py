"""Fifty clients at once, also while a worker process is killed."""

from __future__ import annotations

import http.client
import os
import random
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from harness import fastcgi, icalendar
from harness.dav import Answer, Client
from harness.processes import wait_for
from harness.stack import Stack

CLIENTS = 50


@dataclass
class Visitor:
    """One kept connection that writes objects of its own and reads everybody's."""

    client: Client
    number: int
    #: Text of each object as last acknowledged; None: removed.
    acknowledged: dict[str, str | None] = field(default_factory=dict)
    #: Writes that got no answer: the object may be as before or as sent.
    uncertain: dict[str, list[str | None]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    times: dict[str, list[float]] = field(default_factory=dict)
    #: Objects that were not as acknowledged when they were read: name, right text, text read.
    lies: list[tuple[str, str | None, str]] = field(default_factory=list)
    #: When requests failed: seconds of the monotonic clock.
    failures: list[tuple[float, str]] = field(default_factory=list)

    def run(self, until: float) -> None:
        choose = random.Random(self.number)
        calendar = self.client.calendar("crm-tasks")
        while time.monotonic() < until:
            action = choose.choices(
                ("put", "delete", "get", "poll", "sync", "multiget"), (30, 5, 30, 20, 10, 5)
            )[0]
            name = f"v{self.number}-{choose.randrange(12)}.ics"
            started = time.monotonic()
            try:
                status, expected = self._act(action, calendar, name, choose)
            except (OSError, http.client.HTTPException) as error:
                status, expected = repr(error), ()
            self.times.setdefault(action, []).append(time.monotonic() - started)
            self.statuses[f"{action} {status}"] += 1
            if status not in expected:
                self.failures.append((time.monotonic(), f"{action} {status}"))

    def _act(
        self, action: str, calendar: str, name: str, choose: random.Random
    ) -> tuple[int, tuple[int, ...]]:
        """Makes one request; answers its status and those that would be right."""
        known = self.acknowledged.get(name)
        path = calendar + name
        if action == "put":
            day = choose.randrange(10, 28)
            text = icalendar.event(
                f"{name}@load", f"S{choose.randrange(10**9)}", f"202609{day}T090000Z",
                f"202609{day}T100000Z",
            )
            return self._write(name, text, lambda: self.client.put(path, text)), (201, 204)
        if action == "delete":
            status = self._write(name, None, lambda: self.client.delete(path))
            return status, (204,) if known else (204, 404)
        if action == "get":
            answer = self.client.get(path)
            if answer.status == 200 and name not in self.uncertain and answer.text != known:
                self.lies.append((name, known, answer.text))
            return answer.status, (200,) if known else (200, 404)
        if action == "poll":
            return self.client.propfind(calendar, "cs:getctag", "d:sync-token").status, (207,)
        if action == "sync":
            return self.client.sync(calendar, limit=50).status, (207,)
        names = list(self.acknowledged)[:10] or [name]
        return self.client.multiget(calendar, [calendar + each for each in names]).status, (207,)

    def _write(self, name: str, text: str | None, send: Callable[[], Answer]) -> int:
        self.uncertain.setdefault(name, [self.acknowledged.get(name)]).append(text)
        status = send().status
        if status in (201, 204) or (text is None and status == 404):
            self.acknowledged[name] = text
            del self.uncertain[name]
        return status


class Visit:
    """Fifty clients that work for so many seconds, while the caller may disturb the servers."""

    def __init__(self, stack: Stack, seconds: float) -> None:
        names, base = list(stack.users), stack.front("nginx")
        self.seconds = seconds
        self.visitors = [
            Visitor(stack.client(names[number % len(names)], base), number)
            for number in range(CLIENTS)
        ]
        until = time.monotonic() + seconds
        self._threads = [
            threading.Thread(target=visitor.run, args=(until,)) for visitor in self.visitors
        ]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def failures(self) -> list[tuple[float, str]]:
        return sorted(failure for visitor in self.visitors for failure in visitor.failures)


def report(visit: Visit, title: str) -> list[str]:
    """Lines for a reader."""
    statuses: Counter[str] = Counter()
    times: dict[str, list[float]] = {}
    for visitor in visit.visitors:
        statuses += visitor.statuses
        for action, taken in visitor.times.items():
            times.setdefault(action, []).extend(taken)
    lines = [f"{title}: {sum(statuses.values()) / visit.seconds:.0f} requests a second"]
    for action, taken in sorted(times.items()):
        ordered = sorted(taken)
        lines.append(
            f"  {action}: {len(taken)}, median {statistics.median(taken) * 1e3:.1f} ms, "
            f"99 % {ordered[len(ordered) * 99 // 100] * 1e3:.1f} ms"
        )
    return [*lines, "  " + ", ".join(f"{name}: {n}" for name, n in sorted(statuses.items()))]


def assert_nothing_lost(stack: Stack, visit: Visit) -> None:
    """Every acknowledged write is read back, and every row is what its object says."""
    read = 0
    for visitor in visit.visitors:
        assert visitor.lies == []
        calendar = visitor.client.calendar("crm-tasks")
        for name, text in visitor.acknowledged.items():
            answer = visitor.client.get(calendar + name)
            found = answer.text if answer.status == 200 else None
            assert answer.status in (200, 404), answer
            allowed = visitor.uncertain.get(name, [text])
            assert found in allowed, f"{name}: {found!r} instead of {allowed!r}"
            read += 1
    assert read > CLIENTS

    rows = stack.sql_rows(
        """SELECT o.icalendar, t.title, t.start_datetime, t.caldav_etag, o.etag
             FROM caldav_objects o LEFT JOIN tasks t ON t.id = o.task_id
            WHERE o.name LIKE 'v%.ics'"""
    )
    assert rows
    for text, title, start, row_etag, etag in rows:
        assert text is not None and title is not None, "an object without its task"
        assert icalendar.value(text, "SUMMARY") == title
        day = (icalendar.value(text, "DTSTART") or "")[6:8]
        assert start == f"2026-09-{day} 11:00:00"
        assert row_etag == etag
    orphans = stack.sql_value(
        """SELECT COUNT(*) FROM tasks t LEFT JOIN caldav_objects o ON o.task_id = t.id
            WHERE o.id IS NULL"""
    )
    assert orphans == "0"


def test_fifty_clients_meet_no_error_and_lose_nothing(
    own_stack: Stack, seconds: float, figure: Callable[[str], None]
) -> None:
    visit = Visit(own_stack, seconds)
    visit.finish()
    for line in report(visit, f"{CLIENTS} kept connections through nginx"):
        figure(line)
    assert visit.failures == []
    assert_nothing_lost(own_stack, visit)


def test_killed_worker_process_takes_nothing_along(
    own_stack: Stack, seconds: float, figure: Callable[[str], None]
) -> None:
    visit = Visit(own_stack, seconds)
    kills: list[float] = []
    # The oldest each time: a process that keeps dying young is started anew more and more slowly.
    pause = 2 if seconds < 30 else 6
    for _ in range(int(seconds / pause) - 2):
        time.sleep(pause)
        before = own_stack.worker.pids()
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        kills.append(time.monotonic())
        wait_for(
            lambda: len(own_stack.worker.pids()) == len(before)
            and victim not in own_stack.worker.pids(),
            1, "a new worker process",
        )
    visit.finish()
    for line in report(visit, f"the same, and {len(kills)} kill -9 of a worker process"):
        figure(line)
    for moment, failure in visit.failures:
        assert any(0 <= moment - kill < 1.5 for kill in kills), f"{failure} far from a kill"
    assert_nothing_lost(own_stack, visit)


def test_sigterm_finishes_what_runs(own_stack: Stack) -> None:
    dav = own_stack.client("anna", own_stack.front("nginx"))
    path = dav.calendar("crm-tasks") + "last.ics"
    text = icalendar.event("last@x").encode()
    with fastcgi.Connection(own_stack.worker.socket) as connection:
        values = fastcgi.environment(
            "PUT", path, CONTENT_TYPE="text/calendar", CONTENT_LENGTH=str(len(text)),
            HTTP_AUTHORIZATION=dav.authorization["Authorization"],
        )
        connection.send(
            fastcgi.begin() + fastcgi.records(fastcgi.PARAMS, fastcgi.parameters(values))
            + fastcgi.record(fastcgi.STDIN, text[:50])
        )
        time.sleep(0.3)
        own_stack.worker.process.signal(signal.SIGTERM)
        time.sleep(0.5)
        assert own_stack.worker.process.is_running
        connection.send(fastcgi.record(fastcgi.STDIN, text[50:]) + fastcgi.record(
            fastcgi.STDIN, b""
        ))
        assert connection.reply().status == 201
    assert own_stack.worker.process.wait(10) == 0
    assert own_stack.sql_value(
        "SELECT COUNT(*) FROM caldav_objects WHERE name = 'last.ics'"
    ) == "1"


def test_worker_that_stops_leaves_no_process(own_stack: Stack) -> None:
    pids = own_stack.worker.pids()
    assert own_stack.worker.process.stop(within=15) == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
