"""Evolution and GNOME Calendar: what their data server sends, and what it makes of the answers."""

from __future__ import annotations

import hashlib
import re

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, etags, hrefs_xml, privileges

NAMESPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:CS="http://calendarserver.org/ns/" xmlns:IC="http://apple.com/ns/ical/"'
)


def propfind(names: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n'
        f"<D:propfind {NAMESPACES}><D:prop>{names}</D:prop></D:propfind>"
    )


class Evolution(Program):
    fields = {
        "User-Agent": "Evolution/3.56.2", "Connection": "keep-alive", "Cache-Control": "no-cache",
        "Pragma": "no-cache", "Content-Type": "application/xml; charset=utf-8",
    }

    def discover(self) -> dict[str, Response]:
        asked = propfind(
            "<D:resourcetype/><D:current-user-principal/><D:principal-URL/>"
            "<C:calendar-home-set/><C:calendar-user-address-set/>"
        )
        self.follow("PROPFIND", "/", asked, Depth="0")
        path, answer = self.follow("PROPFIND", "/.well-known/caldav", asked, Depth="0")
        found = self.own(answer.responses, path)
        home = found.href_in("c:calendar-home-set")
        if not home:
            principal = found.href_in("d:principal-URL") or found.href_in(
                "d:current-user-principal"
            )
            assert principal
            home = self.send(
                "PROPFIND", principal, asked, Depth="0"
            ).sole.href_in("c:calendar-home-set")
        assert home
        listed = self.send("PROPFIND", home, propfind(
            "<D:resourcetype/><D:displayname/><D:current-user-privilege-set/>"
            "<C:calendar-description/><C:supported-calendar-component-set/>"
            "<IC:calendar-color/><IC:calendar-order/>"
        ), Depth="1")
        return calendars(listed.responses)

    def open(self, calendar: str) -> None:
        super().open(calendar)
        options = self.send("OPTIONS", calendar)
        classes = re.split(r",\s*", options.headers["DAV"])
        assert "calendar-access" in classes, "it would not connect"
        found = self.send(
            "PROPFIND", calendar, propfind("<D:current-user-privilege-set/>"), Depth="0"
        ).sole
        granted = privileges(found)
        assert granted & {clark(name) for name in ("d:write", "d:write-content", "d:all")}
        # What it goes by where there are no privileges to read.
        assert {"PUT", "DELETE"} <= set(re.split(
            r",\s*", self.send("OPTIONS", calendar + "any.ics").headers["Allow"]
        ))
        reports = self.send(
            "PROPFIND", calendar, propfind("<D:supported-report-set/>"), Depth="0"
        ).sole.found[clark("d:supported-report-set")]
        assert clark("d:sync-collection") in {each.tag for each in reports.iter()}

    def ask_for_changes(self, token: str) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0" encoding="utf-8"?>\n<D:sync-collection {NAMESPACES}>'
            f"<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>"
            "<D:prop><D:getetag/></D:prop></D:sync-collection>",
            Depth="0", Prefer="return=minimal",
        )

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0" encoding="utf-8"?>\n<C:calendar-multiget {NAMESPACES}>'
            "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
            f"{hrefs_xml(hrefs, 'D:')}</C:calendar-multiget>",
            Depth="1",
        )

    def stored(self, href: str, text: str, answer: Answer) -> None:
        """A strong ETag, and no other Location: its own copy is right, and is never read again."""
        assert answer.headers["Location"] in (None, href)
        super().stored(href, text, answer)

    @staticmethod
    def name_for(uid: str) -> str:
        return (hashlib.sha1(uid.encode()).hexdigest() if "/" in uid else uid) + ".ics"

    def remove(self, href: str) -> int:
        status = self.send(
            "DELETE", href, If_Match=self.etags[href], Schedule_Reply="F"
        ).status
        if status in (200, 204):
            self.drop([href])
        return status


class EvolutionByQuery(Evolution):
    """Where it finds no sync-collection: the ctag, then a query for everything."""

    def synchronise(self) -> None:
        tag = self.send(
            "PROPFIND", self.calendar, propfind("<CS:getctag/>"), Depth="0"
        ).sole.text("cs:getctag")
        assert tag
        if tag == self.token:
            return
        self.synchronise_by_listing(etags(self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0" encoding="utf-8"?>\n<C:calendar-query {NAMESPACES}>'
            '<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter>'
            "</C:calendar-query>",
            Depth="1",
        )))
        self.token = tag


class TestDiscovery(Discovery):
    program = Evolution


class TestLife(Life):
    program = Evolution
    many = 110


class TestLifeByQuery(Life):
    program = EvolutionByQuery


@pytest.fixture
def evolution(client: Client, calendar: str) -> Evolution:
    program = Evolution(client)
    program.open(calendar)
    return program


def test_uid_with_slash_gets_a_name_of_its_own(
    client: Client, calendar: str, evolution: Evolution
) -> None:
    uid = "040000008200E00074C5B7101A82E008/é{1}"
    href = evolution.create(evolution.name_for(uid), icalendar.event(uid))
    evolution.synchronise()
    assert list(evolution.texts) == [href]
    assert icalendar.value(client.get(href).text, "UID") == uid


def test_removal_of_what_is_gone_is_404_under_each_name_it_tries(
    client: Client, calendar: str, evolution: Evolution
) -> None:
    for name in ("gone.ics", "gone", "gone.ics.ics"):
        assert evolution.send("DELETE", calendar + name).status == 404


def test_token_has_a_colon_or_a_slash(
    client: Client, calendar: str, evolution: Evolution
) -> None:
    """It takes anything else for a ctag of an older version of itself."""
    evolution.synchronise()
    assert ":" in evolution.token or "/" in evolution.token


def test_lists_events_between_two_dates(
    client: Client, calendar: str, evolution: Evolution
) -> None:
    """Online queries, as GNOME Calendar's search makes them."""
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    client.put(calendar + "b.ics", icalendar.event(
        "b@x", "Later", "20261014T090000Z", "20261014T100000Z"
    ))
    answer = evolution.send(
        "REPORT", calendar,
        f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/></D:prop><C:filter>"
        '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        '<C:time-range start="20260901T000000Z" end="20261001T000000Z"/></C:comp-filter>'
        "</C:comp-filter></C:filter></C:calendar-query>",
        Depth="1",
    )
    assert list(etags(answer)) == [calendar + "a.ics"]


def test_free_busy_of_the_own_calendar(client: Client, calendar: str) -> None:
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    answer = client.report(
        calendar,
        '<c:free-busy-query><c:time-range start="20260901T000000Z" end="20261001T000000Z"/>'
        "</c:free-busy-query>",
    )
    assert answer.status == 200 and "20260914T090000Z" in answer.text
