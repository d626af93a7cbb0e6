"""jCal (RFC 7265) and xCal (RFC 6321): stored, read, listed and subscribed to."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from harness import icalendar
from harness.dav import Client, clark

JCAL, XCAL = "application/calendar+json", "application/calendar+xml"
XCAL_NAMESPACE = "urn:ietf:params:xml:ns:icalendar-2.0"

EVENT: list[Any] = [
    "vcalendar",
    [["version", {}, "text", "2.0"], ["prodid", {}, "text", "-//Example//JSON//EN"]],
    [["vevent", [
        ["uid", {}, "text", "json@x"], ["dtstamp", {}, "date-time", "2026-09-01T08:00:00Z"],
        ["dtstart", {"tzid": "Europe/Berlin"}, "date-time", "2026-09-14T09:00:00"],
        ["duration", {}, "duration", "PT1H"], ["summary", {}, "text", "Käse, Wein; Brot"],
        ["rrule", {}, "recur", {"freq": "WEEKLY", "count": 3}],
        ["categories", {}, "text", "one", "two"], ["x-mine", {}, "unknown", "kept"],
    ], []]],
]


def uids(feed: str) -> list[str]:
    return [line[4:] for line in icalendar.lines(feed) if line.startswith("UID:")]


def test_jcal_is_stored_as_icalendar(client: Client, calendar: str) -> None:
    """What is stored is not what was sent, so PUT tells no ETag (RFC 4791 §5.3.4)."""
    answer = client.put(calendar + "a.ics", json.dumps(EVENT), {"Content-Type": JCAL})
    assert (answer.status, answer.etag) == (201, None), answer
    got = client.get(calendar + "a.ics")
    assert got.headers["Content-Type"].startswith("text/calendar") and got.etag
    assert icalendar.value(got.text, "SUMMARY") == "Käse, Wein; Brot"
    lines = icalendar.lines(got.text)
    assert "DTSTART;TZID=Europe/Berlin:20260914T090000" in lines
    assert "RRULE:FREQ=WEEKLY;COUNT=3" in lines and "X-MINE:kept" in lines
    assert "CATEGORIES:one,two" in lines
    back = client.get(calendar + "a.ics", {"Accept": JCAL})
    assert json.loads(back.body)[2][0][1] == EVENT[2][0][1]


@pytest.mark.parametrize("media_type", [JCAL, XCAL])
def test_object_in_another_form_has_its_own_etag(
    client: Client, calendar: str, media_type: str
) -> None:
    put = client.put(calendar + "a.ics", icalendar.event("a@x"))
    other = client.get(calendar + "a.ics", {"Accept": media_type})
    assert other.status == 200 and other.headers["Content-Type"].startswith(media_type)
    assert other.etag and other.etag != put.etag and "Accept" in other.headers["Vary"]
    head = client.request("HEAD", calendar + "a.ics", headers={"Accept": media_type})
    assert (head.status, head.etag, head.body) == (200, other.etag, b"")
    again = client.get(calendar + "a.ics", {"Accept": media_type, "If-None-Match": other.etag})
    assert again.status == 304
    stored = client.put(calendar + "b.ics", other.body.replace(b"a@x", b"b@x"),
                        {"Content-Type": media_type})
    assert stored.status == 201, stored
    assert uids(client.get(calendar + "b.ics").text) == ["b@x"]
    changed = client.put(calendar + "a.ics", icalendar.event("a@x", "New"),
                         {"If-Match": other.etag})
    assert changed.status == 204


def test_xcal_is_in_its_namespace(client: Client, calendar: str) -> None:
    client.put(calendar + "a.ics", icalendar.event("a@x", "x < y & z"))
    root = ElementTree.fromstring(client.get(calendar + "a.ics", {"Accept": XCAL}).body)
    assert root.tag == f"{{{XCAL_NAMESPACE}}}icalendar"
    (summary,) = root.iter(f"{{{XCAL_NAMESPACE}}}summary")
    assert summary[0].text == "x < y & z"


@pytest.mark.parametrize("media_type", [JCAL, XCAL])
@pytest.mark.parametrize("report", ["multiget", "query"])
def test_report_in_another_form(
    client: Client, calendar: str, media_type: str, report: str
) -> None:
    path = calendar + "a.ics"
    client.put(path, icalendar.event("a@x"))
    data = f'<d:prop><d:getetag/><c:calendar-data content-type="{media_type}" version="2.0"/></d:prop>'
    answer = client.report(calendar, (
        f"<c:calendar-multiget>{data}<d:href>{path}</d:href></c:calendar-multiget>"
        if report == "multiget" else
        f'<c:calendar-query>{data}<c:filter><c:comp-filter name="VCALENDAR"/></c:filter>'
        "</c:calendar-query>"
    ))
    found = answer.responses[path].found[clark("c:calendar-data")]
    assert found.get("content-type") == media_type
    assert found.text and "a@x" in found.text
    if media_type == JCAL:
        assert json.loads(found.text)[0] == "vcalendar"
    else:
        ElementTree.fromstring(found.text)


@pytest.mark.parametrize("media_type", ["text/vcard", "application/json", "text/calendar+x"])
def test_form_that_there_is_not_is_refused(
    client: Client, calendar: str, media_type: str
) -> None:
    put = client.put(calendar + "a.ics", icalendar.event("a@x"), {"Content-Type": media_type})
    report = client.report(
        calendar,
        f'<c:calendar-query><d:prop><c:calendar-data content-type="{media_type}"/></d:prop>'
        '<c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>',
    )
    for answer in (put, report):
        assert (answer.status, answer.precondition) == (403, clark("c:supported-calendar-data"))


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (JCAL, "{"), (JCAL, "[]"), (JCAL, "[" * 100_000), (JCAL, '["vcalendar",[],[]] x'),
        (JCAL, json.dumps(EVENT).replace("2026-09-14T09:00:00", "2026-99-14T09:00:00")),
        (XCAL, "<x/>"), (XCAL, "<" * 1000),
        (XCAL, '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
    ],
)
def test_broken_forms_are_refused_with_their_precondition(
    client: Client, calendar: str, media_type: str, body: str
) -> None:
    answer = client.put(calendar + "a.ics", body, {"Content-Type": media_type})
    assert answer.status == 403, answer
    assert answer.precondition in (
        clark("c:valid-calendar-data"), clark("c:valid-calendar-object-resource")
    )
    assert client.names(calendar) == set()


def test_feed_in_each_form(client: Client, calendar: str) -> None:
    for number in range(5):
        client.put(f"{calendar}{number}.ics", icalendar.event(f"uid-{number}@x"))
    expected = {f"uid-{number}@x" for number in range(5)}
    for query, headers in (("?accept=jcal", {}), ("", {"Accept": JCAL})):
        answer = client.get(calendar + query, headers)
        assert answer.headers["Content-Type"].startswith(JCAL)
        name, properties, components = json.loads(answer.body)
        assert name == "vcalendar" and ["name", {}, "text"] in [each[:3] for each in properties]
        found = {
            value for kind, lines, _ in components if kind == "vevent"
            for key, _, _, value in (line[:4] for line in lines) if key == "uid"
        }
        assert found == expected
        assert client.get(calendar + query, {**headers, "If-None-Match": answer.etag or ""}).status == 304
    answer = client.get(calendar, {"Accept": XCAL})
    root = ElementTree.fromstring(answer.body)
    texts = [uid[0].text for uid in root.iter(f"{{{XCAL_NAMESPACE}}}uid")]
    assert set(texts) == expected


def test_example_calendar_in_jcal_says_what_icalendar_says(client: Client) -> None:
    calendar = client.calendar("crm-tasks")
    name, _, components = json.loads(client.get(calendar, {"Accept": JCAL}).body)
    text = client.get(calendar).text
    assert name == "vcalendar"
    for kind in ("vevent", "vtodo", "vtimezone"):
        assert sum(each[0] == kind for each in components) == text.count(f"BEGIN:{kind.upper()}\r\n")


def test_supported_forms_are_advertised(client: Client, calendar: str) -> None:
    found = client.propfind(calendar, "c:supported-calendar-data").sole
    element = found.found[clark("c:supported-calendar-data")]
    assert [data.get("content-type") for data in element] == ["text/calendar", JCAL, XCAL]
