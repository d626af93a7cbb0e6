"""Starts the servers, the writers and the followers of a run, and disturbs them if asked to."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from client_writer import ClientWriter, Follower, Visitor, path_of
from crm_writer import CRMWriter
from harness.processes import is_running, kill, wait_for
from harness.stack import Stack, binary
from invariants import Invariants
from sql_session import Session
from world import CLIENTS, CRM_WRITERS, USERS, WRITERS, Durable, World

#: Durable tasks of each kind of origin.
DURABLES = 24


class Driver:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.choose = random.Random(arguments.seed)
        self.world = World(arguments.seed)
        self.stack = Stack.temporary(processes=2, threads=8)
        self.failures: list[str] = []
        self.calendars = [(user, "crm-tasks") for user in USERS] + [("anna", "work")]

    def __enter__(self) -> Driver:
        stack = self.stack
        stack.start_database()
        if self.arguments.mode == "scan":
            stack.database.run(
                f"REVOKE TRIGGER ON `{stack.database_name}`.* FROM '{stack.database_user}'@'localhost'")
        self.migrated = stack.migrate()
        stack.database.run("SET GLOBAL innodb_print_all_deadlocks = ON")
        stack.worker.start()
        self.base = stack.front("nginx")
        return self

    def __exit__(self, *_: object) -> None:
        self.world.ended.set()
        self.world.going.set()
        if self.arguments.keep:
            kept = Path(tempfile.mkdtemp(prefix="crm-caldav-model-"))
            for log in self.stack.logs():
                shutil.copy(log, kept / f"{log.parent.name}-{log.name}")
            print(f"logs: {kept}")
        self.stack.stop()

    def run(self) -> list[str]:
        """- Returns: everything that went wrong, in words."""
        triggers = self.stack.sql_value(
            "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()")
        expected = "0" if self.arguments.mode == "scan" else "2"
        if triggers != expected:
            return [f"{triggers} triggers instead of {expected}"]
        self._prepare()
        count = self.arguments.operations // WRITERS
        writers = [
            CRMWriter(n, self.world, self._session(), count) for n in range(CRM_WRITERS)
        ] + [
            ClientWriter(n, self.world, self._visitor(), count, self.calendars)
            for n in range(CRM_WRITERS, CRM_WRITERS + CLIENTS)
        ]
        followers = [
            Follower(self.world, self._visitor(), self.calendars, limit) for limit in (None, 7)
        ]
        self.began = time.monotonic()
        for thread in [*writers, *followers]:
            thread.start()
        self.world.going.set()
        faults = ["worker"] * self.arguments.kill_workers + ["database"] * self.arguments.kill_database
        self.choose.shuffle(faults)
        if faults:
            self._disturb(faults, writers, followers)
            self.world.ended.set()
        else:
            for check in range(self.arguments.checks - 1):
                self._wait_for_share(writers, (check + 1) / self.arguments.checks)
                self._look(writers, followers, f"check {check + 1}")
        for writer in writers:
            writer.join()
        self.took = time.monotonic() - self.began
        self._look(writers, followers, "end")
        return self.failures

    def report(self) -> None:
        for what, count in sorted(self.world.counts.items()):
            print(f"{count:8} {what}")
        done = sum(c for w, c in self.world.counts.items() if w.startswith(("CRM ", "client ")))
        print(f"{done} operations in {self.took:.0f} s: {done / self.took:.0f}/s")

    # Before

    def _session(self) -> Session:
        stack = self.stack
        return Session(
            str(stack.database.socket), stack.database_user, stack.database_password,
            stack.database_name)

    def _visitor(self) -> Visitor:
        return Visitor(self.world, self.base, self.stack.users)

    def _prepare(self) -> None:
        """Durable tasks, half of them the CRM's, half a client's, and a calendar that a client made."""
        visitor, session = self._visitor(), self._session()
        visitor.clients["anna"].make_calendar("work")
        self.invariants = Invariants(
            self.world, session, visitor, self.calendars, self.stack.time_zone,
            dict((u, m.lower()) for u, m in session.run("SELECT username, email FROM users")))
        for number in range(DURABLES):
            user = self.choose.choice(list(USERS))
            if number % 2:
                session.run(
                    f"""INSERT INTO tasks (title, start_datetime, end_datetime, user_id) VALUES
                    ('D {number}', '2026-05-05 09:00:00', '2026-05-05 09:59:00', {USERS[user]})""")
                task = session.insert_id
                name = f"crm-task-{task}.ics"
            else:
                name = f"d{number}.ics"
                text = (
                    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Model//Driver//EN\r\n"
                    f"BEGIN:VEVENT\r\nUID:durable-{number}\r\nDTSTAMP:20260101T000000Z\r\n"
                    f"DTSTART:20260505T070000Z\r\nDTEND:20260505T075900Z\r\nSUMMARY:D {number}\r\n"
                    "END:VEVENT\r\nEND:VCALENDAR\r\n")
                answer = visitor.clients[user].put(path_of(user, "crm-tasks", name), text)
                assert answer.status == 201, answer
                task = int(session.value(
                    f"SELECT id FROM tasks WHERE caldav_uid = 'durable-{number}'") or 0)
            self.world.durables.append(Durable(task, user, name))
        # Sign everybody in once, one by one, and let the scan find the new tasks.
        for user in USERS:
            visitor.surely(user, lambda c: c.propfind(c.home(), "d:displayname"))
        wait_for(
            lambda: session.value(
                """SELECT COUNT(*) FROM tasks t LEFT JOIN caldav_objects o ON o.task_id = t.id
                    WHERE o.id IS NULL""") == "0",
            30, "objects of all tasks")

    # During

    def _wait_for_share(self, writers: list, share: float) -> None:
        target = share * self.arguments.operations
        while any(w.is_alive() for w in writers):
            with self.world.lock:
                if sum(self.world.counts.values()) >= target:
                    return
            time.sleep(0.1)

    def _disturb(self, faults: list[str], writers: list, followers: list) -> None:
        self.world.disturbed = True
        for number, fault in enumerate(faults):
            time.sleep(self.choose.uniform(0.3, 1.5) if fault == "worker" else 4)
            if not any(w.is_alive() for w in writers):
                self.failures.append(f"only {number} faults: the writers were done before")
                return
            if fault == "worker":
                # All may be on their way back.
                pids = wait_for(self.stack.worker.pids, 10, "a worker process")
                self.world.kills += 1
                kill(self.choose.choice(pids), signal.SIGKILL)
                self.world.kills += 1
                self.world.count("killed a worker")
            else:
                self.world.crashes += 1
                self.world.kills += 1
                self.stack.database.kill()
                self.world.kills += 1
                self.world.crashes += 1
                time.sleep(self.choose.uniform(0, 1))
                self.stack.database.start()
                self.world.count("killed the database")
            time.sleep(self.choose.uniform(0, 0.5))
            if fault == "database" or number % 5 == 0:
                self._look(writers, followers, f"fault {number + 1}, {fault}")
                if self.failures:
                    return

    def _look(self, writers: list, followers: list, when: str) -> None:
        """Stops everybody between two operations and looks whether all is as it should be."""
        self.world.going.clear()
        for thread in [*writers, *followers]:
            thread.busy.acquire()
        try:
            self._settle()
            violations = self.invariants.violations(followers)
            self.failures += [f"{when}: {what}" for what in violations]
            self.failures += [f"{when}: check: {what}" for what in self._problems()]
            with self.world.lock:
                self.failures += [f"{when}: {what}" for what in self.world.errors]
                self.world.errors.clear()
        finally:
            for thread in [*writers, *followers]:
                thread.busy.release()
            self.world.going.set()

    def _problems(self) -> list[str]:
        """What `crm-caldav check` finds wrong."""
        ran = subprocess.run(
            [binary(), "check", "--json", "--config", self.stack.configuration],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        try:
            findings = json.loads(ran.stdout)
        except ValueError:
            return [f"code {ran.returncode}: {ran.stderr}{ran.stdout}"]
        return [str(finding) for finding in findings if finding["level"] == "problem"]

    def _settle(self) -> None:
        """With triggers the next request sees all but rows that are gone; the scan has five seconds."""
        if self.arguments.mode == "scan":
            time.sleep(5)
        elif self.world.disturbed:
            time.sleep(1.5)
        session = self.invariants.session
        session.close()
        visitor = self.invariants.visitor
        for _ in range(50):
            for user, calendar in self.calendars:
                visitor.surely(
                    user, lambda c: c.propfind(path_of(user, calendar), "d:sync-token"))
            if session.value("SELECT COUNT(*) FROM caldav_pending") == "0":
                break
            time.sleep(0.1)
        else:
            self.failures.append("changes stay pending")
        try:
            wait_for(
                lambda: session.value(
                    """SELECT COUNT(*) FROM caldav_objects o LEFT JOIN tasks t ON t.id = o.task_id
                        WHERE o.task_id IS NOT NULL AND t.id IS NULL""") == "0",
                5, "removal of the objects whose tasks are gone")
        except TimeoutError as error:
            self.failures.append(str(error))
