"""Child processes that never outlive us."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class StartError(Exception):
    """A server did not come up; the text holds the end of its log."""


class Process:
    """A server in a session of its own.

    Ctrl-C in our terminal does not reach it, so that we end servers in order. The kernel ends it
    when we are killed: its parent-death signal is SIGTERM. That signal follows the *thread* that
    started it, so start servers on the main thread only.
    """

    def __init__(
        self, command: list[str], log: Path, environment: dict[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                stdin=stdin, stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """Negative: the signal that ended it; None while it runs."""
        return self._process.poll()

    def signal(self, number: int) -> None:
        if self.is_running:
            self._process.send_signal(number)

    def stop(self, within: float = 30) -> int:
        """SIGTERM, and after `within` seconds SIGKILL to it and to all that it started."""
        family = [self.pid, *descendants(self.pid)]
        self.signal(signal.SIGTERM)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            for pid in family:
                kill(pid, signal.SIGKILL)
            return self._process.wait()

    def kill(self) -> None:
        """SIGKILL, as a crash does it."""
        self.signal(signal.SIGKILL)
        self._process.wait()

    def wait(self, within: float) -> int:
        return self._process.wait(within)

    def wait_until_up(self, answers: Callable[[], bool], within: float = 30) -> None:
        """- Raises `StartError` when it ends, or does not answer in time."""
        deadline = time.monotonic() + within
        while not answers():
            if not self.is_running:
                raise StartError(f"{self.name} ended at once:\n{tail(self.log)}")
            if time.monotonic() > deadline:
                self.stop()
                raise StartError(f"{self.name} did not answer in {within} s:\n{tail(self.log)}")
            time.sleep(0.02)


def kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def children(pid: int) -> list[int]:
    """Pids of the processes that `pid` started and that still run."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in found]


def descendants(pid: int) -> list[int]:
    found = children(pid)
    for child in list(found):
        found += descendants(child)
    return found


def is_running(pid: int) -> bool:
    """Whether `pid` runs; a process that ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def processes_naming(text: str) -> list[int]:
    """Pids of all processes whose command line or environment names `text`, a path of ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if text.encode() in words and is_running(int(entry.name)):
            found.append(int(entry.name))
    return found


def wait_for(condition: Callable[[], object], within: float, what: str) -> object:
    """The first true value of `condition`.

    - Raises `TimeoutError` that says `what` did not come.
    """
    deadline = time.monotonic() + within
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within} s: {what}")
        time.sleep(0.02)


def free_port() -> int:
    """A TCP port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            return True
        except OSError:
            return False


def tail(log: Path, lines: int = 20) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def account() -> str:
    """The name of the account we run as."""
    return pwd.getpwuid(os.geteuid()).pw_name


def is_root() -> bool:
    return os.geteuid() == 0


def web_account() -> str:
    """The account a web server's workers run as: ours, or www-data when we are root."""
    return "www-data" if is_root() else account()
