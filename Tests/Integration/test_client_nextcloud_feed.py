"""GET of a calendar as Nextcloud's "new subscription from link" reads it."""

from __future__ import annotations

import re

import pytest

from harness import icalendar
from harness.dav import Client

SUBSCRIBER = {
    "User-Agent": "Nextcloud Webcal Service",
    "Accept": "text/calendar, application/calendar+json, application/calendar+xml",
}


@pytest.fixture
def feed(client: Client, calendar: str) -> str:
    zoned = icalendar.calendar(
        icalendar.component(
            "VEVENT", "UID:zoned@x", "DTSTAMP:20260901T080000Z",
            "DTSTART;TZID=Europe/Berlin:20260914T090000", "DURATION:PT1H", "SUMMARY:Zoned",
        )
    )
    for name, text in {
        "a.ics": icalendar.event("a@x", "First"), "b.ics": icalendar.event("b@x", "Second"),
        "zoned.ics": zoned, "do.ics": icalendar.to_do("do@x", "Call"),
    }.items():
        client.put(calendar + name, text)
    answer = client.get(calendar, SUBSCRIBER)
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"].startswith("text/calendar; charset=utf-8")
    return answer.text


def test_is_one_calendar_with_every_object(feed: str) -> None:
    lines = icalendar.lines(feed)
    assert lines.count("BEGIN:VCALENDAR") == lines.count("END:VCALENDAR") == 1
    assert feed.startswith("BEGIN:VCALENDAR\r\n") and feed.endswith("END:VCALENDAR\r\n")
    assert {line for line in lines if line.startswith("UID:")} >= {"UID:a@x", "UID:b@x"}


def test_names_itself_and_how_often_to_come(feed: str) -> None:
    lines = icalendar.lines(feed)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert "X-PUBLISHED-TTL:PT1H" in lines
    for name in ("X-WR-CALNAME", "NAME", "X-WR-TIMEZONE"):
        assert icalendar.value(feed, name), name


def test_brings_each_time_zone_once(feed: str) -> None:
    assert icalendar.lines(feed).count("TZID:Europe/Berlin") == 1


def test_every_uid_stands_at_the_start_of_an_unfolded_line(feed: str) -> None:
    components = len(re.findall(r"^BEGIN:V(?:EVENT|TODO)\r$", feed, re.MULTILINE))
    assert len(re.findall(r"^UID:[^\r]+\r$", feed, re.MULTILINE)) == components


def test_is_the_same_bytes_until_something_changes(
    client: Client, calendar: str, feed: str
) -> None:
    assert client.get(calendar, SUBSCRIBER).text == feed
    client.put(calendar + "a.ics", icalendar.event("a@x", "Changed"))
    assert client.get(calendar, SUBSCRIBER).text != feed


def test_conditional_get_is_304(client: Client, calendar: str, feed: str) -> None:
    etag = client.get(calendar).etag
    assert etag
    assert client.get(calendar, {"If-None-Match": etag}).status == 304
    client.delete(calendar + "a.ics")
    assert client.get(calendar, {"If-None-Match": etag}).status == 200


def test_whole_example_calendar_is_valid(client: Client) -> None:
    """The 300 tasks of the example CRM, parsed by an independent reader."""
    import icalendar as reader

    answer = client.get(client.calendar("crm-tasks"), SUBSCRIBER)
    parsed = reader.Calendar.from_ical(answer.body)
    components = [each for each in parsed.subcomponents if each.name in ("VEVENT", "VTODO")]
    assert components
    assert all(each.get("UID") and each.get("DTSTAMP") for each in components)


def test_empty_calendar_is_a_valid_feed(client: Client, calendar: str) -> None:
    answer = client.get(calendar, SUBSCRIBER)
    assert answer.status == 200
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
