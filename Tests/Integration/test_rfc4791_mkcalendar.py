"""MKCALENDAR (RFC 4791 §5.3.1), extended MKCOL (RFC 5689) and DELETE of calendars."""

import uuid
from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Client, clark, document


@pytest.fixture
def path(client: Client) -> Iterator[str]:
    """Of a calendar that is not there yet."""
    path = client.calendar(f"made-{uuid.uuid4().hex[:8]}")
    yield path
    client.delete(path)


PROPERTIES = """<d:displayname>Projekt Süd</d:displayname>
    <c:calendar-description>All of it</c:calendar-description>
    <ic:calendar-color>#11AA33FF</ic:calendar-color>
    <c:supported-calendar-component-set><c:comp name="VTODO"/></c:supported-calendar-component-set>
"""


def assert_made(client: Client, path: str) -> None:
    made = client.propfind(
        path, "d:displayname", "c:calendar-description", "ic:calendar-color",
        "c:supported-calendar-component-set", "d:resourcetype",
    ).sole
    assert made.text("d:displayname") == "Projekt Süd"
    assert made.text("c:calendar-description") == "All of it"
    assert made.text("ic:calendar-color") == "#11AA33FF"
    kinds = made.found[clark("c:supported-calendar-component-set")]
    assert [kind.get("name") for kind in kinds] == ["VTODO"]
    assert made.children("d:resourcetype") == [clark("d:collection"), clark("c:calendar")]


def test_mkcalendar_with_properties(client: Client, path: str) -> None:
    body = document(f"<c:mkcalendar><d:set><d:prop>{PROPERTIES}</d:prop></d:set></c:mkcalendar>")
    assert client.request("MKCALENDAR", path, body).status == 201
    assert_made(client, path)


def test_extended_mkcol_with_properties(client: Client, path: str) -> None:
    kind = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
    body = document(f"<d:mkcol><d:set><d:prop>{kind}{PROPERTIES}</d:prop></d:set></d:mkcol>")
    assert client.request("MKCOL", path, body).status == 201
    assert_made(client, path)


def test_mkcalendar_without_a_body(client: Client, path: str) -> None:
    assert client.request("MKCALENDAR", path).status == 201
    kinds = client.propfind(path, "d:resourcetype").sole.children("d:resourcetype")
    assert clark("c:calendar") in kinds


def test_calendar_that_is_there_is_refused(client: Client, calendar: str) -> None:
    answer = client.request("MKCALENDAR", calendar)
    assert answer.status in (403, 405, 409), answer
    assert answer.precondition == clark("d:resource-must-be-null")


def test_calendars_stand_in_homes_only(client: Client, calendar: str) -> None:
    inside = client.request("MKCALENDAR", calendar + "inner/")
    assert (inside.status, inside.precondition) == (
        403, clark("c:calendar-collection-location-ok")
    )


def test_deleted_calendar_is_gone_with_its_objects(client: Client, path: str) -> None:
    client.request("MKCALENDAR", path)
    client.put(path + "a.ics", icalendar.event(icalendar.new_uid()))
    assert client.delete(path).status == 204
    assert client.propfind(path, "d:resourcetype").status == 404
    assert client.get(path + "a.ics").status == 404


def test_default_calendar_cannot_be_deleted(client: Client) -> None:
    answer = client.delete(client.calendar("crm-tasks"))
    assert (answer.status, answer.precondition) == (403, clark("d:need-privileges"))
    assert client.propfind(client.calendar("crm-tasks"), "d:resourcetype").status == 207


def test_calendar_of_to_dos_takes_no_event(client: Client, path: str) -> None:
    body = document(f"<c:mkcalendar><d:set><d:prop>{PROPERTIES}</d:prop></d:set></c:mkcalendar>")
    client.request("MKCALENDAR", path, body)
    refused = client.put(path + "a.ics", icalendar.event(icalendar.new_uid()))
    assert (refused.status, refused.precondition) == (
        403, clark("c:supported-calendar-component")
    )
    assert client.put(path + "b.ics", icalendar.to_do(icalendar.new_uid())).status == 201


def test_calendar_that_names_no_components_takes_all_of_them(client: Client) -> None:
    """RFC 4791 section 5.2.3."""
    path = client.make_calendar(icalendar.new_uid())
    journal = icalendar.calendar(
        icalendar.component("VJOURNAL", "UID:j@x", "DTSTAMP:20260901T080000Z", "SUMMARY:Journal")
    )
    for name, text in {
        "e.ics": icalendar.event("e@x"), "t.ics": icalendar.to_do("t@x"), "j.ics": journal,
    }.items():
        assert client.put(path + name, text).status == 201
        assert client.get(path + name).text == text
    client.delete(path)
