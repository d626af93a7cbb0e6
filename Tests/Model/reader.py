"""What a calendar object says of its task: a second opinion, written from the documented mapping.

It shares nothing with the program under test. Where several objects may stand for one row (an empty
text and an absent property, for example) it says whether object and row agree, not how either is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

COLUMNS = [
    "title", "description", "start_datetime", "end_datetime", "status", "priority", "task_type",
    "contact_name", "contact_email", "contact_phone", "notes",
]

EVENT_STATUS = {"TENTATIVE": "pending", "CONFIRMED": "completed", "CANCELLED": "cancelled"}
TODO_STATUS = {"NEEDS-ACTION": "pending", "COMPLETED": "completed", "CANCELLED": "cancelled"}
TASK_TYPES = ["call", "email", "meeting", "follow_up"]

_LINE = re.compile(r'^([A-Za-z0-9-]+)((?:;[^:;="]+=(?:"[^"]*"|[^";:]*)(?:,(?:"[^"]*"|[^";:]*))*)*):(.*)$', re.S)
_PARAMETER = re.compile(r';([^:;="]+)=((?:"[^"]*"|[^";:])*)')


@dataclass
class Property:
    name: str
    value: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass
class Component:
    name: str
    properties: list[Property] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[Property]:
        return (p for p in self.properties if p.name == name)

    def text(self, name: str) -> str | None:
        found = self.first(name)
        return None if found is None else unescaped(found.value)


def parse(text: str) -> Component:
    """- Raises `ValueError` for what is no iCalendar."""
    root = Component("")
    stack = [root]
    for line in _lines(text):
        match = _LINE.match(line)
        if not match:
            raise ValueError(f"no property: {line!r}")
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            component = Component(value.upper())
            stack[-1].components.append(component)
            stack.append(component)
        elif name == "END":
            if stack.pop().name != value.upper():
                raise ValueError(f"END:{value} ends something else")
        else:
            found = {key.upper(): _parameter(value) for key, value in _PARAMETER.findall(parameters)}
            stack[-1].properties.append(Property(name, value, found))
    if len(stack) != 1 or len(root.components) != 1:
        raise ValueError("not one VCALENDAR")
    return root.components[0]


def _lines(text: str) -> list[str]:
    return [line for line in re.sub(r"\r?\n[ \t]", "", text).replace("\r\n", "\n").split("\n") if line]


def _parameter(value: str) -> str:
    """Without its quotes, and with what RFC 6868 writes by a circumflex."""
    plain = {"^n": "\n", "^'": '"', "^^": "^"}
    return re.sub(r"\^[n'^]", lambda m: plain[m[0]], value.strip('"'))


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value, flags=re.S)


def master(calendar: Component) -> Component:
    """The component that the row mirrors: the one without RECURRENCE-ID, else the earliest override."""
    tasks = [c for c in calendar.components if c.name in ("VEVENT", "VTODO")]
    if not tasks:
        raise ValueError("neither VEVENT nor VTODO")
    for component in tasks:
        if component.first("RECURRENCE-ID") is None:
            return component
    return min(tasks, key=lambda c: (c.first("RECURRENCE-ID") or Property("", "")).value)


class Reader:
    """- Parameter zone: name of the zone of the CRM's wall clock."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def disagreements(
        self, text: str, row: dict[str, str | None], owner_address: str | None
    ) -> list[str]:
        """The columns that hold something else than the object says."""
        component = master(parse(text))
        is_todo = component.name == "VTODO"
        knows_crm = component.first("X-CRM-TASK-ID") is not None
        wrong: list[str] = []

        def check(column: str, agrees: bool, said: object) -> None:
            if not agrees:
                wrong.append(f"{column}: row {row[column]!r}, object {said!r}")

        for column, name in [("title", "SUMMARY"), ("description", "DESCRIPTION")]:
            said = component.text(name)
            check(column, _same_text(row[column], said), said)
        status = component.text("STATUS")
        check("status", self._status_agrees(component, is_todo, row["status"]), status)
        priority = component.text("PRIORITY")
        check(
            "priority",
            # A column that the CRM emptied stays empty where a client says the usual.
            row["priority"] == _priority(priority)
            or (row["priority"] is None and _priority(priority) == "medium"),
            priority,
        )
        self._check_times(component, is_todo, row, check)
        self._check_extras(component, knows_crm, row, owner_address, check)
        return wrong

    def _status_agrees(self, component: Component, is_todo: bool, column: str | None) -> bool:
        status = component.text("STATUS")
        if not is_todo:
            said = EVENT_STATUS.get((status or "").upper(), "pending")
            return column == said or (column is None and said == "pending")
        if status == "CANCELLED":
            return column == "cancelled"
        done = (
            status == "COMPLETED" or component.first("COMPLETED") is not None
            or component.text("PERCENT-COMPLETE") == "100"
        )
        said = "completed" if done and status != "NEEDS-ACTION" else "pending"
        return column == said or (column is None and said == "pending")

    # Times

    def wall_clock(self, value: Property) -> datetime:
        """A date or date-time on the CRM's wall clock."""
        if len(value.value) == 8:
            return datetime.strptime(value.value, "%Y%m%d")
        time = datetime.strptime(value.value.rstrip("Z"), "%Y%m%dT%H%M%S")
        if value.value.endswith("Z"):
            zone = ZoneInfo("UTC")
        elif "TZID" in value.parameters:
            zone = ZoneInfo(value.parameters["TZID"])
        else:
            zone = self.zone
        # By way of UTC: a time that the clocks jump over becomes the one that it stands for.
        instant = time.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))
        return instant.astimezone(self.zone).replace(tzinfo=None)

    def _check_times(self, component: Component, is_todo: bool, row, check) -> None:
        start, end = component.first("DTSTART"), component.first("DUE" if is_todo else "DTEND")
        # A to-do without a start stands in a NOT NULL column where it was put, or where the CRM left it.
        if start is not None:
            said = str(self.wall_clock(start))
            check("start_datetime", self._existing(row["start_datetime"]) == said, said)
        ends: str | None = None
        if end is not None:
            ends = str(self.wall_clock(end))
        elif start is not None and (duration := component.text("DURATION")):
            ends = str(self._after(start, duration))
        began, ended = row["start_datetime"] or "", row["end_datetime"]
        # An end that is not after the start is not shown, and one that is not shown is not cleared.
        unseen = ends is None and (ended is None or ended <= began)
        check("end_datetime", self._existing(ended) == ends or unseen, ends)

    def _existing(self, column: str | None) -> str | None:
        """The column's time; where the clocks jump over it, the one that it stands for."""
        if column is None:
            return None
        time = datetime.fromisoformat(column).replace(tzinfo=self.zone)
        return str(time.astimezone(ZoneInfo("UTC")).astimezone(self.zone).replace(tzinfo=None))

    def _after(self, start: Property, duration: str) -> datetime:
        match = re.fullmatch(r"\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", duration)
        if not match:
            raise ValueError(f"no duration: {duration}")
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        began = self.wall_clock(start) + timedelta(weeks=weeks, days=days)
        exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if len(start.value) == 8:
            return began + exact
        # Days are nominal, hours are exact (RFC 5545 §3.3.6).
        instant = began.replace(tzinfo=self.zone).astimezone(ZoneInfo("UTC")) + exact
        return instant.astimezone(self.zone).replace(tzinfo=None)

    # Type, contact, notes

    def _check_extras(self, component: Component, knows_crm: bool, row, owner, check) -> None:
        named = [
            kind for value in component.all("CATEGORIES")
            for name in re.split(r"(?<!\\),", value.value) if (kind := _task_type(unescaped(name)))
        ]
        stated = component.text("X-CRM-TASK-TYPE")
        if stated in TASK_TYPES and (not named or stated in named):
            check("task_type", row["task_type"] == stated, stated)
        elif named:
            check("task_type", row["task_type"] == named[0], named[0])

        organizer = component.first("ORGANIZER")
        passed_over = {address(organizer.value) if organizer else None, owner}
        contact = next(
            (a for a in component.all("ATTENDEE") if address(a.value) not in passed_over), None)
        mail = None if contact is None else re.sub("(?i)^mailto:", "", contact.value)
        name = contact.parameters.get("CN") if contact else None
        name = name or component.text("X-CRM-CONTACT-NAME")
        for column, said in [
            ("contact_email", mail), ("contact_name", name),
            ("contact_phone", component.text("X-CRM-CONTACT-PHONE")),
            ("notes", component.text("X-CRM-NOTES")),
        ]:
            # A client that does not know a property drops it: that says nothing of the column.
            if said is not None or knows_crm:
                check(column, _same_text(row[column], said), said)


def address(value: str) -> str:
    return re.sub("(?i)^mailto:", "", value).lower()


def _priority(value: str | None) -> str:
    number = int(value or 0)
    return "high" if 1 <= number <= 3 else "low" if 7 <= number <= 9 else "medium"


def _task_type(category: str) -> str | None:
    plain = re.sub("[-_ ]", "", category).lower()
    return next((kind for kind in TASK_TYPES if kind.replace("_", "") == plain), None)


def _same_text(column: str | None, said: str | None) -> bool:
    """An empty text is shown as no property; line ends are line feeds in iCalendar."""
    row, shown = (_in_icalendar(text or "") for text in (column, said))
    # The column may be too short for what the object keeps whole.
    return row == shown or (len(row) >= 64 and shown.startswith(row))


def _in_icalendar(text: str) -> str:
    """Line ends are line feeds there, and other control characters but tabs do not exist."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\0-\x08\x0b-\x1f\x7f]", "", text)
