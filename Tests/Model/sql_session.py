"""A session with MariaDB or MySQL over its Unix socket, as much of the protocol as plain SQL needs.

A writer of the model sends thousands of statements and wants each one's error code: a process of
the `mariadb` client for each would take most of the time.
"""

from __future__ import annotations

import hashlib
import socket
import struct

Row = tuple["str | None", ...]


class ServerError(Exception):
    """The server refused a statement; nothing of it was done."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


class ConnectionLost(Exception):
    """The session ended: whether the last statement was done is unknown."""


class Session:
    """One session; begun anew at the next statement after it was lost."""

    def __init__(self, socket_path: str, user: str, password: str, database: str) -> None:
        self._address = socket_path
        self._account = (user, password, database)
        self._socket: socket.socket | None = None
        self._sequence = 0
        #: Of the last statement.
        self.affected = 0
        self.insert_id = 0

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def run(self, sql: str) -> list[Row]:
        """Runs one statement; answers its rows, each value as text or None."""
        try:
            if self._socket is None:
                self._connect()
            self._sequence = 0
            self._send(b"\x03" + sql.encode())
            return self._result()
        except (OSError, EOFError) as error:
            self.close()
            raise ConnectionLost(str(error)) from error

    def value(self, sql: str) -> str | None:
        rows = self.run(sql)
        return rows[0][0] if rows else None

    # Packets

    def _connect(self) -> None:
        opened = socket.socket(socket.AF_UNIX)
        opened.settimeout(120)
        opened.connect(self._address)
        self._socket = opened
        greeting = self._receive()
        self._refused(greeting)
        end = greeting.index(b"\0", 1)
        salt = greeting[end + 5:end + 13] + greeting[end + 32:end + 44]
        user, password, database = self._account
        # Long password, connect with database, protocol 4.1, transactions, secure connection,
        # authentication plugin.
        capabilities = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000
        proof = _native_password(password, salt)
        self._send(
            struct.pack("<IIB23x", capabilities, 1 << 24, 45) + user.encode() + b"\0"
            + bytes([len(proof)]) + proof + database.encode() + b"\0mysql_native_password\0"
        )
        answer = self._receive()
        if answer[:1] == b"\xfe":
            end = answer.index(b"\0")
            salt = answer[end + 1:].rstrip(b"\0")
            is_mysqls = answer[1:end] == b"caching_sha2_password"
            self._send((_cached_password if is_mysqls else _native_password)(password, salt))
            answer = self._receive()
        # MySQL does not remember the password (4), or it does (3), and says so before its OK. What is sent
        # over a Unix socket need not be hidden.
        if answer == b"\x01\x04":
            self._send(password.encode() + b"\0")
            answer = self._receive()
        elif answer == b"\x01\x03":
            answer = self._receive()
        self._refused(answer)
        # As PHP's mysqli leaves it: the server's own modes, autocommit.
        self._sequence = 0
        self._send(b"\x03SET NAMES utf8mb4")
        self._result()

    def _send(self, payload: bytes) -> None:
        assert self._socket
        header = struct.pack("<I", len(payload))[:3] + bytes([self._sequence])
        self._socket.sendall(header + payload)
        self._sequence += 1

    def _receive(self) -> bytes:
        header = self._exactly(4)
        self._sequence = header[3] + 1
        return self._exactly(header[0] | header[1] << 8 | header[2] << 16)

    def _exactly(self, count: int) -> bytes:
        assert self._socket
        received = b""
        while len(received) < count:
            piece = self._socket.recv(count - len(received))
            if not piece:
                raise EOFError("the server closed the connection")
            received += piece
        return received

    def _refused(self, packet: bytes) -> None:
        if packet[:1] == b"\xff":
            code = struct.unpack("<H", packet[1:3])[0]
            # Shut down, killed: the session is over.
            if code in (1053, 1927):
                raise EOFError(packet[3:].decode(errors="replace"))
            raise ServerError(code, packet[9:].decode(errors="replace"))

    def _result(self) -> list[Row]:
        first = self._receive()
        self._refused(first)
        if first[:1] == b"\0":
            self.affected, at = _length(first, 1)
            self.insert_id, _ = _length(first, at)
            return []
        columns, _ = _length(first, 0)
        for _ in range(columns + 1):
            self._receive()
        rows: list[Row] = []
        while True:
            packet = self._receive()
            self._refused(packet)
            if packet[:1] == b"\xfe" and len(packet) < 9:
                return rows
            rows.append(_row(packet, columns))


def _native_password(password: str, salt: bytes) -> bytes:
    once = hashlib.sha1(password.encode()).digest()
    twice = hashlib.sha1(salt + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, twice))


def _cached_password(password: str, salt: bytes) -> bytes:
    once = hashlib.sha256(password.encode()).digest()
    twice = hashlib.sha256(hashlib.sha256(once).digest() + salt).digest()
    return bytes(a ^ b for a, b in zip(once, twice))


def _length(packet: bytes, at: int) -> tuple[int, int]:
    """A length-encoded integer and the index after it."""
    first = packet[at]
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
    if width is None:
        return first, at + 1
    return int.from_bytes(packet[at + 1:at + 1 + width], "little"), at + 1 + width


def _row(packet: bytes, columns: int) -> Row:
    values: list[str | None] = []
    at = 0
    for _ in range(columns):
        if packet[at] == 0xFB:
            values.append(None)
            at += 1
            continue
        length, at = _length(packet, at)
        values.append(packet[at:at + length].decode(errors="surrogateescape"))
        at += length
    return tuple(values)


def quoted(value: str | int | None) -> str:
    """A literal of SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"
