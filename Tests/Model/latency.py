"""How soon a change by the CRM is seen, and what noticing costs: printed, and judged by the bounds below.

    python3 Tests/Model/latency.py [--tasks 100000] [--rows 50000]

Ends with 1 where something is not seen in time or costs too much.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Integration"))

from harness.dav import Client  # noqa: E402: after the path
from harness.stack import Stack  # noqa: E402
from sql_session import Session  # noqa: E402

MOST_SCAN_MILLISECONDS = 600
#: Of the time, for all workers together.
MOST_SHARE = 0.05
#: How much slower the CRM's own statements may be: a tenth.
MOST_COST = 0.1

INSERT = "INSERT INTO tasks (title, start_datetime, user_id) VALUES"


class Site:
    """A CRM with our program beside it, with triggers or without."""

    def __init__(self, has_triggers: bool) -> None:
        self.stack = stack = Stack.temporary(processes=2, threads=4)
        stack.start_database()
        if not has_triggers:
            stack.database.run(
                f"REVOKE TRIGGER ON `{stack.database_name}`.* FROM '{stack.database_user}'@'localhost'")
        stack.migrate()
        # Sessions take the limit over when they begin.
        stack.database.run(
            "SET GLOBAL log_output = 'TABLE'; SET GLOBAL long_query_time = 0.01;"
            "SET GLOBAL slow_query_log = ON")
        stack.worker.start()
        self.client = Client(stack.front("nginx"), "anna", stack.users["anna"])
        self.path = self.client.calendar("crm-tasks")
        self.session = Session(
            str(stack.database.socket), stack.database_user, stack.database_password,
            stack.database_name)
        self.token = ""
        self.changes()

    def changes(self) -> dict[str, int | None]:
        """Names that changed since the last call, with 404 for those that are gone."""
        answer = self.client.sync(self.path, self.token)
        self.token = answer.sync_token or ""
        return {r.name: r.status for h, r in answer.responses.items() if h != self.path}

    def seen(self, count: int, within: float, wanted: int | None = None) -> float:
        """Seconds until so many changes were reported, by status."""
        began, total = time.monotonic(), 0
        while True:
            total += sum(status == wanted for status in self.changes().values())
            if total >= count:
                return time.monotonic() - began
            if time.monotonic() - began > within:
                raise AssertionError(f"{total} of {count} changes were seen within {within} s")
            time.sleep(0.05)

    def fill(self, count: int) -> None:
        """That many tasks of Anna's and more, with their objects."""
        self.session.run(
            f"""INSERT INTO tasks (title, description, start_datetime, end_datetime, user_id)
            SELECT CONCAT('Fill ', seq), 'Something to do', '2026-05-05 10:00:00',
                   '2026-05-05 11:00:00', IF(seq % 2, 2, 3)
              FROM seq_1_to_{count}""")


def line(what: str, value: str) -> None:
    print(f"{what:66} {value}", flush=True)


def noticing(site: Site, what: str, within: float) -> None:
    times = []
    for number in range(12):
        site.session.run(f"{INSERT} ('Seen {number}', '2026-05-05 10:00:00', 2)")
        times.append(site.seen(1, within))
    line(f"INSERT to sync report, {what}", f"median {statistics.median(times):.3f} s, max {max(times):.3f} s")


def unseen_by_triggers(site: Site) -> None:
    """What fires no trigger: cascade, restored dump, RENAME swap, TRUNCATE."""
    session, stack = site.session, site.stack
    session.run(
        "CREATE TABLE deals (id INT PRIMARY KEY, task_id INT)")
    session.run("ALTER TABLE tasks ADD COLUMN deal_id INT NULL")
    session.run("ALTER TABLE tasks ADD FOREIGN KEY (deal_id) REFERENCES deals (id) ON DELETE CASCADE")
    session.run("INSERT INTO deals VALUES (1, NULL)")
    session.run("UPDATE tasks SET deal_id = 1 WHERE user_id = 2 ORDER BY id LIMIT 5")
    site.changes()
    session.run("DELETE FROM deals")
    line("5 tasks removed by a cascade", f"{site.seen(5, 60, 404):.1f} s")

    dump = stack.database.dump(stack.database_name, only=["tasks"])
    session.run("UPDATE tasks SET title = 'after the dump' WHERE user_id = 2 LIMIT 7")
    site.seen(7, 20)
    stack.sql("SET FOREIGN_KEY_CHECKS = 0;\n" + dump)
    line("7 tasks changed back by a restored dump", f"{site.seen(7, 60):.1f} s")

    session.run("CREATE TABLE tasks_new LIKE tasks")
    session.run("INSERT INTO tasks_new SELECT * FROM tasks")
    session.run("UPDATE tasks_new SET title = 'swapped' WHERE user_id = 2 LIMIT 7")
    session.run("SET FOREIGN_KEY_CHECKS = 0")
    session.run("RENAME TABLE tasks TO tasks_old, tasks_new TO tasks")
    line("7 tasks changed by a swapped table", f"{site.seen(7, 60):.1f} s")

    count = int(session.value("SELECT COUNT(*) FROM tasks WHERE user_id = 2") or 0)
    session.run("TRUNCATE tasks")
    line(f"{count} tasks of a calendar gone by TRUNCATE", f"{site.seen(count, 60, 404):.1f} s")


def many_rows(site: Site, rows: int) -> list[str]:
    """One UPDATE of many rows while a client goes on asking."""
    site.fill(rows)
    site.seen(rows // 2, 300)
    slowest, stopped, problems = [0.0], threading.Event(), []
    # Ben's calendar is touched by the same statement.
    ben = Client(site.stack.front("nginx"), "ben", site.stack.users["ben"])

    def ask() -> None:
        while not stopped.is_set():
            began = time.monotonic()
            answer = ben.propfind(ben.calendar("crm-tasks"), "d:sync-token")
            slowest[0] = max(slowest[0], time.monotonic() - began)
            if answer.status != 207:
                problems.append(f"{answer!r}")
            time.sleep(0.02)

    asking = threading.Thread(target=ask)
    asking.start()
    began = time.monotonic()
    site.session.run("UPDATE tasks SET priority = 'high', notes = 'all at once' WHERE title LIKE 'Fill %'")
    ran = time.monotonic() - began
    took = site.seen(rows // 2, 300)
    stopped.set()
    asking.join()
    line(f"UPDATE of {rows} rows", f"{ran:.1f} s by itself, all visible after {took:.1f} s more")
    line("slowest request meanwhile", f"{slowest[0]:.2f} s")
    if took > 60:
        problems.append(f"{rows} rows took {took:.0f} s to be visible")
    if slowest[0] > 2:
        problems.append(f"a request took {slowest[0]:.2f} s")
    return problems


def scan_cost(site: Site, tasks: int) -> list[str]:
    """The statements of a minute on tables that agree, from the server's own slow log."""
    present = int(site.session.value("SELECT COUNT(*) FROM tasks") or 0)
    if present < tasks:
        site.fill(tasks - present)
    deadline = time.monotonic() + 600
    while site.session.value("SELECT COUNT(*) FROM caldav_objects") != site.session.value(
            "SELECT COUNT(*) FROM tasks") and time.monotonic() < deadline:
        time.sleep(0.5)
    seconds = 65
    # Rows that say they were written lately are compared each second: after a minute these are none.
    time.sleep(seconds)
    database = site.stack.database
    database.run("TRUNCATE mysql.slow_log")
    time.sleep(seconds)
    rows = database.rows(
        """SELECT IF(sql_text LIKE '%COUNT(task_id)%', 'count', IF(sql_text LIKE '%lastmod%', 'recent',
                  IF(sql_text LIKE '%BIT_XOR%', 'scan',
                     IF(sql_text LIKE '%o.task_id > %', 'gone', 'some')))) AS what,
                  COUNT(*), ROUND(MAX(1000 * TIME_TO_SEC(query_time))),
                  ROUND(SUM(1000 * TIME_TO_SEC(query_time)))
             FROM mysql.slow_log
            WHERE sql_text LIKE '%caldav_objects%' AND sql_text LIKE '%FROM `tasks`%' GROUP BY what""")
    total = 0
    problems = []
    for what, count, slowest, sum_ in rows:
        line(f"{what} of {tasks} tasks", f"{count} in {seconds} s, the slowest {slowest} ms")
        total += int(sum_ or 0)
        if what in ("scan", "gone") and int(slowest or 0) > MOST_SCAN_MILLISECONDS:
            problems.append(f"a {what} took {slowest} ms")
    line("share of the time that all workers scan", f"{total / seconds / 10:.1f} %")
    if total / seconds / 1000 > MOST_SHARE:
        problems.append(f"scanning takes {total / seconds / 10:.1f} % of the time")
    return problems


#: What one row's triggers may do; ours as they are in the database.
PLAIN, EMPTY, BARE, OURS = "none", "an empty trigger", "a bare insert", "ours"


def crm_cost(site: Site, blocks: int = 500, count: int = 30) -> list[str]:
    """The CRM's own statements with the triggers and without them, by turns, and with two that show what
    any trigger costs.

    All on the same table, and with the worker stopped: nothing but the triggers makes a difference.
    """
    site.stack.worker.stop()
    session = site.session
    made = {
        row[0] or "": session.run(f"SHOW CREATE TRIGGER {row[0]}")[0][2] or ""
        for row in session.run(
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()")
    }
    session.run("CREATE TABLE bare_pending LIKE caldav_pending")
    bodies = {EMPTY: "BEGIN END", BARE: "INSERT INTO bare_pending (task_id) VALUES (NEW.id)"}

    def change(kind: str) -> None:
        for name in made:
            session.run(f"DROP TRIGGER IF EXISTS {name}")
        for name, statement in made.items():
            if kind == OURS:
                session.run(statement)
            elif kind in bodies:
                event = "INSERT" if name.endswith("inserted") else "UPDATE"
                session.run(
                    f"CREATE TRIGGER {name} AFTER {event} ON tasks FOR EACH ROW {bodies[kind]}")

    def run(statement: str) -> float:
        began = time.perf_counter()
        session.run(statement)
        return 1000 * (time.perf_counter() - began)

    #: By statement and kind, the median of each block.
    taken: dict[tuple[str, str], list[float]] = {}
    kinds = [PLAIN, EMPTY, BARE, OURS]
    for block in range(blocks):
        kinds.append(kinds.pop(0))
        for kind in kinds:
            change(kind)
            inserts, updates = [], []
            # The first ones open the tables again.
            for number in range(-5, count):
                inserts.append(run(
                    "INSERT INTO tasks (title, start_datetime, user_id)"
                    f" VALUES ('Cost {block}-{number}', '2026-05-05 10:00:00', 2)"))
                task = session.insert_id
                updates.append(run(f"UPDATE tasks SET notes = 'n{number}' WHERE id = {task}"))
            taken.setdefault(("INSERT", kind), []).append(statistics.median(inserts[5:]))
            taken.setdefault(("UPDATE", kind), []).append(statistics.median(updates[5:]))
    problems = []
    for statement in ("INSERT", "UPDATE"):
        plain = taken[statement, PLAIN]
        # Of neighbouring blocks: the machine is not the same from one second to the next.
        more = {
            kind: statistics.median(a / b - 1 for a, b in zip(taken[statement, kind], plain))
            for kind in kinds
        }
        others = ", ".join(f"{kind} {100 * more[kind]:+.1f} %" for kind in (EMPTY, BARE))
        line(
            f"the CRM's {statement}, {statistics.median(plain):.3f} ms, with triggers",
            f"{100 * more[OURS]:+.1f} % ({others})")
        if more[OURS] > MOST_COST:
            problems.append(f"{statement} takes {100 * more[OURS]:.1f} % longer")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", type=int, default=100_000, help="for the scan")
    parser.add_argument("--rows", type=int, default=50_000, help="of one UPDATE")
    arguments = parser.parse_args()
    problems: list[str] = []
    for has_triggers in (True, False):
        site = Site(has_triggers)
        try:
            if has_triggers:
                noticing(site, "with triggers", 5)
                problems += many_rows(site, arguments.rows)
            else:
                noticing(site, "by the scan alone", 5)
            problems += scan_cost(site, arguments.tasks)
            if not has_triggers:
                noticing(site, f"by the scan alone, beside {arguments.tasks}", 5)
        finally:
            site.stack.stop()
    for measured in (unseen_by_triggers, crm_cost):
        site = Site(True)
        try:
            problems += measured(site) or []
        finally:
            site.stack.stop()
    for problem in problems:
        print(f"FAILED {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
