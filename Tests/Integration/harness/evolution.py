"""Evolution's own data server, without a screen, on a session bus of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .dav import Client
from .processes import wait_for

DRIVER = Path(__file__).with_name("evolution_driver.py")
SERVICES = Path("/usr/share/dbus-1/services")

#: Nothing but the data server may be started over this bus: no keyring, no prompts.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={directory}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{directory}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class EvolutionError(Exception):
    """What the data server would have shown to its user."""


class Evolution:
    """One account of a user, who has one calendar open at a time."""

    def __init__(self, directory: Path, client: Client) -> None:
        services = directory / "services"
        services.mkdir()
        for name in ("Sources", "Calendar"):
            (service,) = SERVICES.glob(f"org.gnome.evolution.dataserver.{name}*.service")
            (services / service.name).write_text(service.read_text())
        bus = directory / "bus.conf"
        bus.write_text(_BUS.format(directory=directory))
        self.log = directory / "evolution.log"
        self._log = self.log.open("w")
        answers, written = os.pipe()
        self._process = subprocess.Popen(
            [
                "dbus-run-session", f"--config-file={bus}", "--", "/usr/bin/python3", "-B",
                str(DRIVER), client.host, str(client.port), client.user or "", str(written),
            ],
            stdin=subprocess.PIPE, stdout=self._log, stderr=self._log, text=True,
            pass_fds=[written],
            env={
                "PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8",
                "XDG_RUNTIME_DIR": str(directory), "TZ": "Europe/Berlin",
                "GSETTINGS_BACKEND": "memory", "GIO_USE_NETWORK_MONITOR": "base",
                "GIO_USE_VFS": "local", "NO_AT_BRIDGE": "1", "CALDAV_DEBUG": "all",
                "WEBDAV_DEBUG": "all",
            },
        )
        os.close(written)
        self._answers = os.fdopen(answers)
        assert self._process.stdin
        self._process.stdin.write(f"{client.password}\n")

    def ask(self, do: str, **arguments: Any) -> Any:
        """- Raises `EvolutionError` with the data server's own text."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._answers.readline()
        assert line, f"the driver ended: {self.log.read_text()[-2000:]}"
        answer = json.loads(line)
        if "error" in answer:
            raise EvolutionError(answer["error"])
        return answer["answer"]

    def open(self, path: str, kind: str = "events") -> dict[str, Any]:
        return self.ask("open", path=path, kind=kind)

    def texts(self) -> dict[str, str]:
        """Its components by UID, those of one UID after each other."""
        return {uid: "".join(each) for uid, each in self.ask("list").items()}

    def shows(self, uids: set[str], *texts: str) -> dict[str, str]:
        """Refreshes, and waits until it has these objects and somewhere these lines.

        - Raises `TimeoutError` where it does not.
        """
        self.ask("refresh")
        found: dict[str, str] = {}

        def is_there() -> bool:
            nonlocal found
            found = self.texts()
            together = "".join(found.values())
            return found.keys() == uids and all(text in together for text in texts)

        try:
            wait_for(is_there, 20, f"{uids} {texts}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}, but {found}") from None
        return found

    def stop(self) -> None:
        # The bus ends with the driver, and what it started with the bus.
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)
        self._answers.close()
        self._log.close()
