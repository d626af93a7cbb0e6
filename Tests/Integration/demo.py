"""`make demo`: the example CRM, its calendars and nginx, until Ctrl-C or SIGTERM.

    demo.py DIRECTORY PORT

Writes DIRECTORY/demo.env, shell variables for scripts, as soon as it answers, and takes it away at
the end. The database stays in DIRECTORY for the next time.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from harness.dav import Client
from harness.mariadb import QueryError
from harness.nginx import Nginx
from harness.processes import StartError, accepts
from harness.stack import BASE_PATH, Stack
from harness.worker import CommandError

#: Who signs in by demo.env: the owner of the documented default calendar, which has all tasks.
USER = "admin"


class Ended(Exception):
    """Somebody wants us to end."""


def end(*_: object) -> NoReturn:
    # make, the terminal and a process group may each tell us; once is enough.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Ended


class Demo(Stack):
    """The documented installation: all tasks are in one calendar of `admin`."""

    time_zone = "UTC"

    def __init__(self, directory: Path, port: int) -> None:
        super().__init__(directory, processes=2, threads=4)
        self.nginx = Nginx(directory / "nginx", port, self.worker.socket)
        self.environment = directory / "demo.env"
        self._complete = directory / "database-is-complete"

    def settings(self) -> dict[str, object]:
        chosen = super().settings()
        del chosen["tasks_owner_column"]
        return chosen

    def start_database(self) -> None:
        """Takes the database of an earlier demo up again, when that one got as far."""
        if not self._complete.exists():
            super().start_database()
            self._complete.touch()
            return
        self.database.start()
        self.write_configuration()

    def start(self) -> None:
        super().start()
        self.nginx.start()
        client = Client(self.url, USER, self.users[USER])
        answer = client.propfind(client.home(), "d:displayname", depth="1")
        if answer.status != 207:
            raise StartError(f"{answer}")
        client.close()
        self._write_environment()

    def stop(self) -> None:
        self.environment.unlink(missing_ok=True)
        self.nginx.stop()
        super().stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.nginx.port}{BASE_PATH}"

    def _write_environment(self) -> None:
        variables = {
            "CALDAV_URL": self.url, "CALDAV_USER": USER, "CALDAV_PASSWORD": self.users[USER],
            "DB_SOCKET": self.database.socket, "DB_NAME": self.database_name,
            "DB_USER": self.database_user, "DB_PASSWORD": self.database_password,
        }
        unfinished = self.environment.with_suffix(".new")
        unfinished.write_text(
            "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in variables.items())
        )
        unfinished.rename(self.environment)

    def wait(self) -> None:
        """- Raises `StartError` when a server ends that should not."""
        servers = {
            "MariaDB": self.database.process, "the worker": self.worker.process,
            "nginx": self.nginx.process,
        }
        while True:
            for name, process in servers.items():
                if not process.is_running:
                    raise StartError(f"{name} ended; see {process.log}")
            time.sleep(0.5)


def introduce(demo: Demo) -> None:
    url, socket = demo.url, demo.database.socket
    password = demo.users[USER]
    others = ", ".join(f"{name} / {secret}" for name, secret in demo.users.items() if name != USER)
    print(
        f"""
crm-caldav answers. Press Ctrl-C to end it.

  For clients   http://127.0.0.1:{demo.nginx.port}/   (finds everything from there)
  Base address  {url}
  Calendar      {url}calendars/{USER}/crm-tasks/
  Sign in       {USER} / {password}
  Others        {others}

  CRM database  mariadb --socket={socket} --user={demo.database_user} \\
                  --password={demo.database_password} {demo.database_name}
  For scripts   . {demo.environment}
  Logs          {demo.worker.access_log}, {demo.worker.log}

  Try   curl -u {USER}:{password} -X PROPFIND -H 'Depth: 1' {url}calendars/{USER}/
""",
        flush=True,
    )


def main() -> int:
    directory, port = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"A demo runs in {directory} already: choose another DEMO_DIR.", file=sys.stderr)
        return 1
    if accepts(port):
        print(f"Somebody answers on port {port}: choose another DEMO_PORT.", file=sys.stderr)
        return 1
    try:
        with Demo(directory, port) as demo:
            # Of an earlier one that was killed.
            demo.environment.unlink(missing_ok=True)
            demo.start()
            introduce(demo)
            demo.wait()
    except Ended:
        return 0
    except (StartError, QueryError, CommandError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
