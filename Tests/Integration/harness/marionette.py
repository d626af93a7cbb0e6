"""Mozilla's Marionette: runs scripts inside a program, with the rights of its own code."""

from __future__ import annotations

import json
import socket
from typing import Any


class ScriptError(Exception):
    """What a script threw."""


class Marionette:
    """One session; each message is its length, a colon, and JSON."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 120)
        self._received = b""
        self._count = 0
        self._read()
        self.call("WebDriver:NewSession")
        self.call("Marionette:SetContext", value="chrome")

    def call(self, command: str, **parameters: Any) -> Any:
        """- Raises `ScriptError` for what Marionette itself refuses."""
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, answer = self._read()
        if error:
            raise ScriptError(error)
        return answer

    def run(self, script: str, *arguments: Any) -> Any:
        """The value that the body of an async function returns; `args` is what it gets.

        - Raises `ScriptError` with what it throws.
        """
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            "const args = [...arguments].slice(0, -1);"
            "(async () => {" + script + "})().then("
            "value => done({value: value === undefined ? null : value}),"
            "error => done({error: `${error}\\n${error?.stack}`}));"
        )
        answer = self.call(
            "WebDriver:ExecuteAsyncScript", script=wrapped, args=list(arguments),
            scriptTimeout=60_000,
        )["value"]
        if "error" in answer:
            raise ScriptError(answer["error"])
        return answer["value"]

    def quit(self) -> None:
        self.call("Marionette:Quit", flags=["eForceQuit"])
        self._socket.close()

    def _read(self) -> Any:
        while b":" not in self._received:
            self._receive()
        length, _, rest = self._received.partition(b":")
        while len(rest) < int(length):
            self._receive()
            rest = self._received.partition(b":")[2]
        self._received = rest[int(length):]
        return json.loads(rest[:int(length)])

    def _receive(self) -> None:
        received = self._socket.recv(1 << 16)
        if not received:
            raise EOFError("the program ended")
        self._received += received
