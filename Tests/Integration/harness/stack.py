"""Database, worker and web servers together, below one directory."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from . import worker
from .apache import APACHE_FORMS, Apache
from .dav import Client
from .mariadb import MariaDB
from .nginx import Nginx
from .processes import free_port, wait_for
from .worker import Worker

REPOSITORY = Path(__file__).resolve().parents[3]

#: The ways through a web server; all lead to the same database.
FRONTS = ["nginx", *APACHE_FORMS]

BASE_PATH = "/caldav/"


def binary() -> Path:
    """The program under test: what `make build` made, or $CRM_CALDAV."""
    return Path(os.environ.get("CRM_CALDAV", REPOSITORY / ".build/release/crm-caldav"))


class Stack:
    """Starts what is asked for, and stops everything when it is left."""

    database_name = "crm"
    database_user = "crm"
    database_password = "demo-of-a-database"
    time_zone = "Europe/Berlin"
    #: Passwords of the example's users who may sign in.
    users = {
        name: f"{name}-demo" for name in ("admin", "anna", "ben", "carla", "dmitri", "elise")
    }

    def __init__(self, directory: Path, processes: int = 2, threads: int = 8) -> None:
        self.directory = directory
        self.database = MariaDB(directory / "database")
        self.configuration = directory / "crm-caldav.conf"
        self.worker = Worker(binary(), directory, self.configuration, processes, threads)
        self._web_servers: dict[str, Nginx | Apache] = {}
        self._is_temporary = False

    @classmethod
    def temporary(cls, processes: int = 2, threads: int = 8) -> Stack:
        """Below the machine's directory for such things; removed at the end.

        Socket paths are limited to 107 bytes, so not below the checkout, wherever that is.
        """
        stack = cls(Path(tempfile.mkdtemp(prefix="crm-caldav-")), processes, threads)
        stack._is_temporary = True
        # Web servers' workers run under an account of their own.
        stack.directory.chmod(0o755)
        return stack

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Starting and stopping

    def start(self) -> None:
        """Everything but web servers, which start when a test asks for one."""
        self.start_database()
        self.migrate()
        self.worker.start()

    def start_database(self) -> None:
        """The CRM as it was before us."""
        self.database.initialise()
        self.database.start()
        self.load_example(self.database_name)
        self.write_configuration()

    def load_example(self, database: str) -> None:
        self.database.create_user(self.database_user, self.database_password, database)
        self.database.run_file(REPOSITORY / "sql" / "example-crm.sql", database)

    def settings(self) -> dict[str, object]:
        """What the operator of the example CRM would configure."""
        return {
            "database_socket": self.database.socket,
            "database_name": self.database_name,
            "database_user": self.database_user,
            "database_password": self.database_password,
            "users_condition": "active = 1",
            "users_display_name_column": "full_name",
            "tasks_owner_column": "user_id",
            "time_zone": self.time_zone,
            "calendar_time_zone": self.time_zone,
            # Apache's workers run under another account; the directory is ours alone.
            "listen_mode": "0666",
            "access_log": self.worker.access_log,
        }

    def write_configuration(self) -> None:
        self.configuration.write_text(worker.configuration(self.settings()))
        self.configuration.chmod(0o600)

    def migrate(self) -> str:
        return self.command("migrate")

    def command(self, *arguments: str) -> str:
        """Runs `crm-caldav` with this configuration; answers what it printed."""
        return worker.run(binary(), self.configuration, *arguments)

    def front(self, name: str) -> str:
        """The base URL through a web server, which is started when it is not there yet."""
        if name not in self._web_servers:
            directory = self.directory / name
            server = (
                Nginx(directory, free_port(), self.worker.socket) if name == "nginx"
                else Apache(name, directory, free_port(), self, binary())
            )
            server.start()
            self._web_servers[name] = server
        return f"http://127.0.0.1:{self._web_servers[name].port}{BASE_PATH}"

    def stop(self) -> None:
        for server in self._web_servers.values():
            server.stop()
        self._web_servers.clear()
        self.worker.stop()
        self.database.stop()
        if self._is_temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    # For tests

    def client(self, user: str, base: str) -> Client:
        return Client(base, user, self.users[user])

    def sql(self, statements: str) -> None:
        """Runs SQL as the CRM does, as its own database account sees it."""
        self.database.run(statements, self.database_name)

    def sql_rows(self, query: str) -> list[tuple[str | None, ...]]:
        return self.database.rows(query, self.database_name)

    def sql_value(self, query: str) -> str | None:
        return self.database.value(query, self.database_name)

    def wait_until_logged(self) -> None:
        """Until the background turns have written every change into caldav_sync_log."""
        wait_for(
            lambda: self.sql_value("SELECT COUNT(*) FROM caldav_log_queue") == "0", 10,
            "an empty caldav_log_queue",
        )

    def wait_until_gone_are_noticed(self) -> None:
        """Until the calendars lack the tasks that the CRM deleted: no trigger tells of them."""
        wait_for(
            lambda: self.sql_value(
                """SELECT COUNT(*) FROM caldav_objects o LEFT JOIN tasks t ON t.id = o.task_id
                    WHERE o.task_id IS NOT NULL AND t.id IS NULL""") == "0",
            5, "removal of the objects whose tasks are gone",
        )

    def contents(self) -> str:
        """All that the database holds, but for notes of when background turns were last made."""
        return self.database.dump(self.database_name, without=["caldav_meta"])

    def logs(self) -> list[Path]:
        """Every log that a server of this stack writes."""
        return sorted({*self.directory.glob("*.log"), *self.directory.glob("*/*.log")})
