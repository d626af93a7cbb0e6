"""The CRM's plain SQL and clients' requests see each other (the documented conversion cases)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Client
from harness.processes import wait_for
from harness.stack import Stack


@pytest.fixture
def tasks(stack: Stack, dav: Client) -> Iterator[Tasks]:
    tasks = Tasks(stack, dav)
    yield tasks
    tasks.remove()


class Tasks:
    """The CRM's side of one user's calendar of tasks."""

    def __init__(self, stack: Stack, dav: Client) -> None:
        self.stack, self.dav = stack, dav
        self.calendar = dav.calendar("crm-tasks")
        self.owner = stack.sql_value(f"SELECT id FROM users WHERE username = '{dav.user}'")
        self.token = dav.sync(self.calendar).sync_token or ""
        self._last = stack.sql_value("SELECT COALESCE(MAX(id), 0) FROM tasks")

    def remove(self) -> None:
        self.stack.sql(f"DELETE FROM tasks WHERE id > {self._last}")

    def insert(self, **columns: str | None) -> str:
        """As the CRM does it; answers the id."""
        row = {
            "title": "Anruf Fr. Weber", "start_datetime": "2026-09-14 09:00:00",
            "user_id": self.owner, **columns,
        }
        names = ", ".join(row)
        values = ", ".join("NULL" if value is None else quoted(value) for value in row.values())
        return self.stack.sql_value(
            f"INSERT INTO tasks ({names}) VALUES ({values}); SELECT LAST_INSERT_ID()"
        ) or ""

    def row(self, identifier: str, *columns: str) -> tuple[str | None, ...]:
        (row,) = self.stack.sql_rows(
            f"SELECT {', '.join(columns)} FROM tasks WHERE id = {identifier}"
        )
        return row

    def changed(self) -> dict[str, str]:
        """Texts by href of what the next sync brings; the token moves on."""
        answer = self.dav.sync(self.calendar, self.token)
        self.token = answer.sync_token or ""
        return {
            href: self.dav.get(href).text
            for href, response in answer.responses.items() if response.status is None
        }

    def removed(self) -> set[str]:
        answer = self.dav.sync(self.calendar, self.token)
        self.token = answer.sync_token or ""
        return {href for href, response in answer.responses.items() if response.status == 404}

    def put(self, name: str, text: str) -> str:
        """As a client does it; answers the id of the task it became."""
        answer = self.dav.put(self.calendar + name, text)
        assert answer.status in (201, 204), answer
        return self.stack.sql_value(
            f"SELECT task_id FROM caldav_objects WHERE name = {quoted(name)}"
        ) or ""


def quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


# From the CRM to clients

def test_inserted_task_is_in_the_next_sync(tasks: Tasks) -> None:
    tasks.insert(
        title="Angebot besprechen", description="Zeile 1\nZeile 2; mit, Zeichen", priority="high",
        task_type="call", status="pending", end_datetime="2026-09-14 09:30:00",
    )
    (text,) = tasks.changed().values()
    lines = icalendar.lines(text)
    assert "SUMMARY:Angebot besprechen" in lines
    assert "CATEGORIES:CALL" in lines
    assert "PRIORITY:1" in lines
    assert icalendar.value(text, "DESCRIPTION") == "Zeile 1\nZeile 2; mit, Zeichen"
    assert icalendar.value(text, "STATUS") in ("TENTATIVE", "NEEDS-ACTION")


@pytest.mark.parametrize(
    ("task_type", "category"),
    [("call", "CALL"), ("email", "EMAIL"), ("meeting", "MEETING"), ("follow_up", "FOLLOW_UP")],
)
def test_task_type_is_a_category(tasks: Tasks, task_type: str, category: str) -> None:
    tasks.insert(task_type=task_type)
    (text,) = tasks.changed().values()
    assert icalendar.value(text, "CATEGORIES") == category
    assert icalendar.value(text, "X-CRM-TASK-TYPE") in (task_type, category)


@pytest.mark.parametrize(("priority", "number"), [("low", "9"), ("medium", "5"), ("high", "1")])
def test_priority_is_a_number(tasks: Tasks, priority: str, number: str) -> None:
    tasks.insert(priority=priority)
    (text,) = tasks.changed().values()
    assert icalendar.value(text, "PRIORITY") == number


@pytest.mark.parametrize(
    ("status", "expected"),
    [("pending", "TENTATIVE"), ("completed", "CONFIRMED"), ("cancelled", "CANCELLED")],
)
def test_status_of_an_event(tasks: Tasks, status: str, expected: str) -> None:
    tasks.insert(status=status, task_type="meeting")
    (text,) = tasks.changed().values()
    assert icalendar.value(text, "STATUS") == expected


def test_contact_is_an_attendee_whom_nobody_mails(tasks: Tasks) -> None:
    tasks.insert(
        contact_name="Weber, Eva", contact_email="eva@kunde.example",
        contact_phone="+49 30 123", notes="VIP", task_type="meeting",
    )
    (text,) = tasks.changed().values()
    (attendee,) = [line for line in icalendar.lines(text) if line.startswith("ATTENDEE")]
    assert attendee.endswith(":mailto:eva@kunde.example")
    assert 'CN="Weber, Eva"' in attendee
    assert "ROLE=REQ-PARTICIPANT" in attendee and "SCHEDULE-AGENT=NONE" in attendee
    assert icalendar.value(text, "X-CRM-CONTACT-PHONE") == "+49 30 123"
    assert icalendar.value(text, "X-CRM-NOTES") == "VIP"


def test_wall_clock_time_is_in_the_zone_of_the_crm(tasks: Tasks, stack: Stack) -> None:
    """09:00 in Berlin's summer is 07:00 UTC."""
    assert stack.time_zone == "Europe/Berlin"
    tasks.insert(start_datetime="2026-07-14 09:00:00", end_datetime="2026-07-14 10:00:00")
    (text,) = tasks.changed().values()
    _, _, event = text.partition("BEGIN:VEVENT")
    start = next(line for line in icalendar.lines(event) if line.startswith("DTSTART"))
    assert start in ("DTSTART;TZID=Europe/Berlin:20260714T090000", "DTSTART:20260714T070000Z")


def test_updated_task_changes_etag_ctag_and_feed(tasks: Tasks, dav: Client) -> None:
    identifier = tasks.insert(title="Vorher")
    ((href, before),) = tasks.changed().items()
    etag = dav.get(href).etag
    ctag = dav.propfind(tasks.calendar, "cs:getctag").sole.text("cs:getctag")

    tasks.stack.sql(f"UPDATE tasks SET title = 'Nachher' WHERE id = {identifier}")
    changed = tasks.changed()
    assert list(changed) == [href]
    assert icalendar.value(changed[href], "SUMMARY") == "Nachher"
    assert icalendar.value(changed[href], "UID") == icalendar.value(before, "UID")
    assert dav.get(href).etag != etag
    assert dav.propfind(tasks.calendar, "cs:getctag").sole.text("cs:getctag") != ctag
    assert "SUMMARY:Nachher" in icalendar.lines(dav.get(tasks.calendar).text)


def test_deleted_task_is_reported_and_gone(tasks: Tasks, dav: Client) -> None:
    identifier = tasks.insert(title="Bald fort")
    ((href, _),) = tasks.changed().items()
    tasks.stack.sql(f"DELETE FROM tasks WHERE id = {identifier}")
    wait_for(lambda: href in tasks.removed(), 5, "the removal")
    assert dav.get(href).status == 404
    assert "Bald fort" not in dav.get(tasks.calendar).text


def test_statement_over_many_rows_shows_each(tasks: Tasks) -> None:
    identifiers = [tasks.insert(title=f"Serie {number}") for number in range(20)]
    tasks.changed()
    tasks.stack.sql(
        f"UPDATE tasks SET status = 'completed' WHERE id >= {identifiers[0]}"
    )
    assert len(tasks.changed()) == 20


def test_rolled_back_change_never_shows(tasks: Tasks) -> None:
    identifier = tasks.insert(title="Bleibt")
    tasks.changed()
    tasks.stack.sql(
        f"START TRANSACTION; UPDATE tasks SET title = 'Nie' WHERE id = {identifier}; ROLLBACK"
    )
    assert tasks.changed() == {}


def test_task_of_nobody_is_in_the_default_calendar(tasks: Tasks, stack: Stack) -> None:
    admin = stack.client("admin", stack.front("nginx"))
    token = admin.sync(admin.calendar("crm-tasks")).sync_token or ""
    tasks.insert(title="Von niemandem", user_id=None)
    answer = admin.sync(admin.calendar("crm-tasks"), token)
    (href,) = answer.responses
    assert icalendar.value(admin.get(href).text, "SUMMARY") == "Von niemandem"
    assert tasks.changed() == {}


def test_clients_own_properties_survive_a_change_of_the_crm(tasks: Tasks, dav: Client) -> None:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nDESCRIPTION:x\r\nEND:VALARM"
    identifier = tasks.put(
        "alarm.ics",
        icalendar.event("alarm@x", "Mit Alarm", "20260914T090000Z", "20260914T100000Z",
                        "X-CLIENT;P=1:kept", "GEO:1.0;2.0", alarm),
    )
    tasks.stack.sql(f"UPDATE tasks SET title = 'Vom CRM' WHERE id = {identifier}")
    text = tasks.changed()[tasks.calendar + "alarm.ics"]
    assert icalendar.value(text, "SUMMARY") == "Vom CRM"
    for kept in ("X-CLIENT;P=1:kept", "GEO:1.0;2.0", "TRIGGER:-PT10M", "BEGIN:VALARM"):
        assert kept in icalendar.lines(text)


# From clients to the CRM

def test_new_event_is_a_task(tasks: Tasks, dav: Client) -> None:
    identifier = tasks.put(
        "visit.ics",
        icalendar.event(
            "visit@x", "Besuch bei Weber", "20260714T070000Z", "20260714T080000Z",
            "CATEGORIES:MEETING", "PRIORITY:1", "STATUS:CONFIRMED",
            "DESCRIPTION:Erster\\nZweiter", "ATTENDEE;CN=Eva Weber:mailto:eva@kunde.example",
        ),
    )
    assert tasks.row(
        identifier, "title", "task_type", "priority", "status", "description", "contact_name",
        "contact_email", "start_datetime", "end_datetime", "user_id", "caldav_uid",
    ) == (
        "Besuch bei Weber", "meeting", "high", "completed", "Erster\nZweiter", "Eva Weber",
        "eva@kunde.example", "2026-07-14 09:00:00", "2026-07-14 10:00:00", tasks.owner, "visit@x",
    )


def test_etag_of_the_row_is_that_of_the_object(tasks: Tasks, dav: Client) -> None:
    identifier = tasks.put("etag.ics", icalendar.event("etag@x"))
    (stored,) = tasks.row(identifier, "caldav_etag")
    assert (dav.get(tasks.calendar + "etag.ics").etag or "").strip('"') == (stored or "").strip('"')


@pytest.mark.parametrize(
    ("status", "expected"),
    [("NEEDS-ACTION", "pending"), ("COMPLETED", "completed"), ("CANCELLED", "cancelled")],
)
def test_status_of_a_to_do(tasks: Tasks, status: str, expected: str) -> None:
    identifier = tasks.put("do.ics", icalendar.to_do("do@x", "Rückruf", f"STATUS:{status}"))
    assert tasks.row(identifier, "status") == (expected,)


@pytest.mark.parametrize(
    ("number", "expected"),
    [("0", "medium"), ("1", "high"), ("3", "high"), ("4", "medium"), ("6", "medium"),
     ("7", "low"), ("9", "low")],
)
def test_priority_is_read_back(tasks: Tasks, number: str, expected: str) -> None:
    identifier = tasks.put(
        "p.ics",
        icalendar.event("p@x", "P", "20260914T090000Z", "20260914T100000Z", f"PRIORITY:{number}"),
    )
    assert tasks.row(identifier, "priority") == (expected,)


def test_changed_event_changes_the_row_and_leaves_what_it_does_not_carry(tasks: Tasks) -> None:
    identifier = tasks.insert(
        title="Alt", contact_phone="+49 30 1", notes="intern", contact_name="Eva",
        contact_email="eva@kunde.example", task_type="meeting",
    )
    ((href, text),) = tasks.changed().items()
    uid = icalendar.value(text, "UID") or ""
    # A client that carries none of the CRM's own properties.
    name = href.rpartition("/")[2]
    tasks.put(name, icalendar.event(uid, "Neu", "20260915T090000Z", "20260915T100000Z"))
    assert tasks.row(
        identifier, "title", "start_datetime", "contact_phone", "notes", "contact_name",
        "contact_email", "task_type",
    ) == ("Neu", "2026-09-15 11:00:00", "+49 30 1", "intern", "Eva", "eva@kunde.example", "meeting")


def test_deleted_object_takes_its_task_along(tasks: Tasks, dav: Client) -> None:
    identifier = tasks.put("fort.ics", icalendar.event("fort@x"))
    assert dav.delete(tasks.calendar + "fort.ics").status == 204
    assert tasks.stack.sql_value(f"SELECT COUNT(*) FROM tasks WHERE id = {identifier}") == "0"


def test_own_writes_do_not_come_back_as_changes_of_the_crm(tasks: Tasks, dav: Client) -> None:
    put = dav.put(tasks.calendar + "echo.ics", icalendar.event("echo@x"))
    tasks.changed()
    assert tasks.changed() == {}
    assert dav.get(tasks.calendar + "echo.ics").etag == put.etag


@pytest.mark.parametrize("title", ["🎉 Feier", "Ça va?", "O'Neill \\ \"x\"", "漢字" * 20])
def test_any_title_survives_both_ways(tasks: Tasks, title: str) -> None:
    tasks.insert(title=title)
    (text,) = tasks.changed().values()
    assert icalendar.value(text, "SUMMARY") == title


# The log

def test_each_change_is_in_the_sync_log(tasks: Tasks, dav: Client) -> None:
    """Written by a background turn, after the change."""
    since = tasks.stack.sql_value("SELECT COALESCE(MAX(id), 0) FROM caldav_sync_log")
    tasks.put("log.ics", icalendar.event("log@x", "Eins"))
    tasks.put("log.ics", icalendar.event("log@x", "Zwei"))
    dav.delete(tasks.calendar + "log.ics")

    def actions() -> list[tuple[str | None, ...]]:
        return tasks.stack.sql_rows(
            "SELECT action, sync_status FROM caldav_sync_log "
            f"WHERE id > {since} AND caldav_uid = 'log@x' ORDER BY id"
        )

    # The rows of a task go with it (ON DELETE CASCADE); that of its removal stays.
    wait_for(lambda: ("delete", "success") in actions(), 5, "the delete in caldav_sync_log")


def test_change_of_the_crm_is_in_the_sync_log(tasks: Tasks) -> None:
    identifier = tasks.insert(title="Protokoll")
    tasks.changed()
    tasks.stack.sql(f"UPDATE tasks SET title = 'Protokoll 2' WHERE id = {identifier}")
    tasks.changed()

    def actions() -> set[str | None]:
        rows = tasks.stack.sql_rows(
            f"SELECT action FROM caldav_sync_log WHERE task_id = {identifier}"
        )
        return {action for (action,) in rows}

    wait_for(lambda: actions() >= {"create", "update"}, 5, "both changes in caldav_sync_log")
