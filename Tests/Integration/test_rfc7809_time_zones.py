"""Time zones by reference (RFC 7809)."""

from __future__ import annotations

import pytest

from harness import icalendar
from harness.dav import Client, clark

ZONED = icalendar.calendar(
    icalendar.component(
        "VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19701025T030000",
        "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD",
    ),
    icalendar.component(
        "VEVENT", "UID:zoned@x", "DTSTAMP:20260901T080000Z",
        "DTSTART;TZID=Europe/Berlin:20260914T090000", "DURATION:PT1H", "SUMMARY:Zoned",
    ),
)


@pytest.fixture
def zoned(dav: Client, dav_calendar: str) -> str:
    assert dav.put(dav_calendar + "zoned.ics", ZONED).status == 201
    return dav_calendar + "zoned.ics"


def data(dav: Client, calendar: str, href: str, headers: dict[str, str]) -> str:
    answer = dav.report(
        calendar,
        "<c:calendar-multiget><d:prop><c:calendar-data/></d:prop>"
        f"<d:href>{href}</d:href></c:calendar-multiget>",
        headers=headers,
    )
    return answer.sole.text("c:calendar-data") or ""


def test_definitions_of_common_zones_are_left_out_where_a_client_asks_so(
    dav: Client, dav_calendar: str, zoned: str
) -> None:
    """Section 6: CalDAV-Timezones: F. By default and with T they are there."""
    for headers, is_there in (({}, True), ({"CalDAV-Timezones": "T"}, True),
                              ({"CalDAV-Timezones": "F"}, False)):
        text = data(dav, dav_calendar, zoned, headers)
        assert "TZID=Europe/Berlin" in text
        assert ("BEGIN:VTIMEZONE" in text) is is_there, headers
    # What is stored stays as it is.
    assert dav.get(zoned).text == ZONED


def test_query_names_its_zone(dav: Client, dav_calendar: str) -> None:
    """Section 5.2: CALDAV:timezone-id, for floating times; one that is unknown is named."""
    dav.put(dav_calendar + "day.ics", icalendar.calendar(icalendar.component(
        "VEVENT", "UID:day@x", "DTSTAMP:20260901T080000Z", "DTSTART;VALUE=DATE:20260914",
        "SUMMARY:A day",
    )))

    def found(zone: str) -> set[str]:
        answer = dav.report(
            dav_calendar,
            '<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter><c:comp-filter '
            'name="VCALENDAR"><c:comp-filter name="VEVENT"><c:time-range '
            'start="20260914T230000Z" end="20260914T233000Z"/></c:comp-filter></c:comp-filter>'
            f"</c:filter><c:timezone-id>{zone}</c:timezone-id></c:calendar-query>",
        )
        if answer.status != 207:
            assert (answer.status, answer.precondition) == (403, clark("c:valid-timezone"))
            return {"refused"}
        return {each.name for each in answer.responses.values()}

    # 23:00 in UTC is still that day in New York, and the next one in Berlin.
    assert found("America/New_York") == {"day.ics"}
    assert found("Europe/Berlin") == set()
    assert found("Nowhere/None") == {"refused"}


def test_zone_of_a_calendar_is_set_and_read_by_name(dav: Client, dav_calendar: str) -> None:
    """Section 5.2: calendar-timezone-id and calendar-timezone say the same, whichever is set."""
    answer = dav.request(
        "PROPPATCH", dav_calendar,
        b'<d:propertyupdate xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
        b"<c:calendar-timezone-id>Asia/Tokyo</c:calendar-timezone-id>"
        b"</d:prop></d:set></d:propertyupdate>",
    )
    assert not answer.sole.refused
    found = dav.propfind(dav_calendar, "c:calendar-timezone", "c:calendar-timezone-id").sole
    assert found.text("c:calendar-timezone-id") == "Asia/Tokyo"
    assert "TZID:Asia/Tokyo" in (found.text("c:calendar-timezone") or "")
