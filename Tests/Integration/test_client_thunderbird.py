"""Thunderbird: what its calendar sends, and what it makes of the answers."""

from __future__ import annotations

import re

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, hrefs_xml, privileges

NAMESPACES = (
    "xmlns:D='DAV:' xmlns:A='http://apple.com/ns/ical/' "
    "xmlns:CS='http://calendarserver.org/ns/' xmlns:C='urn:ietf:params:xml:ns:caldav'"
)


def propfind(*names: str) -> str:
    asked = "".join(f"<{name}/>" for name in names)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<D:propfind {NAMESPACES}><D:prop>{asked}</D:prop></D:propfind>"
    )


class Thunderbird(Program):
    fields = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0",
        "Accept": "text/xml", "Accept-Language": "en-us,en;q=0.5", "Accept-Charset": "utf-8,*;q=0.1",
        "Content-Type": "text/xml; charset=utf-8",
    }

    # CalDavProvider: from a host's name to calendars

    def discover(self) -> dict[str, Response]:
        body = propfind(
            "D:resourcetype", "D:owner", "D:displayname", "D:current-user-principal",
            "D:current-user-privilege-set", "A:calendar-color", "C:calendar-home-set",
        )
        path, answer = self.follow("PROPFIND", "/.well-known/caldav", body, Depth="0")
        assert answer.status == 207, "401 and 403 are shown as a wrong password"
        found = self.own(answer.responses, path)
        home = found.href_in("c:calendar-home-set") or self.home_of(
            found.href_in("d:current-user-principal") or found.href_in("d:owner")
        )
        listed = self.send("PROPFIND", home, propfind(
            "D:resourcetype", "D:displayname", "D:current-user-privilege-set", "A:calendar-color"
        ), Depth="1")
        found_here = calendars(listed.responses)
        for href, response in found_here.items():
            assert response.text("d:displayname"), href
            assert self.is_writable(response), f"{href} is taken for read-only"
            # Alpha is cut off, and nothing but this form is understood.
            colour = response.text("ic:calendar-color") or "#000000"
            assert re.fullmatch(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?", colour), colour
        return found_here

    def home_of(self, principal: str | None) -> str:
        assert principal, "neither home nor principal"
        answer = self.send("PROPFIND", principal, propfind(
            "D:resourcetype", "C:calendar-home-set"
        ), Depth="0")
        home = answer.sole.href_in("c:calendar-home-set")
        assert home
        return home

    @staticmethod
    def is_writable(response: Response) -> bool:
        if clark("d:current-user-privilege-set") not in response.found:
            return True
        return bool(privileges(response) & {clark(name) for name in (
            "d:write", "d:write-content", "d:write-properties", "d:all"
        )})

    # CalDavCalendar: before the first sync

    def open(self, calendar: str) -> None:
        super().open(calendar)
        answer = self.send("PROPFIND", calendar, propfind(
            "D:resourcetype", "D:owner", "D:current-user-principal",
            "D:current-user-privilege-set", "D:supported-report-set",
            "C:supported-calendar-component-set", "CS:getctag",
        ), Depth="0")
        assert answer.status == 207, "any 4xx disables the calendar"
        found = answer.sole
        assert clark("c:calendar") in found.children("d:resourcetype")
        assert found.text("cs:getctag")
        self.has_sync = any(
            element.tag == clark("d:sync-collection")
            for element in found.found[clark("d:supported-report-set")].iter()
        )
        assert self.has_sync
        home = calendar.rstrip("/").rpartition("/")[0] + "/"
        capabilities = self.send("OPTIONS", home)
        assert capabilities.status in (200, 204), capabilities
        # The first one is passed over.
        classes = [each.strip() for each in capabilities.headers["DAV"].split(",")][1:]
        assert "calendar-access" in classes
        if "calendar-schedule" in classes or "calendar-auto-schedule" in classes:
            self.look_for_scheduling(found.href_in("d:current-user-principal") or "")

    def look_for_scheduling(self, principal: str) -> None:
        """One of these missing, and it sends invitations by mail itself."""
        found = self.send("PROPFIND", principal, propfind(
            "C:calendar-home-set", "C:calendar-user-address-set", "C:schedule-inbox-URL",
            "C:schedule-outbox-URL",
        ), Depth="0").sole
        for name in ("c:calendar-home-set", "c:calendar-user-address-set",
                     "c:schedule-inbox-URL", "c:schedule-outbox-URL"):
            assert found.href_in(name), name

    # CalDavRequestHandlers

    def ask_for_changes(self, token: str) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            '<?xml version="1.0" encoding="UTF-8"?>\n<sync-collection xmlns="DAV:">'
            f"<sync-token>{token}</sync-token><sync-level>1</sync-level>"
            "<prop><getcontenttype/><getetag/></prop></sync-collection>",
            Depth="1",
        )

    def check_member(self, href: str, response: Response) -> None:
        assert (response.text("d:getcontenttype") or "").startswith("text/calendar"), href

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0" encoding="UTF-8"?>\n<C:calendar-multiget {NAMESPACES}>'
            "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
            f"{hrefs_xml(hrefs, 'D:')}</C:calendar-multiget>",
            Depth="1",
        )

    def stored(self, href: str, text: str, answer: Answer) -> None:
        """It never believes the ETag of a PUT, and reads what was stored."""
        self.keep(self.ask_for_data([href]))

    def remove(self, href: str) -> int:
        status = super().remove(href)
        if status in (409, 412):
            # To tell a change from a removal, of which it asks the user.
            seen = self.send("HEAD", href)
            assert seen.status == 404 or seen.etag
        return status


class TestDiscovery(Discovery):
    program = Thunderbird


class TestLife(Life):
    program = Thunderbird
    #: Two batches of a multiget.
    many = 110


@pytest.fixture
def thunderbird(client: Client, calendar: str) -> Thunderbird:
    program = Thunderbird(client)
    program.open(calendar)
    return program


def test_user_may_overwrite_after_a_conflict(
    client: Client, calendar: str, thunderbird: Thunderbird
) -> None:
    """"Submit my changes": the same PUT without a condition."""
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    thunderbird.synchronise()
    client.put(calendar + "a.ics", icalendar.event("a@x", "Theirs"))
    mine = icalendar.event("a@x", "Mine")
    assert thunderbird.change(calendar + "a.ics", mine) == 412
    assert thunderbird.store(calendar + "a.ics", mine).status in (200, 201, 204)
    assert "SUMMARY:Mine" in client.get(calendar + "a.ics").text


def test_home_is_found_by_the_principal_and_by_the_owner(
    client: Client, calendar: str, thunderbird: Thunderbird
) -> None:
    """The ways that it goes when the address it was given has no home."""
    found = client.propfind(calendar, "d:current-user-principal", "d:owner").sole
    for name in ("d:current-user-principal", "d:owner"):
        assert thunderbird.home_of(found.href_in(name)) == client.home()


def test_pages_until_nothing_is_left(
    client: Client, calendar: str, thunderbird: Thunderbird
) -> None:
    """A sync of its own that is cut goes on with the new token."""
    for number in range(7):
        client.put(calendar + f"{number}.ics", icalendar.event(f"{number}@x"))
    token, seen = "", set()
    for _ in range(4):
        answer = client.sync(calendar, token, limit=3)
        own = [each.status for href, each in answer.responses.items() if href == calendar]
        seen |= answer.responses.keys() - {calendar}
        assert answer.sync_token and answer.sync_token != token
        token = answer.sync_token
        if not own:
            break
        assert own == [507]
    assert len(seen) == 7


def test_two_to_dos_of_one_uid_are_one_object(client: Client, calendar: str) -> None:
    """Completing one occurrence of a recurring to-do makes such an object."""
    text = icalendar.calendar(
        icalendar.component(
            "VTODO", "UID:again@x", "DTSTAMP:20260901T080000Z", "DTSTART:20260914T090000Z",
            "DUE:20260914T100000Z", "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Again",
        ),
        icalendar.component(
            "VTODO", "UID:again@x", "DTSTAMP:20260901T080000Z", "DTSTART:20260914T090000Z",
            "RECURRENCE-ID:20260914T090000Z", "DUE:20260914T100000Z", "SUMMARY:Again",
            "STATUS:COMPLETED", "COMPLETED:20260914T093000Z", "PERCENT-COMPLETE:100",
        ),
    )
    assert client.put(calendar + "again.ics", text).status == 201
    assert client.get(calendar + "again.ics").text == text


def test_html_of_a_description_is_kept(client: Client, calendar: str) -> None:
    text = icalendar.event(
        "html@x", "Html", "20260914T090000Z", "20260914T100000Z",
        'DESCRIPTION;ALTREP="data:text/html,%3Cb%3Ebold%3C%2Fb%3E":bold',
        "X-MOZ-GENERATION:1", "X-MOZ-LASTACK:20260914T085500Z",
    )
    client.put(calendar + "html.ics", text)
    assert client.get(calendar + "html.ics").text == text
