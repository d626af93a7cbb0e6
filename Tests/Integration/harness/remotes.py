"""Other people's CalDAV servers, on loopback, and `crm-caldav sync` between them and ours."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from .dav import Client
from .davical import DAViCal
from .one_account import PASSWORD, USER, OneAccount
from .processes import Process, accepts
from .stack import Stack, binary


class Radicale(OneAccount):
    """Radicale (PyPI), with one account and calendars as files."""

    kind = "Radicale"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        (directory / "users").write_text(f"{USER}:{PASSWORD}\n")
        (directory / "config").write_text(
            f"""
[server]
hosts = 127.0.0.1:{self.port}
[auth]
type = htpasswd
htpasswd_filename = {directory}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {directory}/data
[rights]
type = owner_only
[logging]
level = warning
"""
        )
        self.log = directory / "radicale.log"
        self._process: Process | None = None

    def start(self) -> None:
        self._process = Process(
            [sys.executable, "-m", "radicale", "--config", str(self.directory / "config")], self.log
        )
        self._process.wait_until_up(lambda: accepts(self.port))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None


class Xandikos(Radicale):
    """Xandikos (PyPI), which keeps calendars in git repositories and asks nobody for a password."""

    kind = "Xandikos"

    def start(self) -> None:
        self.log = self.directory / "xandikos.log"
        self._process = Process(
            [
                sys.executable, "-m", "xandikos.__main__", "serve", "-d",
                str(self.directory / "data"), "--defaults", "-l", "127.0.0.1",
                "-p", str(self.port), "--current-user-principal", f"/{USER}/",
            ],
            self.log,
        )
        self._process.wait_until_up(lambda: accepts(self.port))

    def home(self) -> str:
        return f"/{USER}/calendars/"


class Ours:
    """A second crm-caldav, with a database of its own."""

    kind = "crm-caldav"

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        directory.chmod(0o755)
        self.stack = Stack(directory, processes=1, threads=4)

    @property
    def log(self) -> Path:
        return self.stack.worker.log

    def start(self) -> None:
        self.stack.start()

    def stop(self) -> None:
        self.stack.stop()

    @property
    def base(self) -> str:
        return self.stack.front("nginx")

    def home(self) -> str:
        return "/caldav/calendars/ben/"

    def client(self) -> Client:
        return self.stack.client("ben", self.base)

    def make_calendar(self, client: Client, name: str) -> str:
        return client.make_calendar(name)


@contextmanager
def sync_stack() -> Iterator[Stack]:
    """Servers of ours whose configuration has a place for the key."""
    with Stack.temporary() as stack:
        state = stack.directory / "state"
        state.mkdir(mode=0o700)
        settings = stack.settings()
        stack.settings = lambda: {  # type: ignore[method-assign]
            **settings, "state_directory": state,
            # The other servers are on this machine.
            "outgoing_allowed_networks": "127.0.0.0/8",
        }
        stack.start()
        yield stack


Server = Radicale | DAViCal | Ours
SERVERS = {"radicale": Radicale, "xandikos": Xandikos, "davical": DAViCal, "ours": Ours}


@contextmanager
def server(kind: str, directory: Path) -> Iterator[Server]:
    """A server of a kind, running; skips the test where the machine lacks what it needs."""
    make = SERVERS[kind]
    if make is DAViCal and (missing := DAViCal.missing()):
        pytest.skip(missing)
    server = make(directory)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def command(stack: Stack, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary(), *arguments, "--config", stack.configuration],
        input=stdin, capture_output=True, text=True,
    )


def measured(stack: Stack, *arguments: str) -> tuple[str, int]:
    """What a command printed, and the most memory that it had, in KiB.

    Read while it runs: what the kernel tells at the end counts our own memory, from before the exec.
    """
    most = 0
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(
            [binary(), *arguments, "--config", stack.configuration], stdout=printed)
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    most = max(most, int(line.split()[1]))
            time.sleep(0.005)
        printed.seek(0)
        return printed.read(), most


class Pair:
    """One of our calendars and one of another server's, with a client on each side."""

    def __init__(
        self, stack: Stack, ours: Client, our_path: str, theirs: Client, their_path: str,
        base: str, policy: str = "newest",
    ) -> None:
        self.stack, self.ours, self.our_path = stack, ours, our_path
        self.theirs, self.their_path = theirs, their_path
        uri = our_path.rstrip("/").rpartition("/")[2]
        parts = urlsplit(base)
        address = f"{parts.scheme}://{parts.netloc}{their_path}"
        ran = command(
            stack, "remote", "add", address, "--user", theirs.user or USER,
            "--to", f"{ours.user}/{uri}", "--policy", policy, "--json",
            stdin=f"{theirs.password or PASSWORD}\n",
        )
        assert ran.returncode == 0, ran.stderr
        self.id = json.loads(ran.stdout)["id"]

    def sync(self, succeeds: bool = True) -> dict[str, Any]:
        """One turn; answers what it did."""
        ran = command(self.stack, "sync", "--once", "--json", "--only", str(self.id))
        assert ran.stdout, ran.stderr
        (report,) = json.loads(ran.stdout)
        if succeeds:
            assert ran.returncode == 0 and report["outcome"] == "done", (report, ran.stderr)
        return report

    def settle(self) -> list[dict[str, Any]]:
        """Turns until one moves nothing; every failure fails the test."""
        reports = []
        for _ in range(6):
            report = self.sync()
            reports.append(report)
            moved = [report[k] for k in ("pulled", "pushed", "deleted_here", "deleted_there")]
            if not any(moved) and not report["postponed"]:
                return reports
        raise AssertionError(f"does not settle: {reports}")

    def status(self) -> dict[str, Any]:
        ran = command(self.stack, "remote", "list", "--json")
        assert ran.returncode == 0, ran.stderr
        return next(pair for pair in json.loads(ran.stdout) if pair["id"] == self.id)

    def remove(self) -> None:
        command(self.stack, "remote", "remove", str(self.id))

    # What each side has, by UID.

    def here(self) -> dict[str, str]:
        return texts(self.ours, self.our_path)

    def there(self) -> dict[str, str]:
        return texts(self.theirs, self.their_path)


def texts(client: Client, path: str) -> dict[str, str]:
    """The objects of a calendar by UID, unfolded, with line feeds."""
    found = {}
    for name in client.names(path):
        answer = client.get(path + name)
        assert answer.status == 200, answer
        text = answer.text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
        (uid,) = {line[4:] for line in text.split("\n") if line.startswith("UID:")}
        assert uid not in found, f"{uid} twice in {path}"
        found[uid] = text
    return found


#: Lines that say how and when an object was written, not what.
_BOOKKEEPING = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CREATED", "PRODID", "VERSION", "CALSCALE")


def meaning(text: str) -> list[str]:
    """What an object says, without what a server or a program may write differently."""
    lines, skipped = [], False
    for line in text.split("\n"):
        if line == "BEGIN:VTIMEZONE":
            skipped = True
        if not skipped and line and not line.startswith(_BOOKKEEPING):
            name, _, value = line.partition(":")
            first, *parameters = name.split(";")
            kept = sorted(p for p in parameters if not p.startswith("SCHEDULE-"))
            lines.append(";".join([first, *kept]) + ":" + value)
        if line == "END:VTIMEZONE":
            skipped = False
    return sorted(lines)
