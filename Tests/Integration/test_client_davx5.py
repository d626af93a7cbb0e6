"""DAVx⁵ on Android: what it sends, and what it makes of the answers."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import (
    Discovery, Life, Program, calendars, chunks, etags, hrefs_in, hrefs_xml, privileges,
)

NAMESPACES = (
    'xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" '
    'xmlns:CARD="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/" '
    'xmlns:IC="http://apple.com/ns/ical/" xmlns:P="https://bitfire.at/webdav-push"'
)
#: Of a calendar, once for each home.
COLLECTION = (
    "<current-user-privilege-set/><displayname/><owner/><resourcetype/><IC:calendar-color/>"
    "<CAL:calendar-description/><CAL:calendar-timezone/><CAL:calendar-timezone-id/>"
    "<CAL:supported-calendar-component-set/><CS:source/><P:transports/><P:topic/>"
)


def propfind(names: str) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8' ?>"
        f"<propfind {NAMESPACES}><prop>{names}</prop></propfind>"
    )


class DAVx5(Program):
    """As it comes: events older than 90 days stay on the server, by a query for the rest."""

    fields = {
        "User-Agent": "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/16",
        "Accept-Language": "de-DE, en;q=0.7, *;q=0.5", "Content-Type": "application/xml; charset=utf-8",
    }
    #: 90 days before the day on which these tests play.
    since = "20260615T000000Z"

    # Discovery

    def discover(self) -> dict[str, Response]:
        host_root = propfind(
            "<resourcetype/><displayname/><current-user-principal/><current-user-privilege-set/>"
            "<CAL:calendar-home-set/><CAL:supported-calendar-component-set/><IC:calendar-color/>"
            "<CAL:calendar-description/><CAL:calendar-timezone/>"
        )
        # The address as typed. Whatever is answered there sends it on, but for 401.
        typed = self.send("PROPFIND", "/", host_root, Depth="0")
        assert typed.status != 401
        asked_principal = propfind("<current-user-principal/>")
        path, answer = self.follow(
            "PROPFIND", "/.well-known/caldav", asked_principal, Depth="0"
        )
        principal = self.own(answer.responses, path).href_in("d:current-user-principal")
        assert principal
        # Where Nextcloud would be.
        probed = self.send("PROPFIND", "/remote.php/dav", asked_principal, Depth="0")
        assert 400 <= probed.status < 500 and probed.status != 401
        options = self.send("OPTIONS", principal)
        assert "calendar-access" in options.headers["DAV"], "no principal of a CalDAV account"
        return {
            href: response
            for home in self.homes(principal, 2) for href, response in self.calendars(home).items()
        }

    def homes(self, principal: str, depth: int) -> set[str]:
        """Its own, and by proxies and groups those of others, two levels deep."""
        answer = self.send("PROPFIND", principal, propfind(
            "<displayname/><group-membership/><resourcetype/><CAL:calendar-home-set/>"
            "<CS:calendar-proxy-read-for/><CS:calendar-proxy-write-for/>"
        ), Depth="0")
        found = answer.sole
        homes = hrefs_in(found, "c:calendar-home-set")
        if depth:
            others = {
                href for name in ("cs:calendar-proxy-read-for", "cs:calendar-proxy-write-for",
                                  "d:group-membership") for href in hrefs_in(found, name)
            }
            for other in others:
                homes |= self.homes(other, depth - 1)
        return homes

    def calendars(self, home: str) -> dict[str, Response]:
        answer = self.send("PROPFIND", home, propfind(COLLECTION), Depth="1")
        found = calendars(answer.responses)
        for href, response in found.items():
            for name in ("d:displayname", "c:calendar-timezone-id"):
                assert response.text(name), f"{href}: {name}"
            assert re.fullmatch(r"#[0-9A-Fa-f]{6,8}", response.text("ic:calendar-color") or "")
            assert response.href_in("d:owner")
            components = response.found[clark("c:supported-calendar-component-set")]
            assert {each.get("name") for each in components} & {"VEVENT", "VTODO"}
            # What its switches for "read-only" and "delete" go by.
            assert {
                clark("d:write-content"), clark("d:bind"), clark("d:unbind")
            } <= privileges(response)
        return found

    # Sync

    def state(self) -> str:
        """Before each sync; where it is the one known, the sync ends here."""
        found = self.send("PROPFIND", self.calendar, propfind(
            "<CAL:max-resource-size/><supported-report-set/><CS:getctag/><sync-token/>"
        ), Depth="0").sole
        assert int(found.text("c:max-resource-size") or "0") > 0
        reports = {each.tag for each in found.found[clark("d:supported-report-set")].iter()}
        assert clark("d:sync-collection") in reports
        state = found.text("d:sync-token") or found.text("cs:getctag")
        assert state
        return state

    def synchronise(self) -> None:
        state = self.state()
        if state != self.token:
            self.synchronise_by_listing(self.list())
            self.token = state

    def list(self) -> dict[str, str]:
        return etags(self.send(
            "REPORT", self.calendar,
            f"<CAL:calendar-query {NAMESPACES}><prop><getetag/></prop><CAL:filter>"
            '<CAL:comp-filter name="VCALENDAR"><CAL:comp-filter name="VEVENT">'
            f'<CAL:time-range start="{self.since}"/></CAL:comp-filter></CAL:comp-filter>'
            "</CAL:filter></CAL:calendar-query>",
            Depth="1",
        ))

    batch = 10

    def fetch(self, wanted: list[str]) -> None:
        """Several requests at once, each over a connection of its own."""
        with ThreadPoolExecutor(4) as pool:
            for answer in pool.map(self.ask_for_data, chunks(wanted, self.batch)):
                self.keep(answer)

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        connection = Client(
            f"http://{self.client.host}:{self.client.port}{self.client.base_path}",
            self.client.user, self.client.password,
        )
        try:
            # Without Depth, which the RFC does not ask for.
            answer = connection.request(
                "REPORT", self.calendar,
                f"<CAL:calendar-multiget {NAMESPACES}><prop><getcontenttype/><getetag/>"
                "<CAL:schedule-tag/><CAL:calendar-data/></prop>"
                f"{hrefs_xml(hrefs, '')}</CAL:calendar-multiget>",
                self.fields,
            )
        finally:
            connection.close()
        for href, response in answer.responses.items():
            assert (response.text("d:getcontenttype") or "").startswith("text/calendar"), href
        return answer

    # Writing

    def change(self, href: str, text: str) -> int:
        status = super().change(href, text)
        if status == 412:
            # The local change is dropped, and the server's version taken.
            self.drop([href])
            self.token = ""
        return status

    def remove(self, href: str) -> int:
        status = super().remove(href)
        if status == 412:
            self.drop([href])
            self.token = ""
        return status


class DAVx5WithoutLimit(DAVx5):
    """Tasks, and events where the limit of past days is switched off."""

    def synchronise(self) -> None:
        if not self.token or self.state() != self.token:
            self.synchronise_by_token()

    def ask_for_changes(self, token: str) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token>"
            "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>",
            Depth="0",
        )


class TestDiscovery(Discovery):
    program = DAVx5


class TestLifeWithEvents(Life):
    program = DAVx5
    holds = staticmethod(lambda name: name != "todo.ics")


class TestLifeWithoutLimit(Life):
    program = DAVx5WithoutLimit


@pytest.fixture
def davx5(client: Client, calendar: str) -> DAVx5:
    program = DAVx5(client)
    program.open(calendar)
    return program


def test_past_events_stay_on_the_server(client: Client, calendar: str, davx5: DAVx5) -> None:
    """All but those that still go on: the end of the range is open."""
    client.put(calendar + "old.ics", icalendar.event(
        "old@x", "Old", "20260301T090000Z", "20260301T100000Z"
    ))
    client.put(calendar + "lasting.ics", icalendar.event(
        "lasting@x", "Lasting", "20260301T090000Z", "20260301T100000Z", "RRULE:FREQ=MONTHLY"
    ))
    client.put(calendar + "far.ics", icalendar.event(
        "far@x", "Far", "20510301T090000Z", "20510301T100000Z"
    ))
    davx5.synchronise()
    assert davx5.texts.keys() == {calendar + "lasting.ics", calendar + "far.ics"}


def test_event_that_is_gone_when_it_is_changed_is_made_anew(
    client: Client, calendar: str, davx5: DAVx5
) -> None:
    """404 or 410 make it store the event as a new one; 412 would throw the change away."""
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    davx5.synchronise()
    client.delete(calendar + "a.ics")
    status = davx5.change(calendar + "a.ics", icalendar.event("a@x", "Mine"))
    assert status in (404, 410, 412)
    if status == 412:
        davx5.synchronise()
        assert davx5.texts == {}


def test_makes_and_deletes_calendars(client: Client) -> None:
    """With the properties that its form has, all at once."""
    properties = (
        "<displayname>Privat</displayname><IC:calendar-color>#FF8800FF</IC:calendar-color>"
        "<CAL:calendar-description>Von unterwegs</CAL:calendar-description>"
        "<CAL:calendar-timezone-id>Europe/Vienna</CAL:calendar-timezone-id>"
        '<CAL:supported-calendar-component-set><CAL:comp name="VEVENT"/>'
        "</CAL:supported-calendar-component-set>"
    )
    bodies = {
        "MKCALENDAR": f"<CAL:mkcalendar {NAMESPACES}><set><prop>{properties}</prop></set>"
                      "</CAL:mkcalendar>",
        "MKCOL": f"<mkcol {NAMESPACES}><set><prop><resourcetype><collection/><CAL:calendar/>"
                 f"</resourcetype>{properties}</prop></set></mkcol>",
    }
    davx5 = DAVx5(client)
    for method, body in bodies.items():
        path = client.calendar(icalendar.new_uid())
        assert davx5.send(method, path, body).status == 201
        found = davx5.calendars(client.home())[path]
        assert found.text("d:displayname") == "Privat"
        assert found.text("ic:calendar-color") == "#FF8800FF"
        assert found.text("c:calendar-description") == "Von unterwegs"
        assert found.text("c:calendar-timezone-id") == "Europe/Vienna"
        assert davx5.send("DELETE", path).status in (200, 204)
        assert path not in davx5.calendars(client.home())


def test_hierarchies_of_tasks_are_kept(client: Client, calendar: str) -> None:
    """Tasks.org and jtx Board, which sync through it, and its own journal entries."""
    parent = icalendar.to_do("parent@x", "Parent", "X-APPLE-SORT-ORDER:630720000")
    child = icalendar.to_do(
        "child@x", "Child", "RELATED-TO;RELTYPE=PARENT:parent@x", "CATEGORIES:Haus,Garten",
        "PERCENT-COMPLETE:40", "STATUS:IN-PROCESS",
    )
    for name, text in (("parent.ics", parent), ("child.ics", child)):
        assert client.put(calendar + name, text).status == 201
        assert client.get(calendar + name).text == text


def test_own_writes_name_the_push_registration_that_needs_no_message(
    client: Client, calendar: str
) -> None:
    """Push-Dont-Notify is an unknown field where there is no push, and does no harm."""
    answer = client.put(
        calendar + "a.ics", icalendar.event("a@x"), {"Push-Dont-Notify": '"https://push/1"'}
    )
    assert answer.status == 201


def test_unknown_tag_is_never_used_as_a_condition(
    client: Client, calendar: str, davx5: DAVx5
) -> None:
    """Where a Schedule-Tag is told, it sends If-Schedule-Tag-Match instead of If-Match."""
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    answer = davx5.ask_for_data([calendar + "a.ics"])
    assert clark("c:schedule-tag") not in answer.sole.found
    assert client.get(calendar + "a.ics").headers["Schedule-Tag"] is None
    assert "calendar-auto-schedule" not in client.request(
        "OPTIONS", client.principal()
    ).headers["DAV"]


def test_delegated_calendars_are_found_by_their_proxies(client: Client) -> None:
    """Nobody has given this user anything: their own home is all there is."""
    davx5 = DAVx5(client)
    assert davx5.homes(client.principal(), 2) == {client.home()}
