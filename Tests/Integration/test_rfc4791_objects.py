"""Creating, reading, changing and removing calendar object resources (RFC 4791 §5.3.2)."""

from urllib.parse import quote

import pytest

from harness import icalendar
from harness.dav import Client, clark

ODD = icalendar.calendar(
    icalendar.component(
        "VEVENT", "UID:odd@example.com", "DTSTAMP:20260901T080000Z",
        "DTSTART;TZID=Europe/Berlin;X-P=\"a;b:c\":20260914T090000", "DURATION:PT45M",
        "SUMMARY;LANGUAGE=de:Frühstück \\, Käse\\; 🧀", "X-UNKNOWN;X-Q=1:kept",
        "DESCRIPTION:a line that is folded in the middle of a wo", " rd as clients do",
        "CLASS:PRIVATE", "STATUS:CONFIRMED",
    ).replace("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\n"
              "DESCRIPTION:soon\r\nX-WR-ALARMUID:1\r\nEND:VALARM\r\nBEGIN:X-INSIDE\r\n"
              "X-KEPT:yes\r\nEND:X-INSIDE\r\nEND:VEVENT"),
)


def test_get_returns_what_put_stored_byte_for_byte(client: Client, calendar: str) -> None:
    put = client.put(calendar + "odd.ics", ODD)
    assert put.status == 201, put
    got = client.get(calendar + "odd.ics")
    assert got.body == ODD.encode()
    assert got.etag == put.etag
    assert got.headers["Content-Type"].startswith("text/calendar; charset=utf-8")
    assert "component=VEVENT" in got.headers["Content-Type"]


def test_etag_is_strong(client: Client, calendar: str) -> None:
    etag = client.put(calendar + "a.ics", icalendar.event(icalendar.new_uid())).etag or ""
    assert etag.startswith('"') and etag.endswith('"') and len(etag) > 2


def test_head_answers_the_fields_alone(client: Client, calendar: str) -> None:
    text = icalendar.event(icalendar.new_uid())
    put = client.put(calendar + "a.ics", text)
    head = client.request("HEAD", calendar + "a.ics")
    assert (head.status, head.etag, head.body) == (200, put.etag, b"")


def test_unchanged_object_is_304(client: Client, calendar: str) -> None:
    put = client.put(calendar + "a.ics", icalendar.event(icalendar.new_uid()))
    again = client.get(calendar + "a.ics", {"If-None-Match": put.etag or ""})
    assert (again.status, again.body, again.etag) == (304, b"", put.etag)


def test_if_none_match_star_only_creates(client: Client, calendar: str) -> None:
    uid = icalendar.new_uid()
    only_new = {"If-None-Match": "*"}
    assert client.put(calendar + "a.ics", icalendar.event(uid), only_new).status == 201
    refused = client.put(calendar + "a.ics", icalendar.event(uid, "Other"), only_new)
    assert refused.status == 412
    assert "Other" not in client.get(calendar + "a.ics").text


def test_if_match_only_changes_what_was_seen(client: Client, calendar: str) -> None:
    uid = icalendar.new_uid()
    first = client.put(calendar + "a.ics", icalendar.event(uid, "One"))
    second = client.put(
        calendar + "a.ics", icalendar.event(uid, "Two"), {"If-Match": first.etag or ""}
    )
    assert second.status == 204 and second.etag and second.etag != first.etag
    stale = client.put(
        calendar + "a.ics", icalendar.event(uid, "Three"), {"If-Match": first.etag or ""}
    )
    assert stale.status == 412
    assert icalendar.value(client.get(calendar + "a.ics").text, "SUMMARY") == "Two"


def test_if_match_star_needs_an_object(client: Client, calendar: str) -> None:
    answer = client.put(
        calendar + "a.ics", icalendar.event(icalendar.new_uid()), {"If-Match": "*"}
    )
    assert answer.status == 412


def test_delete_removes_the_object(client: Client, calendar: str) -> None:
    client.put(calendar + "a.ics", icalendar.event(icalendar.new_uid()))
    assert client.delete(calendar + "a.ics").status == 204
    assert client.get(calendar + "a.ics").status == 404
    assert client.delete(calendar + "a.ics").status == 404


def test_delete_with_a_stale_etag_removes_nothing(client: Client, calendar: str) -> None:
    uid = icalendar.new_uid()
    first = client.put(calendar + "a.ics", icalendar.event(uid))
    client.put(calendar + "a.ics", icalendar.event(uid, "Changed"))
    assert client.delete(calendar + "a.ics", {"If-Match": first.etag or ""}).status == 412
    assert client.get(calendar + "a.ics").status == 200


def test_chunked_put_is_stored_whole(client: Client, calendar: str) -> None:
    text = icalendar.event(icalendar.new_uid(), "Chunked " + "x" * 30_000)
    raw = text.encode()
    pieces = [raw[at : at + 1000] for at in range(0, len(raw), 1000)]
    assert client.put_in_chunks(calendar + "a.ics", pieces).status == 201
    assert client.get(calendar + "a.ics").body == raw


@pytest.mark.parametrize(
    "name",
    ["plain.ics", "with space.ics", "ümlaut.ics", "a+b.ics", "per%cent.ics", "no-suffix",
     "at@host.ics", "🗓.ics", "semi;colon,comma.ics", "a'b(c)!.ics", "#hash?.ics"],
)
def test_any_name_is_a_name(client: Client, calendar: str, name: str) -> None:
    path = calendar + quote(name, safe="")
    text = icalendar.event(icalendar.new_uid())
    assert client.put(path, text).status == 201
    assert client.get(path).body == text.encode()
    assert client.names(calendar) == {name}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "precondition"),
    [
        ("not a calendar", "text/calendar", 403, "c:valid-calendar-data"),
        ("", "text/calendar", 403, "c:valid-calendar-data"),
        (icalendar.calendar(), "text/calendar", 403, "c:valid-calendar-object-resource"),
        (
            icalendar.calendar(
                *(icalendar.component("VEVENT", f"UID:{uid}", "DTSTAMP:20260901T080000Z",
                                      "DTSTART:20260914T090000Z") for uid in "ab")
            ),
            "text/calendar", 403, "c:valid-calendar-object-resource",
        ),
        (
            icalendar.calendar(
                icalendar.component("VEVENT", "UID:a", "DTSTAMP:20260901T080000Z",
                                    "DTSTART:20260914T090000Z"),
                icalendar.component("VTODO", "UID:a", "DTSTAMP:20260901T080000Z"),
            ),
            "text/calendar", 403, "c:valid-calendar-object-resource",
        ),
        ("{}", "application/json", 403, "c:supported-calendar-data"),
        (
            icalendar.calendar(icalendar.component("VFREEBUSY", "UID:a",
                                                   "DTSTAMP:20260901T080000Z")),
            "text/calendar", 403, "c:supported-calendar-component",
        ),
    ],
    ids=["no iCalendar", "empty", "no component", "two UIDs", "two kinds", "other type",
         "kind not taken"],
)
def test_precondition_of_put(
    client: Client, calendar: str, body: str, content_type: str, status: int, precondition: str
) -> None:
    """RFC 4791 §5.3.2.1"""
    answer = client.put(calendar + "a.ics", body, {"Content-Type": content_type})
    assert (answer.status, answer.precondition) == (status, clark(precondition)), answer
    assert client.names(calendar) == set()


def test_uid_that_another_object_has_is_refused_with_its_address(
    client: Client, calendar: str
) -> None:
    uid = icalendar.new_uid()
    client.put(calendar + "a.ics", icalendar.event(uid))
    answer = client.put(calendar + "b.ics", icalendar.event(uid))
    assert (answer.status, answer.precondition) == (403, clark("c:no-uid-conflict"))
    assert answer.xml[0].findtext("{DAV:}href") == calendar + "a.ics"


def test_same_uid_lives_in_two_calendars(client: Client, calendar: str) -> None:
    uid = icalendar.new_uid()
    other = client.make_calendar(f"second-{uid[:8]}")
    assert client.put(calendar + "a.ics", icalendar.event(uid, "Here")).status == 201
    assert client.put(other + "a.ics", icalendar.event(uid, "There")).status == 201
    assert icalendar.value(client.get(calendar + "a.ics").text, "SUMMARY") == "Here"
    client.delete(other)


def test_put_into_no_calendar_is_409(client: Client) -> None:
    path = client.calendar("no-such-calendar") + "a.ics"
    assert client.put(path, icalendar.event(icalendar.new_uid())).status == 409


def test_put_by_somebody_else_is_403(client: Client) -> None:
    path = client.calendar("crm-tasks", user="ben") + "a.ics"
    answer = client.put(path, icalendar.event(icalendar.new_uid()))
    assert (answer.status, answer.precondition) == (403, clark("d:need-privileges"))
