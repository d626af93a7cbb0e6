"""Real clients without their windows, and what each of them has to show, store and keep."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from . import icalendar
from .dav import Client
from .processes import wait_for
from .stack import Stack


class EngineError(Exception):
    """What the client would have shown to its user."""


class Engine:
    """A client's own code for one account, with one calendar open at a time."""

    def discover(self) -> dict[str, str]:
        """Names of the calendars that it finds by path, from the host's address alone."""
        raise NotImplementedError

    def open(self, path: str, kind: str = "events") -> None:
        """Subscribes to a calendar that it can write."""
        raise NotImplementedError

    def refresh(self) -> None:
        """As its button for that does."""
        raise NotImplementedError

    def texts(self) -> dict[str, str]:
        """Its components by UID, those of one UID after each other."""
        raise NotImplementedError

    def create(self, component: str) -> None:
        raise NotImplementedError

    def modify(self, uid: str, old: str, new: str) -> None:
        """Replaces a text in a component that it has, and stores it."""
        raise NotImplementedError

    def remove(self, uid: str) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def shows(self, uids: set[str], *texts: str) -> dict[str, str]:
        """Refreshes, and waits until it has these objects and somewhere these texts.

        - Raises `TimeoutError` where it does not.
        """
        self.refresh()
        found: dict[str, str] = {}

        def is_there() -> bool:
            nonlocal found
            found = self.texts()
            together = "".join(found.values())
            return found.keys() == uids and all(text in together for text in texts)

        try:
            wait_for(is_there, 20, f"{uids} {texts}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}, but {found}") from None
        return found


def event(uid: str, summary: str) -> str:
    """A VEVENT as a client hands it to its own engine, without a VCALENDAR around it."""
    return icalendar.component(
        "VEVENT", f"UID:{uid}", "DTSTAMP:20260901T080000Z", "DTSTART:20260914T090000Z",
        "DTEND:20260914T100000Z", f"SUMMARY:{summary}",
    )


WEEKLY = icalendar.calendar(
    icalendar.component(
        "VEVENT", "UID:weekly@x", "DTSTAMP:20260901T080000Z",
        "DTSTART;TZID=Europe/Berlin:20260914T090000", "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Weekly", "BEGIN:VALARM", "ACTION:DISPLAY",
        "DESCRIPTION:Soon", "TRIGGER:-PT15M", "END:VALARM",
    ),
    icalendar.component(
        "VEVENT", "UID:weekly@x", "DTSTAMP:20260901T080000Z",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260921T090000",
        "DTSTART;TZID=Europe/Berlin:20260921T110000", "DURATION:PT1H", "SUMMARY:Later once",
    ),
)


class EngineLife:
    """A subclass gives a fixture `engine`, started once, for the user of `anna`."""

    @pytest.fixture
    def calendar(self, anna: Client) -> Iterator[str]:
        path = anna.make_calendar(f"engine-{uuid.uuid4().hex[:12]}")
        yield path
        anna.delete(path)

    @pytest.fixture
    def opened(self, engine: Engine, calendar: str) -> Engine:
        """With the calendar open."""
        engine.open(calendar)
        return engine

    def test_discovers_calendars_from_the_host(
        self, anna: Client, engine: Engine, calendar: str
    ) -> None:
        found = engine.discover()
        assert {calendar, anna.calendar("crm-tasks")} <= found.keys()
        assert all(found.values())

    def test_shows_what_is_there(self, anna: Client, opened: Engine, calendar: str) -> None:
        anna.put(calendar + "plain.ics", icalendar.event("plain@x", "Ümlaut 🎈"))
        anna.put(calendar + "odd%20name%20%40.ics", icalendar.event("odd/uid@x", "Odd"))
        anna.put(calendar + "weekly.ics", WEEKLY)
        found = opened.shows({"plain@x", "odd/uid@x", "weekly@x"}, "Ümlaut 🎈")
        assert "FREQ=WEEKLY;COUNT=4" in found["weekly@x"]
        assert "TRIGGER:-PT15M" in found["weekly@x"]
        assert "Later once" in found["weekly@x"]

    def test_what_it_writes_is_there(self, anna: Client, opened: Engine, calendar: str) -> None:
        opened.create(event("new@x", "New here"))
        (name,) = anna.names(calendar)
        assert icalendar.value(anna.get(calendar + name).text, "SUMMARY") == "New here"
        opened.shows({"new@x"}, "New here")

        opened.modify("new@x", "New here", "Changed there")
        assert anna.names(calendar) == {name}
        assert icalendar.value(anna.get(calendar + name).text, "SUMMARY") == "Changed there"

        opened.remove("new@x")
        assert anna.names(calendar) == set()
        opened.shows(set())

    def test_changes_of_others_come_with_the_next_refresh(
        self, anna: Client, opened: Engine, calendar: str
    ) -> None:
        for name in "abc":
            anna.put(calendar + f"{name}.ics", icalendar.event(f"{name}@x", name))
        opened.shows({"a@x", "b@x", "c@x"})
        anna.put(calendar + "b.ics", icalendar.event("b@x", "Changed elsewhere"))
        anna.put(calendar + "d.ics", icalendar.event("d@x"))
        anna.delete(calendar + "c.ics")
        opened.shows({"a@x", "b@x", "d@x"}, "Changed elsewhere")

    def test_properties_that_it_does_not_know_are_kept(
        self, anna: Client, opened: Engine, calendar: str
    ) -> None:
        anna.put(calendar + "x.ics", icalendar.event(
            "x@x", "Before", "20260914T090000Z", "20260914T100000Z", "X-CRM-NOTES:kept",
            'ATTENDEE;CN="W, F";SCHEDULE-AGENT=NONE:mailto:w@example.org',
        ))
        opened.shows({"x@x"})
        opened.modify("x@x", "Before", "After")
        text = anna.get(calendar + "x.ics").text
        assert icalendar.value(text, "SUMMARY") == "After"
        assert icalendar.value(text, "X-CRM-NOTES") == "kept"
        assert icalendar.value(text, "ATTENDEE") == "mailto:w@example.org"

    def test_one_series_is_changed_as_a_whole(
        self, anna: Client, opened: Engine, calendar: str
    ) -> None:
        """Its exception stays with it, in one object."""
        anna.put(calendar + "weekly.ics", WEEKLY)
        opened.shows({"weekly@x"})
        opened.modify("weekly@x", "SUMMARY:Weekly", "SUMMARY:Every week")
        text = anna.get(calendar + "weekly.ics").text
        assert "SUMMARY:Every week" in text and "SUMMARY:Later once" in text
        assert "RECURRENCE-ID;TZID=Europe/Berlin:20260921T090000" in text

    def test_what_the_crm_writes_comes(self, stack: Stack, anna: Client, engine: Engine) -> None:
        engine.open(anna.calendar("crm-tasks"))
        engine.refresh()
        owner = stack.sql_value("SELECT id FROM users WHERE username = 'anna'")
        title = f"By SQL {uuid.uuid4()}"
        task = stack.sql_value(
            "INSERT INTO tasks (title, start_datetime, user_id) "
            f"VALUES ('{title}', '2026-09-14 09:00:00', {owner}); SELECT LAST_INSERT_ID()"
        )
        try:
            (path,) = [
                href for href in anna.sync(anna.calendar("crm-tasks")).responses
                if title in anna.get(href).text
            ]
            uid = icalendar.value(anna.get(path).text, "UID") or ""
            engine.refresh()
            wait_for(lambda: title in engine.texts().get(uid, ""), 20, title)
            engine.modify(uid, title, title + ", changed")
            assert stack.sql_value(f"SELECT title FROM tasks WHERE id = {task}") == (
                title + ", changed"
            )
        finally:
            stack.sql(f"DELETE FROM tasks WHERE id = {task}")
