"""Outlook CalDav Synchronizer: what it sends, and what it makes of the answers."""

from __future__ import annotations

import base64

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, etags, hrefs_xml, privileges

NAMESPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:CS="http://calendarserver.org/ns/" xmlns:E="http://apple.com/ns/ical/"'
)


def propfind(names: str) -> str:
    return (
        f"<?xml version='1.0'?>\n<D:propfind {NAMESPACES}><D:prop>{names}</D:prop></D:propfind>"
    )


class CalDavSynchronizer(Program):
    """By tokens, as its newer versions do where the profile says so."""

    fields = {
        "User-Agent": "CalDavSynchronizer/4.6", "Content-Type": "application/xml; charset=utf-8",
        "Expect": "100-continue",
    }

    def discover(self) -> dict[str, Response]:
        path, answer = self.follow("PROPFIND", "/.well-known/caldav", propfind(
            "<D:current-user-principal/>"
        ), Depth="0", Expect=None)
        principal = self.own(answer.responses, path).href_in("d:current-user-principal")
        assert principal
        found = self.send("PROPFIND", principal, propfind(
            "<C:calendar-home-set/><C:calendar-user-address-set/><D:principal-URL/>"
            "<D:group-membership/><CS:calendar-proxy-read-for/><CS:calendar-proxy-write-for/>"
        ), Depth="0").sole
        address = found.found[clark("c:calendar-user-address-set")][0].text or ""
        # Nothing but this, in lower case, is an address to it.
        assert address.startswith("mailto:"), address
        home = found.href_in("c:calendar-home-set")
        assert home
        listed = self.send("PROPFIND", home, propfind(
            "<D:resourcetype/><D:displayname/><E:calendar-color/><E:calendar-order/>"
            "<C:supported-calendar-component-set/><D:owner/><D:current-user-privilege-set/>"
        ), Depth="1")
        found_here = calendars(listed.responses)
        for href, response in found_here.items():
            # As strings: anything else is a calendar that somebody shares.
            assert response.href_in("d:owner") == principal, href
        return found_here

    def open(self, calendar: str) -> None:
        """"Test or discover settings"."""
        super().open(calendar)
        options = self.send("OPTIONS", calendar)
        assert "calendar-access" in options.headers["DAV"]
        found = self.send("PROPFIND", calendar, propfind(
            "<D:resourcetype/><D:supported-report-set/><D:current-user-privilege-set/>"
            "<E:calendar-color/>"
        ), Depth="0").sole
        assert clark("c:calendar") in found.children("d:resourcetype")
        reports = {each.tag for each in found.found[clark("d:supported-report-set")].iter()}
        assert {clark("c:calendar-query"), clark("d:sync-collection")} <= reports
        granted = privileges(found)
        assert clark("d:write") in granted or {
            clark(name) for name in ("d:write-content", "d:bind", "d:unbind")
        } <= granted

    def ask_for_changes(self, token: str) -> Answer:
        answer = self.send(
            "REPORT", self.calendar,
            f"<?xml version='1.0'?>\n<D:sync-collection {NAMESPACES}>"
            f"<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>"
            "<D:prop><D:getetag/></D:prop></D:sync-collection>",
            Depth="0",
        )
        if answer.status == 207:
            for href, response in answer.responses.items():
                assert response.status == 404 or response.text("d:getetag"), href
        return answer

    batch = 100

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f"<?xml version='1.0'?>\n<C:calendar-multiget {NAMESPACES}>"
            "<D:prop><D:getetag/><D:displayname/><C:calendar-data/></D:prop>"
            f"{hrefs_xml(hrefs, 'D:')}</C:calendar-multiget>",
            Depth="1",
        )

    def stored(self, href: str, text: str, answer: Answer) -> None:
        """Location where the name is another one; without an ETag it would ask for it."""
        assert answer.headers["Location"] is None
        super().stored(href, text, answer)


class CalDavSynchronizerByQuery(CalDavSynchronizer):
    """As it comes: events of the last and the next months, by a query in UTC."""

    kind = "VEVENT"
    time_range = '<C:time-range start="20260715T000000Z" end="20270915T000000Z"/>'

    def synchronise(self) -> None:
        self.synchronise_by_listing(etags(self.send(
            "REPORT", self.calendar,
            f"<?xml version='1.0'?>\n<C:calendar-query {NAMESPACES}><D:prop><D:getetag/></D:prop>"
            f'<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="{self.kind}">'
            f"{self.time_range}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
            Depth="1",
        )))


class CalDavSynchronizerForTasks(CalDavSynchronizerByQuery):
    kind = "VTODO"


class TestDiscovery(Discovery):
    program = CalDavSynchronizer


class TestLife(Life):
    program = CalDavSynchronizer
    many = 110


class TestLifeByQuery(Life):
    program = CalDavSynchronizerByQuery
    holds = staticmethod(lambda name: name != "todo.ics")


def test_tasks_without_dates_match_every_range(client: Client, calendar: str) -> None:
    """RFC 4791 section 9.9's table; a task that never comes is never seen in Outlook."""
    program = CalDavSynchronizerForTasks(client)
    program.open(calendar)
    client.put(calendar + "none.ics", icalendar.to_do("none@x"))
    client.put(calendar + "due.ics", icalendar.to_do("due@x", "Due", "DUE:20261014T090000Z"))
    client.put(calendar + "past.ics", icalendar.to_do("past@x", "Past", "DUE:20251014T090000Z"))
    client.put(calendar + "event.ics", icalendar.event("event@x"))
    program.synchronise()
    assert program.texts.keys() == {calendar + "none.ics", calendar + "due.ics"}


@pytest.mark.parametrize("program", [CalDavSynchronizer])
def test_new_calendar_by_mkcol_and_then_its_name(
    client: Client, program: type[CalDavSynchronizer]
) -> None:
    outlook = program(client)
    path = client.calendar(icalendar.new_uid())
    assert outlook.send("MKCALENDAR", path, Expect=None).status == 201
    for content in ("<D:displayname>Outlook</D:displayname>",
                    "<E:calendar-color>#0078D4FF</E:calendar-color>"):
        answer = outlook.send(
            "PROPPATCH", path,
            f"<D:propertyupdate {NAMESPACES}><D:set><D:prop>{content}</D:prop></D:set>"
            "</D:propertyupdate>",
        )
        assert answer.status == 207 and not answer.sole.refused
    found = outlook.discover()[path]
    assert found.text("d:displayname") == "Outlook"
    assert found.text("ic:calendar-color") == "#0078D4FF"
    client.delete(path)


def test_plain_mkcol_makes_a_calendar_too(client: Client) -> None:
    path = client.calendar(icalendar.new_uid())
    outlook = CalDavSynchronizer(client)
    assert outlook.send("MKCOL", path, Expect=None, Content_Type=None).status == 201
    assert path in outlook.discover()
    client.delete(path)


def test_address_with_an_at_sign_comes_back_as_it_went(client: Client, calendar: str) -> None:
    """It sends hrefs back exactly as it got them, and looks for them as strings."""
    name = "040000008200E@Outlook (1).ics"
    put = calendar + "040000008200E%40Outlook%20%281%29.ics"
    assert client.put(put, icalendar.event("at@x")).status == 201
    program = CalDavSynchronizer(client)
    program.open(calendar)
    program.synchronise()
    (href,) = program.texts
    assert href.rpartition("/")[2] == href[len(calendar):]
    # Its answer to the multiget had the very string that was asked for, or `keep` would have
    # taken another.
    assert list(program.ask_for_data([put]).responses) == [put]
    assert client.names(calendar) == {name}


def test_wrong_password_is_401_with_basic_in_utf8(client: Client) -> None:
    wrong = base64.b64encode(f"{client.user}:fälsch".encode()).decode()
    answer = client.request(
        "PROPFIND", client.home(), headers={"Authorization": f"Basic {wrong}", "Depth": "0"},
        signed_in=False,
    )
    assert answer.status == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Basic ") and 'charset="UTF-8"' in challenge


def test_older_version_over_a_fresh_etag_is_in_the_trash(
    client: Client, calendar: str
) -> None:
    """It has been seen to read an ETag anew and to store its old text under it."""
    program = CalDavSynchronizer(client)
    program.open(calendar)
    client.put(calendar + "a.ics", icalendar.event("a@x", "Theirs"))
    etag = client.get(calendar + "a.ics").etag or ""
    answer = program.store(calendar + "a.ics", icalendar.event("a@x", "Old"), If_Match=etag)
    assert answer.status == 204
    # Which `crm-caldav trash` brings back: test_trash_and_check.py.
    assert "SUMMARY:Old" in client.get(calendar + "a.ics").text
