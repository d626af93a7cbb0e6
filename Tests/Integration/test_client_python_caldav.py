"""python-caldav from PyPI, as scripts and bots use it."""

from __future__ import annotations

import datetime

import caldav
import pytest

from harness import icalendar
from harness.dav import Client

UTC = datetime.UTC


@pytest.fixture
def library(client: Client) -> caldav.DAVClient:
    """python-caldav that knows the well-known address alone."""
    return caldav.DAVClient(
        url=f"http://{client.host}:{client.port}/.well-known/caldav",
        username=client.user, password=client.password, enable_rfc6764=False,
    )


def find(library: caldav.DAVClient, path: str) -> caldav.Calendar:
    (found,) = [each for each in library.principal().calendars() if each.url.path == path]
    return found


def test_discovers_calendars_from_the_well_known_address(
    library: caldav.DAVClient, client: Client
) -> None:
    principal = library.principal()
    assert principal.url.path == client.principal()
    found = {calendar.url.path: calendar for calendar in principal.calendars()}
    assert client.calendar("crm-tasks") in found
    assert found[client.calendar("crm-tasks")].get_display_name()


def test_creates_edits_and_deletes_an_event(
    library: caldav.DAVClient, client: Client, calendar: str
) -> None:
    collection = find(library, calendar)
    event = collection.add_event(
        uid=icalendar.new_uid(), summary="Visit",
        dtstart=datetime.datetime(2026, 9, 14, 9, tzinfo=UTC),
        dtend=datetime.datetime(2026, 9, 14, 10, tzinfo=UTC),
    )
    assert [each.component["SUMMARY"] for each in collection.get_events()] == ["Visit"]

    with event.edit_icalendar_component() as component:
        component["SUMMARY"] = "Visit, moved"
        component.pop("DTEND")
        component.add("DTEND", datetime.datetime(2026, 9, 14, 11, tzinfo=UTC))
    event.save()
    (stored,) = collection.get_events()
    assert str(stored.component["SUMMARY"]) == "Visit, moved"

    event.delete()
    assert collection.get_events() == []


def test_finds_events_by_time(library: caldav.DAVClient, client: Client, calendar: str) -> None:
    for name, day in (("a", "14"), ("b", "20")):
        client.put(
            calendar + name,
            icalendar.event(name, name, f"202609{day}T090000Z", f"202609{day}T100000Z"),
        )
    found = find(library, calendar).search(
        start=datetime.datetime(2026, 9, 13, tzinfo=UTC),
        end=datetime.datetime(2026, 9, 16, tzinfo=UTC), event=True,
    )
    assert [str(event.component["SUMMARY"]) for event in found] == ["a"]


def test_completes_a_to_do(library: caldav.DAVClient, calendar: str) -> None:
    collection = find(library, calendar)
    to_do = collection.add_todo(uid=icalendar.new_uid(), summary="Offer")
    to_do.complete()
    (stored,) = collection.get_todos(include_completed=True)
    assert str(stored.component["STATUS"]) == "COMPLETED"
    assert collection.get_todos() == []


def test_syncs_by_token(library: caldav.DAVClient, client: Client, calendar: str) -> None:
    client.put(calendar + "kept.ics", icalendar.event("kept"))
    client.put(calendar + "gone.ics", icalendar.event("gone"))
    collection = find(library, calendar)
    known = collection.get_objects_by_sync_token(load_objects=True)
    assert len(list(known)) == 2
    assert known.sync_token.startswith("http://sabre.io/ns/sync/")

    client.put(calendar + "new.ics", icalendar.event("new"))
    client.delete(calendar + "gone.ics")
    updated, deleted = known.sync()
    assert [each.url.path for each in updated] == [calendar + "new.ics"]
    assert [each.url.path for each in deleted] == [calendar + "gone.ics"]


def test_makes_and_removes_a_calendar(library: caldav.DAVClient, client: Client) -> None:
    made = library.principal().make_calendar(name="Von python-caldav")
    assert made.get_display_name() == "Von python-caldav"
    made.delete()
    assert client.propfind(made.url.path, "d:displayname").status == 404
