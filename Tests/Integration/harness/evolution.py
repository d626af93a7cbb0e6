"""Evolution's own data server, without a screen, on a session bus of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .dav import Client
from .engine import Engine, EngineError

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


class Evolution(Engine):
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
        self._host = f"http://{client.host}:{client.port}"
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
        """- Raises `EngineError` with the data server's own text."""
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
        found = self.ask("discover", url=self._host + "/")
        return {href.removeprefix(self._host): name or "" for href, name, _ in found}

    def open(self, path: str, kind: str = "events") -> None:
        opened = self.ask("open", path=path, kind=kind)
        assert not opened["read_only"]

    def refresh(self) -> None:
        self.ask("refresh")

    def texts(self) -> dict[str, str]:
        return {uid: "".join(each) for uid, each in self.ask("list").items()}

    def create(self, component: str) -> None:
        self.ask("create", component=component)

    def modify(self, uid: str, old: str, new: str) -> None:
        """The master; its exceptions are components of their own, and stay."""
        master = self.ask("list")[uid][0]
        assert old in master
        self.ask("modify", component=master.replace(old, new))

    def remove(self, uid: str) -> None:
        self.ask("remove", uid=uid)

    def stop(self) -> None:
        # The bus ends with the driver, and what it started with the bus.
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)
        self._answers.close()
        self._log.close()
