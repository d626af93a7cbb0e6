"""vdirsyncer as Debian ships it: a folder and a calendar kept alike, both ways."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness import icalendar
from harness.dav import Client


class Vdirsyncer:
    def __init__(self, directory: Path, client: Client, collection: str) -> None:
        self.folder = directory / "folder" / collection
        self._configuration = directory / "configuration"
        self._configuration.write_text(
            f"""[general]
            status_path = "{directory}/status"

            [pair work]
            a = "folder"
            b = "server"
            collections = ["{collection}"]
            conflict_resolution = "a wins"
            metadata = ["color", "displayname"]

            [storage folder]
            type = "filesystem"
            path = "{directory}/folder"
            fileext = ".ics"

            [storage server]
            type = "caldav"
            url = "http://{client.host}:{client.port}/"
            username = "{client.user}"
            password = "{client.password}"
            """.replace("            ", "")
        )

    def run(self, command: str) -> None:
        ran = subprocess.run(
            ["vdirsyncer", "--config", self._configuration, command],
            input="y\n" * 10, capture_output=True, text=True, timeout=120,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def files(self) -> dict[str, str]:
        """Texts by UID; vdirsyncer ends lines as the platform does."""
        texts = [path.read_text() for path in self.folder.glob("*.ics")]
        return by_uid([text.replace("\n", "\r\n") for text in texts])


@pytest.fixture
def vdirsyncer(tmp_path: Path, client: Client, calendar: str) -> Vdirsyncer:
    collection = calendar.rstrip("/").rpartition("/")[2]
    vdirsyncer = Vdirsyncer(tmp_path, client, collection)
    vdirsyncer.run("discover")
    return vdirsyncer


def on_server(client: Client, calendar: str) -> dict[str, str]:
    return by_uid([client.get(href).text for href in client.sync(calendar).responses])


def by_uid(texts: list[str]) -> dict[str, str]:
    return {icalendar.value(text, "UID") or "": text.strip() for text in texts}


def test_folder_and_calendar_become_alike(
    vdirsyncer: Vdirsyncer, client: Client, calendar: str
) -> None:
    for number in range(5):
        client.put(calendar + f"s{number}.ics", icalendar.event(f"s{number}@x", f"S{number}"))
    for number in range(5):
        (vdirsyncer.folder / f"f{number}.ics").write_text(
            icalendar.to_do(f"f{number}@x", f"F{number}"), newline=""
        )
    vdirsyncer.run("sync")
    assert len(vdirsyncer.files()) == 10
    assert vdirsyncer.files() == on_server(client, calendar)

    # A change and a removal on each side.
    client.put(calendar + "s0.ics", icalendar.event("s0@x", "S0 changed"))
    client.delete(calendar + "s1.ics")
    changed = next(vdirsyncer.folder.glob("f0.ics"))
    changed.write_text(icalendar.to_do("f0@x", "F0 changed"), newline="")
    (vdirsyncer.folder / "f1.ics").unlink()
    vdirsyncer.run("sync")
    files = vdirsyncer.files()
    assert files.keys() == {f"{side}{number}@x" for side in "sf" for number in (0, 2, 3, 4)}
    assert "S0 changed" in files["s0@x"]
    assert files == on_server(client, calendar)


def test_second_run_changes_nothing(vdirsyncer: Vdirsyncer, client: Client, calendar: str) -> None:
    (vdirsyncer.folder / "a.ics").write_text(icalendar.event("a@x"), newline="")
    vdirsyncer.run("sync")
    token = client.propfind(calendar, "d:sync-token").sole.text("d:sync-token")
    before = {path: path.stat().st_mtime_ns for path in vdirsyncer.folder.glob("*.ics")}
    vdirsyncer.run("sync")
    assert client.propfind(calendar, "d:sync-token").sole.text("d:sync-token") == token
    assert {path: path.stat().st_mtime_ns for path in vdirsyncer.folder.glob("*.ics")} == before


def test_name_and_colour_are_carried_over(
    vdirsyncer: Vdirsyncer, client: Client, calendar: str
) -> None:
    (vdirsyncer.folder / "displayname").write_text("Vom Ordner")
    (vdirsyncer.folder / "color").write_text("#12AB34")
    vdirsyncer.run("metasync")
    found = client.propfind(calendar, "d:displayname", "ic:calendar-color").sole
    assert found.text("d:displayname") == "Vom Ordner"
    assert (found.text("ic:calendar-color") or "").upper().startswith("#12AB34")
