"""Sixty users with tasks: one with 1,000, one with 10,000, one with 100,000, 57 with 100 each."""

from __future__ import annotations

from harness.mariadb import MariaDB
from harness.processes import wait_for

#: Everybody's password is that of the example CRM's anna: its hash is what the users are given.
PASSWORD = "anna-demo"

#: Tasks by user; `USER` is who most operations are measured with.
USER, BIG, HUGE, SMALL = "thousand", "big", "huge", "small01"
TASKS = {USER: 1_000, BIG: 10_000, HUGE: 100_000, **{f"small{i:02}": 100 for i in range(1, 58)}}

#: The month of the time-range operations, and how the tasks lie around it: those of `BIG` and `HUGE`
#: over three years, all others over one.
MONTH = ("20260601T000000Z", "20260701T000000Z")
_YEARS = {BIG: 3, HUGE: 3}


def fill(database: MariaDB, name: str) -> None:
    """Puts the users and their tasks into the example CRM, by plain SQL."""
    database.run("DELETE FROM tasks", name)
    for user, count in TASKS.items():
        minutes = _YEARS.get(user, 1) * 365 * 24 * 4
        first = "2025-01-01" if user in _YEARS else "2026-01-01"
        database.run(
            f"""INSERT INTO users (username, email, password, full_name, role)
                SELECT '{user}', '{user}@crm.example', password, 'Person {user}', 'sales'
                  FROM users WHERE username = 'anna';
            SET @owner = LAST_INSERT_ID();
            INSERT INTO tasks (title, description, task_type, status, priority, start_datetime,
                               end_datetime, contact_name, contact_email, contact_phone, notes, user_id)
            SELECT CONCAT('Call about order ', seq),
                   CONCAT('Ask for the delivery date, the discount and who signs; ticket ', seq * 17, '.'),
                   ELT(seq % 4 + 1, 'call', 'email', 'meeting', 'follow_up'),
                   ELT(seq % 10 DIV 7 + 1, 'pending', 'completed'),
                   ELT(seq % 3 + 1, 'low', 'medium', 'high'),
                   @start := '{first}' + INTERVAL (seq * 7919 % {minutes}) * 15 MINUTE,
                   IF(seq % 12 = 0, NULL, @start + INTERVAL 30 MINUTE),
                   CONCAT('Contact ', seq % 97), CONCAT('contact', seq % 97, '@customer.example'),
                   CONCAT('+49 30 ', 1000000 + seq), NULL, @owner
              FROM seq_1_to_{count};""",
            name,
        )


def wait_until_adopted(database: MariaDB, name: str, within: float = 300) -> None:
    """Until each task is an object of its owner's calendar.

    That they were made is not told to the log: it would be written for minutes, beside what is measured.
    """
    query = """SELECT (SELECT COUNT(*) FROM tasks)
                    = (SELECT COUNT(*) FROM caldav_objects WHERE task_id IS NOT NULL)"""
    wait_for(lambda: database.value(query, name) == "1", within, "an object for each task")
    database.run("DELETE FROM caldav_log_queue", name)
    database.run("ANALYZE TABLE tasks, caldav_objects", name)
