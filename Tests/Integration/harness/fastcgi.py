"""A FastCGI client that speaks to the worker's socket without a web server in between."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from pathlib import Path

# FastCGI 1.0 §8
BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST = 1, 2, 3
PARAMS, STDIN, STDOUT, STDERR = 4, 5, 6, 7
RESPONDER = 1
KEEP_CONNECTION = 1


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    #: Of FCGI_END_REQUEST; None where the worker closed the connection without one.
    application_status: int | None


def record(kind: int, content: bytes, request: int = 1) -> bytes:
    """One record; `content` of at most 65535 bytes."""
    return struct.pack("!BBHHBx", 1, kind, request, len(content), 0) + content


def records(kind: int, content: bytes) -> bytes:
    """A whole stream: records of at most 65535 bytes and the empty one that ends it."""
    step = 65535
    parts = [record(kind, content[at : at + step]) for at in range(0, len(content), step)]
    return b"".join(parts) + record(kind, b"")


def begin(keep: bool = False) -> bytes:
    return record(BEGIN_REQUEST, struct.pack("!HB5x", RESPONDER, KEEP_CONNECTION if keep else 0))


def parameters(values: dict[str, str]) -> bytes:
    """Name-value pairs (FastCGI §3.4)."""
    encoded = b""
    for name, value in values.items():
        raw_name, raw_value = name.encode(), value.encode()
        for length in (len(raw_name), len(raw_value)):
            encoded += (
                struct.pack("!B", length) if length < 128 else struct.pack("!I", length | 1 << 31)
            )
        encoded += raw_name + raw_value
    return encoded


def environment(method: str, uri: str, **more: str) -> dict[str, str]:
    """What a web server says of a request."""
    path, _, query = uri.partition("?")
    return {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": method, "REQUEST_URI": uri, "QUERY_STRING": query,
        "SCRIPT_NAME": "/caldav", "PATH_INFO": path.removeprefix("/caldav"), **more,
    }


class Connection:
    def __init__(self, path: Path, timeout: float = 30) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, content: bytes) -> bool:
        """Whether the worker took all of it; false when it closed the connection first."""
        try:
            self.socket.sendall(content)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def request(self, values: dict[str, str], body: bytes = b"", keep: bool = False) -> Reply:
        length = {"CONTENT_LENGTH": str(len(body))} if body else {}
        head = begin(keep) + records(PARAMS, parameters({**values, **length}))
        self.send(head + records(STDIN, body))
        return self.reply()

    def reply(self) -> Reply:
        output, ended = b"", None
        while ended is None:
            header = self._read(8)
            if len(header) < 8:
                break
            _, kind, _, length, padding = struct.unpack("!BBHHBx", header)
            content = self._read(length)
            self._read(padding)
            if kind == STDOUT:
                output += content
            elif kind == END_REQUEST:
                ended = struct.unpack("!IB3x", content)[0]
        head, _, body = output.partition(b"\r\n\r\n")
        headers = dict(
            line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line
        )
        status = int(headers.get("Status", "200" if output else "0").split()[0])
        return Reply(status, headers, body, ended)

    def _read(self, count: int) -> bytes:
        content = b""
        while len(content) < count:
            try:
                part = self.socket.recv(count - len(content))
            except ConnectionResetError:
                break
            if not part:
                break
            content += part
        return content
