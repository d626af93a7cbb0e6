"""Recurrence rules (RFC 5545 §3.3.10) that mean no good."""

from __future__ import annotations

import time

import pytest

from harness import icalendar
from harness.dav import Client

HOSTILE = [
    "RRULE:FREQ=DAILY;INTERVAL=99999999999999999999", "RRULE:FREQ=SECONDLY;COUNT=2147483647",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "RRULE:FREQ=SECONDLY;BYSECOND=61;BYDAY=-53MO",
    "RRULE:FREQ=MONTHLY;BYSETPOS=366;BYDAY=MO;UNTIL=99991231T235959Z",
    "RRULE:FREQ=DAILY;UNTIL=00000101T000000Z", "RDATE:99991231T235959Z,00010101T000000Z",
    "DURATION:P99999999999999W", "RECURRENCE-ID:99991231T235959Z",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_hostile_recurrence_takes_no_time(dav: Client, dav_calendar: str, line: str) -> None:
    """Accepted or refused; a report over it is answered all the same."""
    started = time.monotonic()
    text = icalendar.event("hostile@x", "Hostile").replace("DTEND:20260914T100000Z\r\n", "")
    answer = dav.put(
        dav_calendar + "x.ics", text.replace("END:VEVENT", f"{line}\r\nEND:VEVENT")
    )
    assert answer.status in (201, 403), answer
    for start, end in (("20260101", "20270101"), ("19700101", "99991231")):
        report = dav.report(
            dav_calendar,
            "<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter>"
            '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
            f'<c:time-range start="{start}T000000Z" end="{end}T000000Z"/>'
            "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>",
        )
        assert report.status == 207, report
    assert dav.get(dav_calendar).status == 200
    assert time.monotonic() - started < 5
