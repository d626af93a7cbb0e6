"""Evolution's data server as Debian ships it, which is also GNOME Calendar's and Endeavour's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import icalendar
from harness.dav import Client
from harness.engine import EngineLife, event
from harness.evolution import Evolution
from harness.processes import wait_for
from harness.stack import Stack


@pytest.fixture(scope="module")
def anna(stack: Stack) -> Iterator[Client]:
    client = stack.client("anna", stack.front("nginx"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def engine(anna: Client) -> Iterator[Evolution]:
    """Started once; each test opens a calendar of its own."""
    with tempfile.TemporaryDirectory(prefix="crm-caldav-") as directory:
        evolution = Evolution(Path(directory), anna)
        yield evolution
        evolution.stop()


def requests(stack: Stack, method: str, path: str) -> int:
    """How often something was asked, by the worker's own log."""
    return sum(
        f'"method":"{method}","uri":"{path}"' in line
        for line in stack.worker.access_log.read_text().splitlines()
    )


class TestEvolution(EngineLife):
    def test_what_it_wrote_is_not_read_again(
        self, stack: Stack, anna: Client, opened: Evolution, calendar: str
    ) -> None:
        """A strong ETag for what it sent: its own copy is right."""
        # As its own UIDs are: no character that one may write in two ways in a path.
        uid = "9f1c5f0e7d3b4a0f8f2e6d5c4b3a2918"
        opened.create(event(uid, "By Evolution"))
        (name,) = anna.names(calendar)
        opened.shows({uid}, "By Evolution")
        assert requests(stack, "GET", calendar + name) == 0

        def since() -> str:
            # Each look has it list again, which brings what its log still holds back to the file.
            opened.shows({uid}, "By Evolution")
            return opened.log.read_text().partition(f"PUT {calendar}{name}")[2]

        wait_for(lambda: f"{calendar}{name}</d:href>" in since(), 20, "a listing with it")
        assert "calendar-multiget" not in since()

    def test_conflict_leaves_one_version_and_the_other_in_the_trash(
        self, stack: Stack, anna: Client, opened: Evolution, calendar: str
    ) -> None:
        """It reads what it is about to change, and changes that."""
        anna.put(calendar + "a.ics", icalendar.event("a@x", "Known to both"))
        opened.shows({"a@x"})
        mine = opened.texts()["a@x"].replace("Known to both", "Mine")
        anna.put(calendar + "a.ics", icalendar.event("a@x", "Theirs"))
        opened.ask("modify", component=mine)
        text = anna.get(calendar + "a.ics").text
        uri = calendar.split("/")[-2]
        kept = stack.command("trash", "list", "--user", "anna", "--calendar", uri)
        assert icalendar.value(text, "SUMMARY") in ("Mine", "Theirs")
        assert "a.ics" in kept
        opened.shows({"a@x"}, icalendar.value(text, "SUMMARY") or "")


    def test_to_dos_are_created_and_done(
        self, anna: Client, engine: Evolution, calendar: str
    ) -> None:
        engine.open(calendar, "tasks")
        uid = engine.ask("create", component=icalendar.component(
            "VTODO", "UID:do@x", "DTSTAMP:20260901T080000Z", "SUMMARY:Do", "DUE:20260914T090000Z",
        ))
        (name,) = anna.names(calendar)
        done = engine.texts()[uid].replace(
            "SUMMARY:Do",
            "SUMMARY:Do\r\nSTATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\nCOMPLETED:20260914T080000Z",
        )
        engine.ask("modify", component=done)
        text = anna.get(calendar + name).text
        assert icalendar.value(text, "STATUS") == "COMPLETED"
        assert icalendar.value(text, "COMPLETED") == "20260914T080000Z"


def test_lists_afresh_when_its_token_is_lost(own_stack: Stack) -> None:
    """As after a restored backup: `crm-caldav check --new-epoch`."""
    anna = own_stack.client("anna", own_stack.front("nginx"))
    calendar = anna.make_calendar("epoch")
    for name in "ab":
        anna.put(calendar + f"{name}.ics", icalendar.event(f"{name}@x", name))
    with tempfile.TemporaryDirectory(prefix="crm-caldav-") as directory:
        evolution = Evolution(Path(directory), anna)
        try:
            evolution.open(calendar)
            evolution.shows({"a@x", "b@x"})
            own_stack.command("check", "--new-epoch")
            anna.delete(calendar + "a.ics")
            anna.put(calendar + "c.ics", icalendar.event("c@x", "New"))
            evolution.shows({"b@x", "c@x"})
        finally:
            evolution.stop()
    anna.close()
