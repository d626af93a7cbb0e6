"""Calendars shared with others, RFC 3744, through nginx and MariaDB."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Client
from harness.stack import Stack

READ, WRITE = 3, 3 | 16 | 32 | 64 | 128


def user(stack: Stack, name: str) -> Client:
    return stack.client(name, stack.front("nginx"))


@pytest.fixture
def ben(stack: Stack) -> Iterator[Client]:
    client = user(stack, "ben")
    yield client
    client.close()


def grant(
    stack: Stack, path: str, privileges: int, kind: str = "user", grantee: str = "ben"
) -> None:
    uri = path.rstrip("/").rpartition("/")[2]
    stack.sql(
        "INSERT INTO caldav_shares (owner, calendar_id, kind, grantee, privileges, granted) "
        f"SELECT 'anna', id, '{kind}', '{grantee}', {privileges}, 0 FROM caldav_calendars "
        f"WHERE user_id = 'anna' AND uri = '{uri}'"
    )


def test_reader_reads_and_cannot_write(
    stack: Stack, dav: Client, ben: Client, dav_calendar: str
) -> None:
    text = icalendar.event("1@shared")
    assert dav.put(dav_calendar + "1.ics", text).status == 201
    assert ben.get(dav_calendar + "1.ics").status == 403
    grant(stack, dav_calendar, READ)
    got = ben.get(dav_calendar + "1.ics")
    assert (got.status, got.body.decode()) == (200, text)
    assert ben.put(dav_calendar + "1.ics", text).status == 403
    assert ben.delete(dav_calendar + "1.ics").status == 403
    assert ben.names(dav.home()) == {dav_calendar.rstrip("/").rpartition("/")[2]}


def test_writer_writes_and_the_task_is_the_owners(
    stack: Stack, dav: Client, ben: Client, dav_calendar: str
) -> None:
    grant(stack, dav_calendar, WRITE)
    uid = f"{uuid.uuid4()}@shared"
    assert ben.put(dav_calendar + "2.ics", icalendar.event(uid)).status == 201
    owner = stack.sql_value(
        f"SELECT u.username FROM tasks t JOIN users u ON u.id = t.user_id WHERE caldav_uid = '{uid}'"
    )
    assert owner == "anna"
    assert dav.get(dav_calendar + "2.ics").status == 200


@pytest.mark.parametrize(
    ("kind", "signed_in", "anonymous"), [("authenticated", 200, 401), ("all", 200, 200)]
)
def test_everybody(
    stack: Stack, dav: Client, ben: Client, dav_calendar: str, kind: str, signed_in: int,
    anonymous: int,
) -> None:
    assert dav.put(dav_calendar + "1.ics", icalendar.event("1@shared")).status == 201
    grant(stack, dav_calendar, READ, kind, "")
    assert ben.get(dav_calendar + "1.ics").status == signed_in
    assert ben.request("GET", dav_calendar + "1.ics", signed_in=False).status == anonymous
