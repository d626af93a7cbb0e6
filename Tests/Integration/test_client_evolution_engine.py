"""Evolution's data server as Debian ships it, which is also GNOME Calendar's and Endeavour's."""

from __future__ import annotations

import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import icalendar
from harness.dav import Client
from harness.evolution import Evolution
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


@pytest.fixture
def calendar(anna: Client) -> Iterator[str]:
    path = anna.make_calendar(f"engine-{uuid.uuid4().hex[:12]}")
    yield path
    anna.delete(path)


@pytest.fixture
def evolution(engine: Evolution, calendar: str) -> Evolution:
    """With the calendar open."""
    opened = engine.open(calendar)
    assert not opened["read_only"]
    return engine


def requests(stack: Stack, method: str, path: str) -> int:
    """How often something was asked, by the worker's own log."""
    return sum(
        f'"method":"{method}","uri":"{path}"' in line
        for line in stack.worker.access_log.read_text().splitlines()
    )


def test_discovers_calendars_from_the_host(anna: Client, engine: Evolution, calendar: str) -> None:
    found = {
        href: (name, colour)
        for href, name, colour in engine.ask("discover", url=f"http://{anna.host}:{anna.port}/")
    }
    paths = {href.partition(f":{anna.port}")[2] or href for href in found}
    assert {calendar, anna.calendar("crm-tasks")} <= paths
    assert all(name for name, _ in found.values())


def test_shows_what_is_there(anna: Client, evolution: Evolution, calendar: str) -> None:
    weekly = icalendar.calendar(
        icalendar.component(
            "VEVENT", "UID:weekly@x", "DTSTAMP:20260901T080000Z",
            "DTSTART;TZID=Europe/Berlin:20260914T090000", "DURATION:PT1H",
            "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Weekly", "BEGIN:VALARM", "ACTION:DISPLAY",
            "DESCRIPTION:Soon", "TRIGGER:-PT15M", "END:VALARM",
        ),
        icalendar.component(
            "VEVENT", "UID:weekly@x", "DTSTAMP:20260901T080000Z",
            "RECURRENCE-ID;TZID=Europe/Berlin:20260921T090000",
            "DTSTART;TZID=Europe/Berlin:20260921T110000", "DURATION:PT1H", "SUMMARY:Later once",
        ),
    )
    anna.put(calendar + "plain.ics", icalendar.event("plain@x", "Ümlaut 🎈"))
    anna.put(calendar + "odd%20name%20%40.ics", icalendar.event("odd/uid@x", "Odd"))
    anna.put(calendar + "weekly.ics", weekly)
    found = evolution.shows({"plain@x", "odd/uid@x", "weekly@x"}, "Ümlaut 🎈", "Later once")
    assert "RRULE:FREQ=WEEKLY;COUNT=4" in found["weekly@x"]
    assert "TRIGGER:-PT15M" in found["weekly@x"]


def test_what_it_writes_is_there_and_is_not_read_again(
    stack: Stack, anna: Client, evolution: Evolution, calendar: str
) -> None:
    """A strong ETag for what it sent: its own copy is right."""
    uid = evolution.ask("create", component=component("new@x", "By Evolution"))
    (name,) = anna.names(calendar)
    text = anna.get(calendar + name).text
    assert icalendar.value(text, "SUMMARY") == "By Evolution"
    before = requests(stack, "GET", calendar + name)
    evolution.shows({uid}, "By Evolution")
    assert requests(stack, "GET", calendar + name) == before

    changed = evolution.texts()[uid].replace("By Evolution", "Changed there")
    evolution.ask("modify", component=changed)
    assert icalendar.value(anna.get(calendar + name).text, "SUMMARY") == "Changed there"

    evolution.ask("remove", uid=uid)
    assert anna.names(calendar) == set()
    evolution.shows(set())


def component(uid: str, summary: str) -> str:
    return icalendar.component(
        "VEVENT", f"UID:{uid}", "DTSTAMP:20260901T080000Z", "DTSTART:20260914T090000Z",
        "DTEND:20260914T100000Z", f"SUMMARY:{summary}",
    )


def test_changes_of_others_come_with_the_next_refresh(
    anna: Client, evolution: Evolution, calendar: str
) -> None:
    for name in "abc":
        anna.put(calendar + f"{name}.ics", icalendar.event(f"{name}@x", name))
    evolution.shows({"a@x", "b@x", "c@x"})
    anna.put(calendar + "b.ics", icalendar.event("b@x", "Changed elsewhere"))
    anna.put(calendar + "d.ics", icalendar.event("d@x"))
    anna.delete(calendar + "c.ics")
    evolution.shows({"a@x", "b@x", "d@x"}, "Changed elsewhere")


def test_properties_that_it_does_not_know_are_kept(
    anna: Client, evolution: Evolution, calendar: str
) -> None:
    anna.put(calendar + "x.ics", icalendar.event(
        "x@x", "Before", "20260914T090000Z", "20260914T100000Z", "X-CRM-NOTES:kept",
        "ATTENDEE;CN=\"W, F\";SCHEDULE-AGENT=NONE:mailto:w@example.org",
    ))
    evolution.shows({"x@x"})
    evolution.ask("modify", component=evolution.texts()["x@x"].replace("Before", "After"))
    text = anna.get(calendar + "x.ics").text
    assert icalendar.value(text, "SUMMARY") == "After"
    assert icalendar.value(text, "X-CRM-NOTES") == "kept"
    assert icalendar.value(text, "ATTENDEE") == "mailto:w@example.org"


def test_conflict_leaves_one_version_and_the_other_in_the_trash(
    stack: Stack, anna: Client, evolution: Evolution, calendar: str
) -> None:
    """It reads what it is about to change, and changes that."""
    anna.put(calendar + "a.ics", icalendar.event("a@x", "Known to both"))
    evolution.shows({"a@x"})
    mine = evolution.texts()["a@x"].replace("Known to both", "Mine")
    anna.put(calendar + "a.ics", icalendar.event("a@x", "Theirs"))
    evolution.ask("modify", component=mine)
    text = anna.get(calendar + "a.ics").text
    uri = calendar.split("/")[-2]
    kept = stack.command("trash", "list", "--user", "anna", "--calendar", uri)
    assert icalendar.value(text, "SUMMARY") in ("Mine", "Theirs")
    assert "a.ics" in kept
    evolution.shows({"a@x"}, icalendar.value(text, "SUMMARY") or "")


def test_to_dos_are_created_and_done(anna: Client, engine: Evolution, calendar: str) -> None:
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


def test_what_the_crm_writes_comes(stack: Stack, anna: Client, engine: Evolution) -> None:
    engine.open(anna.calendar("crm-tasks"))
    engine.ask("refresh")
    owner = stack.sql_value("SELECT id FROM users WHERE username = 'anna'")
    task = stack.sql_value(
        "INSERT INTO tasks (title, start_datetime, user_id) "
        f"VALUES ('For Evolution', '2026-09-14 09:00:00', {owner}); SELECT LAST_INSERT_ID()"
    )
    try:
        uid = stack.sql_value(
            f"SELECT uid FROM caldav_objects WHERE task_id = {task}"
        ) or next(
            icalendar.value(anna.get(href).text, "UID") or ""
            for href in anna.sync(anna.calendar("crm-tasks")).responses
            if "For Evolution" in anna.get(href).text
        )
        known = set(engine.texts()) | {uid}
        engine.shows(known, "For Evolution")
    finally:
        stack.sql(f"DELETE FROM tasks WHERE id = {task}")


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


def test_debian_has_the_data_server() -> None:
    """So that its absence is a failure and no silence."""
    version = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Version}", "evolution-data-server"],
        capture_output=True, text=True,
    )
    assert version.returncode == 0 and version.stdout
