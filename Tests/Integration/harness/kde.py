"""KDE's own CalDAV library KDAV, on which Akonadi, Merkuro and KOrganizer stand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import icalendar
from .dav import Client
from .engine import Engine, EngineError

SOURCE = Path(__file__).with_name("kde_driver.cpp")
_INCLUDES = [
    Path("/usr/include/KF5/KDAV"), Path("/usr/include/KF5/KDAV/kdav"),
    Path("/usr/include/KF5/KCoreAddons"), Path("/usr/include/KF5"),
    # In a folder of the machine's architecture.
    *(
        folder / part for folder in Path("/usr/include").glob("*-linux-gnu/qt5")
        for part in ("", "QtCore", "QtGui")
    ),
]


def is_installed() -> bool:
    """What `install-missing soak` brings."""
    return len(_INCLUDES) > 4 and all(each.is_dir() for each in _INCLUDES)


class KDE(Engine):
    def __init__(self, directory: Path, client: Client) -> None:
        program = directory / "kde_driver"
        subprocess.run(
            [
                "g++", "-std=c++17", "-fPIC", *(f"-I{each}" for each in _INCLUDES), str(SOURCE),
                "-o", str(program), "-lKF5DAV", "-lKF5CoreAddons", "-lQt5Gui", "-lQt5Core",
            ],
            check=True, capture_output=True, text=True,
        )
        self.log = directory / "kde.log"
        self._log = self.log.open("w")
        answers, written = os.pipe()
        base = f"http://{client.host}:{client.port}{client.base_path}"
        self._process = subprocess.Popen(
            ["dbus-run-session", "--", str(program), base, client.user or "", str(written)],
            stdin=subprocess.PIPE, stdout=self._log, stderr=self._log, text=True,
            pass_fds=[written], start_new_session=True,
            env={
                "PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8",
                "XDG_RUNTIME_DIR": str(directory), "QT_QPA_PLATFORM": "offscreen",
                # Its workers are children of ours, and not of a launcher of the desktop.
                "KDE_FORK_SLAVES": "1",
            },
        )
        os.close(written)
        self._answers = os.fdopen(answers)
        self._calendar = ""
        assert self._process.stdin
        self._process.stdin.write(f"{client.password}\n")

    def ask(self, do: str, **arguments: Any) -> Any:
        """- Raises `EngineError` with KDAV's own text."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._answers.readline()
        assert line, f"the driver ended: {self.log.read_text()[-2000:]}"
        answer = json.loads(line)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer["answer"]

    def discover(self) -> dict[str, str]:
        return self.ask("discover")

    def open(self, path: str, kind: str = "events") -> None:
        self._calendar = path
        self.ask("open", path=path)

    def refresh(self) -> None:
        self.ask("refresh")

    def texts(self) -> dict[str, str]:
        return {uid: text for uid, (_, text) in self._items().items()}

    def create(self, component: str) -> None:
        uid = icalendar.value(component, "UID") or ""
        text = icalendar.calendar(component, producer="-//K Desktop Environment//NONSGML//EN")
        self.ask("create", path=f"{self._calendar}{quote(uid)}.ics", text=text)

    def modify(self, uid: str, old: str, new: str) -> None:
        path, text = self._items()[uid]
        assert old in text
        self.ask("modify", path=path, text=text.replace(old, new))

    def remove(self, uid: str) -> None:
        self.ask("remove", path=self._items()[uid][0])

    def _items(self) -> dict[str, tuple[str, str]]:
        """Path and text by UID."""
        return {
            icalendar.value(text.replace("\r\n", "\n").replace("\n", "\r\n"), "UID") or "":
            (path, text) for path, _, text in self.ask("list")
        }

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)
        # A worker that waits for more requests stays behind otherwise.
        try:
            os.killpg(self._process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self._answers.close()
        self._log.close()
