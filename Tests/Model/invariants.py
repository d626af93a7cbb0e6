"""What has to hold whenever nobody writes."""

from __future__ import annotations

from collections import Counter

from client_writer import Follower, Visitor, path_of
from objects import lines_of, value_of
from reader import COLUMNS, Reader, master, parse
from sql_session import Session
from world import CLIENT_CELLS, Durable, World

Listing = dict[str, tuple[str, str]]


class Invariants:
    """- Parameter addresses: mail addresses of the users."""

    def __init__(
        self, world: World, session: Session, visitor: Visitor,
        calendars: list[tuple[str, str]], zone: str, addresses: dict[str, str],
    ) -> None:
        self.world = world
        self.session = session
        self.visitor = visitor
        self.calendars = calendars
        self.reader = Reader(zone)
        self.addresses = addresses

    def violations(self, followers: list[Follower]) -> list[str]:
        """Everything that is not as it should be, in words."""
        # The server may have been started anew since this session last asked.
        self.session.close()
        listings = {calendar: self._listing(calendar) for calendar in self.calendars}
        found: list[str] = []
        for follower in followers:
            follower.catch_up()
            for calendar in self.calendars:
                found += _differences(
                    f"follower (limit {follower.limit}) of {'/'.join(calendar)}",
                    follower.copies[calendar], listings[calendar])
        found += self._rows_and_objects(listings)
        found += self._private(listings)
        found += self._durable(listings)
        found += self._inserted()
        return found

    def _listing(self, calendar: tuple[str, str]) -> Listing:
        """A calendar as somebody sees it who comes for the first time."""
        path = path_of(*calendar)
        answer = self.visitor.surely(calendar[0], lambda c: c.report(
            path,
            "<c:calendar-query><d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter>"
            '<c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'))
        return {
            response.name: (response.text("d:getetag") or "", response.text("c:calendar-data") or "")
            for response in answer.responses.values()
        }

    # Rows

    def _rows_and_objects(self, listings: dict[tuple[str, str], Listing]) -> list[str]:
        columns = ", ".join(COLUMNS)
        rows = {
            row[0]: row for row in self.session.run(
                f"""SELECT id, user_id, caldav_uid, caldav_etag, caldav_sequence, created_at, {columns}
                      FROM tasks""")
        }
        objects = self.session.run(
            """SELECT o.task_id, c.user_id, c.uri, o.name, o.uid, o.base, o.etag
                 FROM caldav_objects o JOIN caldav_calendars c ON c.id = o.calendar_id""")
        owners = dict(self.session.run("SELECT id, username FROM users"))
        found: list[str] = []
        seen = Counter(task for task, *_ in objects)
        found += [f"task {task} has {count} objects" for task, count in seen.items() if count > 1]
        found += [f"task {task} has no object: {rows[task][6]!r}" for task in rows if task not in seen]
        refused = dict(self.session.run(
            """SELECT task_id, error_message FROM caldav_sync_log WHERE sync_status = 'failed'
               UNION ALL SELECT task_id, message FROM caldav_log_queue WHERE status = 'failed'"""))
        listed = {(*calendar, name) for calendar in listings for name in listings[calendar]}
        for task, user, uri, name, uid, base, etag in objects:
            key = (user or "", uri or "", name or "")
            if (key[0], key[1]) not in listings:
                continue
            if key not in listed:
                found.append(f"{key} is in the database and in no listing")
                continue
            listed.discard(key)
            row = rows.get(task)
            if row is None:
                found.append(f"{key} has no task ({task})")
                continue
            shown_etag, text = listings[key[0], key[1]][key[2]]
            what = f"task {task} {'/'.join(key)}"
            if task in refused:
                what += f" (refused: {refused[task]})"
            found += [
                f"{what}: {line}\n{text}" for line in self._compared(row, text, base, owners, key)
            ]
            if shown_etag != f'"{etag}"':
                found.append(f"{what}: ETag {shown_etag} shown, {etag} stored")
            if row[3] != etag:
                found.append(f"{what}: caldav_etag {row[3]} is not {etag}")
            if not row[2]:
                found.append(f"{what}: caldav_uid is empty")
            if value_of(text, "UID") != uid:
                found.append(f"{what}: UID {value_of(text, 'UID')} shown, {uid} stored")
        found += [f"{key} is listed and not in the database" for key in listed]
        return found

    def _compared(self, row, text: str, base: str | None, owners, key) -> list[str]:
        values = dict(zip(COLUMNS, row[6:]))
        try:
            wrong = self.reader.disagreements(text, values, self.addresses.get(key[0]))
        except ValueError as error:
            return [f"unreadable: {error}"]
        kept = _base(base or "")
        for column in COLUMNS:
            if kept.get(column) != values[column]:
                wrong.append(f"{column}: row {values[column]!r}, base {kept.get(column)!r}")
        if kept.get("user_id") != row[1]:
            wrong.append(f"owner {row[1]}, base {kept.get('user_id')}")
        owner = owners.get(row[1]) or "admin"
        if key[1] == "crm-tasks" and owner != key[0]:
            wrong.append(f"the task is {owner}'s")
        sequence = value_of(text, "SEQUENCE")
        if int(row[4] or 0) < int(sequence or 0):
            wrong.append(f"caldav_sequence {row[4]} is below SEQUENCE {sequence}")
        return wrong

    # What writers remember

    def _private(self, listings: dict[tuple[str, str], Listing]) -> list[str]:
        found = []
        for (user, calendar, name), allowed in self.world.private.items():
            entry = listings[user, calendar].get(name)
            # XML has no carriage returns: an answer in XML holds line feeds.
            text = None if entry is None else entry[1].replace("\r\n", "\n")
            texts = [t if t is None else t.replace("\r\n", "\n") for t in allowed]
            if text not in texts:
                found.append(f"private {user}/{calendar}/{name} is\n{text}\nand not\n{texts}")
            else:
                self.world.private[user, calendar, name] = [allowed[texts.index(text)]]
        return found

    def _durable(self, listings: dict[tuple[str, str], Listing]) -> list[str]:
        found = []
        for durable in self.world.durables:
            entry = listings[durable.owner, "crm-tasks"].get(durable.name)
            rows = self.session.run(
                f"""SELECT title, description, status, priority, task_type, contact_phone, notes,
                           CONCAT_WS(' ', contact_email, contact_name),
                           CONCAT_WS(' ', start_datetime, end_datetime)
                      FROM tasks WHERE id = {durable.task}""")
            if entry is None or not rows:
                found.append(f"durable task {durable.task} {durable.name}: row {rows}, object {entry}")
                continue
            names = [
                "title", "description", "status", "priority", "task_type", "contact_phone", "notes",
                "contact", "times",
            ]
            values = dict(zip(names, rows[0]))
            for cell in CLIENT_CELLS:
                values[cell] = value_of(entry[1].replace("\n", "\r\n").replace("\r\r", "\r"), cell)
            for cell, allowed in durable.cells.items():
                # Nothing is allowed where no write was ever accepted.
                if allowed and values[cell] not in allowed:
                    found.append(
                        f"lost: task {durable.task} {durable.name} {cell} is {values[cell]!r} "
                        f"and not {allowed} (writer {durable.writer_of(cell)})\n{entry[1]}")
                elif allowed:
                    durable.cells[cell] = [values[cell] or ""]
        return found

    def _inserted(self) -> list[str]:
        rows = Counter(
            row[0] for row in self.session.run("SELECT title FROM tasks WHERE title LIKE 'once %'"))
        found = []
        for title, is_sure in self.world.inserted.items():
            if rows[title] > 1 or (is_sure and rows[title] == 0):
                found.append(f"{title!r} was inserted once and is there {rows[title]} times")
        return found


def _differences(what: str, copy: Listing, listing: Listing) -> list[str]:
    found = [f"{what}: {name} is missed" for name in listing.keys() - copy.keys()]
    found += [f"{what}: {name} is gone in truth" for name in copy.keys() - listing.keys()]
    found += [
        f"{what}: {name} is {copy[name]} and in truth {listing[name]}"
        for name in copy.keys() & listing.keys() if copy[name] != listing[name]
    ]
    return found


def _base(text: str) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for line in text.split("\n"):
        name, equals, value = line.partition("=")
        if name:
            values[name] = _plain(value) if equals else None
    return values


def _plain(value: str) -> str:
    characters, plain = iter(value), []
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            plain.append("\n" if following == "n" else following)
        else:
            plain.append(character)
    return "".join(plain)
