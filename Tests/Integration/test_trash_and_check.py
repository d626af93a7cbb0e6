"""`crm-caldav trash` and `crm-caldav check` beside a worker that serves."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from harness import icalendar
from harness.dav import Client, clark
from harness.stack import Stack, binary


def command(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary(), *arguments, "--config", stack.configuration],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )


def answer(stack: Stack, *arguments: str) -> Any:
    ran = command(stack, *arguments, "--json")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return json.loads(ran.stdout)


@pytest.fixture
def event(dav: Client, dav_calendar: str) -> str:
    """The path of an event that was made and deleted."""
    path = dav_calendar + "lost.ics"
    text = icalendar.event("lost@example.org", "Lost and found")
    assert dav.put(path, text).status == 201
    return path


def test_what_a_client_deletes_comes_back(stack: Stack, dav: Client, event: str) -> None:
    before = dav.get(event)
    calendar = event.rsplit("/", 1)[0] + "/"
    row = stack.sql_rows("SELECT id, title FROM tasks WHERE caldav_uid = 'lost@example.org'")
    token = dav.sync(calendar).sync_token or ""
    assert dav.delete(event).status == 204
    uri = calendar.split("/")[-2]
    (entry,) = answer(stack, "trash", "list", "--user", "anna", "--calendar", uri)
    assert (entry["reason"], entry["by"], entry["object"]) == ("deleted", "anna", "lost.ics")
    shown = answer(stack, "trash", "show", str(entry["id"]))
    assert shown["columns"]["title"] == row[0][1]
    assert "SUMMARY:Lost and found\n" in command(stack, "trash", "show", str(entry["id"])).stdout
    restored = command(stack, "trash", "restore", str(entry["id"]))
    assert restored.returncode == 0, restored.stderr
    after = dav.get(event)
    assert (after.body, after.etag) == (before.body, before.etag)
    rows = stack.sql_rows("SELECT id, title FROM tasks WHERE caldav_uid = 'lost@example.org'")
    assert rows == row
    assert [name for name in dav.sync(calendar, token).responses] == [event]


def test_a_deleted_calendar_comes_back_as_one(stack: Stack, dav: Client, event: str) -> None:
    calendar = event.rsplit("/", 1)[0] + "/"
    address = "anna/" + calendar.split("/")[-2]
    assert dav.delete(calendar).status == 204
    assert dav.get(event).status == 404
    ran = command(stack, "trash", "restore", "--calendar", address)
    assert (ran.returncode, ran.stdout) == (0, f"{address} is back with 1 objects\n"), ran.stderr
    assert dav.get(event).status == 200
    again = command(stack, "trash", "restore", "--calendar", address)
    assert (again.returncode, again.stdout) == (1, "")


def test_a_task_that_the_crm_keeps_is_a_403_that_says_why(
    stack: Stack, dav: Client, event: str
) -> None:
    stack.sql(
        "CREATE TABLE invoices (task INT NOT NULL, FOREIGN KEY (task) REFERENCES tasks (id));"
        "INSERT INTO invoices SELECT id FROM tasks WHERE caldav_uid = 'lost@example.org'"
    )
    try:
        refused = dav.delete(event)
        assert refused.status == 403
        assert "its table invoices refers to it" in refused.text
        assert dav.get(event).status == 200
    finally:
        stack.sql("DROP TABLE invoices")


def test_check_finds_nothing_beside_a_worker(stack: Stack, dav: Client, event: str) -> None:
    findings = answer(stack, "check")
    assert [finding for finding in findings if finding["level"] == "problem"] == []
    assert {"triggers", "pairs", "pending", "etags"} <= {f["check"] for f in findings}


def test_check_names_what_is_wrong_and_mends_it(own_stack: Stack) -> None:
    own_stack.sql("SET @caldav_own = 1; UPDATE tasks SET caldav_etag = 'x' WHERE id = 1")
    ran = command(own_stack, "check")
    assert ran.returncode == 1
    assert "BAD    tasks whose caldav_etag is not their object's: 1\n" in ran.stdout
    assert "→ crm-caldav check --repair\n" in ran.stdout
    ran = command(own_stack, "check", "--repair")
    assert ran.returncode == 0, ran.stdout
    assert "mended tasks whose caldav_etag" in ran.stdout
    assert command(own_stack, "check").returncode == 0


def test_check_names_calendars_that_a_place_of_the_home_hides(own_stack: Stack) -> None:
    own_stack.sql(
        "INSERT INTO caldav_calendars (user_id, uri, displayname) VALUES ('anna', 'inbox', 'Mine')")
    ran = command(own_stack, "check")
    assert ran.returncode == 1
    assert "BAD    anna/inbox is hidden" in ran.stdout
    mend = next(line for line in ran.stdout.splitlines() if "SET uri" in line).strip(" →")
    own_stack.sql(mend)
    assert command(own_stack, "check").returncode == 0


def test_a_new_epoch_by_hand(own_stack: Stack) -> None:
    dav = own_stack.client("anna", own_stack.front("nginx"))
    calendar = dav.calendar("crm-tasks")
    token = dav.sync(calendar).sync_token or ""
    assert command(own_stack, "check", "--new-epoch").returncode == 0
    assert dav.sync(calendar, token).precondition == clark("d:valid-sync-token")
    assert int((dav.sync(calendar).sync_token or "").rpartition("/")[2]) >= 1 << 20
    dav.close()
