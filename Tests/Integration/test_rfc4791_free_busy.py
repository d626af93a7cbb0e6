"""REPORT free-busy-query (RFC 4791 §7.10), transparency (RFC 6638 §9.1), availability (RFC 7953)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.dav import Client, document

DAY = ("20370105T000000Z", "20370106T000000Z")


def event(uid: str, start: str, more: str = "") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}",
             "DTSTAMP:20260101T000000Z", f"DTSTART{start}", "DURATION:PT1H", f"SUMMARY:{uid}",
             *more.split(), "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines)


def busy(client: Client, path: str, extra: str = "") -> dict[str, list[str]]:
    body = document(
        f'<c:free-busy-query><c:time-range start="{DAY[0]}" end="{DAY[1]}"/>{extra}'
        "</c:free-busy-query>"
    )
    answer = client.request("REPORT", path, body, {"Depth": "1"})
    assert answer.status == 200, answer
    found: dict[str, list[str]] = {}
    for line in answer.text.replace("\r\n ", "").split("\r\n"):
        if line.startswith("FREEBUSY"):
            head, _, periods = line.partition(":")
            hours = [f"{p[9:11]}-{p[26:28]}" for p in periods.split(",")]
            found.setdefault(head.partition("FBTYPE=")[2], []).extend(hours)
    return found


@pytest.fixture
def calendars(dav: Client) -> Iterator[tuple[str, str]]:
    pair = dav.make_calendar("fb-one"), dav.make_calendar("fb-two")
    set_property(dav, pair[1], "<c:calendar-timezone-id>UTC</c:calendar-timezone-id>")
    assert dav.put(pair[0] + "1.ics", event("1@fb", ":20370105T090000Z")).status == 201
    assert dav.put(pair[0] + "2.ics",
                   event("2@fb", ":20370105T110000Z", "TRANSP:TRANSPARENT")).status == 201
    assert dav.put(pair[0] + "3.ics",
                   event("3@fb", ":20370105T120000Z", "STATUS:TENTATIVE")).status == 201
    assert dav.put(pair[1] + "4.ics", event("4@fb", ":20370105T150000")).status == 201
    yield pair
    for path in pair:
        dav.delete(path)


def set_property(dav: Client, path: str, element: str) -> None:
    body = document(
        f"<d:propertyupdate><d:set><d:prop>{element}</d:prop></d:set></d:propertyupdate>")
    answer = dav.request("PROPPATCH", path, body)
    assert answer.status == 207 and not answer.sole.refused, answer


def test_a_calendar(dav: Client, calendars: tuple[str, str]) -> None:
    assert busy(dav, calendars[0]) == {"BUSY": ["09-10"], "BUSY-TENTATIVE": ["12-13"]}


def test_a_home_is_all_of_its_calendars(dav: Client, calendars: tuple[str, str]) -> None:
    assert busy(dav, dav.home()) == {"BUSY": ["09-10", "15-16"], "BUSY-TENTATIVE": ["12-13"]}


def test_a_transparent_calendar_takes_no_time(dav: Client, calendars: tuple[str, str]) -> None:
    set_property(
        dav, calendars[0],
        "<c:schedule-calendar-transp><c:transparent/></c:schedule-calendar-transp>")
    assert busy(dav, calendars[0]) == {}
    assert busy(dav, dav.home()) == {"BUSY": ["15-16"]}


def test_floating_times_follow_the_calendars_zone(
    dav: Client, calendars: tuple[str, str]
) -> None:
    set_property(
        dav, calendars[1], "<c:calendar-timezone-id>Asia/Tokyo</c:calendar-timezone-id>")
    assert busy(dav, calendars[1]) == {"BUSY": ["06-07"]}
    zone = "<c:timezone-id>America/New_York</c:timezone-id>"
    assert busy(dav, calendars[1], zone) == {"BUSY": ["20-21"]}


def test_availability_of_the_inbox_counts_for_the_home(
    dav: Client, calendars: tuple[str, str]
) -> None:
    hours = "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VAVAILABILITY", "UID:a",
        "DTSTAMP:20260101T000000Z", "BEGIN:AVAILABLE", "UID:b", "DTSTAMP:20260101T000000Z",
        "DTSTART:20260105T080000Z", "DTEND:20260105T180000Z", "RRULE:FREQ=DAILY",
        "END:AVAILABLE", "END:VAVAILABILITY", "END:VCALENDAR", ""])
    inbox = dav.home() + "inbox/"
    set_property(dav, inbox, f"<c:calendar-availability>{hours}</c:calendar-availability>")
    try:
        assert busy(dav, dav.home()) == {
            "BUSY-UNAVAILABLE": ["00-08", "18-00"], "BUSY": ["09-10", "15-16"],
            "BUSY-TENTATIVE": ["12-13"]}
        assert busy(dav, calendars[1]) == {"BUSY": ["15-16"]}
    finally:
        dav.request("PROPPATCH", inbox, document(
            "<d:propertyupdate><d:remove><d:prop><c:calendar-availability/></d:prop></d:remove>"
            "</d:propertyupdate>"))


@pytest.mark.parametrize(
    "extra",
    ["<c:timezone-id>Nowhere/Land</c:timezone-id>", "<c:timezone>rubbish</c:timezone>"],
)
def test_a_zone_that_is_none_is_refused(dav: Client, dav_calendar: str, extra: str) -> None:
    body = document(
        f'<c:free-busy-query><c:time-range start="{DAY[0]}" end="{DAY[1]}"/>{extra}'
        "</c:free-busy-query>")
    assert dav.request("REPORT", dav_calendar, body).status == 403
