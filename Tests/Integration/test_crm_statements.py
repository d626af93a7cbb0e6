"""Every kind of statement that a CRM sends is noticed, with triggers and by the scan alone.

What a trigger tells is in the next answer; what only looking at the tables tells, rows that are gone
for one, within five seconds; a table that became another one within sixty.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import icalendar
from harness.processes import wait_for
from harness.stack import Stack

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Model"))

from sql_session import Session  # noqa: E402: after the path

#: Seconds.
AT_ONCE, SOON, REPLACED, IN_THE_END = 0, 5, 20, 60


class CRM:
    """Anna's tasks as a page of the CRM's and as a client that follows sync tokens see them."""

    def __init__(self, stack: Stack, has_triggers: bool) -> None:
        self.stack, self.has_triggers = stack, has_triggers
        self.dav = stack.client("anna", stack.front("nginx"))
        self.calendar = self.dav.calendar("crm-tasks")
        self.page = self.new_page()
        self.token = ""
        # What the test before left behind is none of this one's.
        wait_for(self._is_settled, 2 * SOON, "an end of all changes")
        self.follow()

    def _is_settled(self) -> bool:
        self.dav.propfind(self.calendar, "d:sync-token")
        return self.page.run(
            """SELECT (SELECT COUNT(*) FROM caldav_pending),
                      (SELECT COUNT(*) FROM tasks t LEFT JOIN caldav_objects o ON o.task_id = t.id
                        WHERE o.id IS NULL),
                      (SELECT COUNT(*) FROM caldav_objects o LEFT JOIN tasks t ON t.id = o.task_id
                        WHERE o.task_id IS NOT NULL AND t.id IS NULL)"""
        ) == [("0", "0", "0")]

    def new_page(self) -> Session:
        return Session(
            str(self.stack.database.socket), self.stack.database_user,
            self.stack.database_password, self.stack.database_name)

    def run(self, sql: str) -> int:
        """- Returns: the id of an inserted row."""
        self.page.run(sql)
        return self.page.insert_id

    def follow(self) -> dict[str, int | None]:
        """By name what changed since the last call; 404 for what is gone."""
        answer = self.dav.sync(self.calendar, self.token)
        self.token = answer.sync_token or ""
        return {r.name: r.status for h, r in answer.responses.items() if h != self.calendar}

    def shows(self, expected: dict[str, int | None], within: float) -> None:
        """What changed is this and nothing else, seen in time: by the next request where `within` is
        `AT_ONCE` and there are triggers."""
        seen = self.follow()
        began = time.monotonic()
        if within == AT_ONCE and not self.has_triggers:
            within = SOON
        if within == IN_THE_END:
            # Not waiting for it: the minute is up.
            self.run("UPDATE caldav_meta SET value = '0' WHERE name = 'last_scan'")
        while seen != expected and time.monotonic() - began < within:
            time.sleep(0.1)
            seen.update(self.follow())
        assert seen == expected

    def insert(self, title: str = "New", columns: str = "", values: str = "") -> int:
        return self.run(
            f"INSERT INTO tasks (title, start_datetime, user_id{columns})"
            f" VALUES ('{title}', '2026-07-01 10:00:00', 2{values})")

    def shown_task(self, **columns: str) -> tuple[int, str]:
        """A task that the client has seen already: its id and name."""
        names, values = "".join(f", {c}" for c in columns), "".join(f", '{v}'" for v in columns.values())
        task = self.insert("Shown", names, values)
        self.shows({name_of(task): None}, AT_ONCE)
        return task, name_of(task)

    def text(self, name: str) -> str:
        return self.dav.get(self.calendar + name).text


def name_of(task: int) -> str:
    return f"crm-task-{task}.ics"


@pytest.fixture(scope="module", params=["triggers", "scan"])
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[Stack, bool]]:
    with Stack.temporary() as stack:
        stack.start_database()
        if request.param == "scan":
            stack.database.run(
                f"REVOKE TRIGGER ON `{stack.database_name}`.* FROM '{stack.database_user}'@'localhost'")
        # Few tasks, and one that stays: the default calendar of Anna.
        stack.sql("DELETE FROM tasks WHERE user_id = 2 LIMIT 40")
        stack.sql("CREATE TABLE deals (id INT PRIMARY KEY)")
        stack.sql("INSERT INTO deals VALUES (1), (2)")
        stack.sql(
            "ALTER TABLE tasks ADD deal_id INT NULL,"
            " ADD FOREIGN KEY (deal_id) REFERENCES deals (id) ON DELETE CASCADE")
        stack.sql("ALTER TABLE tasks ADD calendar_id INT NULL")
        printed = stack.migrate()
        assert ("no triggers" in printed.lower() or "scan" in printed.lower()) == (request.param == "scan")
        stack.worker.start()
        yield stack, request.param == "triggers"


@pytest.fixture
def crm(servers: tuple[Stack, bool]) -> Iterator[CRM]:
    crm = CRM(*servers)
    yield crm
    crm.page.close()
    crm.dav.close()


# Inserts

def test_insert(crm: CRM) -> None:
    task = crm.insert()
    crm.shows({name_of(task): None}, AT_ONCE)


def test_insert_of_several_rows(crm: CRM) -> None:
    first = crm.run(
        "INSERT INTO tasks (title, start_datetime, user_id) VALUES "
        + ", ".join(f"('Several {n}', '2026-07-01 10:00:00', 2)" for n in range(5)))
    crm.shows({name_of(first + n): None for n in range(5)}, AT_ONCE)


def test_insert_select(crm: CRM) -> None:
    task, _ = crm.shown_task()
    copy = crm.run(
        "INSERT INTO tasks (title, start_datetime, user_id)"
        f" SELECT 'Copy', start_datetime, user_id FROM tasks WHERE id = {task}")
    crm.shows({name_of(copy): None}, AT_ONCE)


def test_replace_of_a_row_keeps_its_object(crm: CRM) -> None:
    task, name = crm.shown_task()
    uid = icalendar.value(crm.text(name), "UID")
    crm.run(
        "REPLACE INTO tasks (id, title, start_datetime, user_id)"
        f" VALUES ({task}, 'Replaced', '2026-07-02 10:00:00', 2)")
    crm.shows({name: None}, AT_ONCE)
    assert icalendar.value(crm.text(name), "SUMMARY") == "Replaced"
    assert icalendar.value(crm.text(name), "UID") == uid


def test_replace_of_no_row_is_an_insert(crm: CRM) -> None:
    task = crm.run("REPLACE INTO tasks (title, start_datetime, user_id) VALUES ('R', '2026-07-02', 2)")
    crm.shows({name_of(task): None}, AT_ONCE)


def test_insert_on_duplicate_key_update(crm: CRM) -> None:
    task, name = crm.shown_task()
    crm.run(
        "INSERT INTO tasks (id, title, start_datetime, user_id)"
        f" VALUES ({task}, 'x', '2026-07-02', 2) ON DUPLICATE KEY UPDATE title = 'Upserted'")
    crm.shows({name: None}, AT_ONCE)
    assert icalendar.value(crm.text(name), "SUMMARY") == "Upserted"


def test_rows_that_fill_our_columns_themselves(crm: CRM) -> None:
    task = crm.insert("Own", ", caldav_uid, caldav_etag", ", 'php-1@crm', 'none'")
    crm.shows({name_of(task): None}, AT_ONCE)
    assert icalendar.value(crm.text(name_of(task)), "UID") == "php-1@crm"
    etag = (crm.dav.get(crm.calendar + name_of(task)).etag or "").strip('"')
    wait_for(
        lambda: crm.page.value(f"SELECT caldav_etag FROM tasks WHERE id = {task}") == etag, 5,
        "our ETag in the row")


def test_a_written_etag_is_put_right_with_the_next_change(crm: CRM) -> None:
    task, name = crm.shown_task()
    crm.run(f"UPDATE tasks SET title = 'T', caldav_etag = 'none', caldav_uid = NULL WHERE id = {task}")
    crm.shows({name: None}, AT_ONCE)
    etag = (crm.dav.get(crm.calendar + name).etag or "").strip('"')
    assert crm.page.run(f"SELECT caldav_etag, caldav_uid IS NULL FROM tasks WHERE id = {task}") == [
        (etag, "0")]


# Updates

CHANGES = [
    ("title", "'Other'", "SUMMARY:Other"),
    ("description", "'Other'", "DESCRIPTION:Other"),
    ("start_datetime", "'2026-07-01 09:30:00'", "DTSTART;TZID=Europe/Berlin:20260701T093000"),
    ("end_datetime", "'2026-07-01 12:00:00'", "DTEND;TZID=Europe/Berlin:20260701T120000"),
    ("status", "'cancelled'", "STATUS:CANCELLED"),
    ("priority", "'high'", "PRIORITY:1"),
    ("task_type", "'email'", "CATEGORIES:EMAIL"),
    ("contact_name", "'Ann O.'", "X-CRM-CONTACT-NAME:Ann O."),
    ("contact_email", "'a@customer.example'", "mailto:a@customer.example"),
    ("contact_phone", "'+49 1'", "X-CRM-CONTACT-PHONE:+49 1"),
    ("notes", "'Other'", "X-CRM-NOTES:Other"),
]


def test_update_of_each_column(crm: CRM) -> None:
    tasks = {column: crm.insert(f"Of {column}") for column, _, _ in CHANGES}
    crm.shows({name_of(task): None for task in tasks.values()}, AT_ONCE)
    for column, value, _ in CHANGES:
        crm.run(f"UPDATE tasks SET {column} = {value} WHERE id = {tasks[column]}")
    crm.shows({name_of(task): None for task in tasks.values()}, AT_ONCE)
    for column, _, line in CHANGES:
        lines = icalendar.lines(crm.text(name_of(tasks[column])))
        assert any(shown.endswith(line) for shown in lines), f"{column}: {lines}"


def test_update_of_many_rows(crm: CRM) -> None:
    tasks = [crm.insert(f"Many {n}") for n in range(30)]
    crm.shows({name_of(task): None for task in tasks}, AT_ONCE)
    crm.run("UPDATE tasks SET notes = 'all' WHERE title LIKE 'Many %'")
    crm.shows({name_of(task): None for task in tasks}, AT_ONCE)


def test_two_updates_within_a_second(crm: CRM) -> None:
    task, name = crm.shown_task()
    for title in ("First", "Second"):
        crm.run(f"UPDATE tasks SET title = '{title}' WHERE id = {task}")
        crm.shows({name: None}, AT_ONCE)
    assert icalendar.value(crm.text(name), "SUMMARY") == "Second"


def test_update_and_back_to_the_old_value(crm: CRM) -> None:
    task, name = crm.shown_task(notes="old")
    crm.run(f"UPDATE tasks SET notes = 'new' WHERE id = {task}")
    crm.shows({name: None}, AT_ONCE)
    crm.run(f"UPDATE tasks SET notes = 'old' WHERE id = {task}")
    crm.shows({name: None}, AT_ONCE)
    assert icalendar.value(crm.text(name), "X-CRM-NOTES") == "old"


def test_there_and_back_before_anybody_looks_is_no_change(crm: CRM) -> None:
    task, name = crm.shown_task(notes="old")
    etag = crm.dav.get(crm.calendar + name).etag
    crm.run("BEGIN")
    crm.run(f"UPDATE tasks SET notes = 'new' WHERE id = {task}")
    crm.run(f"UPDATE tasks SET notes = 'old' WHERE id = {task}")
    crm.run("COMMIT")
    time.sleep(0 if crm.has_triggers else SOON)
    crm.shows({}, AT_ONCE)
    assert crm.dav.get(crm.calendar + name).etag == etag


def test_rolled_back_transaction(crm: CRM) -> None:
    task, _ = crm.shown_task()
    crm.run("BEGIN")
    crm.run(f"UPDATE tasks SET title = 'never' WHERE id = {task}")
    crm.insert("never")
    crm.run(f"DELETE FROM tasks WHERE id = {task}")
    assert crm.follow() == {}
    crm.run("ROLLBACK")
    time.sleep(SOON)
    crm.shows({}, AT_ONCE)


def test_transaction_that_is_open_for_a_while(crm: CRM) -> None:
    """Its rows were written long before they can be seen."""
    task, name = crm.shown_task()
    crm.run("BEGIN")
    crm.run(f"UPDATE tasks SET title = 'Late' WHERE id = {task}")
    new = crm.insert("Late too")
    time.sleep(SOON)
    assert crm.follow() == {}
    crm.run("COMMIT")
    crm.shows({name: None, name_of(new): None}, AT_ONCE)


def test_task_given_to_another_owner(crm: CRM) -> None:
    task, name = crm.shown_task()
    ben = crm.stack.client("ben", crm.stack.front("nginx"))
    crm.run(f"UPDATE tasks SET user_id = 3 WHERE id = {task}")
    crm.shows({name: 404}, AT_ONCE)
    assert ben.get(ben.calendar("crm-tasks") + name).status == 200
    ben.close()


def test_owner_gets_another_name(crm: CRM) -> None:
    """The tasks refer to the user by id and stay as they are."""
    ben = crm.stack.client("ben", crm.stack.front("nginx"))
    work = ben.make_calendar("work")
    ben.put(work + "w.ics", icalendar.event("w@renamed"))
    names = ben.names(ben.calendar("crm-tasks"))
    assert names
    for old, new, has_signed_in in [("ben", "benedikt", False), ("benedikt", "ben", True)]:
        crm.run(f"UPDATE users SET username = '{new}' WHERE username = '{old}'")
        ben.user = new
        if has_signed_in:
            # Then there is a calendar by the new name, with a new task of the CRM's.
            task = crm.run(
                "INSERT INTO tasks (title, start_datetime, user_id) VALUES ('N', '2026-07-01', 3)")
            wait_for(
                lambda: name_of(task) in ben.names(ben.calendar("crm-tasks")), SOON, "the new task")
            names.add(name_of(task))
        crm.run("UPDATE caldav_meta SET value = '0' WHERE name = 'last_scan'")
        wait_for(
            lambda: ben.propfind(ben.calendar("crm-tasks"), "d:getetag").status == 207
            and len(ben.names(ben.calendar("crm-tasks"))) == len(names), SOON, f"{new}'s tasks")
    assert ben.names(ben.calendar("work")) == {"w.ics"}
    ben.delete(ben.calendar("work"))
    ben.close()


def test_task_moved_to_another_calendar(crm: CRM) -> None:
    """`calendar_id` names one of `caldav_calendars`."""
    task, name = crm.shown_task()
    work = crm.dav.make_calendar("work")
    crm.run(
        "UPDATE tasks SET calendar_id ="
        f" (SELECT id FROM caldav_calendars WHERE user_id = 'anna' AND uri = 'work') WHERE id = {task}")
    crm.shows({name: 404}, AT_ONCE)
    assert crm.dav.get(work + name).status == 200
    crm.run(f"UPDATE tasks SET calendar_id = NULL WHERE id = {task}")
    crm.shows({name: None}, AT_ONCE)
    assert crm.dav.names(work) == set()
    assert crm.dav.delete(work).status == 204


def test_another_id(crm: CRM) -> None:
    task, name = crm.shown_task()
    # The documented log refers to the row, and its key forbids another id.
    crm.stack.wait_until_logged()
    crm.run(f"DELETE FROM caldav_sync_log WHERE task_id = {task}")
    crm.run(f"UPDATE tasks SET id = {task + 1000000} WHERE id = {task}")
    try:
        seen: dict[str, int | None] = {}

        def is_seen() -> bool:
            seen.update(crm.follow())
            # Without triggers both may be there for a moment: then the new one has another name.
            new = [n for n in seen if n.startswith(name_of(task + 1000000).removesuffix(".ics"))]
            return seen.get(name) == 404 and len(new) == 1 and len(seen) == 2

        wait_for(is_seen, SOON, "the task under its new id")
    finally:
        crm.run(f"DELETE FROM tasks WHERE id = {task + 1000000}")
        crm.run("ALTER TABLE tasks AUTO_INCREMENT = 1")


# Rows that go

def test_delete(crm: CRM) -> None:
    task, name = crm.shown_task()
    crm.run(f"DELETE FROM tasks WHERE id = {task}")
    crm.shows({name: 404}, SOON)
    assert crm.dav.get(crm.calendar + name).status == 404


def test_insert_and_delete_between_two_looks(crm: CRM) -> None:
    task, name = crm.shown_task()
    crm.run(f"DELETE FROM tasks WHERE id = {task}")
    new = crm.insert("As many as before")
    crm.shows({name: 404, name_of(new): None}, SOON + 1)


def test_write_to_a_task_that_is_gone_is_judged_as_if_that_were_known(crm: CRM) -> None:
    task, name = crm.shown_task()
    got = crm.dav.get(crm.calendar + name)
    crm.run(f"DELETE FROM tasks WHERE id = {task}")
    text = got.text.replace("SUMMARY:Shown", "SUMMARY:Edited")
    answer = crm.dav.put(crm.calendar + name, text, {"If-Match": got.etag or ""})
    assert answer.status == 412
    crm.shows({name: 404}, AT_ONCE)
    assert crm.dav.put(crm.calendar + name, text).status == 201
    crm.shows({name: None}, AT_ONCE)


def test_rows_removed_by_a_cascade(crm: CRM) -> None:
    task, name = crm.shown_task(deal_id="1")
    crm.run("DELETE FROM deals WHERE id = 1")
    crm.shows({name: 404}, SOON)
    crm.run("INSERT INTO deals VALUES (1)")


def test_delete_of_all_rows(crm: CRM) -> None:
    names = _everything(crm)
    crm.run("CREATE TABLE kept SELECT * FROM tasks")
    crm.run("DELETE FROM tasks")
    crm.shows(dict.fromkeys(names, 404), SOON)
    _put_back(crm)


def test_truncate(crm: CRM) -> None:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nDESCRIPTION:x\r\nEND:VALARM"
    whole = icalendar.event(
        "back@x", "Back", "20260914T090000Z", "20260914T100000Z", "X-CLIENT:kept", alarm)
    assert crm.dav.put(crm.calendar + "back.ics", whole).status == 201
    crm.follow()
    names = _everything(crm)
    crm.run("CREATE TABLE kept SELECT * FROM tasks")
    crm.run("SET FOREIGN_KEY_CHECKS = 0")
    crm.run("TRUNCATE tasks")
    crm.run("SET FOREIGN_KEY_CHECKS = 1")
    crm.shows(dict.fromkeys(names, 404), SOON)
    crm.run("UPDATE kept SET title = 'Back again' WHERE title = 'Back'")
    _put_back(crm)
    # What no column holds is there again, too.
    text = crm.text("back.ics")
    assert icalendar.value(text, "SUMMARY") == "Back again"
    assert "X-CLIENT:kept" in icalendar.lines(text)
    assert "TRIGGER:-PT10M" in icalendar.lines(text)


def _everything(crm: CRM) -> list[str]:
    crm.shown_task()
    listed = crm.dav.propfind(crm.calendar, "d:getetag", depth="1").responses
    return [r.name for h, r in listed.items() if h != crm.calendar]


def _put_back(crm: CRM) -> None:
    crm.run("INSERT INTO tasks SELECT * FROM kept")
    crm.run("DROP TABLE kept")
    wait_for(
        lambda: crm.page.value(
            """SELECT COUNT(*) FROM tasks t LEFT JOIN caldav_objects o ON o.task_id = t.id
                WHERE o.id IS NULL""") == "0", 10, "objects of the rows that are back")
    crm.follow()


# Another table

def test_restored_dump(crm: CRM) -> None:
    """It brings triggers back, as mysqldump writes them, and rows as they were."""
    changed, changed_name = crm.shown_task()
    dump = crm.stack.database.dump(crm.stack.database_name, only=["tasks"])
    crm.run(f"UPDATE tasks SET title = 'after the dump' WHERE id = {changed}")
    crm.shows({changed_name: None}, AT_ONCE)
    crm.stack.sql("SET FOREIGN_KEY_CHECKS = 0;\n" + dump)
    # A table that was made anew is compared at once: nobody waits for the minute.
    crm.shows({changed_name: None}, REPLACED)
    assert icalendar.value(crm.text(changed_name), "SUMMARY") == "Shown"


def test_dump_that_comes_slowly(crm: CRM) -> None:
    """Rows of a new table that are not there yet are no deleted ones: clients see none go and come."""
    first, first_name = crm.shown_task()
    crm.run("CREATE TABLE dump SELECT * FROM tasks")
    shape = crm.page.run("SHOW CREATE TABLE tasks")[0][1]
    crm.run("SET FOREIGN_KEY_CHECKS = 0")
    crm.run("DROP TABLE tasks")
    crm.run(shape)
    time.sleep(2.5)
    crm.run("INSERT INTO tasks SELECT * FROM dump")
    crm.run("DROP TABLE dump")
    crm.run("SET FOREIGN_KEY_CHECKS = 1")
    crm.run(f"UPDATE tasks SET title = 'Changed in the dump' WHERE id = {first}")
    crm.shows({first_name: None}, REPLACED)
    # Its triggers went with the old table, as with any that is swapped.
    crm.stack.migrate()


def test_swapped_table(crm: CRM) -> None:
    """As tools for large ALTERs do it; the triggers stay with the old table until `migrate`."""
    task, name = crm.shown_task()
    crm.run("SET FOREIGN_KEY_CHECKS = 0")
    crm.run("CREATE TABLE tasks_new LIKE tasks")
    crm.run("INSERT INTO tasks_new SELECT * FROM tasks")
    crm.run(f"UPDATE tasks_new SET title = 'Swapped' WHERE id = {task}")
    crm.run("RENAME TABLE tasks TO tasks_old, tasks_new TO tasks")
    crm.shows({name: None}, REPLACED)
    assert icalendar.value(crm.text(name), "SUMMARY") == "Swapped"
    # The foreign key of the documented log went with the old table; what is noticed stays noticed.
    new = crm.insert("In the new table")
    crm.shows({name_of(new): None}, IN_THE_END)
    crm.run("RENAME TABLE tasks TO tasks_new, tasks_old TO tasks")
    crm.run("DROP TABLE tasks_new")
    crm.run("SET FOREIGN_KEY_CHECKS = 1")
    crm.shows({name: None, name_of(new): 404}, IN_THE_END)


# Nothing of ours fails or delays a statement of the CRM's

def race(*bodies: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def run(body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001: told by the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
        time.sleep(0.3)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_replace_while_others_wait_for_its_row(crm: CRM) -> None:
    """With a DELETE trigger on the table, MariaDB would end this in a deadlock."""
    task, name = crm.shown_task()
    holder, replacer, updater = (crm.new_page() for _ in range(3))
    holder.run("BEGIN")
    holder.run(f"UPDATE tasks SET notes = 'held' WHERE id = {task}")
    race(
        lambda: replacer.run(
            f"REPLACE INTO tasks (id, title, start_datetime) VALUES ({task}, 'R', '2026-07-02')"),
        lambda: updater.run(f"UPDATE tasks SET notes = 'u' WHERE id = {task}"),
        lambda: holder.run("COMMIT"))
    # Nobody's now.
    crm.shows({name: 404}, AT_ONCE)


def test_deletes_while_the_log_is_written(crm: CRM) -> None:
    """The CRM's DELETE locks the log's index beside its row; the log must not wait for it."""
    first = crm.run(
        "INSERT INTO tasks (title, start_datetime, user_id) VALUES "
        + ", ".join(f"('Log {n}', '2026-07-01 10:00:00', 2)" for n in range(20)))
    crm.shows({name_of(first + n): None for n in range(20)}, AT_ONCE)
    page = crm.new_page()
    page.run("BEGIN")
    page.run(f"DELETE FROM tasks WHERE id = {first}")
    time.sleep(2)
    began = time.monotonic()
    for task in range(first + 1, first + 20):
        page.run(f"DELETE FROM tasks WHERE id = {task}")
    assert time.monotonic() - began < 1
    page.run("COMMIT")
    crm.shows({name_of(first + n): 404 for n in range(20)}, SOON)


def test_statement_that_cannot_note_itself_succeeds(crm: CRM) -> None:
    """Our tables may be dropped under the triggers."""
    task, name = crm.shown_task()
    crm.run("RENAME TABLE caldav_pending TO caldav_pending_gone")
    try:
        crm.run(f"UPDATE tasks SET title = 'Unnoted' WHERE id = {task}")
        crm.insert("Unnoted")
    finally:
        crm.run("RENAME TABLE caldav_pending_gone TO caldav_pending")
    wait_for(
        lambda: crm.dav.propfind(crm.calendar, "d:sync-token").status == 207, 10, "an answer")
    crm.run("UPDATE caldav_meta SET value = '0' WHERE name = 'last_scan'")
    wait_for(lambda: icalendar.value(crm.text(name), "SUMMARY") == "Unnoted", SOON, "the change")
