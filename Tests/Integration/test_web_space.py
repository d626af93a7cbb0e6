"""The archive that `make dist` makes for a rented web space."""

from __future__ import annotations

import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness.stack import REPOSITORY


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    subprocess.run([REPOSITORY / "Tests/Integration/make-archive"], check=True)
    directory = tmp_path_factory.mktemp("web-space")
    with tarfile.open(REPOSITORY / ".build/crm-caldav-web-space.tar.gz") as archive:
        archive.extractall(directory, filter="tar")
    return directory / "crm-caldav-web-space"


def test_program_needs_nothing_of_the_host_but_glibc(unpacked: Path) -> None:
    folder = unpacked / "www/caldav"
    linked = subprocess.run(
        ["ldd", folder / "caldav.fcgi"], check=True, capture_output=True, text=True
    ).stdout
    assert "not found" not in linked
    found = [line.split(" => ")[1].split()[0] for line in linked.splitlines() if " => " in line]
    foreign = [path for path in found if not path.startswith(str(folder / "lib"))]
    assert {Path(path).name for path in foreign} <= {"libc.so.6", "libm.so.6"}


def test_program_starts(unpacked: Path) -> None:
    printed = subprocess.run(
        [unpacked / "www/caldav/caldav.fcgi", "config", "--print-default"],
        check=True, capture_output=True, text=True,
    ).stdout
    assert printed == (unpacked / "www/caldav/.ht-caldav.conf").read_text()


def test_only_the_owner_may_read_the_configuration(unpacked: Path) -> None:
    mode = (unpacked / "www/caldav/.ht-caldav.conf").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_everything_has_its_place(unpacked: Path) -> None:
    assert (unpacked / "www/.htaccess").read_text() == (
        REPOSITORY / "apache/htaccess"
    ).read_text()
    assert [path.name for path in sorted((unpacked / "sql").iterdir())] == [
        "1-documented.sql", "2-tables.sql", "3-triggers.sql"
    ]
    assert (unpacked / "README.md").read_text().startswith("# On a rented web space\n")
