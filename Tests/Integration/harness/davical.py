"""DAViCal (Debian) with a PostgreSQL of its own, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from .one_account import PASSWORD, USER, OneAccount
from .processes import Process, StartError, accepts, descendants, is_root, kill, listens

PACKAGE = Path("/usr/share/davical")
#: PostgreSQL refuses to run as root.
DATABASE_ACCOUNT = "postgres"
PORT = 5432  # of the socket's name: nobody listens on the network


def _database_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class DAViCal(OneAccount):
    """One account; calendars in PostgreSQL, behind PHP's own web server."""

    kind = "DAViCal"

    @staticmethod
    def missing() -> str | None:
        """What this machine lacks. PostgreSQL is not installed for a test: its package starts a
        service."""
        if not PACKAGE.is_dir():
            return "DAViCal is not installed"
        if _database_programs() is None:
            return "there is no PostgreSQL server, whose package would start a service"
        return None

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        directory.chmod(0o755)
        self.log = directory / "davical.log"
        self._processes: list[Process] = []

    def start(self) -> None:
        self._start_database()
        # The program, with the path of its configuration changed.
        for part in ("htdocs", "inc"):
            shutil.copytree(PACKAGE / part, self.directory / part)
        start = self.directory / "htdocs" / "always.php"
        start.write_text(start.read_text().replace("/etc/davical/", f"{self.directory}/"))
        (self.directory / "config.php").write_text(
            f"""<?php
            $c->pg_connect[] = 'host={self._database} port={PORT} dbname=davical user=davical_app';
            $c->admin_email = 'nobody@example.org';
            """
        )
        server = Process(
            ["php", "-d", "display_errors=0", "-S", f"127.0.0.1:{self.port}", "-t",
             str(self.directory / "htdocs")],
            self.log, {"PHP_CLI_SERVER_WORKERS": "3"},
        )
        self._processes.append(server)
        server.wait_until_up(lambda: accepts(self.port))

    def _start_database(self) -> None:
        self._database = self.directory / "database"
        self._database.mkdir()
        if is_root():
            shutil.chown(self._database, DATABASE_ACCOUNT)
        data = self._database / "data"
        self._run("initdb", "-D", str(data), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        database = Process(
            [*self._as_owner(), str(_database_programs() / "postgres"), "-D", str(data),  # type: ignore[operator]
             "-k", str(self._database), "-p", str(PORT), "-c", "listen_addresses="],
            self.log,
        )
        self._processes.append(database)
        database.wait_until_up(lambda: listens(self._database / f".s.PGSQL.{PORT}"))
        self._run("sh", str(PACKAGE / "dba" / "create-database.sh"), "davical", "unused")
        self._run(
            "psql", "-q", "davical", "-c",
            "INSERT INTO dav_principal (type_id, user_active, username, password, fullname, email,"
            f" displayname) VALUES (1, true, '{USER}', '**{PASSWORD}', 'Otto', 'otto@example.org', 'Otto')",
        )

    def _as_owner(self) -> list[str]:
        if not is_root():
            return []
        return ["setpriv", f"--reuid={DATABASE_ACCOUNT}", f"--regid={DATABASE_ACCOUNT}",
                "--clear-groups", "--pdeathsig", "TERM", "--"]

    def _run(self, *command: str) -> None:
        ran = subprocess.run(
            [*self._as_owner(), *command], cwd=self._database, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PGHOST": str(self._database), "PGPORT": str(PORT),
                 "PATH": f"{_database_programs()}:{os.environ['PATH']}"},
        )
        if ran.returncode != 0:
            raise StartError(f"{command[0]}:\n{ran.stdout}")

    def stop(self) -> None:
        while self._processes:
            process = self._processes.pop()
            workers = descendants(process.pid)
            process.stop()
            # PHP's own server ends without those that it forked.
            for pid in workers:
                kill(pid, signal.SIGTERM)

    def home(self) -> str:
        return f"/caldav.php/{USER}/"
