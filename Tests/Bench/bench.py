"""Brings everything up, and measures operation by operation."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import people
from harness import fastcgi
from harness.processes import Process, descendants, listens
from harness.stack import binary
from memory import Memory
from operations import TEXT, Operation, Unsupported, event, growth, listing, multiget, poll, spread, table, xml
from playing import Figures, Player, Run
from sites import CRM, Bound, Front, Site, compiled, radicale

OURS, PEER = "crm-caldav", "Radicale"
KEPT = f"{OURS}, kept"
BOUNDS = {"null": "null bound", "read": "read bound", "write": "write bound"}
WRITES = {
    "PUT, new": frozenset([201]), "PUT, changed": frozenset([200, 201, 204]),
    "DELETE": frozenset([200, 204]),
}
MIXED = "50 clients, mixed"
CLIENTS, TOGETHER = 50, 8
#: The peer takes part in so many rounds of each operation: a listing may take it seconds.
PEER_ROUNDS = 2


class Bench:
    """What was measured stands in `figures`, by operation and name of the site."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.figures: dict[tuple[str, str], Figures] = {}
        self.crm = CRM()
        self.sites: dict[str, Site] = {}
        self.growth: dict[tuple[str, str], Figures] = {}
        #: Medians of a poll in milliseconds, before and during a flood of wrong passwords.
        self.flood_statuses: Counter[int] = Counter()
        self.flood: tuple[float, float] | None = None
        #: By the web server's form: answers a second, milliseconds of the slowest, wrong answers.
        self.kept: dict[str, tuple[float, float, Counter[int]]] = {}
        self.start_milliseconds = 0.0
        self.size = 0
        self.memory: Memory | None = None
        self._stop: list[Process | Bound | Front] = []

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        if self.memory:
            self.memory.stop()
        for server in reversed(self._stop):
            server.stop()
        self.crm.stop()

    # Bringing up

    def start(self) -> None:
        crm = self.crm
        self.say("filling 60 users")
        crm.start()
        people.wait_until_adopted(crm.database, crm.database_name)
        bounds = compiled(
            "bounds.c", *subprocess.run(
                ["mariadb_config", "--cflags", "--libs"], check=True, capture_output=True, text=True
            ).stdout.split(), "-lfcgi")
        sockets = {"ours": (crm.worker.socket, crm.worker.socket)}
        for kind in BOUNDS:
            # A thread of theirs is held by each connection that nginx keeps.
            plain, kept = (Bound(kind, bounds, crm.directory, crm, threads) for threads in (8, 64))
            self._stop += [plain, kept]
            sockets[kind] = (plain.socket, kept.socket)
        front = Front(crm.directory / "front", sockets)
        front.start()
        self._stop.append(front)
        home = "/caldav/calendars/{user}/"
        for kind, name in {"ours": OURS, **BOUNDS}.items():
            for port, suffix in zip(front.ports[kind], ("", ", kept")):
                self.sites[name + suffix] = Site(name + suffix, port, home)
        if not self.arguments.no_peer:
            self._start_peer()
        self.player = Player(compiled("load.c"))
        self.memory = Memory(lambda: [crm.worker.process.pid, *descendants(crm.worker.process.pid)])

    def _start_peer(self) -> None:
        database, name = self.crm.database, self.crm.database_name
        texts = {
            user: [
                (str(row[0]), bytes.fromhex(str(row[1])))
                for row in database.rows(
                    f"""SELECT o.name, HEX(o.icalendar) FROM caldav_objects o
                          JOIN caldav_calendars c ON c.id = o.calendar_id
                         WHERE c.user_id = '{user}'""", name)
            ]
            for user in (people.USER, people.BIG)
        }
        hash = database.value(f"SELECT password FROM users WHERE username = '{people.USER}'", name)
        site, process = radicale(self.crm.directory / "radicale", str(hash), texts)
        self.sites[PEER] = site
        self._stop.append(process)

    def say(self, what: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)

    def is_wanted(self, name: str) -> bool:
        words = [word for word in self.arguments.only.split(",") if word]
        return not words or any(word in name for word in words)

    def of(self, operation: str, site: str) -> Figures:
        return self.figures.setdefault((operation, site), Figures())

    # Measuring

    def run(self) -> None:
        self.start()
        month = [self._in_month(user) for user in (people.USER, people.BIG)]
        for operation in table(*month):
            if self.is_wanted(operation.name):
                self.say(operation.name)
                for turn in range(self.arguments.rounds):
                    self._round(operation, turn)
                self._check(operation)
                self._remove(operation.leaves)
        if self.is_wanted("writes"):
            self.say("writes")
            for turn in range(self.arguments.rounds):
                self._write_round(turn)
        for name, measure in [
            (MIXED, self._mixed), ("growth", self._growth), ("flood", self._flood),
            ("kept", self._kept), ("program", self._program),
        ]:
            if self.is_wanted(name):
                self.say(name)
                measure()

    def _in_month(self, user: str) -> int:
        start, end = (f"'{time[:8]}'" for time in people.MONTH)
        # In Europe/Berlin, two hours ahead of the month in UTC.
        return int(self.crm.sql_value(
            f"""SELECT COUNT(*) FROM tasks t JOIN users u ON u.id = t.user_id
                 WHERE u.username = '{user}' AND start_datetime < {end} + INTERVAL 2 HOUR
                   AND (COALESCE(end_datetime, start_datetime) > {start} + INTERVAL 2 HOUR
                        OR start_datetime >= {start} + INTERVAL 2 HOUR)""") or 0)

    def _taking_part(self, turn: int) -> tuple[str, ...]:
        return (OURS, KEPT, PEER) if turn < PEER_ROUNDS else (OURS, KEPT)

    def _round(self, operation: Operation, turn: int) -> None:
        seconds = self.arguments.seconds
        for name in self._taking_part(turn):
            site, figures = self.sites.get(name), self.of(operation.name, name)
            if site is None or figures.missing:
                continue
            try:
                self.player.measure(operation, site, figures, seconds, TOGETHER)
            except Unsupported as reason:
                figures.missing = str(reason)
        for bound in ("null", "read"):
            self._bound_round(operation.name, bound)

    def _bound_round(self, operation: str, bound: str) -> None:
        """A bound's turn within an operation, at both of its ports."""
        request = [self.sites[OURS].request("PROPFIND", "/caldav/", Depth="0")]
        for suffix in ("", ", kept"):
            site = self.sites[BOUNDS[bound] + suffix]
            measured = Operation(site.name, lambda _: request, frozenset([207]))
            self.player.measure(
                measured, site, self.of(operation, site.name), self.arguments.seconds / 2, TOGETHER)

    def _check(self, operation: Operation) -> None:
        """- Raises `AssertionError` where an answer of ours does not hold what it has to."""
        for name in (OURS, KEPT):
            figures = self.of(operation.name, name)
            assert not figures.missing, f"{operation.name}: {figures.missing}"
            assert operation.expected in (None, figures.items), (
                f"{operation.name}: {figures.items} instead of {operation.expected}")

    def _remove(self, name: str | None) -> None:
        for site in (self.sites[OURS], self.sites.get(PEER)):
            if site and name:
                site.ask(site.request("DELETE", site.calendar(people.USER) + name))

    def _write_round(self, turn: int) -> None:
        """Makes objects, changes each three times, and removes them."""
        for name in self._taking_part(turn):
            if site := self.sites.get(name):
                self._write_at(site)
        for operation in WRITES:
            self._bound_round(operation, "write")

    def _write_at(self, site: Site) -> None:
        seconds, batch = self.arguments.seconds, uuid.uuid4().hex[:8]
        calendar = site.calendar(people.USER)
        names = [f"bench-{batch}-{i}" for i in range(2000)]

        def puts(version: int, count: int) -> list[bytes]:
            return [
                site.request("PUT", f"{calendar}{name}.ics", event(name, i, version), **TEXT)
                for i, name in enumerate(names[:count])
            ]

        made = self._play_writes("PUT, new", site, puts(0, len(names)), seconds)
        changed = self._play_writes(
            "PUT, changed", site, [r for v in (1, 2, 3) for r in puts(v, made)], seconds)
        version, last = divmod(changed - 1, made)
        status, body = site.ask(site.request("GET", f"{calendar}{names[last]}.ics"))
        assert status == 200 and f"Written call {last}.{version + 1}".encode() in body, site.name
        removals = [site.request("DELETE", f"{calendar}{name}.ics") for name in names[:made]]
        self._play_writes("DELETE", site, removals, 120)
        assert site.ask(site.request("GET", f"{calendar}{names[0]}.ics"))[0] == 404, site.name

    def _play_writes(self, operation: str, site: Site, requests: list[bytes], seconds: float) -> int:
        run = self.player.play(site, requests, 1, seconds, limit=len(requests))
        self.player.note(run, self.of(operation, site.name), WRITES[operation])
        return len(run.timings)

    def _mixed(self) -> None:
        seconds = max(2.0, self.arguments.seconds * 4)
        for turn in range(self.arguments.rounds):
            # Fifty clients take Radicale minutes.
            for name in (OURS, KEPT, PEER) if turn == 0 else (OURS, KEPT):
                if site := self.sites.get(name):
                    self._note_mixed(name, self._play_mixed(site, seconds))
            request = [self.sites[OURS].request("PROPFIND", "/caldav/", Depth="0")] * CLIENTS
            for suffix in ("", ", kept"):
                site = self.sites[BOUNDS["read"] + suffix]
                self._note_mixed(site.name, self.player.play(site, request, CLIENTS, seconds))

    def _note_mixed(self, name: str, run: Run) -> None:
        self.player.note(run, self.of(MIXED, name), frozenset([200, 201, 204, 207]))

    def _play_mixed(self, site: Site, seconds: float) -> Run:
        """Half GETs, a quarter polls, then multigets of 10, and 15 % writes of an object of one's own.

        Each client goes round the same twenty requests, and begins elsewhere.
        """
        calendar, paths = site.calendar(people.USER), listing(site, people.USER)
        rounds: list[list[bytes]] = []
        for client in range(CLIENTS):
            own = f"bench-client-{client}"
            steps = (
                [site.request("GET", spread(paths, 10, client * 37)[i]) for i in range(10)]
                + poll(people.USER)(site) * 5
                + [xml(site, "REPORT", calendar, multiget(spread(paths, 10, client + i)), 1, people.USER)
                   for i in range(2)]
            )
            for i, request in enumerate([
                site.request("PUT", f"{calendar}{own}.ics", event(own, client, 0), **TEXT),
                site.request("PUT", f"{calendar}{own}.ics", event(own, client, 1), **TEXT),
                site.request("DELETE", f"{calendar}{own}.ics"),
            ]):
                steps.insert(3 + 7 * i, request)
            at = client * 7 % 20
            # Some begin with the removal.
            assert site.ask(steps[3])[0] in (200, 201, 204), site.name
            rounds.append(steps[at:] + steps[:at])
        requests = [rounds[client][step] for step in range(20) for client in range(CLIENTS)]
        run = self.player.play(site, requests, CLIENTS, seconds)
        for client in range(CLIENTS):
            site.ask(site.request("DELETE", f"{calendar}bench-client-{client}.ics"))
        return run

    def _growth(self) -> None:
        """The same operations in calendars of 100 to 100,000 objects."""
        site = self.sites[OURS]
        users = [people.SMALL, people.USER, people.BIG, people.HUGE]
        for turn in range(self.arguments.rounds):
            # Whoever is first writes to a database at rest: each in turn.
            first = turn % len(users)
            for user in users[first:] + users[:first]:
                for operation in growth(user):
                    figures = self.growth.setdefault((operation.name, user), Figures())
                    self.player.measure(operation, site, figures, self.arguments.seconds)
                path = f"{site.calendar(user)}bench-growth.ics"
                puts = [
                    site.request("PUT", path, event("bench-growth", 1, version), user, **TEXT)
                    for version in range(100)
                ]
                run = self.player.play(site, puts, 1, self.arguments.seconds)
                figures = self.growth.setdefault(("PUT, changed", user), Figures())
                self.player.note(run, figures, frozenset([201, 204]))

    def _flood(self) -> None:
        """What one client's polls take while eight others try passwords that are wrong."""
        site, seconds = self.sites[OURS], self.arguments.seconds * self.arguments.rounds
        polls = poll(people.USER)(site)
        # Whoever polls is known to every process by then.
        self.player.play(site, polls * CLIENTS, CLIENTS, 1)
        before, during = Figures(), Figures()
        self.player.note(self.player.play(site, polls, 1, seconds), before, frozenset([207]))
        wrong = [
            site.request(
                "PROPFIND", site.calendar(user), b"", user, f"flood-{i}", Depth="0",
                X_Forwarded_For=f"198.19.{i // 250}.{i % 250 + 1}")
            for i, user in enumerate((list(people.TASKS)[3:]) * 40)
        ]
        flooding = Player(self.player.program)
        answers: list[Run] = []
        thread = threading.Thread(
            target=lambda: answers.append(flooding.play(site, wrong, 8, seconds)))
        thread.start()
        self.player.note(self.player.play(site, polls, 1, seconds), during, frozenset([207]))
        thread.join()
        assert not during.wrong, f"polls beside a flood: {during.wrong}"
        self.flood_statuses = Counter(t[3] for t in answers[0].timings)
        self.flood = (before.median or 0, during.median or 0)

    def _kept(self) -> None:
        """Fifty clients through each web server with kept connections, more of them than threads."""
        apache = Site("mod_proxy_fcgi", int(self.crm.front("mod_proxy_fcgi").split(":")[2].split("/")[0]),
                      "/caldav/calendars/{user}/")
        seconds = self.arguments.kept_seconds
        for name, site in (("nginx, keepalive", self.sites[KEPT]), ("Apache, enablereuse", apache)):
            run = self._play_mixed(site, seconds)
            right = [t[0] for t in run.timings if t[3] in (200, 201, 204, 207)]
            wrong = Counter(t[3] for t in run.timings if t[3] not in (200, 201, 204, 207))
            self.kept[name] = (len(right) / run.lasted * 1e9, max(right) / 1e6, wrong)

    def _program(self) -> None:
        """How soon a worker answers, and how large the program is without symbols."""
        times = []
        for i in range(5):
            socket = self.crm.directory / f"start-{i}.sock"
            began = time.monotonic()
            process = Process(
                [str(binary()), "serve", "--config", str(self.crm.configuration), "--listen",
                 f"unix:{socket}", "--processes", "1"], self.crm.directory / "start.log")
            while not listens(socket):
                time.sleep(0.001)
            with fastcgi.Connection(socket) as connection:
                reply = connection.request(fastcgi.environment("OPTIONS", "/caldav/"))
            times.append((time.monotonic() - began) * 1000)
            assert reply.status in (200, 401), reply
            process.stop()
        self.start_milliseconds = sorted(times)[2]
        with tempfile.NamedTemporaryFile() as stripped:
            shutil.copyfile(binary(), stripped.name)
            subprocess.run(["strip", stripped.name], check=True)
            self.size = os.stat(stripped.name).st_size
