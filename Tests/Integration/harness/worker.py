"""`crm-caldav` as a machine's administrator runs it."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from .processes import Process, descendants, is_root, listens


class CommandError(Exception):
    """A command of ours that ended with another code than 0."""


def configuration(settings: dict[str, object]) -> str:
    """The text of a configuration file."""
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def run(binary: Path, configuration: Path, *arguments: str) -> str:
    """A command such as `migrate` or `trash list`; answers what it printed."""
    ran = subprocess.run(
        [binary, *arguments, "--config", configuration],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )
    if ran.returncode != 0:
        raise CommandError(f"{' '.join(arguments)}: code {ran.returncode}\n{ran.stderr}{ran.stdout}")
    return ran.stdout


class Worker:
    """`crm-caldav serve` on a Unix socket of its own."""

    def __init__(
        self, binary: Path, directory: Path, configuration: Path, processes: int, threads: int
    ) -> None:
        self.socket = directory / "caldav.sock"
        self.log = directory / "worker.log"
        self.access_log = directory / "access.log"
        self._command = [
            str(binary), "serve", "--config", str(configuration),
            "--listen", f"unix:{self.socket}",
            "--processes", str(processes), "--threads", str(threads),
        ]
        self._processes = processes
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        assert self._process, "the worker has not been started"
        return self._process

    def start(self) -> None:
        self._process = Process(self._command, self.log)
        self.process.wait_until_up(lambda: listens(self.socket) and len(self.pids()) > 0)

    def pids(self) -> list[int]:
        """Of the processes that answer requests, not of their supervisor."""
        if self._processes == 1 and not descendants(self.process.pid):
            return [self.process.pid]
        return sorted(descendants(self.process.pid))

    def memory(self) -> int:
        """Bytes of resident memory of all processes together."""
        pages = 0
        for pid in self.pids():
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None


def hand_over(path: Path, account: str) -> None:
    """Makes a file that holds a password readable for the account that serves, and nobody else."""
    path.chmod(0o600)
    if is_root():
        entry = pwd.getpwnam(account)
        os.chown(path, entry.pw_uid, entry.pw_gid)
