"""A proxy on loopback that does to a connection what networks and servers do at their worst."""

from __future__ import annotations

import http.client
import random
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

#: What can happen to a request. Those after `late` let it be carried out first.
FAULTS = (
    "refuse",  # the connection is closed before an answer, the request not passed on
    "500", "503", "429",  # with Retry-After: 0 on the latter two
    "html",  # a page of somebody's login instead of an answer
    "reset-after",  # carried out, and the connection reset instead of an answer
    "cut",  # carried out, and half of the answer's body
    "half-xml",  # carried out, and half of the answer's body as if it were all of it
    "slow",  # carried out, and the answer comes after a while
)


class Faults:
    """Passes requests on to a server, and makes trouble of `kinds` with probability `rate`.

    - Parameter certificate: PEM file of key and certificate, to speak TLS.
    """

    def __init__(self, port: int, seed: int = 1, certificate: Path | None = None) -> None:
        self.target = port
        self.rate = 0.0
        self.kinds: tuple[str, ...] = FAULTS
        #: The methods that have faults; None: all.
        self.methods: set[str] | None = None
        #: Done while a request has its fault, as another client would.
        self.meanwhile: Callable[[], object] = lambda: None
        #: Requests that had each fault, and those without.
        self.count: dict[str, int] = {}
        #: Method and path of every request, in order.
        self.requests: list[str] = []
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "https" if certificate else "http"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def base(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _choose(self, method: str, path: str) -> str | None:
        with self._lock:
            self.requests.append(f"{method} {path}")
            is_meant = self.methods is None or method in self.methods
            fault = (
                self._random.choice(self.kinds)
                if is_meant and self._random.random() < self.rate else None
            )
            self.count[fault or "none"] = self.count.get(fault or "none", 0) + 1
            return fault

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        faults = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = faults._choose(self.command, self.path)
                if fault:
                    faults.meanwhile()
                if fault == "refuse":
                    return self.hang_up()
                if fault in ("500", "503", "429"):
                    again = [] if fault == "500" else [("Retry-After", "0")]
                    return self.answer(int(fault), again, b"not now")
                if fault == "html":
                    page = b"<html><body><form>Sign in</form></body></html>"
                    return self.answer(200, [("Content-Type", "text/html")], page)
                status, fields, content = self.passed_on(body)
                if fault == "reset-after":
                    return self.hang_up()
                if fault == "cut":
                    return self.answer(status, fields, content, sent=len(content) // 2)
                if fault == "half-xml":
                    content = content[: len(content) // 2]
                if fault == "slow":
                    faults._pause()
                self.answer(status, fields, content)

            def passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
                connection = http.client.HTTPConnection("127.0.0.1", faults.target, timeout=60)
                fields = {
                    name: value for name, value in self.headers.items()
                    if name.lower() not in ("connection", "content-length", "transfer-encoding")
                }
                connection.request(self.command, self.path, body or None, fields)
                response = connection.getresponse()
                content = response.read()
                connection.close()
                kept = [
                    (name, value) for name, value in response.getheaders()
                    if name.lower() not in
                    ("connection", "content-length", "transfer-encoding", "date", "server")
                ]
                return response.status, kept, content

            def answer(
                self, status: int, fields: list[tuple[str, str]], content: bytes,
                sent: int | None = None,
            ) -> None:
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content[:sent])
                if sent is not None and sent < len(content):
                    self.hang_up()

            def hang_up(self) -> None:
                self.close_connection = True
                self.wfile.flush()
                # A reset, not an orderly end.
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
                )
                self.connection.close()

            def __getattr__(self, name: str) -> object:
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

        return Handler

    def _pause(self) -> None:
        with self._lock:
            seconds = self._random.uniform(0.05, 0.3)
        threading.Event().wait(seconds)
