"""The CRM: plain SQL on `tasks`, of every kind that PHP pages and imports send."""

from __future__ import annotations

import random
import threading
import time

from objects import moment, sentence
from sql_session import ConnectionLost, ServerError, Session, quoted
from world import CRM_CELLS, SHARED_CELLS, USERS, Durable, World

TEXTS = ["description", "notes", "contact_name", "contact_phone"]
STATUSES = ["pending", "completed", "cancelled"]
PRIORITIES = ["low", "medium", "high"]
TYPES = ["call", "email", "meeting", "follow_up"]


class CRMWriter(threading.Thread):
    def __init__(self, number: int, world: World, session: Session, operations: int) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.world = world
        self.session = session
        self.operations = operations
        self.choose = random.Random(world.seed * 100 + number)
        self.serial = 0
        self.known: list[int] = []
        self.busy = threading.Lock()

    def run(self) -> None:
        try:
            for turn in range(self.operations):
                self.world.going.wait()
                if self.world.ended.is_set():
                    return
                with self.busy:
                    if turn % 25 == 0 or not self.known:
                        self._look_around()
                    self._one()
        except Exception as error:  # noqa: BLE001: an ended thread would look like a passed test
            self.world.fail(f"CRM writer {self.number} ended: {error!r}")
            raise

    def _look_around(self) -> None:
        try:
            rows = self.session.run("SELECT id FROM tasks WHERE title LIKE 'V%'")
            self.known = [int(row[0] or 0) for row in rows] or [0]
        except ConnectionLost:
            self._was_lost("look")
            time.sleep(0.2)

    def _one(self) -> None:
        many = len(self.known) > 400
        kinds = {
            self.insert: 10, self.insert_several: 3, self.insert_select: 2, self.replace: 5,
            self.insert_or_update: 5, self.update: 20, self.update_many: 4, self.twice: 4,
            self.there_and_back: 3, self.delete: 20 if many else 8, self.delete_several: 4 if many else 1,
            self.move: 6, self.roll_back: 3, self.hold: 0.4, self.own_uid: 2, self.durable: 30,
            self.change_nothing: 2,
        }
        kind = self.choose.choices(list(kinds), list(kinds.values()))[0]
        try:
            kind()
            self.world.count(f"CRM {kind.__name__}")
        except ServerError as error:
            self.world.count(f"CRM refused {error.code}")
            if error.code in (1205, 1213):
                self.world.fail(f"the CRM's {kind.__name__} failed: {error}")
            elif error.code not in (1062,):
                self.world.fail(f"the CRM's {kind.__name__} is wrong: {error}")
            try:
                self.session.run("ROLLBACK")
            except ConnectionLost:
                pass
        except ConnectionLost:
            self._was_lost(kind.__name__)

    def _was_lost(self, what: str) -> None:
        self.world.count("CRM connection lost")
        if not self.world.disturbed:
            self.world.fail(f"connection lost during {what}")
        time.sleep(0.1)

    # Values

    def _title(self) -> str:
        self.serial += 1
        return f"V{self.number}-{self.serial} {self.choose.choice(['', sentence(self.choose)])}"[:250]

    def _id(self) -> int:
        return self.choose.choice(self.known)

    def _owner(self) -> int | None:
        return self.choose.choice([None, *USERS.values(), *USERS.values()])

    def _times(self) -> tuple[str, str | None]:
        start = moment(self.choose)
        if self.choose.random() < 0.25:
            start = start.replace(hour=0, minute=0)
            return str(start), self.choose.choice([None, str(start.replace(day=28))])
        length = self.choose.choice([None, "SAME", -1, 1, 2, 30])
        if length in (None, "SAME"):
            return str(start), None if length is None else str(start)
        return str(start), str(start.fromtimestamp(start.timestamp() + 3600 * int(length)))

    def _assignment(self) -> tuple[str, str]:
        """A column and a literal."""
        choose = self.choose
        column = choose.choice(["title", "times", "status", "priority", "task_type", "contact_email", *TEXTS])
        if column == "title":
            return column, quoted(self._title())
        if column == "status":
            return column, quoted(choose.choice([*STATUSES, None]))
        if column == "priority":
            return column, quoted(choose.choice([*PRIORITIES, None]))
        if column == "task_type":
            return column, quoted(choose.choice(TYPES))
        if column == "contact_email":
            mails = ["a@customer.example", "B.C@Customer.example", "", None]
            return column, quoted(choose.choice(mails))
        if column == "times":
            start, end = self._times()
            if choose.random() < 0.5:
                return "end_datetime", quoted(end)
            return "start_datetime", quoted(start)
        if column == "contact_phone":
            return column, quoted(choose.choice([None, "", f"+49 {choose.randrange(10**6)}"]))
        return column, quoted(choose.choice([None, "", sentence(choose), "cr\r\nlf\ttab\r", "ctl\x01\x0b"]))

    def _row(self, title: str | None = None) -> str:
        choose = self.choose
        start, end = self._times()
        values = [
            title or self._title(), choose.choice([None, sentence(choose)]), choose.choice(TYPES),
            choose.choice([*STATUSES, None]), choose.choice(PRIORITIES), start, end,
            choose.choice([None, "Doe, \"J\"; x"]), choose.choice([None, "j@customer.example"]),
            self._owner(),
        ]
        return "(" + ", ".join(map(quoted, values)) + ")"

    COLUMNS = (
        "(title, description, task_type, status, priority, start_datetime, end_datetime,"
        " contact_name, contact_email, user_id)"
    )

    # Statements

    def _insert(self, titles: list[str], statement: str) -> None:
        """An insert whose titles have to be there exactly once."""
        with self.world.lock:
            for title in titles:
                self.world.inserted[title] = False
        self.session.run(statement)
        with self.world.lock:
            for title in titles:
                self.world.inserted[title] = True

    def _unique(self) -> str:
        self.serial += 1
        return f"once {self.number}-{self.serial}"

    def insert(self) -> None:
        if self.serial % 4 == 0:
            title = self._unique()
            self._insert([title], f"INSERT INTO tasks {self.COLUMNS} VALUES {self._row(title)}")
        else:
            self.session.run(f"INSERT INTO tasks {self.COLUMNS} VALUES {self._row()}")

    def insert_several(self) -> None:
        rows = ", ".join(self._row() for _ in range(self.choose.randrange(2, 7)))
        self.session.run(f"INSERT INTO tasks {self.COLUMNS} VALUES {rows}")

    def insert_select(self) -> None:
        self.session.run(
            f"""INSERT INTO tasks (title, description, task_type, start_datetime, end_datetime, user_id)
            SELECT {quoted(self._title())}, description, task_type, start_datetime, end_datetime, user_id
              FROM tasks WHERE id IN ({self._id()}, {self._id()})""")

    def replace(self) -> None:
        self.session.run(
            f"""REPLACE INTO tasks (id, title, start_datetime, user_id)
            VALUES ({self._id()}, {quoted(self._title())}, {quoted(self._times()[0])},
                    {quoted(self._owner())})""")

    def insert_or_update(self) -> None:
        column, value = self._assignment()
        self.session.run(
            f"""INSERT INTO tasks (id, title, start_datetime) VALUES ({self._id()},
            {quoted(self._title())}, {quoted(self._times()[0])})
            ON DUPLICATE KEY UPDATE {column} = {value}""")

    def update(self) -> None:
        column, value = self._assignment()
        self.session.run(f"UPDATE tasks SET {column} = {value} WHERE id = {self._id()}")

    def update_many(self) -> None:
        column, value = self._assignment()
        first = self._id()
        self.session.run(
            f"""UPDATE tasks SET {column} = {value}
             WHERE id BETWEEN {first} AND {first + self.choose.randrange(60)} AND title LIKE 'V%'""")

    def twice(self) -> None:
        task = self._id()
        for _ in range(2):
            column, value = self._assignment()
            self.session.run(f"UPDATE tasks SET {column} = {value} WHERE id = {task}")

    def there_and_back(self) -> None:
        task = self._id()
        old = self.session.run(f"SELECT description FROM tasks WHERE id = {task}")
        self.session.run(f"UPDATE tasks SET description = 'away' WHERE id = {task}")
        if self.choose.random() < 0.5:
            time.sleep(0.05)
        if old:
            self.session.run(
                f"UPDATE tasks SET description = {quoted(old[0][0])} WHERE id = {task}")

    def delete(self) -> None:
        self.session.run(f"DELETE FROM tasks WHERE id = {self._id()}")

    def delete_several(self) -> None:
        first = self._id()
        self.session.run(
            f"DELETE FROM tasks WHERE id BETWEEN {first} AND {first + 8} AND title LIKE 'V%'")

    def move(self) -> None:
        self.session.run(
            f"UPDATE tasks SET user_id = {quoted(self._owner())} WHERE id = {self._id()}")

    def roll_back(self) -> None:
        # One statement: two could run into a deadlock with another page's, and none shall be blamed
        # on the CRM itself.
        self.session.run("BEGIN")
        self.choose.choice([self.insert_several, self.update, self.delete])()
        self.session.run("ROLLBACK")

    def hold(self) -> None:
        """A transaction that keeps rows for a while: some are read to be changed, some are changed."""
        first = self._id()
        self.session.run("BEGIN")
        self.session.run(
            f"SELECT id FROM tasks WHERE id BETWEEN {first} AND {first + 20} FOR UPDATE")
        column, value = self._assignment()
        self.session.run(
            f"""UPDATE tasks SET {column} = {value}
             WHERE id BETWEEN {first} AND {first + 10} AND title LIKE 'V%'""")
        time.sleep(self.choose.uniform(0.05, 1.5))
        self.session.run(self.choose.choice(["COMMIT", "COMMIT", "ROLLBACK"]))

    def own_uid(self) -> None:
        """A page that fills our columns itself."""
        uid = f"php-{self.number}-{self.serial}@crm"
        self.serial += 1
        self.session.run(
            f"""INSERT INTO tasks (title, start_datetime, caldav_uid, caldav_etag)
            VALUES ({quoted(self._title())}, {quoted(self._times()[0])}, '{uid}', 'none')""")

    def change_nothing(self) -> None:
        self.session.run(f"UPDATE tasks SET title = title WHERE id = {self._id()}")

    # Durable tasks

    def durable(self) -> None:
        durable = self.choose.choice(self.world.durables)
        mine = [c for c in CRM_CELLS + SHARED_CELLS if durable.writer_of(c) == self.number]
        if not mine:
            return
        cell = self.choose.choice(mine)
        value, assignments = self._cell(cell, durable)
        before = durable.cells.get(cell, [])
        # What was there before the first write is nobody's: no value is demanded until one is sure.
        durable.cells[cell] = [*before, value] if before else []
        self.session.run(f"UPDATE tasks SET {assignments} WHERE id = {durable.task}")
        if before and self.session.affected == 0 and value not in before:
            self.world.fail(f"durable task {durable.task} was not there")
        durable.cells[cell] = [value]

    def _cell(self, cell: str, durable: Durable) -> tuple[str, str]:
        """A new value as the final look compares it, and the assignments that make it."""
        self.serial += 1
        number = f"{self.number}.{self.serial}"
        if cell == "title":
            return f"D {number}", f"title = 'D {number}'"
        if cell == "priority":
            value = self.choose.choice(PRIORITIES)
            return value, f"priority = '{value}'"
        if cell == "status":
            value = self.choose.choice(STATUSES)
            return value, f"status = '{value}'"
        if cell == "task_type":
            value = self.choose.choice(TYPES)
            return value, f"task_type = '{value}'"
        if cell == "contact":
            mail = f"c{number}@customer.example"
            return f"{mail} N {number}", f"contact_email = '{mail}', contact_name = 'N {number}'"
        if cell == "times":
            start = moment(self.choose)
            end = start.replace(minute=59)
            return f"{start} {end}", f"start_datetime = '{start}', end_datetime = '{end}'"
        return f"{cell} {number}", f"{cell} = '{cell} {number}'"
