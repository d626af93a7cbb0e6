"""COPY and MOVE of objects, RFC 4918 §9.8 and §9.9, and what the CRM sees of them."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Answer, Client
from harness.stack import Stack, binary


@pytest.fixture
def other(dav: Client) -> Iterator[str]:
    path = dav.make_calendar(f"t-{uuid.uuid4().hex[:12]}")
    yield path
    dav.delete(path)


def transfer(
    client: Client, method: str, source: str, destination: str, **fields: str
) -> Answer:
    return client.request(
        method, source, headers={"Destination": f"http://a.proxy.example{destination}", **fields}
    )


def task(stack: Stack, uid: str) -> tuple[str | None, ...]:
    rows = stack.sql_rows(
        "SELECT t.id, u.username, t.title FROM caldav_objects o "
        "JOIN tasks t ON t.id = o.task_id JOIN users u ON u.id = t.user_id "
        f"WHERE o.uid = '{uid}'"
    )
    assert len(rows) == 1, rows
    return rows[0]


def removed(client: Client, path: str, token: str) -> dict[str, int | None]:
    changes = client.sync(path, token).responses
    return {response.name: response.status for response in changes.values()}


def test_a_moved_task_keeps_its_number_and_both_calendars_tell_of_it(
    stack: Stack, dav: Client, dav_calendar: str, other: str
) -> None:
    uid = icalendar.new_uid()
    text = icalendar.event(uid)
    assert dav.put(dav_calendar + "1.ics", text).status == 201
    before = task(stack, uid)
    tokens = {path: dav.sync(path).sync_token for path in (dav_calendar, other)}
    answer = transfer(dav, "MOVE", dav_calendar + "1.ics", other + "2.ics")
    assert answer.status == 201, answer
    assert answer.headers["Location"] == other + "2.ics"
    assert task(stack, uid) == before
    assert dav.get(other + "2.ics").body.decode() == text
    assert removed(dav, dav_calendar, tokens[dav_calendar]) == {"1.ics": 404}
    assert set(removed(dav, other, tokens[other])) == {"2.ics"}


def test_a_task_moved_to_somebody_else_is_theirs_and_stays_where_it_was_put(
    stack: Stack, dav: Client, dav_calendar: str
) -> None:
    ben = stack.client("ben", stack.front("nginx"))
    bens = ben.make_calendar(f"t-{uuid.uuid4().hex[:12]}")
    stack.sql(
        "INSERT INTO caldav_shares (owner, calendar_id, kind, grantee, privileges, granted) "
        "SELECT 'ben', id, 'user', 'anna', 243, 0 FROM caldav_calendars "
        f"WHERE uri = '{bens.rstrip('/').rpartition('/')[2]}'"
    )
    uid = icalendar.new_uid()
    assert dav.put(dav_calendar + "1.ics", icalendar.event(uid)).status == 201
    number, _, _ = task(stack, uid)
    assert transfer(dav, "MOVE", dav_calendar + "1.ics", bens + "1.ics").status == 201
    assert task(stack, uid)[:2] == (number, "ben")
    # What the CRM changes now is shown where it was put.
    stack.sql(f"UPDATE tasks SET title = 'By the CRM' WHERE id = {number}")
    assert "SUMMARY:By the CRM" in ben.get(bens + "1.ics").body.decode()
    assert dav.get(dav_calendar + "1.ics").status == 404
    ben.delete(bens)
    ben.close()


def test_a_copy_is_a_task_of_its_own(
    stack: Stack, dav: Client, dav_calendar: str, other: str
) -> None:
    uid = icalendar.new_uid()
    assert dav.put(dav_calendar + "1.ics", icalendar.event(uid)).status == 201
    assert transfer(dav, "COPY", dav_calendar + "1.ics", other + "1.ics").status == 201
    tasks = stack.sql_rows(f"SELECT DISTINCT task_id FROM caldav_objects WHERE uid = '{uid}'")
    assert len(tasks) == 2
    # Again over itself: nothing is made anew.
    assert transfer(dav, "COPY", dav_calendar + "1.ics", other + "1.ics").status == 204
    again = stack.sql_rows(f"SELECT DISTINCT task_id FROM caldav_objects WHERE uid = '{uid}'")
    assert again == tasks


@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_what_is_overwritten_is_in_the_trash_and_its_task_is_gone(
    stack: Stack, dav: Client, dav_calendar: str, other: str, method: str
) -> None:
    new, old = icalendar.new_uid(), icalendar.new_uid()
    assert dav.put(dav_calendar + "1.ics", icalendar.event(new)).status == 201
    assert dav.put(other + "2.ics", icalendar.event(old)).status == 201
    number, _, _ = task(stack, old)
    refused = transfer(dav, method, dav_calendar + "1.ics", other + "2.ics", Overwrite="F")
    assert refused.status == 412
    assert transfer(dav, method, dav_calendar + "1.ics", other + "2.ics").status == 204
    assert new in dav.get(other + "2.ics").body.decode()
    assert stack.sql_value(f"SELECT COUNT(*) FROM tasks WHERE id = {number}") == "0"
    trashed = stack.sql_value(
        f"SELECT id FROM caldav_trash WHERE task_id = {number} AND reason = 'overwritten'"
    )
    assert trashed is not None
    restored = subprocess.run(
        [binary(), "trash", "restore", trashed, "--config", stack.configuration],
        capture_output=True, text=True,
    )
    assert restored.returncode == 0, restored.stderr
    assert stack.sql_value(f"SELECT COUNT(*) FROM tasks WHERE id = {number}") == "1"


def test_uid_conflicts_name_the_object_in_the_way(
    dav: Client, dav_calendar: str, other: str
) -> None:
    uid = icalendar.new_uid()
    assert dav.put(dav_calendar + "1.ics", icalendar.event(uid)).status == 201
    assert dav.put(other + "there.ics", icalendar.event(uid)).status == 201
    for method in ("COPY", "MOVE"):
        answer = transfer(dav, method, dav_calendar + "1.ics", other + "2.ics")
        assert answer.status == 403
        assert b"no-uid-conflict" in answer.body
        assert (other + "there.ics").encode() in answer.body
    # Onto the object that has it, it replaces it.
    assert transfer(dav, "MOVE", dav_calendar + "1.ics", other + "there.ics").status == 204


def test_there_and_back(dav: Client, dav_calendar: str, other: str) -> None:
    token = dav.sync(dav_calendar).sync_token
    assert dav.put(dav_calendar + "1.ics", icalendar.event(icalendar.new_uid())).status == 201
    assert transfer(dav, "MOVE", dav_calendar + "1.ics", other + "1.ics").status == 201
    assert transfer(dav, "MOVE", other + "1.ics", dav_calendar + "1.ics").status == 201
    assert dav.names(dav_calendar) == {"1.ics"}
    assert dav.names(other) == set()
    assert removed(dav, dav_calendar, token) == {"1.ics": None}
