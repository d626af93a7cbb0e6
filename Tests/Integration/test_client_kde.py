"""KDE (Merkuro, KOrganizer by way of Akonadi and KDAV): what it sends, and what it makes of it."""

from __future__ import annotations

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, etags, hrefs_xml, privileges


def propfind(names: str) -> str:
    return (
        '<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
        'xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/" '
        'xmlns:P="https://bitfire.at/webdav-push">'
        f"<prop>{names}</prop></propfind>"
    )


class KDE(Program):
    fields = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) KIO/6.17 akonadi_davgroupware_resource",
        "Content-Type": "text/xml; charset=utf-8",
    }

    def discover(self) -> dict[str, Response]:
        # It is given the base address, as the instructions say.
        path, answer = self.follow("PROPFIND", self.client.base_path, propfind(
            "<current-user-principal/><principal-URL/>"
        ), Depth="0")
        found = self.own(answer.responses, path)
        principal = found.href_in("d:current-user-principal") or found.href_in("d:principal-URL")
        assert principal
        home = self.send(
            "PROPFIND", principal, propfind("<C:calendar-home-set/>"), Depth="0"
        ).sole.href_in("c:calendar-home-set")
        assert home
        listed = self.send("PROPFIND", home, propfind(
            "<displayname/><resourcetype/><A:calendar-color/><current-user-privilege-set/>"
            "<C:supported-calendar-component-set/><CS:getctag/>"
            "<P:transports/><P:topic/><P:supported-triggers/>"
        ), Depth="1")
        found_here = calendars(listed.responses)
        for href, response in found_here.items():
            assert response.text("cs:getctag"), href
            assert {clark("d:write-content"), clark("d:bind"), clark("d:unbind")} <= privileges(
                response
            ), f"{href} would be taken for read-only"
        return found_here

    def synchronise(self) -> None:
        """One query for each kind, whatever the calendar is for; all have to answer."""
        listed = {}
        for kind in ("VEVENT", "VTODO", "VJOURNAL"):
            answer = self.send(
                "REPORT", self.calendar,
                '<calendar-query xmlns="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:">'
                "<D:prop><D:getetag/><D:resourcetype/></D:prop><filter>"
                f'<comp-filter name="VCALENDAR"><comp-filter name="{kind}"/></comp-filter>'
                "</filter></calendar-query>",
                Depth="1",
            )
            assert answer.status == 207, kind
            listed |= etags(answer)
        self.synchronise_by_listing(listed)

    batch = 50

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            '<calendar-multiget xmlns="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:">'
            "<D:prop><D:getetag/><calendar-data/></D:prop>"
            f"{hrefs_xml(hrefs, 'D:')}</calendar-multiget>",
            Depth="1",
        )

    def stored(self, href: str, text: str, answer: Answer) -> None:
        """It reads what it stored at once, from where Location says."""
        got = self.send("GET", answer.headers["Location"] or href)
        assert got.status == 200 and got.etag
        self.take(href, got.etag, got.text)


class TestDiscovery(Discovery):
    program = KDE


class TestLife(Life):
    program = KDE
    many = 60


def test_kind_that_a_calendar_lacks_is_an_empty_answer(client: Client) -> None:
    path = client.make_calendar(
        icalendar.new_uid(),
        '<c:supported-calendar-component-set><c:comp name="VEVENT"/>'
        "</c:supported-calendar-component-set>",
    )
    try:
        program = KDE(client)
        program.open(path)
        client.put(path + "a.ics", icalendar.event("a@x"))
        program.synchronise()
        assert list(program.texts) == [path + "a.ics"]
    finally:
        client.delete(path)


def test_new_calendar_by_extended_mkcol(client: Client) -> None:
    path = client.calendar(icalendar.new_uid())
    body = (
        '<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
        'xmlns:A="http://apple.com/ns/ical/"><D:set><D:prop>'
        "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
        "<D:displayname>Kontor</D:displayname><A:calendar-color>#3DAEE9FF</A:calendar-color>"
        '<C:supported-calendar-component-set><C:comp name="VEVENT"/><C:comp name="VTODO"/>'
        "</C:supported-calendar-component-set></D:prop></D:set></D:mkcol>"
    )
    program = KDE(client)
    assert program.send("MKCOL", path, body).status == 201
    found = program.discover()[path]
    assert found.text("d:displayname") == "Kontor"
    assert found.text("ic:calendar-color") == "#3DAEE9FF"
    assert program.send("DELETE", path).status == 204
