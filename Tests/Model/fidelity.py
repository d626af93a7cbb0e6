"""Nothing is lost between tasks and calendar objects, in either direction.

    python3 Tests/Model/fidelity.py [--tasks 100000]

Random tasks of the CRM's become objects, and those objects tasks again, of another owner's. Every
calendar file of other programs becomes a task, the CRM changes each column of it in turn, and what the
object holds beside the property that was changed has to stay as it was. Ends with 1 where it does not.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Integration"))

from harness.processes import wait_for  # noqa: E402: after the path
from harness.stack import Stack  # noqa: E402
from reader import COLUMNS, Reader, parse  # noqa: E402
from sql_session import Session, quoted  # noqa: E402

#: Tasks that are in flight at once.
ROUND = 5000
WORDS = [
    "offer", "Überlänge", "会議", "отчёт", "😀 emoji 👩‍💻", "c,d;e", "back\\slash", "\"quoted\"", "line\ntwo",
    "cr\r\nlf", "tab\there", "", " spaces ", "<b>&amp;</b>", "BEGIN:VEVENT", "x" * 90, "é" * 60, "^caret'",
]


def corpus() -> Path | None:
    """`$CRM_CALDAV_SHARED`, else `../shared` beside the checkout."""
    shared = os.environ.get("CRM_CALDAV_SHARED") or Path(__file__).resolve().parents[3] / "shared"
    folder = Path(shared) / "corpus"
    return folder if folder.is_dir() else None


class Site:
    """A CRM with our program beside it, without tasks."""

    def __init__(self) -> None:
        self.stack = stack = Stack.temporary(processes=2, threads=4)
        stack.start_database()
        stack.sql("DELETE FROM tasks")
        stack.migrate()
        stack.worker.start()
        self.base = stack.front("nginx")
        self.session = Session(
            str(stack.database.socket), stack.database_user, stack.database_password,
            stack.database_name)
        self.reader = Reader(stack.time_zone)
        self.client = stack.client("anna", self.base)

    def rows(self, condition: str) -> dict[str, dict[str, str | None]]:
        """Rows of `tasks` by id."""
        found = self.session.run(f"SELECT id, {', '.join(COLUMNS)} FROM tasks WHERE {condition}")
        return {str(row[0]): dict(zip(COLUMNS, row[1:])) for row in found}

    def texts(self, calendar: str, hrefs: list[str]) -> dict[str, str]:
        """Objects by name. XML has line feeds only; lines end as they should again."""
        texts: dict[str, str] = {}
        for first in range(0, len(hrefs), 500):
            answer = self.client.multiget(calendar, hrefs[first:first + 500])
            for response in answer.responses.values():
                text = response.text("c:calendar-data") or ""
                texts[response.name] = text.replace("\r\n", "\n").replace("\n", "\r\n")
        return texts

    def noticed(self) -> None:
        """Until the calendars hold what the rows say."""
        wait_for(lambda: self._is_settled(), 120, "all changes in the calendars")

    def _is_settled(self) -> bool:
        self.client.propfind(self.client.calendar("crm-tasks"), "d:sync-token")
        return self.session.value(
            """SELECT (SELECT COUNT(*) FROM caldav_pending) = 0
                  AND (SELECT COUNT(*) FROM tasks) = (SELECT COUNT(task_id) FROM caldav_objects)"""
        ) == "1"


# Random tasks

def text(choose: random.Random, most: int) -> str | None:
    if choose.random() < 0.2:
        return None
    return " ".join(choose.choice(WORDS) for _ in range(choose.randrange(1, 5)))[:most]


def moment(choose: random.Random) -> datetime:
    day = datetime(1995, 1, 1) + timedelta(days=choose.randrange(15000))
    if choose.random() < 0.1:
        # Nights in which the clocks change.
        day = choose.choice([datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(1997, 3, 30)])
        return day + timedelta(hours=choose.randrange(5), minutes=choose.randrange(0, 60, 15))
    if choose.random() < 0.2:
        return day
    return day + timedelta(seconds=choose.randrange(86400))


def task(choose: random.Random) -> dict[str, str | None]:
    start = moment(choose)
    end = choose.choice(
        [None, start, start + timedelta(minutes=choose.randrange(1, 600)),
         start + timedelta(days=choose.randrange(1, 9)), moment(choose)])
    return {
        "title": text(choose, 255) or "", "description": text(choose, 5000),
        "start_datetime": str(start), "end_datetime": None if end is None else str(end),
        "status": choose.choice(["pending", "completed", "cancelled", None]),
        "priority": choose.choice(["low", "medium", "high", None]),
        "task_type": choose.choice(["call", "email", "meeting", "follow_up"]),
        "contact_name": text(choose, 255),
        "contact_email": choose.choice([None, None, "", f"c{choose.randrange(99)}@customer.example"]),
        "contact_phone": choose.choice([None, "", f"+49 {choose.randrange(10**6)}"]),
        "notes": text(choose, 5000),
    }


def normal(column: str, value: str | None) -> str | None:
    """What iCalendar cannot tell apart is the same: empty and absent, ends of lines, the usual."""
    if column == "status":
        return value or "pending"
    if column == "priority":
        return value or "medium"
    if value is None or column in ("start_datetime", "end_datetime", "task_type"):
        return value
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\0-\x08\x0b-\x1f\x7f]", "", plain) or None


def random_tasks(site: Site, count: int, seed: int) -> list[str]:
    """- Returns: what was lost, in words."""
    choose = random.Random(seed)
    lost: list[str] = []
    for first in range(0, count, ROUND):
        lost += _round_trip(site, min(ROUND, count - first), choose)
        if len(lost) > 100:
            break
    return lost


def _round_trip(site: Site, count: int, choose: random.Random) -> list[str]:
    session, lost = site.session, []
    tasks = [task(choose) for _ in range(count)]
    for first in range(0, count, 250):
        rows = ", ".join(
            "(2, " + ", ".join(quoted(t[c]) for c in COLUMNS) + ")" for t in tasks[first:first + 250])
        session.run(f"INSERT INTO tasks (user_id, {', '.join(COLUMNS)}) VALUES {rows}")
    site.noticed()
    calendar = site.client.calendar("crm-tasks")
    before = site.rows("user_id = 2")
    objects = dict(session.run(
        "SELECT o.name, o.task_id FROM caldav_objects o JOIN tasks t ON t.id = o.task_id"
        " WHERE t.user_id = 2"))
    texts = site.texts(calendar, [calendar + name for name in objects])
    address = "anna@crm.example"
    for name, identifier in objects.items():
        wrong = site.reader.disagreements(texts[name or ""], before[identifier or ""], address)
        lost += [f"task {identifier} as an object: {line}\n{texts[name or '']}" for line in wrong]

    # And back: the objects as a client puts them into somebody else's calendar.
    names = list(objects)
    refused: list[str] = []

    def put(share: list[str | None]) -> None:
        client = site.stack.client("ben", site.base)
        for name in share:
            answer = client.put(client.calendar("crm-tasks") + (name or ""), texts[name or ""])
            if answer.status != 201:
                refused.append(f"{answer!r}\n{texts[name or '']}")
        client.close()

    threads = [threading.Thread(target=put, args=(names[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost += refused
    after = site.rows("user_id = 3")
    copies = dict(session.run(
        "SELECT o.name, o.task_id FROM caldav_objects o JOIN tasks t ON t.id = o.task_id"
        " WHERE t.user_id = 3"))
    for name, identifier in objects.items():
        if name not in copies:
            continue
        old, new = before[identifier or ""], after[copies[name] or ""]
        wrong = [
            f"{column}: {old[column]!r} came back as {new[column]!r}" for column in COLUMNS
            if not _is_same(site.reader, column, old, new, texts[name or ""])
        ]
        lost += [f"task {identifier}: {line}\n{texts[name or '']}" for line in wrong]
    session.run("DELETE FROM tasks")
    site.noticed()
    return lost


def _is_same(reader: Reader, column: str, old: dict, new: dict, shown: str) -> bool:
    if normal(column, old[column]) == normal(column, new[column]):
        return True
    if column in ("start_datetime", "end_datetime"):
        # A time that the clocks jump over is shown as the one that it stands for, and an end that
        # is not after its start as none; the reader has judged both.
        return not [
            line for line in reader.disagreements(shown, new, "ben@crm.example")
            if line.startswith(column)]
    return False


# Calendar files of other programs, changed by the CRM

BOOKKEEPING = {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE"}
TIMES = {"DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"}

#: For each column, an assignment and the properties that may change with it.
CHANGES: dict[str, tuple[str, set[str]]] = {
    "title": ("CONCAT('Changed ', id)", {"SUMMARY"}),
    "description": ("CONCAT('Changed ', id)", {"DESCRIPTION"}),
    "status": ("'cancelled'", {"STATUS", "COMPLETED", "PERCENT-COMPLETE"}),
    "priority": ("IF(priority = 'high', 'low', 'high')", {"PRIORITY"}),
    "task_type": ("IF(task_type = 'email', 'call', 'email')", {"CATEGORIES", "X-CRM-TASK-TYPE"}),
    "contact_name": ("CONCAT('Somebody ', id)", {"ATTENDEE", "X-CRM-CONTACT-NAME"}),
    "contact_email": ("CONCAT('c', id, '@customer.example')", {"ATTENDEE", "X-CRM-CONTACT-NAME"}),
    "contact_phone": ("CONCAT('+49 ', id)", {"X-CRM-CONTACT-PHONE"}),
    "notes": ("CONCAT('Changed ', id)", {"X-CRM-NOTES"}),
    "end_datetime": ("COALESCE(end_datetime, start_datetime) + INTERVAL 1 DAY", TIMES),
    "start_datetime": ("start_datetime - INTERVAL 1 DAY", TIMES),
}


def events_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Each object of each file: where it is from, and its text."""
    for file in sorted(folder.rglob("*.ics")):
        raw = file.read_bytes().decode(errors="replace")
        lines = re.sub(r"\r?\n[ \t]", "", raw).replace("\r\n", "\n").split("\n")
        parts: list[tuple[str, list[str]]] = []
        depth = 0
        for line in lines:
            if depth == 1 and line.startswith("BEGIN:"):
                parts.append((line[6:].strip().upper(), []))
            if line.startswith("BEGIN:"):
                depth += 1
            if depth > 1:
                parts[-1][1].append(line)
            if line.startswith("END:"):
                depth -= 1
        zones = [line for kind, body in parts if kind == "VTIMEZONE" for line in body]
        objects: dict[tuple[str, str], list[str]] = {}
        for kind, body in parts:
            if kind in ("VEVENT", "VTODO"):
                uid = next((line for line in body if line.upper().startswith("UID")), "")
                objects.setdefault((kind, uid), []).extend(body)
        for number, body in enumerate(objects.values()):
            whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Corpus//EN", *zones, *body, "END:VCALENDAR"]
            yield f"{file.relative_to(folder)}#{number}", "\r\n".join(whole) + "\r\n"


def lines_by_component(shown: str) -> dict[str, Counter[str]]:
    """Content lines by component: `VEVENT`, its alarms and overrides apart."""
    found: dict[str, Counter[str]] = {}

    def add(component, path: str) -> None:
        number = sum(1 for other in found if re.sub(r"#\d+$", "", other) == f"{path}/{component.name}")
        here = f"{path}/{component.name}#{number}"
        found[here] = Counter()
        for line in component.properties:
            parameters = "".join(f";{n}={v}" for n, v in sorted(line.parameters.items()))
            found[here][f"{line.name}{parameters}:{line.value}"] += 1
        for child in component.components:
            add(child, here)

    try:
        add(parse(shown), "")
    except ValueError:
        # Written wrongly, and kept as it was written: all lines together, but for those of zones.
        lines = re.sub(r"\r?\n[ \t]", "", shown).replace("\r\n", "\n").split("\n")
        together = {"": Counter[str](), "VTIMEZONE": Counter[str]()}
        path = ""
        for line in lines:
            if line == "BEGIN:VTIMEZONE":
                path = "VTIMEZONE"
            together[path][line] += 1
            if line == "END:VTIMEZONE":
                path = ""
        return together
    return found


def unlawful(before: str, after: str, column: str) -> list[str]:
    """Lines that changed and may not have, when the CRM changed a column."""
    allowed = CHANGES[column][1]
    old, new = lines_by_component(before), lines_by_component(after)
    wrong = []
    for path in old.keys() | new.keys():
        for line, sign in [
            *((line, "-") for line in (old.get(path, Counter()) - new.get(path, Counter())).elements()),
            *((line, "+") for line in (new.get(path, Counter()) - old.get(path, Counter())).elements()),
        ]:
            name = re.split("[;:]", line, maxsplit=1)[0]
            is_alarm = "VALARM" in path
            if (name in allowed | BOOKKEEPING and not is_alarm and "VTIMEZONE" not in path) or (
                # A zone that is needed now, or that nothing names any more.
                "VTIMEZONE" in path and column in ("start_datetime", "end_datetime")
                and _zones(old, in_use=True) <= _zones(new, in_use=False)
            ):
                continue
            wrong.append(f"{column}: {sign}{line} in {path}")
    return wrong + _several(old, new, column)


def _zones(components: dict[str, Counter[str]], in_use: bool) -> set[str]:
    """Names of zones that times are in, or that there is a VTIMEZONE for."""
    if not in_use:
        return {
            line[5:] for path, lines in components.items() if "VTIMEZONE" in path
            for line in lines if line.startswith("TZID:")}
    used = {
        found[1] for path, lines in components.items() if "VTIMEZONE" not in path
        for line in lines if (found := re.search(";TZID=([^;:]+)", line))}
    return used & _zones(components, in_use=False)


def _several(old: dict[str, Counter[str]], new: dict[str, Counter[str]], column: str) -> list[str]:
    """Of properties that may be there several times, one changes and the others stay."""
    wrong = []
    for path in old.keys() & new.keys():
        gone = (old[path] - new[path])
        if column in ("contact_name", "contact_email"):
            attendees = [line for line in gone.elements() if line.startswith("ATTENDEE")]
            if len(attendees) > 1:
                wrong.append(f"{column}: {attendees} gone in {path}")
        if column == "task_type":
            def names(lines: Counter[str]) -> set[str]:
                return {
                    name for line in lines if line.startswith("CATEGORIES")
                    for name in re.split(r"(?<!\\),", line.partition(":")[2])}
            types = {"CALL", "EMAIL", "MEETING", "FOLLOWUP"}
            missing = {
                name for name in names(old[path]) - names(new[path])
                if re.sub("[-_ ]", "", name).upper() not in types and name.strip()}
            if missing:
                wrong.append(f"{column}: categories {missing} gone in {path}")
    return wrong


def corpus_events(site: Site, folder: Path) -> tuple[int, list[str]]:
    """- Returns: how many objects took part, and what was lost, in words."""
    calendar = site.client.calendar("crm-tasks")
    origins: dict[str, str] = {}
    refused = 0
    for number, (origin, whole) in enumerate(events_of(folder)):
        # UIDs come twice in a collection of files, and may in a calendar only once.
        unique = re.sub(r"(?m)^UID([;:].*?)\r$", rf"UID\1-{number}\r", whole)
        answer = site.client.put(f"{calendar}c{number}.ics", unique)
        if answer.status == 201:
            origins[f"c{number}.ics"] = origin
        else:
            assert 400 <= answer.status < 500, f"{origin}: {answer!r}"
            refused += 1
    print(f"{len(origins)} objects of {folder.name}, {refused} refused", flush=True)
    lost: list[str] = []
    hrefs = [calendar + name for name in origins]
    site.noticed()
    before = site.texts(calendar, hrefs)
    for column, (value, _) in CHANGES.items():
        site.session.run(f"UPDATE tasks SET {column} = {value} WHERE user_id = 2")
        site.noticed()
        after = site.texts(calendar, hrefs)
        unchanged = 0
        for name, origin in origins.items():
            if after[name] == before[name]:
                unchanged += 1
            wrong = unlawful(before[name], after[name], column)
            lost += [f"{origin}: {line}\n{before[name]}\n{after[name]}" for line in wrong]
        if unchanged > len(origins) // 10:
            lost.append(f"{column}: {unchanged} of {len(origins)} objects did not change at all")
        before = after
    return len(origins), lost


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=10)
    arguments = parser.parse_args()
    site = Site()
    try:
        folder = corpus()
        lost: list[str] = []
        if folder:
            lost += corpus_events(site, folder)[1]
            site.session.run("DELETE FROM tasks")
            site.noticed()
        else:
            print("SKIPPED: no calendar files; set CRM_CALDAV_SHARED")
        began = time.monotonic()
        lost += random_tasks(site, arguments.tasks, arguments.seed)
        print(f"{arguments.tasks} tasks there and back in {time.monotonic() - began:.0f} s")
    finally:
        site.stack.stop()
    for line in lost[:arguments.show]:
        print(f"LOST {line}\n", file=sys.stderr)
    print(f"{len(lost)} losses")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
