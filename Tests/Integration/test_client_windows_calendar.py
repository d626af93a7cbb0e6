"""Calendar and Mail of Windows 10 and 11: what they send, and what they make of the answers."""

from __future__ import annotations

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, etags, hrefs_xml

NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'


def propfind(names: str) -> str:
    return f"<D:propfind {NAMESPACES}><D:prop>{names}</D:prop></D:propfind>"


class WindowsCalendar(Program):
    fields = {"User-Agent": "MSFT-WIN-3/10.0.19045", "Content-Type": "text/xml; charset=utf-8"}

    def discover(self) -> dict[str, Response]:
        path, answer = self.follow("PROPFIND", "/.well-known/caldav", propfind(
            "<D:current-user-principal/>"
        ), Depth="0")
        principal = self.own(answer.responses, path).href_in("d:current-user-principal")
        assert principal
        home = self.send("PROPFIND", principal, propfind(
            "<C:calendar-home-set/>"
        ), Depth="0").sole.href_in("c:calendar-home-set")
        assert home
        listed = self.send("PROPFIND", home, propfind(
            "<D:displayname/><D:resourcetype/><D:supported-report-set/>"
            "<C:supported-calendar-component-set/>"
        ), Depth="1")
        found = calendars(listed.responses)
        for href, response in found.items():
            reports = {each.tag for each in response.found[clark("d:supported-report-set")].iter()}
            assert clark("c:calendar-query") in reports, href
        return found

    depth = "0"

    def synchronise(self) -> None:
        """A query that says Depth 0 and means the members."""
        self.synchronise_by_listing(etags(self.send(
            "REPORT", self.calendar,
            f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/></D:prop><C:filter>"
            '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
            '<C:time-range start="20260601T000000Z" end="20270601T000000Z"/></C:comp-filter>'
            "</C:comp-filter></C:filter></C:calendar-query>",
            Depth=self.depth,
        )))

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f"<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
            f"{hrefs_xml(hrefs, 'D:')}</C:calendar-multiget>",
            Depth=self.depth,
        )


class TestDiscovery(Discovery):
    program = WindowsCalendar


class TestLife(Life):
    program = WindowsCalendar
    holds = staticmethod(lambda name: name != "todo.ics")


@pytest.mark.parametrize("agent", ["MSFT-WP/10.0.10586 (gzip)", "MSFT-WIN-3/10.0.22631"])
def test_only_windows_has_its_depth_0_corrected(
    client: Client, calendar: str, agent: str
) -> None:
    """RFC 4791 section 7.8 would have the query look at the collection alone."""
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    query = (
        "<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'
    )
    windows = client.report(calendar, query, depth="0", headers={"User-Agent": agent})
    assert list(windows.responses) == [calendar + "a.ics"]
    assert client.report(calendar, query, depth="0").responses == {}
