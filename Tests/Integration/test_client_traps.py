"""What each breaks at least one real client, when a server does it otherwise."""

from __future__ import annotations

import base64
import crypt
import re
from urllib.parse import quote

import pytest

from harness import icalendar
from harness.dav import Client, clark, document
from harness.stack import Stack


@pytest.fixture
def member(client: Client, calendar: str) -> str:
    assert client.put(calendar + "a.ics", icalendar.event("a@x")).status == 201
    return calendar + "a.ics"


SYNC = (
    "<d:sync-collection><d:sync-token/><d:sync-level>1</d:sync-level>"
    "<d:prop><d:resourcetype/><d:getetag/><d:getcontenttype/></d:prop></d:sync-collection>"
)


def test_resourcetype_of_a_member_is_self_closed(
    client: Client, calendar: str, member: str
) -> None:
    """Nextcloud's DAV Connector skips a member otherwise."""
    for answer in (
        client.report(calendar, SYNC, depth="0"),
        client.propfind(member, "d:resourcetype"),
    ):
        assert re.search(rb"<[A-Za-z]*:?resourcetype ?/>", answer.body), answer
        assert not re.search(rb"<[A-Za-z]*:?resourcetype>\s*</", answer.body), answer


def test_member_has_its_content_type_when_asked(
    client: Client, calendar: str, member: str
) -> None:
    """Thunderbird and vdirsyncer drop it otherwise."""
    listed = client.propfind(calendar, "d:getcontenttype", "d:getetag", depth="1")
    synced = client.report(calendar, SYNC, depth="0")
    for answer in (listed, synced):
        found = answer.responses[member].text("d:getcontenttype") or ""
        assert found.startswith("text/calendar")


@pytest.mark.parametrize("kind", ["root", "principal", "home", "calendar", "object"])
def test_options_announces_calendar_access_everywhere(
    client: Client, calendar: str, member: str, kind: str
) -> None:
    """DAVx5 rejects a principal, Evolution and CalDav Synchronizer a calendar otherwise."""
    path = {
        "root": client.base_path, "principal": client.principal(), "home": client.home(),
        "calendar": calendar, "object": member,
    }[kind]
    answer = client.request("OPTIONS", path)
    assert answer.status == 200
    assert "calendar-access" in [token.strip() for token in answer.headers["DAV"].split(",")]
    assert answer.headers["DAV"].startswith("1")


def test_home_allows_report(client: Client) -> None:
    """The DAV Connector uses sync-collection only then."""
    assert "REPORT" in client.request("OPTIONS", client.home()).headers["Allow"].split(", ")


def test_owner_principal_and_acl_are_one_string(client: Client, calendar: str) -> None:
    """The DAV Connector and CalDav Synchronizer compare them as strings."""
    found = client.propfind(calendar, "d:owner", "d:acl", "d:current-user-principal").sole
    url = client.propfind(client.principal(), "d:principal-URL").sole.href_in("d:principal-URL")
    assert found.href_in("d:owner") == found.href_in("d:current-user-principal") == url
    principals = [
        href.text for principal in found.found[clark("d:acl")].iter(clark("d:principal"))
        for href in principal.iter(clark("d:href"))
    ]
    assert url in principals


def test_put_answers_a_strong_etag_of_unchanged_bytes(client: Client, calendar: str) -> None:
    """Evolution never reads again; Nextcloud's federation throws without one."""
    text = icalendar.event("strong@x", "Ümlaut 🎈")
    for expected in (201, 204):
        answer = client.put(calendar + "strong.ics", text)
        assert answer.status == expected and (answer.etag or "").startswith('"')
        got = client.get(calendar + "strong.ics")
        assert (got.etag, got.body) == (answer.etag, text.encode())


def test_invalid_token_is_403_with_its_element(client: Client, calendar: str) -> None:
    answer = client.sync(calendar, "http://sabre.io/ns/sync/2147483646")
    assert (answer.status, answer.precondition) == (403, clark("d:valid-sync-token"))


def test_sync_without_depth_and_level_as_federation_sends_it(
    client: Client, calendar: str, member: str
) -> None:
    answer = client.report(
        calendar,
        "<d:sync-collection><d:sync-token>http://sabre.io/ns/sync/0</d:sync-token>"
        "<d:prop><d:getcontenttype/><d:getetag/></d:prop></d:sync-collection>",
        depth=None,
    )
    assert member in answer.responses
    assert re.fullmatch(r"http://sabre\.io/ns/sync/\d+", answer.sync_token or "")


@pytest.mark.parametrize("depth", ["0", "1", "infinity"])
def test_multiget_and_sync_ignore_depth(
    client: Client, calendar: str, member: str, depth: str
) -> None:
    assert member in client.report(calendar, SYNC, depth=depth).responses
    multiget = (
        "<c:calendar-multiget><d:prop><d:getetag/></d:prop>"
        f"<d:href>{member}</d:href></c:calendar-multiget>"
    )
    assert client.report(calendar, multiget, depth=depth).responses[member].text("d:getetag")


@pytest.mark.parametrize(
    "decoration", ['W/"{}"', '"{}-gzip"', '"{};gzip"', '"{}-br"', 'W/"{}-gzip"']
)
def test_etag_that_compression_decorated_still_matches(
    client: Client, calendar: str, member: str, decoration: str
) -> None:
    etag = (client.get(member).etag or "").strip('"')
    assert client.get(member, {"If-None-Match": decoration.format(etag)}).status == 304
    answer = client.put(
        member, icalendar.event("a@x", "Changed"), {"If-Match": decoration.format(etag)}
    )
    assert answer.status == 204, answer


def test_web_server_leaves_etags_and_bodies_alone(client: Client, member: str) -> None:
    """gzip in front would weaken or rename ETags."""
    plain = client.get(member)
    packed = client.get(member, {"Accept-Encoding": "gzip, deflate, br"})
    assert packed.headers["Content-Encoding"] is None
    assert (packed.etag, packed.body) == (plain.etag, plain.body)


def test_query_of_windows_calendar_with_depth_0_reaches_members(
    client: Client, calendar: str, member: str
) -> None:
    query = (
        '<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter>'
        '<c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'
    )
    windows = {"User-Agent": "MSFT-WP/10.0.10586 (gzip)"}
    assert member in client.report(calendar, query, depth="0", headers=windows).responses


def test_empty_results_are_207(client: Client, calendar: str) -> None:
    empty = (
        "<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'
    )
    assert client.report(calendar, empty).responses == {}
    assert client.sync(calendar).responses == {}


@pytest.mark.parametrize(
    "line",
    [
        "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=\"A, B\":geo:1,2",
        "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:aGVsbG8=",
        "RRULE:FREQ=WEEKLY;BYDAY=MO;WKST=SU;UNTIL=20271231T000000Z",
        "STATUS:SOMETHING-NEW", "PRIORITY:11", "TRANSP:BUSY", "CLASS:X-SECRET",
        "DTEND;TZID=\"(UTC+01:00) Amsterdam, Berlin\":20260914T120000",
        "DESCRIPTION;ALTREP=\"data:text/html,%3Cb%3Ex\":x", "GEO:abc", "URL:not a url",
    ],
)
def test_odd_but_parseable_object_is_accepted_and_kept(
    client: Client, calendar: str, line: str
) -> None:
    """One refused event stops DAVx5 from syncing the whole calendar."""
    text = icalendar.calendar(
        icalendar.component(
            "VEVENT", "UID:odd@x", "DTSTAMP:20260901T080000Z", "DTSTART:20260914T090000Z", line
        )
    )
    answer = client.put(calendar + "odd.ics", text)
    assert answer.status == 201, answer
    assert client.get(calendar + "odd.ics").body == text.encode()


def test_object_of_overrides_alone_is_accepted(client: Client, calendar: str) -> None:
    """An invitation to one occurrence has no master."""
    text = icalendar.calendar(
        icalendar.component(
            "VEVENT", "UID:one@x", "DTSTAMP:20260901T080000Z", "DTSTART:20260914T090000Z",
            "RECURRENCE-ID:20260914T080000Z", "SUMMARY:Only this one",
        )
    )
    assert client.put(calendar + "one.ics", text).status == 201
    assert client.get(calendar + "one.ics").body == text.encode()


def test_fifty_unknown_properties_are_404_in_207(client: Client, calendar: str) -> None:
    names = [f"{{http://apple.com/ns/x}}unknown-{number}" for number in range(50)]
    found = client.propfind(calendar, "d:displayname", *names).sole
    assert found.refused == dict.fromkeys(names, 404)
    assert found.text("d:displayname") is not None


@pytest.mark.parametrize("headers", [{"Brief": "t"}, {"Prefer": "return=minimal"},
                                     {"Prefer": "return-minimal"}])
def test_minimal_answer_leaves_out_what_is_not_there(
    client: Client, calendar: str, headers: dict[str, str]
) -> None:
    answer = client.propfind(calendar, "d:displayname", "{urn:x}none", headers=headers)
    assert answer.sole.refused == {} and answer.sole.text("d:displayname") is not None


def test_hrefs_are_paths_encoded_the_same_way_everywhere(client: Client, calendar: str) -> None:
    """CalDav Synchronizer and xandikos' users met every variation of this."""
    name = "a b+c@d é;,='().ics"
    put = calendar + quote(name, safe="")
    text = icalendar.event("href@x")
    assert client.put(put, text).status == 201
    listed = {
        next(href for href in client.propfind(calendar, "d:getetag", depth="1").responses
             if href != calendar),
        *client.sync(calendar).responses,
    }
    (href,) = listed
    assert href.startswith("/") and " " not in href and href.isascii()
    # Every spelling of it is the same resource.
    for spelling in (href, put, calendar + quote(name), calendar + quote(name, safe="+@;,='()")):
        assert client.get(spelling).text == text
    assert client.multiget(calendar, [href]).responses[href].text("c:calendar-data")


def test_redirect_of_the_well_known_address_stays_on_the_host(client: Client) -> None:
    answer = client.request("PROPFIND", "/.well-known/caldav", signed_in=False)
    location = answer.headers["Location"]
    assert location.startswith(("/", f"http://{client.host}:{client.port}/")), location


def test_expect_100_continue_is_answered(client: Client, calendar: str) -> None:
    """curl and .NET wait for it before they send a body."""
    answer = client.put(
        calendar + "expect.ics", icalendar.event("expect@x"), {"Expect": "100-continue"}
    )
    assert answer.status == 201


def test_apples_home_listing(client: Client) -> None:
    """macOS asks for some fifty properties of each calendar at once."""
    body = document(
        "<d:propfind><d:prop><d:add-member/><cs:allowed-sharing-modes/><ic:autoprovisioned/>"
        "<ic:calendar-color/><c:calendar-description/><c:calendar-free-busy-set/>"
        "<ic:calendar-order/><c:calendar-timezone/><d:current-user-privilege-set/>"
        "<c:default-alarm-vevent-date/><d:displayname/><cs:getctag/><d:owner/>"
        "<cs:pre-publish-url/><cs:publish-url/><cs:push-transports/><cs:pushkey/>"
        "<d:quota-available-bytes/><d:resource-id/><d:resourcetype/><c:schedule-calendar-transp/>"
        "<cs:source/><c:supported-calendar-component-set/><d:supported-report-set/>"
        "<d:sync-token/></d:prop></d:propfind>"
    )
    answer = client.request("PROPFIND", client.home(), body, {"Depth": "1", "Brief": "t"})
    tasks = answer.responses[client.calendar("crm-tasks")]
    for name in ("c:supported-calendar-component-set", "cs:getctag", "d:sync-token",
                 "d:displayname", "d:owner", "ic:calendar-color"):
        assert clark(name) in tasks.found, name
    # The home has a ctag of its own (the cheapest poll there is).
    assert client.propfind(client.home(), "cs:getctag").sole.text("cs:getctag")


def test_password_with_characters_beyond_ascii(stack: Stack, base: str) -> None:
    """Sent as UTF-8 by new clients and as Latin-1 by old ones."""
    stack.sql(
        "UPDATE users SET password = '"
        + crypt.crypt("Grüße:Käse", crypt.mksalt(crypt.METHOD_SHA512))
        + "' WHERE username = 'elise'"
    )
    try:
        client = Client(base)
        for encoding in ("utf-8", "latin-1"):
            value = base64.b64encode("elise:Grüße:Käse".encode(encoding)).decode()
            answer = client.request(
                "PROPFIND", client.base_path,
                headers={"Authorization": f"Basic {value}", "Depth": "0"},
            )
            assert answer.status == 207, encoding
    finally:
        stack.sql(
            "UPDATE users SET password = '"
            + crypt.crypt(stack.users["elise"], crypt.mksalt(crypt.METHOD_SHA512))
            + "' WHERE username = 'elise'"
        )
