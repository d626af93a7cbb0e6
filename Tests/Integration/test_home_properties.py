"""Properties beside calendars: of homes, principals, the inbox, and of each viewer of a calendar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Answer, Client, clark, document
from harness.stack import Stack

MOOD = "{http://example.com/ns}mood"


def proppatch(client: Client, path: str, properties: str, remove: bool = False) -> Answer:
    verb = "remove" if remove else "set"
    body = document(
        f"<d:propertyupdate><d:{verb}><d:prop>{properties}</d:prop></d:{verb}></d:propertyupdate>"
    )
    return client.request("PROPPATCH", path, body, {"Content-Type": "application/xml"})


def places(client: Client) -> dict[str, str]:
    home = client.home()
    return {"principal": client.principal(), "home": home,
            **{name: f"{home}{name}/" for name in ("inbox", "outbox", "notifications")}}


@pytest.mark.parametrize("place", ["principal", "home", "inbox", "outbox", "notifications"])
def test_dead_properties_are_kept(client: Client, place: str) -> None:
    path = places(client)[place]
    mood = '<x:mood xmlns:x="http://example.com/ns" xml:lang="en">sunny<x:deep/></x:mood>'
    assert MOOD in proppatch(client, path, mood).sole.found
    kept = client.propfind(path, MOOD).sole.found[MOOD]
    assert kept.text == "sunny" and kept[0].tag == "{http://example.com/ns}deep"
    assert kept.attrib == {"{http://www.w3.org/XML/1998/namespace}lang": "en"}
    assert MOOD in client.propfind(path).sole.found
    proppatch(client, path, mood, remove=True)
    assert client.propfind(path, MOOD).sole.refused == {MOOD: 404}


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [("home", "c:default-alarm-vevent-datetime", "BEGIN:VALARM\nEND:VALARM\n"),
     ("home", "c:default-alarm-vtodo-date", ""),
     ("inbox", "c:calendar-free-busy-set", "")],
)
def test_what_apple_sets_on_homes_is_answered(
    client: Client, place: str, name: str, value: str
) -> None:
    path = places(client)[place]
    assert clark(name) in proppatch(client, path, f"<{name}>{value}</{name}>").sole.found
    assert (client.propfind(path, name).sole.text(name) or "") == value


def test_a_home_lists_what_is_in_it(dav: Client, dav_calendar: str) -> None:
    types = {each.name: [kind.tag for kind in each.found[clark("d:resourcetype")]]
             for each in dav.propfind(dav.home(), "d:resourcetype", depth="1").responses.values()}
    assert types["inbox"] == [clark("d:collection"), clark("c:schedule-inbox")]
    assert types["outbox"] == [clark("d:collection"), clark("c:schedule-outbox")]
    assert types["notifications"] == [clark("d:collection"), clark("cs:notification")]
    assert types[dav_calendar.rstrip("/").rpartition("/")[2]] == [
        clark("d:collection"), clark("c:calendar")]


def test_nothing_is_put_where_no_calendar_is(dav: Client) -> None:
    for name in ("inbox", "outbox", "notifications"):
        path = f"{dav.home()}{name}/"
        assert dav.put(path + "a.ics", icalendar.event("a@place")).status == 409
        assert dav.delete(path).status == 405
        assert dav.request("MKCALENDAR", path).status == 405


@pytest.fixture
def ben(stack: Stack) -> Iterator[Client]:
    client = stack.client("ben", stack.front("nginx"))
    yield client
    client.close()


def test_each_viewer_has_a_colour_of_their_own(
    stack: Stack, dav: Client, ben: Client, dav_calendar: str
) -> None:
    uri = dav_calendar.rstrip("/").rpartition("/")[2]
    stack.sql(
        "INSERT INTO caldav_shares (owner, calendar_id, kind, grantee, privileges, granted) "
        f"SELECT 'anna', id, 'user', 'ben', 3, 0 FROM caldav_calendars WHERE uri = '{uri}'"
    )
    color, order = "ic:calendar-color", "ic:calendar-order"
    for client, value in ((dav, "1"), (ben, "2")):
        answer = proppatch(
            client, dav_calendar,
            f"<{color}>#00000{value}</{color}><{order}>{value}</{order}>")
        assert set(answer.sole.found) == {clark(color), clark(order)}
    for client, value in ((dav, "1"), (ben, "2")):
        seen = client.propfind(dav_calendar, color, order).sole
        assert (seen.text(color), seen.text(order)) == (f"#00000{value}", value)
    # The name is everybody's, and a reader does not change it.
    answer = proppatch(
        ben, dav_calendar, f"<d:displayname>Ben's</d:displayname><{order}>3</{order}>")
    assert answer.sole.refused == {clark("d:displayname"): 403, clark(order): 424}


def test_a_subscription_keeps_its_source(dav: Client) -> None:
    body = document(
        "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><cs:subscribed/></d:resourcetype>"
        "<cs:source><d:href>https://example.org/a.ics</d:href></cs:source>"
        "<ic:refreshrate>P1D</ic:refreshrate><cs:subscribed-strip-todos/></d:prop></d:set></d:mkcol>"
    )
    path = dav.calendar("subscription")
    assert dav.request("MKCOL", path, body).status == 201
    try:
        found = dav.propfind(
            path, "d:resourcetype", "cs:source", "ic:refreshrate", "cs:subscribed-strip-todos"
        ).sole
        assert found.refused == {}
        assert found.href_in("cs:source") == "https://example.org/a.ics"
        assert found.text("ic:refreshrate") == "P1D"
        assert clark("cs:subscribed") in [kind.tag for kind in found.found[clark("d:resourcetype")]]
        assert dav.put(path + "a.ics", icalendar.event("a@subscription")).status == 403
    finally:
        assert dav.delete(path).status == 204


def test_a_type_that_is_not_here_is_named(dav: Client) -> None:
    body = document(
        "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><c:unheard-of/></d:resourcetype>"
        "<d:displayname>x</d:displayname></d:prop></d:set></d:mkcol>"
    )
    answer = dav.request("MKCOL", dav.calendar("strange"), body)
    assert answer.status == 403 and b"valid-resourcetype" in answer.body
    assert b"424" in answer.body
    assert dav.propfind(dav.calendar("strange")).status == 404


def test_used_bytes_and_ids(dav: Client, dav_calendar: str) -> None:
    text = icalendar.event("bytes@quota")
    assert dav.put(dav_calendar + "a.ics", text).status == 201
    found = dav.propfind(
        dav_calendar, "d:quota-used-bytes", "d:resource-id", "d:creationdate").sole
    assert found.text("d:quota-used-bytes") == str(len(text.encode()))
    assert (found.href_in("d:resource-id") or "").startswith("urn:uuid:")
    assert found.text("d:creationdate")
    ids = {dav.propfind(path, "d:resource-id").sole.href_in("d:resource-id")
           for path in (dav_calendar, dav.home(), dav.principal())}
    assert len(ids) == 3


def test_a_home_has_the_bytes_of_its_calendars(dav: Client, dav_calendar: str) -> None:
    assert dav.put(dav_calendar + "a.ics", icalendar.event("home-bytes@quota")).status == 201
    sizes = {
        path: int(response.text("d:quota-used-bytes") or 0)
        for path, response in dav.propfind(
            dav.home(), "d:quota-used-bytes", depth="1").responses.items()
        if response.text("d:quota-used-bytes") is not None
    }
    assert sizes[dav.home()] > 0
    assert sizes[dav.home()] == sum(sizes.values()) - sizes[dav.home()]
