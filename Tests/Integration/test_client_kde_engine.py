"""KDE's CalDAV library as Debian ships it; needs what `install-missing soak` brings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import icalendar
from harness.dav import Client
from harness.engine import EngineError, EngineLife
from harness.kde import KDE, is_installed
from harness.stack import Stack

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="KDAV is not installed: Tests/Integration/install-missing soak"
)


@pytest.fixture(scope="module")
def anna(stack: Stack) -> Iterator[Client]:
    client = stack.client("anna", stack.front("nginx"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def engine(anna: Client) -> Iterator[KDE]:
    with tempfile.TemporaryDirectory(prefix="crm-caldav-") as directory:
        kde = KDE(Path(directory), anna)
        yield kde
        kde.stop()


class TestKDE(EngineLife):
    def test_conflict_is_told_to_its_user(
        self, anna: Client, opened: KDE, calendar: str
    ) -> None:
        """Akonadi asks then which version is to stay."""
        anna.put(calendar + "a.ics", icalendar.event("a@x", "Known to both"))
        opened.shows({"a@x"})
        anna.put(calendar + "a.ics", icalendar.event("a@x", "Theirs"))
        with pytest.raises(EngineError):
            opened.modify("a@x", "Known to both", "Mine")
        assert icalendar.value(anna.get(calendar + "a.ics").text, "SUMMARY") == "Theirs"
        opened.shows({"a@x"}, "Theirs")
