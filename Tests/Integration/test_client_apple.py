"""Calendar and Reminders of macOS and iOS: what they send, and what they make of the answers."""

from __future__ import annotations

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, etags, hrefs_xml

NAMESPACES = (
    'xmlns:A="DAV:" xmlns:B="urn:ietf:params:xml:ns:caldav" '
    'xmlns:C="http://calendarserver.org/ns/" xmlns:D="http://apple.com/ns/ical/" '
    'xmlns:E="http://me.com/_namespace/"'
)

#: Of a principal; nobody has all of them.
PRINCIPAL = (
    "<B:calendar-home-set/><B:calendar-user-address-set/><A:current-user-principal/>"
    "<A:displayname/><C:dropbox-home-URL/><C:email-address-set/><C:notification-URL/>"
    "<A:principal-collection-set/><A:principal-URL/><A:resource-id/><B:schedule-inbox-URL/>"
    "<B:schedule-outbox-URL/><A:supported-report-set/>"
)

#: Of every calendar in the home.
HOME = (
    "<A:add-member/><C:allowed-sharing-modes/><D:autoprovisioned/><E:bulk-requests/>"
    "<B:calendar-alarm/><D:calendar-color/><B:calendar-description/>"
    "<B:calendar-free-busy-set/><D:calendar-order/><B:calendar-timezone/>"
    "<A:current-user-privilege-set/><B:default-alarm-vevent-date/>"
    "<B:default-alarm-vevent-datetime/><A:displayname/><C:getctag/><C:invite/>"
    "<D:language-code/><D:location-code/><B:max-attendees-per-instance/><A:owner/>"
    "<C:pre-publish-url/><C:publish-url/><C:push-transports/><C:pushkey/>"
    "<A:quota-available-bytes/><A:quota-used-bytes/><D:refreshrate/><A:resource-id/>"
    "<A:resourcetype/><B:schedule-calendar-transp/><B:schedule-default-calendar-URL/>"
    "<C:source/><C:subscribed-strip-alarms/><C:subscribed-strip-attachments/>"
    "<C:subscribed-strip-todos/><B:supported-calendar-component-set/>"
    "<B:supported-calendar-component-sets/><A:supported-report-set/><A:sync-token/>"
    "<C:xmpp-server/><C:xmpp-uri/>"
)


def propfind(names: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<A:propfind {NAMESPACES}><A:prop>{names}</A:prop></A:propfind>"
    )


def set_properties(content: str, root: str = "A:propertyupdate") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<{root} {NAMESPACES}><A:set><A:prop>{content}</A:prop></A:set></{root}>"
    )


class MacOS(Program):
    fields = {
        "User-Agent": "macOS/15.6 (24G84) dataaccessd/1.0", "Accept": "*/*",
        "Accept-Language": "de-DE,de;q=0.9", "Content-Type": "text/xml",
        "Brief": "t", "Prefer": "return=minimal",
    }
    #: What the calendar has to be for, to be shown at all.
    component = "VEVENT"

    def discover(self) -> dict[str, Response]:
        asked = propfind("<A:current-user-principal/><A:principal-URL/><A:resourcetype/>")
        # Before it has been asked for a password; then the same with it.
        path, answer = self.follow("PROPFIND", "/.well-known/caldav", asked, Depth="0")
        unknown = self.send("PROPFIND", path, asked, signed_in=False, Depth="0")
        assert unknown.status == 401
        assert unknown.headers["WWW-Authenticate"].startswith("Basic ")
        principal = self.own(answer.responses, path).href_in("d:current-user-principal")
        assert principal
        found = self.send("PROPFIND", principal, propfind(PRINCIPAL), Depth="0").sole
        assert found.refused == {}, "what is not there is left out"
        home = found.href_in("c:calendar-home-set")
        # Another host or a path beside it is "an invalid calendar home".
        assert home and home.startswith("/") and " " not in home
        assert found.href_in("d:principal-URL") == principal
        assert found.text("d:displayname")
        addresses = [each.text or "" for each in found.found[clark("c:calendar-user-address-set")]]
        assert addresses[0].startswith("mailto:"), addresses
        self.look_around(found)
        options = self.send("OPTIONS", principal)
        assert "calendar-access" in options.headers["DAV"]
        listed = self.send("PROPFIND", home, propfind(HOME), Depth="1")
        assert all(each.refused == {} for each in listed.responses.values())
        assert self.own(listed.responses, home).text("cs:getctag")
        found_here = calendars(listed.responses)
        for href, response in found_here.items():
            kinds = {each.get("name") for each in
                     response.found[clark("c:supported-calendar-component-set")]}
            assert kinds, f"{href} is not shown"
            for name in ("cs:getctag", "d:sync-token", "d:displayname", "ic:calendar-color"):
                assert response.text(name), f"{href}: {name}"
        return found_here

    def look_around(self, found: Response) -> None:
        """What else it asks of the principal's neighbourhood; errors there end the set-up."""
        collection = found.href_in("d:principal-collection-set")
        assert collection
        answer = self.send(
            "REPORT", collection,
            f"<A:principal-search-property-set {NAMESPACES}/>", Depth="0",
        )
        assert answer.status == 200, answer
        answer = self.send(
            "REPORT", found.href,
            f"<A:expand-property {NAMESPACES}>"
            '<A:property name="calendar-proxy-write-for" namespace="http://calendarserver.org/ns/">'
            '<A:property name="email-address-set" namespace="http://calendarserver.org/ns/"/>'
            '<A:property name="displayname" namespace="DAV:"/></A:property>'
            '<A:property name="calendar-proxy-read-for" namespace="http://calendarserver.org/ns/">'
            '<A:property name="displayname" namespace="DAV:"/></A:property></A:expand-property>',
            Depth="0",
        )
        assert answer.status == 207, answer

    def synchronise(self) -> None:
        found = self.send(
            "PROPFIND", self.calendar, propfind("<C:getctag/><A:sync-token/>"), Depth="0"
        ).sole
        assert found.text("cs:getctag")
        if not self.token or found.text("d:sync-token") != self.token:
            self.synchronise_by_token()

    def ask_for_changes(self, token: str) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0" encoding="UTF-8"?>\n<A:sync-collection {NAMESPACES}>'
            f"<A:sync-token>{token}</A:sync-token><A:sync-level>1</A:sync-level>"
            "<A:prop><A:getcontenttype/><A:getetag/></A:prop></A:sync-collection>",
            Depth="1",
        )

    def check_member(self, href: str, response: Response) -> None:
        assert (response.text("d:getcontenttype") or "").startswith("text/calendar")

    batch = 50

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0" encoding="UTF-8"?>\n<B:calendar-multiget {NAMESPACES}>'
            "<A:prop><B:calendar-data/><A:getetag/><B:schedule-tag/><C:created-by/>"
            f"<C:updated-by/></A:prop>{hrefs_xml(hrefs, 'A:')}</B:calendar-multiget>",
            Depth="1",
        )


class MacOSByListing(MacOS):
    """As older ones do, and newer ones without a sync-token: a listing for each new ctag."""

    def synchronise(self) -> None:
        found = self.send(
            "PROPFIND", self.calendar, propfind("<C:getctag/>"), Depth="0"
        ).sole
        tag = found.text("cs:getctag") or ""
        if tag != self.token:
            self.synchronise_by_listing(etags(self.send(
                "PROPFIND", self.calendar,
                propfind("<A:getcontenttype/><A:getetag/><A:resourcetype/>"), Depth="1",
            )))
            self.token = tag


class Reminders(MacOS):
    fields = {
        **MacOS.fields, "User-Agent": "iOS/18.6 (22G86) remindd/1.0", "Prefer": "return-minimal",
    }
    component = "VTODO"


class TestDiscovery(Discovery):
    program = MacOS


class TestDiscoveryOnIOS(Discovery):
    program = Reminders


class TestLife(Life):
    program = MacOS


class TestLifeByListing(Life):
    program = MacOSByListing


@pytest.fixture
def mac(client: Client) -> MacOS:
    return MacOS(client)


@pytest.mark.parametrize("path", ["", "principals/", "principals/users/", "calendars/"])
def test_address_that_somebody_typed_leads_to_the_principal(
    client: Client, mac: MacOS, path: str
) -> None:
    """Whatever it was given, it asks there for who it is."""
    found = mac.send(
        "PROPFIND", client.base_path + path, propfind("<A:current-user-principal/>"), Depth="0"
    ).sole
    assert found.href_in("d:current-user-principal") == client.principal()


def test_minimal_answers_say_that_they_are(client: Client, calendar: str, mac: MacOS) -> None:
    answer = mac.send("PROPFIND", calendar, propfind(HOME), Depth="0")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert "Prefer" in answer.headers["Vary"] and "Brief" in answer.headers["Vary"]


TIMEZONE = icalendar.calendar(
    icalendar.component(
        "VTIMEZONE", "TZID:Europe/Berlin",
        "BEGIN:DAYLIGHT", "TZOFFSETFROM:+0100", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "DTSTART:19810329T020000", "TZNAME:MESZ", "TZOFFSETTO:+0200", "END:DAYLIGHT",
        "BEGIN:STANDARD", "TZOFFSETFROM:+0200", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "DTSTART:19961027T030000", "TZNAME:MEZ", "TZOFFSETTO:+0100", "END:STANDARD",
    )
)


@pytest.mark.parametrize("program", [MacOS, Reminders])
def test_new_calendar_of_one_kind(client: Client, program: type[MacOS]) -> None:
    """Made with its colour, place in the list, zone and kind at once; shown by that kind."""
    path = client.calendar(icalendar.new_uid().upper())
    apple = program(client)
    body = set_properties(
        "<A:displayname>Neu</A:displayname><D:calendar-color>#1BADF8FF</D:calendar-color>"
        "<D:calendar-order>7</D:calendar-order><B:calendar-free-busy-set><YES/>"
        f"</B:calendar-free-busy-set><B:calendar-timezone>{TIMEZONE.replace(chr(13), '')}"
        "</B:calendar-timezone><B:supported-calendar-component-set>"
        f'<B:comp name="{apple.component}"/></B:supported-calendar-component-set>',
        "B:mkcalendar",
    )
    assert apple.send("MKCALENDAR", path, body).status == 201
    found = apple.discover()[path]
    kinds = [each.get("name") for each in
             found.found[clark("c:supported-calendar-component-set")]]
    assert kinds == [apple.component]
    assert found.text("ic:calendar-color") == "#1BADF8FF"
    assert found.text("ic:calendar-order") == "7"
    assert "TZID:Europe/Berlin" in (found.text("c:calendar-timezone") or "")
    # The other kind is refused by the element that says so, and nothing is stored.
    other = icalendar.to_do("x@x") if apple.component == "VEVENT" else icalendar.event("x@x")
    answer = client.put(path + "x.ics", other)
    assert (answer.status, answer.precondition) == (403, clark("c:supported-calendar-component"))
    assert apple.send("DELETE", path).status == 204


@pytest.mark.parametrize(
    "content",
    [
        "<A:displayname>Umbenannt</A:displayname>", "<D:calendar-color>#FF2968FF</D:calendar-color>",
        "<D:calendar-order>3</D:calendar-order>",
        "<B:schedule-calendar-transp><B:transparent/></B:schedule-calendar-transp>",
        "<B:calendar-free-busy-set><NO/></B:calendar-free-busy-set>",
        "<B:default-alarm-vevent-date>BEGIN:VALARM&#13;\nTRIGGER:-PT15H&#13;\nEND:VALARM&#13;\n"
        "</B:default-alarm-vevent-date>",
        "<B:default-alarm-vevent-datetime/>",
    ],
    ids=["name", "colour", "order", "transparency", "free-busy", "alarm of days", "no alarm"],
)
def test_settings_of_a_calendar_are_taken(
    client: Client, calendar: str, mac: MacOS, content: str
) -> None:
    """Anything but success is a dialogue about an error."""
    answer = mac.send("PROPPATCH", calendar, set_properties(content))
    assert answer.status in (200, 207)
    if answer.status == 207:
        assert not answer.sole.refused


def test_defaults_of_alarms_are_kept(client: Client, calendar: str, mac: MacOS) -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15H\nEND:VALARM\n"
    for name in ("default-alarm-vevent-date", "default-alarm-vevent-datetime"):
        mac.send("PROPPATCH", calendar, set_properties(f"<B:{name}>{alarm}</B:{name}>"))
        found = mac.send("PROPFIND", calendar, propfind(f"<B:{name}/>"), Depth="0").sole
        assert found.text(f"c:{name}") == alarm


def test_alarms_and_places_are_kept_in_their_order(client: Client, calendar: str) -> None:
    """With the UIDs and acknowledgements by which devices agree who has rung."""
    text = icalendar.event(
        "alarm@x", "Alarm", "20260914T090000Z", "20260914T100000Z",
        "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-APPLE-RADIUS=70;X-TITLE=Büro:geo:52.5,13.4",
        "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
        "BEGIN:VALARM", "X-WR-ALARMUID:2", "UID:2", "TRIGGER:-PT30M", "ACTION:AUDIO",
        "ATTACH;VALUE=URI:Chord", "ACKNOWLEDGED:20260914T083000Z", "END:VALARM",
        "BEGIN:VALARM", "X-WR-ALARMUID:1", "UID:1", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z",
        "ACTION:NONE", "X-APPLE-DEFAULT-ALARM:TRUE", "RELATED-TO;RELTYPE=SNOOZE:2",
        "END:VALARM",
    )
    assert client.put(calendar + "alarm.ics", text).status == 201
    assert client.get(calendar + "alarm.ics").text == text


def test_reminder_is_done_and_undone(client: Client, calendar: str) -> None:
    """STATUS, COMPLETED and PERCENT-COMPLETE come and go together."""
    open_ = icalendar.to_do("do@x", "Do", "STATUS:NEEDS-ACTION", "DUE;VALUE=DATE:20260914")
    done = icalendar.to_do(
        "do@x", "Do", "STATUS:COMPLETED", "COMPLETED:20260914T093000Z", "PERCENT-COMPLETE:100",
        "DUE;VALUE=DATE:20260914",
    )
    for text in (open_, done, open_):
        assert client.put(calendar + "do.ics", text).status in (201, 204)
        assert client.get(calendar + "do.ics").text == text


def test_body_without_length_is_read_to_its_end(client: Client, calendar: str) -> None:
    """iOS sends what it stores in chunks."""
    text = icalendar.event("chunked@x", "Chunked " * 40).encode()
    answer = client.put_in_chunks(calendar + "chunked.ics", [text[:100], text[100:300], text[300:]])
    # nginx and Apache both read it whole before they hand it on.
    assert answer.status == 201
    assert client.get(calendar + "chunked.ics").body == text
