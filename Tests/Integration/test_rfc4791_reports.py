"""REPORT calendar-multiget and calendar-query (RFC 4791 §7.8, §7.9)."""

import pytest

from harness import icalendar
from harness.dav import Client, clark


@pytest.fixture
def filled(client: Client, calendar: str) -> str:
    """A calendar with an event in September, one in October, and a to-do without dates."""
    for name, text in {
        "september.ics": icalendar.event("s@x", "Sep", "20260914T090000Z", "20260914T100000Z"),
        "october.ics": icalendar.event("o@x", "Oct", "20261014T090000Z", "20261014T100000Z"),
        "to-do.ics": icalendar.to_do("t@x", "Call back"),
    }.items():
        assert client.put(calendar + name, text).status == 201
    return calendar


def query(client: Client, path: str, condition: str) -> set[str]:
    answer = client.report(
        path,
        "<c:calendar-query><d:prop><d:getetag/></d:prop>"
        f'<c:filter><c:comp-filter name="VCALENDAR">{condition}</c:comp-filter></c:filter>'
        "</c:calendar-query>",
    )
    assert all(response.text("d:getetag") for response in answer.responses.values())
    return {response.name for response in answer.responses.values()}


def time_range(start: str, end: str, kind: str = "VEVENT") -> str:
    ends = "".join(
        f' {name}="{value}"' for name, value in (("start", start), ("end", end)) if value
    )
    return f'<c:comp-filter name="{kind}"><c:time-range{ends}/></c:comp-filter>'


def test_multiget_answers_each_href(client: Client, filled: str) -> None:
    hrefs = [filled + name for name in ("september.ics", "none.ics", "to-do.ics")]
    found = client.multiget(filled, hrefs).responses
    assert set(found) == set(hrefs)
    assert found[hrefs[1]].status == 404
    for href in (hrefs[0], hrefs[2]):
        # XML turns CRLF into LF when it is read (XML 1.0 §2.11).
        expected = client.get(href).text.replace("\r\n", "\n")
        assert (found[href].text("c:calendar-data") or "").replace("\r\n", "\n") == expected
        assert found[href].text("d:getetag") == client.get(href).etag


def test_multiget_of_another_users_object_reveals_nothing(client: Client, filled: str) -> None:
    foreign = client.calendar("crm-tasks", user="ben") + "x.ics"
    found = client.multiget(filled, [foreign, filled + "september.ics"]).responses
    assert found[foreign].status in (403, 404)
    assert found[filled + "september.ics"].text("c:calendar-data")


def test_query_by_kind(client: Client, filled: str) -> None:
    assert query(client, filled, '<c:comp-filter name="VEVENT"/>') == {
        "september.ics", "october.ics"
    }
    assert query(client, filled, '<c:comp-filter name="VTODO"/>') == {"to-do.ics"}


def test_query_without_a_kind_answers_all(client: Client, filled: str) -> None:
    assert query(client, filled, "") == {"september.ics", "october.ics", "to-do.ics"}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("20260914T000000Z", "20260915T000000Z", {"september.ics"}),
        ("20260901T000000Z", "", {"september.ics", "october.ics"}),
        ("", "20261001T000000Z", {"september.ics"}),
        ("20260914T095959Z", "20260914T100000Z", {"september.ics"}),
        ("20260914T100000Z", "20260914T110000Z", set()),
        ("20260914T080000Z", "20260914T090000Z", set()),
        ("20270101T000000Z", "20280101T000000Z", set()),
    ],
    ids=["day", "open end", "open start", "last second", "from its end", "to its start", "later"],
)
def test_query_by_time(
    client: Client, filled: str, start: str, end: str, expected: set[str]
) -> None:
    """RFC 4791 §9.9: a half-open interval."""
    assert query(client, filled, time_range(start, end)) == expected


def test_to_do_without_dates_is_in_every_range(client: Client, filled: str) -> None:
    """RFC 4791 §9.9, the last row of the table for VTODO."""
    day = time_range("20300101T000000Z", "20300102T000000Z", "VTODO")
    assert query(client, filled, day) == {"to-do.ics"}


def test_nothing_found_is_an_empty_multistatus(client: Client, calendar: str) -> None:
    assert query(client, calendar, '<c:comp-filter name="VJOURNAL"/>') == set()


def test_query_returns_the_data_asked_for(client: Client, filled: str) -> None:
    answer = client.report(
        filled,
        "<c:calendar-query><d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VTODO"/></c:comp-filter>'
        "</c:filter></c:calendar-query>",
    )
    assert "SUMMARY:Call back" in (answer.sole.text("c:calendar-data") or "")


def test_report_that_does_not_exist_is_named_as_unsupported(client: Client, calendar: str) -> None:
    answer = client.report(calendar, "<d:version-tree/>")
    assert (answer.status, answer.precondition) == (403, clark("d:supported-report"))


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ('match-type="equals"', {"to-do.ics"}),
        ('match-type="starts-with"', {"to-do.ics", "more.ics"}),
        ('match-type="ends-with" collation="i;octet"', set()),
        ('match-type="equals" negate-condition="yes"', {"more.ics"}),
        ("", {"to-do.ics", "more.ics"}),
    ],
)
def test_match_type_of_text_match(
    client: Client, filled: str, attributes: str, found: set[str]
) -> None:
    client.put(filled + "more.ics", icalendar.to_do("m@x", "Call back again"))
    assert query(
        client, filled,
        '<c:comp-filter name="VTODO"><c:prop-filter name="SUMMARY">'
        f"<c:text-match {attributes}>call back</c:text-match></c:prop-filter></c:comp-filter>",
    ) == found


@pytest.mark.parametrize(
    "condition",
    [
        '<c:comp-filter name="X-COMP">{}</c:comp-filter>',
        '<c:comp-filter name="VTIMEZONE">{}</c:comp-filter>',
        '<c:comp-filter name="VEVENT"><c:prop-filter name="SUMMARY">{}</c:prop-filter>'
        "</c:comp-filter>",
        '<c:comp-filter name="VTODO"><c:prop-filter name="X-WHEN">{}</c:prop-filter>'
        "</c:comp-filter>",
    ],
)
def test_time_range_where_there_is_no_time_is_refused(
    client: Client, filled: str, condition: str
) -> None:
    answer = client.report(
        filled,
        "<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR">'
        + condition.format('<c:time-range start="20260901T000000Z" end="20261001T000000Z"/>')
        + "</c:comp-filter></c:filter></c:calendar-query>",
    )
    assert (answer.status, answer.precondition) == (403, clark("c:valid-filter"))


def test_broken_filter_is_refused(client: Client, filled: str) -> None:
    answer = client.report(
        filled,
        "<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        '<c:time-range start="yesterday"/></c:comp-filter></c:comp-filter></c:filter>'
        "</c:calendar-query>",
    )
    assert answer.status in (400, 403), answer
    if answer.status == 403:
        assert answer.precondition in (clark("c:valid-filter"), clark("c:supported-filter"))
