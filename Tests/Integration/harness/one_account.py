"""What servers of other people have in common here: one account, on one port of loopback."""

from __future__ import annotations

from pathlib import Path

from .dav import Client
from .processes import free_port

USER, PASSWORD = "otto", "otto-secret: ä"


class OneAccount:
    """A server of one account; what it is, and how it starts and stops, its kind says."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.port = free_port()
        self.directory = directory

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def home(self) -> str:
        return f"/{USER}/"

    def client(self) -> Client:
        return Client(self.base, USER, PASSWORD)

    def make_calendar(self, client: Client, name: str) -> str:
        """Makes a calendar; answers its path."""
        path = f"{self.home()}{name}/"
        answer = client.request("MKCALENDAR", path)
        assert answer.status == 201, answer
        return path
