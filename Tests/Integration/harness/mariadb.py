"""A private MariaDB server on a Unix socket, without a network.

The environment variable CRM_CALDAV_TEST_SERVER names a directory whose `bin` has another server's
programs, MariaDB's or MySQL's (`Tests/Databases/unpack`); the client is this machine's all the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .processes import Process, account, listens, wait_for


SERVER = os.environ.get("CRM_CALDAV_TEST_SERVER")
#: Programs of the server, by name or path.
PROGRAMS = Path(SERVER).resolve() / "bin" if SERVER else Path()
IS_MYSQL = SERVER is not None and not (PROGRAMS / "mariadbd").exists()


def administrator() -> str:
    """Who may do everything: MySQL makes root alone, whoever runs it."""
    return "root" if IS_MYSQL else account()


class QueryError(Exception):
    """What the client said when the server refused a statement."""


class MariaDB:
    """A server below `directory`; MariaDB's administrator is the account that runs it, by socket.

    Commits are as durable as the server is shipped: a test that kills it relies on that.
    """

    def __init__(
        self, directory: Path, buffer_pool: str = "128M", log_file: str = "48M"
    ) -> None:
        self.directory = directory
        self._buffer_pool, self._log_file = buffer_pool, log_file
        self.socket = directory / "mariadb.sock"
        self.log = directory / "mariadb.log"
        self._options = directory / "mariadb.cnf"
        self._process: Process | None = None

    def initialise(self) -> None:
        """An empty server; what `directory` held is removed."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        # The socket's directory is open to the web server's account; the data are not.
        self.directory.chmod(0o755)
        # A server that starts removes what others left in a shared directory of temporary files.
        (self.directory / "tmp").mkdir()
        self._options.write_text(
            f"""[mysqld]
            datadir = {self.directory}/data
            socket = {self.socket}
            pid-file = {self.directory}/mariadb.pid
            user = {account()}
            tmpdir = {self.directory}/tmp
            skip-networking
            skip-log-bin
            character-set-server = utf8mb4
            collation-server = utf8mb4_general_ci
            innodb-buffer-pool-size = {self._buffer_pool}
            innodb-flush-log-at-trx-commit = 1
            max-connections = 200
            performance-schema = OFF
            {self._options_of_kind}
            """.replace("            ", "")
        )
        if IS_MYSQL:
            command = [
                str(PROGRAMS / "mysqld"), f"--defaults-file={self._options}",
                "--initialize-insecure"]
        else:
            command = [
                str(PROGRAMS / "mariadb-install-db"), f"--defaults-file={self._options}",
                "--skip-test-db", "--auth-root-authentication-method=socket",
                f"--auth-root-socket-user={account()}"]
        made = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode != 0:
            raise QueryError(f"{command[0]}:\n{made.stdout}")

    @property
    def _options_of_kind(self) -> str:
        if IS_MYSQL:
            return "mysqlx = OFF\ninnodb-redo-log-capacity = 96M"
        return f"innodb-log-file-size = {self._log_file}"

    def start(self) -> None:
        program = str(PROGRAMS / ("mysqld" if IS_MYSQL else "mariadbd"))
        self._process = Process([program, f"--defaults-file={self._options}"], self.log)
        self._process.wait_until_up(self._answers, within=60)

    def _answers(self) -> bool:
        if not listens(self.socket):
            return False
        try:
            self.run("SELECT 1")
            return True
        except QueryError:
            return False

    @property
    def process(self) -> Process:
        assert self._process, "the server has not been started"
        return self._process

    def stop(self) -> None:
        """Shuts down as an administrator does: what is committed is on disk."""
        if self._process:
            self._process.stop(within=60)
            self._process = None

    def kill(self) -> None:
        """Ends it as a crash does."""
        if self._process:
            self._process.kill()
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def run(self, sql: str, database: str = "") -> None:
        """Runs statements of any kind; DELIMITER works as in a file."""
        self._client(sql, database)

    def run_file(self, path: Path, database: str) -> None:
        self._client(path.read_text(), database)

    def rows(self, sql: str, database: str = "") -> list[tuple[str | None, ...]]:
        """The rows of a query, each value as text or None."""
        lines = self._client(sql, database).split("\n")[:-1]
        return [tuple(_decoded(value) for value in line.split("\t")) for line in lines]

    def value(self, sql: str, database: str = "") -> str | None:
        """The first column of the first row; None also where there is no row."""
        rows = self.rows(sql, database)
        return rows[0][0] if rows else None

    def _client(self, sql: str, database: str) -> str:
        ran = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={administrator()}",
             "--default-character-set=utf8mb4", "--batch", "--skip-column-names", database],
            input=sql.encode(), capture_output=True,
        )
        # Not as text: that would make line feeds of the carriage returns in values.
        if ran.returncode != 0:
            raise QueryError(ran.stderr.decode().strip())
        return ran.stdout.decode()

    def dump(
        self, database: str, without: Sequence[str] = (), only: Sequence[str] = ()
    ) -> str:
        """The tables of a database, but for some, or some alone, as SQL, one row a line, in key order."""
        ran = subprocess.run(
            ["mariadb-dump", "--no-defaults", f"--socket={self.socket}", f"--user={administrator()}",
             "--default-character-set=utf8mb4", "--hex-blob", "--order-by-primary",
             "--skip-extended-insert", "--skip-dump-date", "--skip-comments",
             "--single-transaction",
             *(f"--ignore-table={database}.{table}" for table in without), database, *only],
            capture_output=True, text=True,
        )
        if ran.returncode != 0:
            raise QueryError(ran.stderr.strip())
        return ran.stdout

    def create_user(self, name: str, password: str, database: str) -> None:
        """An account that may do everything in one database, as a web host gives it."""
        self.run(
            f"""CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET utf8mb4;
            CREATE USER IF NOT EXISTS '{name}'@'localhost';
            ALTER USER '{name}'@'localhost' IDENTIFIED BY '{password}';
            GRANT ALL PRIVILEGES ON `{database}`.* TO '{name}'@'localhost';"""
        )

    def status(self, pattern: str) -> dict[str, int]:
        """The server's counters whose names are LIKE `pattern`.

        Asking counts too: one connection, and a Query or two.
        """
        return {
            str(name): int(value or 0)
            for name, value in self.rows(f"SHOW GLOBAL STATUS LIKE '{pattern}'")
        }

    def wait_for_rows(
        self, sql: str, database: str, within: float = 5
    ) -> list[tuple[str | None, ...]]:
        """The rows of a query once it has any."""
        found = wait_for(lambda: self.rows(sql, database), within, f"rows of {sql}")
        assert isinstance(found, list)
        return found


def _decoded(value: str) -> str | None:
    """A value as the client's batch mode writes it: backslash escapes, and NULL as a word."""
    if value == "NULL":
        return None
    if "\\" not in value:
        return value
    escapes = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
    decoded, characters = [], iter(value)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            decoded.append(escapes.get(following, following))
        else:
            decoded.append(character)
    return "".join(decoded)
