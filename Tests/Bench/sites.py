"""What is measured: the worker behind nginx, the bounds beside it, and Radicale."""

from __future__ import annotations

import base64
import http.client
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import people
from harness.mariadb import MariaDB
from harness.nginx import Nginx
from harness.processes import Process, accepts, free_port, listens
from harness.sites import adapted
from harness.stack import Stack

HERE = Path(__file__).resolve().parent


def compiled(source: str, *libraries: str) -> Path:
    """The program of a C file here, made below .build/bench."""
    directory = HERE.parents[1] / ".build/bench"
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / source.removesuffix(".c")
    subprocess.run(
        ["cc", "-O2", "-D_GNU_SOURCE", "-o", program, HERE / source, *libraries, "-lpthread"],
        check=True,
    )
    return program


@dataclass
class Site:
    """A server at a port of loopback, and where its calendars are."""

    name: str
    port: int
    #: Path of a user's home, with `{user}` in it.
    home_path: str = "/"
    #: Where a GET answers a whole calendar.
    feed_suffix: str = ""

    def home(self, user: str) -> str:
        return self.home_path.format(user=user)

    def calendar(self, user: str) -> str:
        return self.home(user) + "crm-tasks/"

    def request(
        self, method: str, path: str, body: bytes = b"", user: str = people.USER,
        password: str = people.PASSWORD, **fields: str,
    ) -> bytes:
        """The bytes of a request; fields with _ for -."""
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        lines = [
            f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Basic {secret}", f"Content-Length: {len(body)}",
        ]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of one request."""
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for line in lines:
            connection.putheader(*line.split(": ", 1))
        connection.endheaders(body)
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        finally:
            connection.close()


class Front(Nginx):
    """One nginx for all that speaks FastCGI: each at two ports, with a connection for each request
    and with kept ones, by the project's own server block."""

    def __init__(self, directory: Path, sockets: dict[str, tuple[Path, Path]]) -> None:
        super().__init__(directory, free_port(), Path())
        self._sockets = sockets
        self.ports = {name: (free_port(), free_port()) for name in sockets}

    def _site(self) -> str:
        blocks = ["server { listen 127.0.0.1:%d; return 204; }" % self.port]
        for name, sockets in self._sockets.items():
            for port, socket, is_kept in zip(self.ports[name], sockets, (False, True)):
                upstream = f"{name}_{port}"
                block = adapted("nginx/crm-caldav.conf", {
                    "listen 80;": f"listen 127.0.0.1:{port};",
                    "/run/crm-caldav/caldav.sock": str(socket),
                    "upstream crm_caldav": f"upstream {upstream}",
                    "fastcgi_pass crm_caldav;": f"fastcgi_pass {upstream};",
                })
                if not is_kept:
                    block = block.replace("keepalive 16;", "").replace(
                        "fastcgi_keep_conn on;", "fastcgi_keep_conn off;")
                blocks.append(block)
        return "\n".join(blocks)


class Bound:
    """One of the programs of bounds.c."""

    def __init__(self, kind: str, program: Path, directory: Path, stack: Stack, threads: int) -> None:
        self.socket = directory / f"{kind}-{threads}.sock"
        self._process = Process(
            [str(program), kind, str(self.socket), str(threads)], directory / f"{kind}.log",
            {"DATABASE_SOCKET": str(stack.database.socket), "DATABASE_NAME": stack.database_name,
             "DATABASE_USER": stack.database_user, "DATABASE_PASSWORD": stack.database_password},
        )
        self._process.wait_until_up(lambda: listens(self.socket))

    def stop(self) -> None:
        self._process.kill()


#: What the write bound writes to.
BOUND_TABLES = """
    CREATE TABLE bench_objects (id INT AUTO_INCREMENT PRIMARY KEY, name INT, content BLOB);
    CREATE TABLE bench_rows (id INT AUTO_INCREMENT PRIMARY KEY, name INT, content BLOB);
    CREATE TABLE bench_log (id INT AUTO_INCREMENT PRIMARY KEY, name INT);
    CREATE TABLE bench_state (id INT PRIMARY KEY, revision INT NOT NULL);
    INSERT INTO bench_state SELECT seq, 0 FROM seq_1_to_64;
"""


class CRM(Stack):
    """The example CRM with sixty users more, and a worker as systemd/crm-caldav.service runs it."""

    processes, threads = 2, 8

    def __init__(self) -> None:
        directory = Path(tempfile.mkdtemp(prefix="crm-caldav-"))
        directory.chmod(0o755)
        super().__init__(directory, self.processes, self.threads)
        self._is_temporary = True
        self.database = MariaDB(directory / "database", buffer_pool="512M", log_file="256M")

    def settings(self) -> dict[str, object]:
        # So that a client can say from where it comes: wrong passwords are counted by address.
        return {**super().settings(), "trusted_proxies": "127.0.0.1", "access_log": "off"}

    def start_database(self) -> None:
        super().start_database()
        people.fill(self.database, self.database_name)
        self.database.run(BOUND_TABLES, self.database_name)


def radicale(
    directory: Path, password_hash: str, texts: dict[str, list[tuple[str, bytes]]]
) -> tuple[Site, Process]:
    """Radicale with calendars made of its own kind of files, remembering sign-ins as we do.

    - Parameter texts: names and iCalendar texts of each user's objects.
    """
    port, bcrypt = free_port(), directory / "users"
    for user, objects in texts.items():
        collection = directory / "collections/collection-root" / user / "crm-tasks"
        collection.mkdir(parents=True)
        (collection / ".Radicale.props").write_text(
            '{"tag": "VCALENDAR", "D:displayname": "CRM Tasks"}')
        for name, text in objects:
            (collection / name).write_bytes(text)
    bcrypt.write_text("".join(f"{user}:{password_hash}\n" for user in texts))
    options = {
        "server-hosts": f"127.0.0.1:{port}", "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(bcrypt), "auth-htpasswd-encryption": "bcrypt",
        "auth-cache-logins": "True", "rights-type": "owner_only", "logging-level": "error",
        "storage-filesystem-folder": str(directory / "collections"),
    }
    process = Process(
        [str(HERE.parents[1] / ".build/venv/bin/python"), "-m", "radicale", "--config", "",
         *(word for name, value in options.items() for word in (f"--{name}", value))],
        directory / "radicale.log",
    )
    process.wait_until_up(lambda: accepts(port))
    return Site("Radicale", port, "/{user}/"), process
