"""Creating, reading, changing and removing calendar object resources (RFC 4791 §5.3.2)."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from harness import icalendar
from harness.dav import Client, clark
from harness.stack import Stack

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


#: Each Monday; one of them, whose RECURRENCE-ID is to be put in, is elsewhere.
SERIES = icalendar.calendar(
    icalendar.component("VEVENT", "UID:a", "DTSTAMP:20260901T080000Z",
                        "DTSTART:20260914T090000Z", "RRULE:FREQ=WEEKLY"),
    icalendar.component("VEVENT", "UID:a", "DTSTAMP:20260901T080000Z",
                        "DTSTART:20260921T120000Z", "RECURRENCE-ID:{}"),
)


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
        (icalendar.event("a"), "text/calendar; version=1.0", 403, "c:supported-calendar-data"),
        (icalendar.event("a"), "text/calendar; charset=ebcdic", 403, "c:supported-calendar-data"),
        (
            icalendar.event("a").replace("VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:REQUEST\r\n"),
            "text/calendar", 403, "c:valid-calendar-object-resource",
        ),
        (
            icalendar.event("a", "x", "20260914T090000Z", "20260914T100000Z",
                            'DESCRIPTION:Bad \\"escaping\\" here.'),
            "text/calendar", 403, "c:valid-calendar-data",
        ),
        (icalendar.event("a", "bell\x07"), "text/calendar", 403, "c:valid-calendar-data"),
        (SERIES.format("20260922T090000Z"), "text/calendar", 403, "c:valid-calendar-data"),
        (icalendar.event("a", start="00000101T000000Z"), "text/calendar", 403, "c:min-date-time"),
        (
            icalendar.event("a", "x", "20260914T090000Z", "20260914T100000Z",
                            "RRULE:FREQ=DAILY;COUNT=100000"),
            "text/calendar", 403, "c:max-instances",
        ),
        (
            icalendar.event("a", "x", "20260914T090000Z", "20260914T100000Z",
                            *[f"ATTENDEE:mailto:a{number}@x" for number in range(1001)]),
            "text/calendar", 403, "c:max-attendees-per-instance",
        ),
        (icalendar.event("a", "x" * 11_000_000), "text/calendar", 403, "c:max-resource-size"),
    ],
    ids=["no iCalendar", "empty", "no component", "two UIDs", "two kinds", "other type",
         "other version", "other charset", "METHOD", "escape", "control", "no such instance",
         "before all", "instances", "attendees", "size"],
)
def test_precondition_of_put(
    client: Client, calendar: str, body: str, content_type: str, status: int, precondition: str
) -> None:
    """RFC 4791 §5.3.2.1"""
    answer = client.put(calendar + "a.ics", body, {"Content-Type": content_type})
    if len(body) > 1 << 20 and answer.status in (413, 500):
        # The web server's own limit: mod_fcgid's in a rented web space nobody can change.
        assert client.names(calendar) == set()
        return
    assert (answer.status, answer.precondition) == (status, clark(precondition)), answer
    assert client.names(calendar) == set()


def test_kind_that_the_calendar_does_not_take_is_refused(client: Client) -> None:
    """RFC 4791 §5.3.2.1"""
    uid = icalendar.new_uid()
    path = client.make_calendar(
        f"events-{uid[:8]}",
        '<c:supported-calendar-component-set><c:comp name="VEVENT"/>'
        "</c:supported-calendar-component-set>",
    )
    answer = client.put(path + "a.ics", icalendar.to_do(uid))
    assert (answer.status, answer.precondition) == (403, clark("c:supported-calendar-component"))
    assert client.names(path) == set()


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


def test_instance_that_there_is_may_be_elsewhere(client: Client, calendar: str) -> None:
    text = SERIES.format("20260921T090000Z")
    assert client.put(calendar + "a.ics", text).status == 201
    assert client.get(calendar + "a.ics").body == text.encode()
    # A rule that changes leaves the override behind: clients write that, and it stays.
    moved = text.replace("FREQ=WEEKLY", "FREQ=MONTHLY")
    assert client.put(calendar + "a.ics", moved).status == 204


def test_backslashes_of_calendar_synchronizer_are_kept(client: Client, calendar: str) -> None:
    text = icalendar.event("path@x", "See C:\\temp\\")
    outlook = {"User-Agent": "CalDavSynchronizer/4.4"}
    assert client.put(calendar + "a.ics", text, outlook).status == 201
    assert client.get(calendar + "a.ics").body == text.encode()


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("ISO-8859-1", "cp1252"), ("windows-1252", "cp1252"), ("iso-8859-15", "iso8859-15"),
     ("UTF-16", "utf-16"), ("utf-16le", "utf-16le"), ("utf-16be", "utf-16be")],
)
def test_charset_that_content_type_names(
    client: Client, calendar: str, charset: str, codec: str
) -> None:
    """What is stored is UTF-8, so PUT answers without the ETag of what was sent (§5.3.4)."""
    text = icalendar.event("charset@x", "Käse für 5 €")
    answer = client.put(
        calendar + "a.ics", text.encode(codec), {"Content-Type": f"text/calendar; charset={charset}"}
    )
    assert (answer.status, answer.etag) == (201, None), answer
    got = client.get(calendar + "a.ics")
    assert got.text == text and got.etag


def test_bytes_of_no_charset_are_refused(client: Client, calendar: str) -> None:
    text = icalendar.event("charset@x", "Käse").encode("latin-1")
    answer = client.put(calendar + "a.ics", text)
    assert (answer.status, answer.precondition) == (403, clark("c:valid-calendar-data"))


def test_head_has_the_fields_of_get(client: Client, calendar: str) -> None:
    client.put(calendar + "a.ics", icalendar.event(icalendar.new_uid()))
    names = ("ETag", "Last-Modified", "Content-Type", "Vary", "Cache-Control", "DAV",
             "Content-Disposition", "Content-Security-Policy")
    for path, accept in (
        (calendar + "a.ics", "*/*"), (calendar, "*/*"), (calendar, "text/html"),
        (client.base_path, "text/html"),
    ):
        get, head = (
            client.request(method, path, headers={"Accept": accept}) for method in ("GET", "HEAD")
        )
        assert (get.status, head.status, head.body) == (200, 200, b"")
        for name in names:
            assert get.headers[name] == head.headers[name], (path, name)


def test_conditions_by_date(client: Client, calendar: str) -> None:
    path = calendar + "a.ics"
    client.put(path, icalendar.event("dated@x"))
    date = client.get(path).headers["Last-Modified"]
    old = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert client.get(path, {"If-Modified-Since": date}).status == 304
    assert client.get(path, {"If-Modified-Since": old}).status == 200
    assert client.get(path, {"If-Modified-Since": date, "If-None-Match": '"x"'}).status == 200
    for method in ("DELETE", "PROPFIND", "GET"):
        answer = client.request(method, path, headers={"If-Unmodified-Since": old})
        assert answer.status == 412, answer
    answer = client.put(path, icalendar.event("dated@x", "New"), {"If-Unmodified-Since": old})
    assert (answer.status, answer.etag) == (412, client.get(path).etag)
    answer = client.put(path, icalendar.event("dated@x", "New"), {"If-Unmodified-Since": date})
    assert answer.status == 204


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "PROPFIND", "PROPPATCH", "REPORT"])
def test_refused_condition_tells_the_present_etag(
    client: Client, calendar: str, method: str
) -> None:
    path = calendar + "a.ics"
    etag = client.put(path, icalendar.event("tagged@x")).etag
    for headers in ({"If-Match": '"old"'}, {"If": '(["old"])'}, {"If-Schedule-Tag-Match": '"1"'}):
        answer = client.request(method, path, icalendar.event("tagged@x"), headers)
        assert (answer.status, answer.etag) == (412, etag), answer


def test_range_is_left_alone_or_right(client: Client, calendar: str) -> None:
    text = icalendar.event("range@x").encode()
    client.put(calendar + "a.ics", text)
    answer = client.get(calendar + "a.ics", {"Range": "bytes=5-9"})
    assert (answer.status, answer.body) in ((200, text), (206, text[5:10]))


@pytest.mark.parametrize("below", ["", "a.ics"])
def test_no_locks_and_no_claim_of_any(client: Client, calendar: str, below: str) -> None:
    client.put(calendar + "a.ics", icalendar.event("lock@x"))
    answer = client.request("LOCK", calendar + below)
    assert answer.status == 405
    allowed = answer.headers["Allow"].split(", ")
    assert "PROPFIND" in allowed and "LOCK" not in allowed
    options = client.request("OPTIONS", calendar + below, signed_in=False)
    assert options.status == 200
    assert "2" not in [token.strip() for token in options.headers["DAV"].split(",")]


def test_simultaneous_puts_of_one_new_object_make_one(
    stack: Stack, dav: Client, dav_calendar: str
) -> None:
    clients = [stack.client("anna", stack.front("nginx")) for _ in range(8)]
    text = icalendar.event("same@x")
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(
            lambda client: client.put(dav_calendar + "a.ics", text, {"If-None-Match": "*"}), clients
        ))
    assert sorted(answer.status for answer in answers) == [201] + [412] * 7
    assert dav.names(dav_calendar) == {"a.ics"}
