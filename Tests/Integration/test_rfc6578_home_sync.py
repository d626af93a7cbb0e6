"""REPORT sync-collection on a calendar home (RFC 6578 §3), at levels 1 and infinite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness import icalendar
from harness.dav import Answer, Client
from harness.stack import Stack


@dataclass
class Home:
    client: Client
    stack: Stack

    def since(self, token: str, level: str = "infinite") -> tuple[set[str], set[str], str]:
        """What changed and what went, below the home, and the next token."""
        answer = self.client.sync(self.client.home(), token, level=level)
        assert answer.status == 207, answer
        return *told(answer, self.client.home()), answer.sync_token or ""

    def token(self) -> str:
        return self.since("")[2]

    def put(self, path: str, summary: str = "Appointment") -> None:
        text = icalendar.event(f"{path}@example.com".replace("/", "-"), summary)
        assert self.client.put(self.client.home() + path, text).status in (201, 204)

    def delete(self, path: str) -> None:
        assert self.client.delete(self.client.home() + path).status == 204


def told(answer: Answer, home: str) -> tuple[set[str], set[str]]:
    paths = [href.removeprefix(home) for href in answer.responses]
    assert len(paths) == len(set(paths))
    states = {href.removeprefix(home): each.status for href, each in answer.responses.items()}
    return ({path for path, status in states.items() if status is None},
            {path for path, status in states.items() if status == 404})


@pytest.fixture
def home(client: Client, stack: Stack) -> Iterator[Home]:
    """The home, with the calendars a/ (x.ics, y.ics) and b/ (z.ics)."""
    for uri in ("a", "b"):
        client.make_calendar(uri)
    home = Home(client, stack)
    for path in ("a/x.ics", "a/y.ics", "b/z.ics"):
        home.put(path)
    yield home
    for uri in ("a", "b", "c"):
        client.delete(client.calendar(uri))


def test_first_report_lists_all(home: Home) -> None:
    changed, gone, _ = home.since("")
    assert {"a/", "b/", "a/x.ics", "a/y.ics", "b/z.ics", "crm-tasks/"} <= changed and not gone
    calendars, _, _ = home.since("", level="1")
    assert calendars == {path for path in changed if path.endswith("/")}


def test_nothing_new_keeps_the_token(home: Home) -> None:
    token = home.token()
    assert home.since(token) == (set(), set(), token)


def test_objects_made_changed_and_deleted(home: Home) -> None:
    token = home.token()
    home.put("a/x.ics", "Changed")
    home.put("a/new.ics")
    home.delete("b/z.ics")
    changed, gone, _ = home.since(token)
    assert changed == {"a/", "b/", "a/x.ics", "a/new.ics"} and gone == {"b/z.ics"}


def test_an_object_made_again_is_changed(home: Home) -> None:
    token = home.token()
    home.delete("a/x.ics")
    home.put("a/x.ics", "Again")
    changed, gone, _ = home.since(token)
    assert changed == {"a/", "a/x.ics"} and not gone


@pytest.mark.parametrize("level", ["1", "infinite"])
def test_calendars_made_and_deleted(home: Home, level: str) -> None:
    token = home.token()
    home.client.make_calendar("c")
    home.delete("a/")
    changed, gone, after = home.since(token, level)
    assert changed == {"c/"} and gone == {"a/"}
    assert home.since(after, level)[:2] == (set(), set())


def test_a_calendar_made_again_is_changed_and_its_old_objects_go(home: Home) -> None:
    token = home.token()
    home.delete("a/")
    home.client.make_calendar("a")
    home.put("a/y.ics", "Another")
    changed, gone, after = home.since(token)
    assert changed == {"a/", "a/y.ics"} and gone == {"a/x.ics"}
    assert home.since(after)[:2] == (set(), set())


def test_properties_of_a_calendar(home: Home) -> None:
    token = home.token()
    body = (b'<propertyupdate xmlns="DAV:" xmlns:x="urn:x"><set><prop><x:y>1</x:y></prop></set>'
            b"</propertyupdate>")
    assert home.client.request("PROPPATCH", home.client.calendar("a"), body).status == 207
    assert home.since(token)[:2] == ({"a/"}, set())


def test_what_the_crm_does_to_calendars(home: Home) -> None:
    token = home.token()
    home.stack.sql("""
        UPDATE caldav_calendars SET displayname = 'By the CRM' WHERE uri = 'a';
        UPDATE caldav_calendars SET uri = 'c' WHERE uri = 'b';
        INSERT INTO caldav_calendars (user_id, uri, displayname) VALUES ('anna', 'd', 'D');
    """)
    changed, gone, after = home.since(token)
    assert changed == {"a/", "c/", "c/z.ics", "d/"} and gone == {"b/"}
    home.stack.sql("DELETE FROM caldav_calendars WHERE uri = 'd'")
    assert home.since(after)[:2] == (set(), {"d/"})


def test_pages_end_with_a_token_that_goes_on(home: Home) -> None:
    whole, _, last = home.since("")
    pages: set[str] = set()
    token, cut = "", True
    while cut:
        answer = home.client.sync(home.client.home(), token, limit=2, level="infinite")
        own = answer.responses.pop(home.client.home(), None)
        cut = own is not None and own.status == 507
        changed, gone = told(answer, home.client.home())
        assert 1 <= len(changed) + len(gone) <= 2 or not cut
        assert not pages & changed
        pages |= changed
        token = answer.sync_token or ""
    assert pages == whole and token == last


def test_ctag_and_token_of_the_home_move_with_any_change(home: Home) -> None:
    def state() -> tuple[str | None, str | None]:
        own = home.client.propfind(home.client.home(), "cs:getctag", "d:sync-token").sole
        return own.text("cs:getctag"), own.text("d:sync-token")

    seen = {state()}
    home.put("a/x.ics", "Once more")
    seen.add(state())
    home.stack.sql("UPDATE caldav_calendars SET color = '#112233' WHERE uri = 'a'")
    seen.add(state())
    home.client.make_calendar("c")
    seen.add(state())
    assert len({ctag for ctag, _ in seen}) == len({token for _, token in seen}) == 4
