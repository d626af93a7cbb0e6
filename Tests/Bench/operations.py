"""What clients ask for, and how to see that the answer is right: one row an operation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote, urlsplit

import people
from sites import Site

_NAMES = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" '
    'xmlns:cs="http://calendarserver.org/ns/" xmlns:ic="http://apple.com/ns/ical/"'
)


class Unsupported(Exception):
    """The server does not know how to do that."""


@dataclass(frozen=True)
class Operation:
    name: str
    #: Requests to play in turn.
    requests: Callable[[Site], list[bytes]]
    #: Statuses of a right answer.
    statuses: frozenset[int]
    #: How many things an answer holds.
    count: Callable[[bytes], int] = lambda body: 0
    #: How many it has to hold; None: what the servers answer differs by their reading of the RFC.
    expected: int | None = None
    #: Also measured on eight connections at once.
    is_parallel: bool = True
    #: Each request on a TCP connection of its own.
    is_fresh: bool = False
    #: An object that it leaves in the calendar of `people.USER`.
    leaves: str | None = None


# What the bodies say


def document(content: str) -> bytes:
    """XML of an element whose name is followed by a space or the end of its tag."""
    end = min(i for i in (content.find(c) for c in " />") if i > 0)
    return f'<?xml version="1.0" encoding="utf-8"?>{content[:end]} {_NAMES}{content[end:]}'.encode()


def propfind(properties: str) -> bytes:
    return document(f"<d:propfind><d:prop>{properties}</d:prop></d:propfind>")


POLL = propfind("<cs:getctag/><d:sync-token/><d:displayname/>")
ETAGS = propfind("<d:getetag/>")
CALENDARS = propfind(
    "<d:resourcetype/><d:displayname/><ic:calendar-color/><ic:calendar-order/>"
    "<c:calendar-description/><c:calendar-timezone/><c:supported-calendar-component-set/>"
    "<d:current-user-privilege-set/><cs:getctag/><d:sync-token/><d:supported-report-set/>"
    "<d:owner/><c:schedule-calendar-transp/><d:quota-used-bytes/><cs:source/>"
)


def multiget(hrefs: list[str]) -> bytes:
    names = "".join(f"<d:href>{href}</d:href>" for href in hrefs)
    return document(
        f"<c:calendar-multiget><d:prop><d:getetag/><c:calendar-data/></d:prop>{names}"
        "</c:calendar-multiget>"
    )


def month(properties: str) -> bytes:
    start, end = people.MONTH
    return document(
        f"<c:calendar-query><d:prop>{properties}</d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        f'<c:time-range start="{start}" end="{end}"/>'
        "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    )


def changes(token: str) -> bytes:
    return document(
        f"<d:sync-collection><d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>"
        "<d:prop><d:getetag/></d:prop></d:sync-collection>"
    )


def busy() -> bytes:
    start, end = people.MONTH
    return document(f'<c:free-busy-query><c:time-range start="{start}" end="{end}"/></c:free-busy-query>')


def event(uid: str, number: int, version: int) -> bytes:
    """A call of half an hour in November, after the month that is queried."""
    day, hour = number % 28 + 1, 8 + version % 10
    return "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//crm-caldav//bench//EN", "BEGIN:VEVENT",
        f"UID:{uid}", "DTSTAMP:20261101T080000Z", f"SUMMARY:Written call {number}.{version}",
        "DESCRIPTION:Ask for the delivery date\\, the discount and who signs.",
        f"DTSTART:202611{day:02}T{hour:02}0000Z", f"DTEND:202611{day:02}T{hour:02}3000Z",
        "STATUS:TENTATIVE", "PRIORITY:5", "CATEGORIES:CALL",
        "ATTENDEE;CN=Contact 7;ROLE=REQ-PARTICIPANT:mailto:contact7@customer.example",
        "X-CRM-CONTACT-PHONE:+49 30 1000007", "X-CRM-TASK-TYPE:call", f"SEQUENCE:{version}",
        "END:VEVENT", "END:VCALENDAR", "",
    ]).encode()


# What the answers say

_RESPONSE = re.compile(rb"<(?:\w+:)?response[ >]")
_HREF = re.compile(rb"<(?:\w+:)?href[^>]*>\s*([^<\s]+)\s*<")
_TOKEN = re.compile(rb"<(?:\w+:)?sync-token[^>]*>\s*([^<\s]+)\s*<")
_FOLD = re.compile(rb"\r?\n[ \t]")


def responses(body: bytes) -> int:
    return len(_RESPONSE.findall(body))


def events(body: bytes) -> int:
    return body.count(b"BEGIN:VEVENT")


def busy_periods(body: bytes) -> int:
    return len(re.findall(rb"\d{8}T\d{6}Z/", _FOLD.sub(b"", body)))


# How requests are made

TEXT = {"Content_Type": "text/calendar; charset=utf-8"}


def xml(site: Site, method: str, path: str, body: bytes, depth: int, user: str) -> bytes:
    return site.request(
        method, path, body, user, Depth=str(depth), Content_Type="application/xml; charset=utf-8")


@cache
def _listing(site_key: int, user: str) -> tuple[str, ...]:
    site = _sites[site_key]
    status, body = site.ask(xml(site, "PROPFIND", site.calendar(user), ETAGS, 1, user))
    if status != 207:
        raise Unsupported(f"PROPFIND answers {status}")
    paths = [urlsplit(href.decode()).path for href in _HREF.findall(body)]
    return tuple(sorted(p for p in paths if unquote(p).rstrip("/") != site.calendar(user).rstrip("/")))


_sites: dict[int, Site] = {}


def listing(site: Site, user: str) -> tuple[str, ...]:
    """Paths of the objects that a user had at the beginning."""
    _sites[site.port] = site
    return _listing(site.port, user)


def spread(paths: tuple[str, ...], count: int, offset: int = 0) -> list[str]:
    """So many paths, from everywhere in the listing."""
    return [paths[(offset + i * len(paths) // count) % len(paths)] for i in range(count)]


def gets(user: str) -> Callable[[Site], list[bytes]]:
    return lambda site: [
        site.request("GET", path, user=user) for path in spread(listing(site, user), 100)
    ]


def poll(user: str) -> Callable[[Site], list[bytes]]:
    return lambda site: [xml(site, "PROPFIND", site.calendar(user), POLL, 0, user)]


def report(body: bytes, user: str = people.USER, depth: int = 1) -> Callable[[Site], list[bytes]]:
    return lambda site: [xml(site, "REPORT", site.calendar(user), body, depth, user)]


def multigets(count: int) -> Callable[[Site], list[bytes]]:
    def requests(site: Site) -> list[bytes]:
        paths = listing(site, people.USER)
        return [
            xml(site, "REPORT", site.calendar(people.USER), multiget(spread(paths, count, at * 7)),
                1, people.USER)
            for at in range(8)
        ]
    return requests


#: What `one_change` makes and changes.
CHANGED = "bench-change.ics"


def one_change(user: str) -> Callable[[Site], list[bytes]]:
    """Changes one object, and asks for what changed since before that."""
    def requests(site: Site) -> list[bytes]:
        _, body = site.ask(xml(site, "PROPFIND", site.calendar(user), POLL, 0, user))
        token = _TOKEN.search(body)
        if not token:
            raise Unsupported("no sync-token")
        path = f"{site.calendar(user)}{CHANGED}"
        status, _ = site.ask(
            site.request("PUT", path, event("bench-change", 1, time.monotonic_ns() // 1000 % 2**31), user, **TEXT))
        if status not in (200, 201, 204):
            raise Unsupported(f"PUT answers {status}")
        return report(changes(token.group(1).decode()), user, 0)(site)
    return requests


def sign_ins(site: Site) -> list[bytes]:
    return [xml(site, "PROPFIND", site.calendar(people.USER), POLL, 0, people.USER)]


def wrong_sign_ins(site: Site) -> list[bytes]:
    """Each from an address of its own and by turns for another user: nobody is locked out."""
    return [
        site.request(
            "PROPFIND", site.calendar(user), POLL, user, f"wrong-{i}-{time.time_ns()}", Depth="0",
            X_Forwarded_For=f"198.18.{i // 250}.{i % 250 + 1}")
        for i, user in enumerate(list(people.TASKS) * 8)
    ]


def table(in_month: int, in_month_of_big: int) -> list[Operation]:
    """All operations that read.

    - Parameters: how many tasks of `USER` and of `BIG` are in the month.
    """
    reads, count = frozenset([207]), people.TASKS
    return [
        Operation("GET of an object", gets(people.USER), frozenset([200]), events, 1),
        Operation("poll: PROPFIND Depth 0", poll(people.USER), reads, responses, 1),
        Operation("home: PROPFIND Depth 1", lambda site: [
            xml(site, "PROPFIND", site.home(people.USER), CALENDARS, 1, people.USER)
        ], reads, responses),
        Operation("sync-collection, one change", one_change(people.USER), reads, responses, 1,
                  leaves=CHANGED),
        Operation("multiget of 10", multigets(10), reads, events, 10),
        Operation("multiget of 50", multigets(50), reads, events, 50),
        Operation("multiget of 500", multigets(500), reads, events, 500),
        Operation("PROPFIND Depth 1 of 1,000 ETags", lambda site: [
            xml(site, "PROPFIND", site.calendar(people.USER), ETAGS, 1, people.USER)
        ], reads, responses, count[people.USER] + 1),
        Operation("PROPFIND Depth 1 of 10,000 ETags", lambda site: [
            xml(site, "PROPFIND", site.calendar(people.BIG), ETAGS, 1, people.BIG)
        ], reads, responses, count[people.BIG] + 1, is_parallel=False),
        Operation("sync-collection, initial, 1,000", report(changes(""), depth=0), reads, responses),
        Operation("calendar-query of a month with data, 1,000",
                  report(month("<d:getetag/><c:calendar-data/>")), reads, events, in_month),
        Operation("calendar-query of a month with data, 10,000",
                  report(month("<d:getetag/><c:calendar-data/>"), people.BIG), reads, events,
                  in_month_of_big, is_parallel=False),
        Operation("calendar-query of a month, 1,000", report(month("<d:getetag/>")), reads,
                  responses, in_month),
        Operation("free-busy-query of a month", report(busy()), frozenset([200]), busy_periods),
        Operation("feed of 1,000", lambda site: [
            site.request("GET", site.calendar(people.USER) + site.feed_suffix)
        ], frozenset([200]), events, count[people.USER]),
        Operation("sign-in, new connection", sign_ins, reads, responses, 1, is_parallel=False,
                  is_fresh=True),
        Operation("wrong password, new connection", wrong_sign_ins, frozenset([401, 403]),
                  is_parallel=False, is_fresh=True),
    ]


def growth(user: str) -> list[Operation]:
    """What has to cost the same in a calendar of any size."""
    reads = frozenset([207])
    return [
        Operation("GET of an object", gets(user), frozenset([200]), events, 1),
        Operation("poll: PROPFIND Depth 0", poll(user), reads, responses, 1),
        Operation("sync-collection, one change", one_change(user), reads, responses, 1),
    ]
