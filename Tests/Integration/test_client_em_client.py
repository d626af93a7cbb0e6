"""eM Client: what it sends, and what it makes of the answers."""

from __future__ import annotations

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, etags, hrefs_xml

NAMESPACES = (
    'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"'
)


def propfind(names: str) -> str:
    return f"<propfind {NAMESPACES}><prop>{names}</prop></propfind>"


class EMClient(Program):
    fields = {
        "User-Agent": "eMClient/10.3.2619", "Brief": "t", "Accept-Encoding": "gzip, deflate",
        "Content-Type": "text/xml; charset=utf-8",
    }

    def discover(self) -> dict[str, Response]:
        path, answer = self.follow("PROPFIND", "/.well-known/caldav", propfind(
            "<current-user-principal/><resourcetype/>"
        ), Depth="0")
        principal = self.own(answer.responses, path).href_in("d:current-user-principal")
        assert principal
        found = self.send("PROPFIND", principal, propfind(
            "<C:calendar-home-set/><C:schedule-inbox-URL/><C:schedule-outbox-URL/>"
            "<C:calendar-user-address-set/><displayname/>"
        ), Depth="0").sole
        assert found.refused == {}, "Brief: t leaves out what is not there"
        # Where there is no outbox it mails invitations by itself.
        assert clark("c:schedule-outbox-URL") not in found.found or found.href_in(
            "c:schedule-outbox-URL"
        )
        home = found.href_in("c:calendar-home-set")
        assert home
        listed = self.send("PROPFIND", home, propfind(
            "<resourcetype/><displayname/><A:calendar-color/><CS:getctag/>"
            "<C:supported-calendar-component-set/><current-user-privilege-set/>"
        ), Depth="1")
        return calendars(listed.responses)

    def open(self, calendar: str) -> None:
        super().open(calendar)
        options = self.send("OPTIONS", calendar)
        assert options.status == 200 and "calendar-access" in options.headers["DAV"]

    def synchronise(self) -> None:
        tag = self.send(
            "PROPFIND", self.calendar, propfind("<CS:getctag/>"), Depth="0"
        ).sole.text("cs:getctag") or ""
        if tag == self.token:
            return
        answer = self.send(
            "PROPFIND", self.calendar, propfind("<getetag/><getcontenttype/>"), Depth="1"
        )
        assert answer.headers["Content-Encoding"] is None
        for href, response in answer.responses.items():
            if href != self.calendar:
                assert (response.text("d:getcontenttype") or "").startswith("text/calendar")
        self.synchronise_by_listing(etags(answer))
        self.token = tag

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f"<C:calendar-multiget {NAMESPACES}><prop><getetag/><C:calendar-data/></prop>"
            f"{hrefs_xml(hrefs, '')}</C:calendar-multiget>",
            Depth="1",
        )


class TestDiscovery(Discovery):
    program = EMClient


class TestLife(Life):
    program = EMClient


@pytest.mark.parametrize("kind", ["home", "calendar"])
def test_collections_without_etag_are_left_out_in_brief(
    client: Client, calendar: str, kind: str
) -> None:
    """It would list the calendar as one of its own events."""
    path = client.home() if kind == "home" else calendar
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    listed = EMClient(client).send(
        "PROPFIND", path, propfind("<getetag/><getcontenttype/>"), Depth="1"
    ).responses
    assert not listed[path].refused and not listed[path].text("d:getcontenttype")
