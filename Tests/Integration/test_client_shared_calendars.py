"""Calendars that somebody else shares, as each client finds and treats them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Client, clark
from harness.replay import Program, assert_alike, hrefs_in, privileges
from harness.stack import Stack
from test_client_apple import NAMESPACES as APPLE
from test_client_apple import MacOS
from test_client_davx5 import DAVx5, DAVx5WithoutLimit
from test_client_evolution import Evolution
from test_client_kde import KDE
from test_client_nextcloud_dav_connector import DAVConnector
from test_client_outlook_caldav_synchronizer import CalDavSynchronizer
from test_client_thunderbird import Thunderbird

READ = ("read",)
WRITE = ("read", "write")


def share(anna: Client, calendar: str, ben: Client, granted: tuple[str, ...]) -> None:
    """By the ACL method; nothing granted ends it."""
    inside = "".join(f"<d:privilege><d:{name}/></d:privilege>" for name in granted)
    entry = (
        f"<d:ace><d:principal><d:href>{ben.principal()}</d:href></d:principal>"
        f"<d:grant>{inside}</d:grant></d:ace>"
    )
    answer = anna.request(
        "ACL", calendar, f'<d:acl xmlns:d="DAV:">{entry if granted else ""}</d:acl>',
        {"Content-Type": "application/xml"},
    )
    assert answer.status == 200, answer


@pytest.fixture
def ben(stack: Stack) -> Iterator[Client]:
    client = stack.client("ben", stack.front("nginx"))
    yield client
    client.close()


@pytest.fixture
def shared(dav: Client, ben: Client) -> Iterator[str]:
    """A calendar of Anna's that Ben may read, with one event."""
    path = dav.make_calendar(f"shared-{uuid.uuid4().hex[:12]}")
    dav.put(path + "a.ics", icalendar.event("a@shared", "Shared"))
    share(dav, path, ben, READ)
    yield path
    dav.delete(path)


@pytest.fixture
def writable(dav: Client, ben: Client, shared: str) -> str:
    share(dav, shared, ben, WRITE)
    return shared


SYNCING = [Thunderbird, DAVx5WithoutLimit, MacOS, Evolution, KDE, DAVConnector, CalDavSynchronizer]


@pytest.mark.parametrize("program", SYNCING)
def test_whoever_may_write_leads_the_same_life(
    dav: Client, ben: Client, writable: str, program: type[Program]
) -> None:
    bens = program(ben)
    bens.open(writable)
    bens.synchronise()
    assert_alike(bens, dav)
    href = bens.create("ben.ics", icalendar.event("ben@shared", "By Ben"))
    assert "By Ben" in dav.get(href).text
    assert bens.change(href, icalendar.event("ben@shared", "By Ben again")) in (200, 204)
    dav.put(writable + "a.ics", icalendar.event("a@shared", "By Anna"))
    bens.synchronise()
    assert_alike(bens, dav)
    assert bens.remove(href) in (200, 204)
    assert dav.names(writable) == {"a.ics"}


def test_thunderbird_shows_it_read_only(ben: Client, shared: str) -> None:
    found = Thunderbird(ben).send(
        "PROPFIND", shared,
        '<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-privilege-set/></D:prop></D:propfind>',
        Depth="0",
    ).sole
    assert not Thunderbird.is_writable(found)
    assert clark("d:read") in privileges(found)


def test_davx5_finds_it_by_its_owners_proxy_group(
    dav: Client, ben: Client, shared: str
) -> None:
    """Only the shared calendar is in the home that it comes to."""
    davx5 = DAVx5(ben)
    assert davx5.homes(ben.principal(), 2) == {ben.home(), dav.home()}
    listed = ben.propfind(
        dav.home(), "d:resourcetype", "d:current-user-privilege-set", "d:owner", depth="1"
    ).responses
    assert shared in listed
    assert dav.calendar("crm-tasks") not in listed
    assert not {clark("d:write-content"), clark("d:bind")} & privileges(listed[shared])
    assert listed[shared].href_in("d:owner") == dav.principal()


def test_davx5_drops_a_change_that_it_may_not_make(ben: Client, shared: str) -> None:
    """403 with need-privileges; any other refusal would stop the whole calendar."""
    davx5 = DAVx5WithoutLimit(ben)
    davx5.calendar = shared
    davx5.synchronise()
    answer = davx5.store(
        shared + "a.ics", icalendar.event("a@shared", "By Ben"),
        If_Match=davx5.etags[shared + "a.ics"],
    )
    assert (answer.status, answer.precondition) == (403, clark("d:need-privileges"))


def test_apple_expands_whom_one_is_a_delegate_of(dav: Client, ben: Client, shared: str) -> None:
    answer = MacOS(ben).send(
        "REPORT", ben.principal(),
        f"<A:expand-property {APPLE}>"
        '<A:property name="calendar-proxy-read-for" namespace="http://calendarserver.org/ns/">'
        '<A:property name="displayname"/><A:property name="principal-URL"/></A:property>'
        "</A:expand-property>",
        Depth="0",
    )
    proxies = answer.sole.found[clark("cs:calendar-proxy-read-for")]
    principals = {href.text for href in proxies.iter(clark("d:href"))}
    assert dav.principal() in principals


def test_outlook_takes_it_for_somebody_elses(dav: Client, ben: Client, shared: str) -> None:
    found = ben.propfind(shared, "d:owner").sole.href_in("d:owner")
    assert found == dav.principal() != ben.principal()
    answer = ben.propfind(
        ben.principal(), "cs:calendar-proxy-read-for", "cs:calendar-proxy-write-for"
    ).sole
    assert dav.principal() in hrefs_in(answer, "cs:calendar-proxy-read-for")


def test_share_that_ends_is_403_with_its_element(
    dav: Client, ben: Client, shared: str
) -> None:
    """Not 404 or 410, on which DAVx5 would forget that there was something; not 401."""
    davx5 = DAVx5WithoutLimit(ben)
    davx5.calendar = shared
    davx5.synchronise()
    share(dav, shared, ben, ())
    answer = davx5.ask_for_changes(davx5.token)
    assert (answer.status, answer.precondition) == (403, clark("d:need-privileges"))
    assert shared not in ben.propfind(ben.home(), "d:resourcetype", depth="1").responses
