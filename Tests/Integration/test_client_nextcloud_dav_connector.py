"""Nextcloud's app DAV Connector: calendars of ours inside Nextcloud, both ways."""

from __future__ import annotations

import re

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response, clark
from harness.replay import Discovery, Life, Program, calendars, etags, hrefs_xml
from harness.stack import Stack

NAMESPACES = (
    'xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav" '
    'xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:cs="http://calendarserver.org/ns/" '
    'xmlns:s="http://sabredav.org/ns" xmlns:ical="http://apple.com/ns/ical/"'
)


def propfind(names: str) -> str:
    return f'<?xml version="1.0"?>\n<d:propfind {NAMESPACES}><d:prop>{names}</d:prop></d:propfind>'


class DAVConnector(Program):
    fields = {
        "User-Agent": "NextcloudDAV/1.0 (1.0; x64)", "Content-Type": "text/xml; charset=utf-8",
        "Accept": "*/*",
    }
    is_conditional = False

    def discover(self) -> dict[str, Response]:
        path, options = self.follow("OPTIONS", "/.well-known/caldav")
        assert "calendar-access" in (options.headers["DAV"] or "")
        path, answer = self.follow(
            "PROPFIND", "/.well-known/caldav", propfind("<d:current-user-principal/>"), Depth="0"
        )
        principal = self.own(answer.responses, path).href_in("d:current-user-principal")
        assert principal
        found = self.send("PROPFIND", principal, propfind(
            "<d:principal-URL/><cal:calendar-home-set/><card:addressbook-home-set/>"
        ), Depth="0").sole
        assert found.refused.get("{urn:ietf:params:xml:ns:carddav}addressbook-home-set") == 404
        self.principal = found.href_in("d:principal-URL")
        home = found.href_in("c:calendar-home-set")
        assert self.principal and home
        allowed = self.send("OPTIONS", home)
        assert (
            "REPORT" in re.split(r",\s*", allowed.headers["Allow"])
            or "sync-collection" in allowed.headers["DAV"]
        ), "it would list everything each time"
        listed = self.send("PROPFIND", home, propfind(
            "<d:resourcetype/><d:displayname/><d:sync-token/><cs:getctag/><s:sync-token/>"
        ), Depth="1")
        found_here = calendars(listed.responses)
        for href, response in found_here.items():
            assert response.text("d:sync-token") or response.text("cs:getctag"), href
        return found_here

    def open(self, calendar: str) -> None:
        super().open(calendar)
        found = self.send("PROPFIND", calendar, propfind(
            "<d:resourcetype/><d:displayname/><d:sync-token/><cs:getctag/><s:sync-token/>"
            "<cal:calendar-description/><cal:supported-calendar-component-set/>"
            "<ical:calendar-color/><ical:calendar-order/><d:owner/><d:acl/>"
        ), Depth="0").sole
        # What its user may do is what the ACE says whose principal is the owner's very string; without
        # an ACL, which those who share a calendar cannot read, everything.
        owner = found.href_in("d:owner")
        if clark("d:acl") not in found.found:
            return
        granted = {
            privilege.tag for ace in found.found[clark("d:acl")]
            if [each.text for each in ace.iter(clark("d:href"))] == [owner]
            for each in ace.iter(clark("d:privilege")) for privilege in each
        }
        assert granted & {clark("d:all"), clark("d:write")}

    def ask_for_changes(self, token: str) -> Answer:
        answer = self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0"?>\n<d:sync-collection {NAMESPACES}>'
            f"<d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>"
            "<d:prop><d:resourcetype/><d:getetag/></d:prop></d:sync-collection>",
            Depth="0",
        )
        if answer.status == 207:
            # A member whose resourcetype is an open and a close tag is an array to it, and skipped.
            members = sum(each.status is None for each in answer.responses.values())
            assert len(re.findall(rb"resourcetype ?/>", answer.body)) == members
        return answer

    def start_afresh(self) -> None:
        """Whatever went wrong: the whole listing, and what is not in it is gone."""
        self.synchronise_by_listing(self.list())
        found = self.send("PROPFIND", self.calendar, propfind("<d:sync-token/>"), Depth="0").sole
        self.token = found.text("d:sync-token") or ""

    def list(self) -> dict[str, str]:
        return etags(self.send(
            "PROPFIND", self.calendar, propfind("<d:resourcetype/><d:getetag/>"), Depth="1"
        ))

    def ask_for_data(self, hrefs: list[str]) -> Answer:
        return self.send(
            "REPORT", self.calendar,
            f'<?xml version="1.0"?>\n<cal:calendar-multiget {NAMESPACES}>'
            "<d:prop><d:getetag/><cal:calendar-data/></d:prop>"
            f"{hrefs_xml(hrefs)}</cal:calendar-multiget>",
            Depth="1",
        )


class TestDiscovery(Discovery):
    program = DAVConnector


class TestLife(Life):
    program = DAVConnector


@pytest.fixture
def connector(client: Client, calendar: str) -> DAVConnector:
    program = DAVConnector(client)
    program.open(calendar)
    return program


def test_what_it_overwrites_unseen_is_merged_and_comes_back(
    stack: Stack, client: Client, calendar: str, connector: DAVConnector
) -> None:
    """It changed the title; the notes that the CRM has written meanwhile stay."""
    uid = icalendar.new_uid()
    connector.create("a.ics", icalendar.event(uid, "Title"))
    stack.sql(f"UPDATE tasks SET description = 'By the CRM' WHERE caldav_uid = '{uid}'")
    connector.change(calendar + "a.ics", icalendar.event(uid, "Another title"))
    connector.synchronise()
    text = connector.texts[calendar + "a.ics"]
    assert (icalendar.value(text, "SUMMARY"), icalendar.value(text, "DESCRIPTION")) == (
        "Another title", "By the CRM"
    )


def test_listing_and_delta_name_the_same(
    client: Client, calendar: str, connector: DAVConnector
) -> None:
    """It mixes both: the same hrefs and ETags."""
    for number in range(3):
        client.put(calendar + f"a%20b{number}.ics", icalendar.event(f"{number}@x"))
    delta = {href: each.text("d:getetag")
             for href, each in connector.ask_for_changes("").responses.items()}
    assert len(delta) == 3 and connector.list() == delta


def test_token_is_one_for_property_and_report(
    client: Client, calendar: str, connector: DAVConnector
) -> None:
    """It compares the home's listing with what the last delta ended with."""
    client.put(calendar + "a.ics", icalendar.event("a@x"))
    connector.synchronise()
    listed = connector.discover()[calendar]
    assert listed.text("d:sync-token") == connector.token
