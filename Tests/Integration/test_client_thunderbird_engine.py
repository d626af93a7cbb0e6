"""Thunderbird as Debian ships it, without its windows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import icalendar
from harness.dav import Client
from harness.engine import EngineLife
from harness.stack import Stack
from harness.thunderbird import Thunderbird


@pytest.fixture(scope="module")
def anna(stack: Stack) -> Iterator[Client]:
    client = stack.client("anna", stack.front("nginx"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def engine(anna: Client) -> Iterator[Thunderbird]:
    with tempfile.TemporaryDirectory(prefix="crm-caldav-") as directory:
        thunderbird = Thunderbird(Path(directory), anna)
        yield thunderbird
        thunderbird.stop()


class TestThunderbird(EngineLife):
    def test_to_dos_are_created_and_done(
        self, anna: Client, opened: Thunderbird, calendar: str
    ) -> None:
        opened.create(icalendar.component(
            "VTODO", "UID:do@x", "DTSTAMP:20260901T080000Z", "SUMMARY:Do",
            "DUE:20260914T090000Z",
        ))
        opened.run(
            """
            const item = await calendar.getItem("do@x");
            const done = item.clone();
            done.isCompleted = true;
            await calendar.modifyItem(done, item);
            """
        )
        (name,) = anna.names(calendar)
        text = anna.get(calendar + name).text
        assert icalendar.value(text, "STATUS") == "COMPLETED"
        assert icalendar.value(text, "PERCENT-COMPLETE") == "100"
        assert icalendar.value(text, "COMPLETED")

    @pytest.mark.parametrize("overwrites", [True, False])
    def test_conflict_is_its_users_to_decide(
        self, anna: Client, opened: Thunderbird, calendar: str, overwrites: bool
    ) -> None:
        anna.put(calendar + "a.ics", icalendar.event("a@x", "Known to both"))
        opened.shows({"a@x"})
        anna.put(calendar + "a.ics", icalendar.event("a@x", "Theirs"))
        # Its question in a dialogue, answered.
        opened.run(
            """
            cal.asked = 0;
            cal.provider.promptOverwrite = () => { cal.asked += 1; return args[0]; };
            """,
            overwrites,
        )
        try:
            opened.modify("a@x", "Known to both", "Mine")
        except Exception as error:  # noqa: BLE001 - what it says when its user gives way
            assert not overwrites, error
        assert opened.run("return cal.asked;") == 1
        expected = "Mine" if overwrites else "Theirs"
        assert icalendar.value(anna.get(calendar + "a.ics").text, "SUMMARY") == expected
        opened.shows({"a@x"}, expected)


def test_lists_afresh_when_its_token_is_lost(own_stack: Stack) -> None:
    """As after a restored backup: `crm-caldav check --new-epoch`."""
    anna = own_stack.client("anna", own_stack.front("nginx"))
    calendar = anna.make_calendar("epoch")
    for name in "ab":
        anna.put(calendar + f"{name}.ics", icalendar.event(f"{name}@x", name))
    with tempfile.TemporaryDirectory(prefix="crm-caldav-") as directory:
        thunderbird = Thunderbird(Path(directory), anna)
        try:
            thunderbird.open(calendar)
            thunderbird.shows({"a@x", "b@x"})
            own_stack.command("check", "--new-epoch")
            anna.delete(calendar + "a.ics")
            anna.put(calendar + "c.ics", icalendar.event("c@x", "New"))
            thunderbird.refresh()
            thunderbird.shows({"b@x", "c@x"})
        finally:
            thunderbird.stop()
    anna.close()
