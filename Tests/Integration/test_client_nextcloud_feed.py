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
        "a.ics": icalendar.event("one@x", "First"), "b.ics": icalendar.event("two@x", "Second"),
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
    assert {line for line in lines if line.startswith("UID:")} >= {"UID:one@x", "UID:two@x"}


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
    client.put(calendar + "a.ics", icalendar.event("one@x", "Changed"))
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


def filed(feed: str) -> dict[str, list[str]]:
    """Components by the key under which the importer of Nextcloud 33 files them.

    It looks at lines: a component begins and ends at its BEGIN and END, its key is what stands in
    the last `UID:` line inside, without the first character.
    """
    found: dict[str, list[str]] = {}
    inside, key = "", ""
    for line in feed.splitlines():
        if line.startswith("BEGIN:") and line[6:] in ("VEVENT", "VTODO", "VJOURNAL"):
            inside, key = line[6:], ""
        elif inside and line.startswith("UID:"):
            key = line[5:]
        elif inside and line == f"END:{inside}":
            found.setdefault(key, []).append(inside)
            inside = ""
    return found


def test_importer_files_every_event_by_itself(client: Client, calendar: str) -> None:
    long = "u" * 600
    alarmed = icalendar.event("alarm@x").replace(
        "END:VEVENT", "BEGIN:VALARM\r\nUID:of-the-alarm\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\n"
        "DESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT",
    )
    parameters = icalendar.event("parameters@x").replace("UID:", "UID;X-A=b:")
    texts = [
        icalendar.event("1@x"), icalendar.event("2@x"), icalendar.event(long), alarmed, parameters,
        icalendar.event("folded-" + "ü" * 60),
        icalendar.to_do("do@x", "Call", "DUE:20260914T120000Z"),
    ]
    for number, text in enumerate(texts):
        assert client.put(f"{calendar}{number}.ics", text).status == 201
    feed = client.get(calendar, SUBSCRIBER).text
    keys = filed(feed)
    assert len(keys) == len(texts), keys
    assert all(kinds == ["VEVENT"] for kinds in keys.values())
    assert all(0 < len(key.encode()) <= 512 for key in keys)
    assert "parameters@x"[1:] in keys and "alarm@x"[1:] in keys
    # Again the same: else the importer writes every event anew each hour.
    assert client.get(calendar, SUBSCRIBER).text == feed


def test_overrides_stay_with_their_event(client: Client, calendar: str) -> None:
    text = icalendar.calendar(
        icalendar.component("VEVENT", "UID:r@x", "DTSTAMP:20260901T080000Z",
                            "DTSTART:20260914T090000Z", "RRULE:FREQ=DAILY;COUNT=3"),
        icalendar.component("VEVENT", "UID:r@x", "DTSTAMP:20260901T080000Z",
                            "DTSTART:20260915T120000Z", "RECURRENCE-ID:20260915T090000Z"),
    )
    assert client.put(calendar + "r.ics", text).status == 201
    assert filed(client.get(calendar, SUBSCRIBER).text) == {"@x": ["VEVENT", "VEVENT"]}


def test_to_dos_alarms_and_attachments_that_it_would_strip_are_not_missed(
    client: Client, calendar: str
) -> None:
    client.put(calendar + "do.ics", icalendar.to_do("do@x", "Call", "DUE:20260914T120000Z"))
    feed = client.get(calendar, SUBSCRIBER).text
    assert "BEGIN:VTODO" not in feed and "BEGIN:VALARM" not in feed
    assert icalendar.value(feed, "SUMMARY") == "Call"


def test_dtstamp_is_of_the_change_and_not_of_the_request(client: Client) -> None:
    calendar = client.calendar("crm-tasks")
    assert client.get(calendar, SUBSCRIBER).body == client.get(calendar, SUBSCRIBER).body


def test_time_zones_that_are_used_are_all_defined(client: Client) -> None:
    feed = client.get(client.calendar("crm-tasks"), SUBSCRIBER).text
    used = set(re.findall(r";TZID=([^:;\r]+)", feed))
    defined = re.findall(r"^TZID:(.+)\r$", feed, re.MULTILINE)
    assert used <= set(defined) and len(defined) == len(set(defined))
