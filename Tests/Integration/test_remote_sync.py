"""`crm-caldav sync` with real other servers: both sides are equal afterwards, whatever was done where.

Each behaviour once for each kind of server.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from harness import remotes
from harness.remotes import SERVERS, Pair, meaning
from harness.stack import Stack


@pytest.fixture(scope="module")
def sync_stack() -> Iterator[Stack]:
    with remotes.sync_stack() as stack:
        yield stack


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, sync_stack: Stack
) -> Iterator[remotes.Server]:
    with remotes.server(request.param, sync_stack.directory / f"remote-{request.param}") as server:
        yield server


@pytest.fixture
def pair(sync_stack: Stack, server: remotes.Server) -> Iterator[Pair]:
    """Two new calendars that are a pair."""
    ours = sync_stack.client("anna", sync_stack.front("nginx"))
    theirs = server.client()
    name = f"t-{uuid.uuid4().hex[:12]}"
    pair = Pair(
        sync_stack, ours, ours.make_calendar(name), theirs, server.make_calendar(theirs, name),
        server.base,
    )
    yield pair
    pair.remove()
    ours.close()
    theirs.close()


def calendar(*components: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN"]
    for component in components:
        lines += component.strip().splitlines()
    return "\r\n".join(line.strip() for line in [*lines, "END:VCALENDAR", ""])


KINDS = {
    "event": """
        BEGIN:VEVENT
        UID:{uid}
        DTSTAMP:20260101T000000Z
        DTSTART:20260301T090000Z
        DTEND:20260301T100000Z
        SUMMARY:{title}
        LOCATION:Köln
        END:VEVENT""",
    "todo": """
        BEGIN:VTODO
        UID:{uid}
        DTSTAMP:20260101T000000Z
        DUE:20260301T100000Z
        SUMMARY:{title}
        STATUS:NEEDS-ACTION
        END:VTODO""",
    "all-day": """
        BEGIN:VEVENT
        UID:{uid}
        DTSTAMP:20260101T000000Z
        DTSTART;VALUE=DATE:20260301
        DTEND;VALUE=DATE:20260303
        SUMMARY:{title}
        END:VEVENT""",
    "recurring": """
        BEGIN:VEVENT
        UID:{uid}
        DTSTAMP:20260101T000000Z
        DTSTART:20260301T090000Z
        DTEND:20260301T100000Z
        RRULE:FREQ=DAILY;COUNT=5
        EXDATE:20260304T090000Z
        SUMMARY:{title}
        END:VEVENT
        BEGIN:VEVENT
        UID:{uid}
        DTSTAMP:20260101T000000Z
        RECURRENCE-ID:20260302T090000Z
        DTSTART:20260302T110000Z
        DTEND:20260302T120000Z
        SUMMARY:{title} later
        END:VEVENT""",
    "alarm": """
        BEGIN:VEVENT
        UID:{uid}
        DTSTAMP:20260101T000000Z
        DTSTART:20260301T090000Z
        DTEND:20260301T100000Z
        SUMMARY:{title}
        BEGIN:VALARM
        ACTION:DISPLAY
        DESCRIPTION:soon
        TRIGGER:-PT15M
        END:VALARM
        END:VEVENT""",
    "attendee": """
        BEGIN:VEVENT
        UID:{uid}
        DTSTAMP:20260101T000000Z
        DTSTART:20260301T090000Z
        DTEND:20260301T100000Z
        SUMMARY:{title}
        ORGANIZER:mailto:boss@example.org
        ATTENDEE;CN=Guest;PARTSTAT=ACCEPTED:mailto:guest@example.org
        END:VEVENT""",
}


def text(kind: str, uid: str, title: str) -> str:
    return calendar(KINDS[kind].format(uid=uid, title=title))


def equal(pair: Pair) -> dict[str, str]:
    """Both sides say the same; answers what."""
    here, there = pair.here(), pair.there()
    assert {uid: meaning(t) for uid, t in here.items()} == {
        uid: meaning(t) for uid, t in there.items()
    }
    return here


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", ["here", "there"])
def test_made_changed_and_deleted(pair: Pair, kind: str, side: str) -> None:
    """RFC 4791 §5.3: whatever it is, and whoever did it."""
    client, path = (
        (pair.ours, pair.our_path) if side == "here" else (pair.theirs, pair.their_path)
    )
    uid = f"{uuid.uuid4()}"
    assert client.put(f"{path}{uid}.ics", text(kind, uid, "first")).status == 201
    pair.settle()
    assert "SUMMARY:first" in equal(pair)[uid]
    changed = client.put(f"{path}{uid}.ics", text(kind, uid, "second"))
    assert changed.status in (200, 201, 204), changed
    pair.settle()
    assert "SUMMARY:second" in equal(pair)[uid]
    assert client.delete(f"{path}{uid}.ics").status in (200, 204)
    pair.settle()
    assert equal(pair) == {}
