"""What one user may store is bounded (RFC 4331): a flood ends at the bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Client
from harness.stack import Stack

#: Of a user whose bounds are soon reached.
BOUNDS = {
    "max_home_size": "1M", "max_calendars": 4, "max_feeds": 2, "max_properties": 20,
    "max_properties_size": "64K",
}


class BoundedStack(Stack):
    def settings(self) -> dict[str, object]:
        return super().settings() | BOUNDS


@pytest.fixture(scope="module")
def bounded() -> Iterator[Stack]:
    with BoundedStack.temporary() as stack:
        stack.start()
        yield stack


@pytest.fixture
def anna(bounded: Stack) -> Iterator[Client]:
    client = bounded.client("anna", bounded.front("nginx"))
    yield client
    client.close()


@pytest.fixture
def ben(bounded: Stack) -> Iterator[Client]:
    client = bounded.client("ben", bounded.front("nginx"))
    yield client
    client.close()


def proppatch(dav: Client, path: str, properties: str) -> list[int]:
    """The statuses of the properties, each once."""
    answer = dav.request(
        "PROPPATCH", path,
        '<d:propertyupdate xmlns:d="DAV:" xmlns:x="urn:x"><d:set><d:prop>'
        f"{properties}</d:prop></d:set></d:propertyupdate>",
    )
    assert answer.status == 207
    found = [line.text for line in answer.xml.iter("{DAV:}status")]
    return sorted({int(str(text).split()[1]) for text in found})


def stored_bytes(stack: Stack) -> int:
    return int(stack.sql_value(
        "SELECT (SELECT COALESCE(SUM(LENGTH(xml)), 0) FROM caldav_properties)"
        " + (SELECT COALESCE(SUM(LENGTH(xml)), 0) FROM caldav_home_properties)") or 0)


def test_flood_of_properties_ends_at_the_bound_and_takes_no_memory(
    bounded: Stack, anna: Client
) -> None:
    """36 MB of them were kept once."""
    path = anna.calendar("crm-tasks")
    large = "y" * 40_000
    assert proppatch(anna, path, f"<x:p0>{large}</x:p0>") == [200]
    before, memory = stored_bytes(bounded), bounded.worker.memory()
    for number in range(1, 200):
        assert proppatch(anna, path, f"<x:p{number}>{large}</x:p{number}>") == [507]
    assert stored_bytes(bounded) == before
    # Many in one request, larger than all that may be kept.
    many = "".join(f"<x:q{n}>{'z' * 30_000}</x:q{n}>" for n in range(100))
    for _ in range(10):
        assert proppatch(anna, path, many) == [507]
    assert stored_bytes(bounded) == before
    assert bounded.worker.memory() - memory < 64 << 20


@pytest.mark.parametrize("place", ["calendar", "home", "principal", "inbox"])
def test_number_of_properties_is_bounded_wherever_they_are_kept(ben: Client, place: str) -> None:
    path = {
        "calendar": ben.calendar("crm-tasks"), "home": ben.home(), "principal": ben.principal(),
        "inbox": ben.home() + "inbox/",
    }[place]
    for number in range(20):
        assert proppatch(ben, path, f"<x:p{number}/>") == [200]
    assert proppatch(ben, path, "<x:one-more/><d:displayname>New</d:displayname>") in (
        [424, 507], [403, 424])
    assert proppatch(ben, path, "<x:one-more/>") == [507]
    assert proppatch(ben, path, "<x:p0>other</x:p0>") == [200]


def test_calendars_and_secret_addresses_end_at_the_bound(anna: Client) -> None:
    for number in range(3):
        assert anna.request("MKCALENDAR", anna.calendar(f"c{number}")).status == 201
    for method in ("MKCALENDAR", "MKCOL"):
        refused = anna.request(method, anna.calendar("c3"))
        assert refused.status == 507 and refused.precondition == "{DAV:}quota-not-exceeded"
    path = anna.calendar("c0")
    assert [anna.request("POST", path + "?feed").status for _ in range(3)] == [201, 201, 507]
    for number in range(3):
        assert anna.delete(anna.calendar(f"c{number}")).status == 204


def available(dav: Client) -> int:
    return int(dav.propfind(dav.home(), "d:quota-available-bytes").sole.text(
        "d:quota-available-bytes") or 0)


def test_what_is_left_is_told(ben: Client) -> None:
    before = available(ben)
    text = icalendar.event("left@quota")
    assert ben.put(ben.calendar("crm-tasks") + "left.ics", text).status == 201
    assert available(ben) == before - len(text.encode())
    assert ben.delete(ben.calendar("crm-tasks") + "left.ics").status == 204
    # It is in the trash.
    assert available(ben) == before - len(text.encode())


def test_flood_of_objects_ends_at_the_bound_and_deleting_goes_on(
    bounded: Stack, anna: Client
) -> None:
    path = anna.calendar("crm-tasks")
    large = "x" * 50_000
    statuses = [
        anna.put(path + f"f{n}.ics", icalendar.event(f"f{n}@quota", large)).status
        for n in range(40)
    ]
    taken = statuses.count(201)
    assert set(statuses) == {201, 507} and 15 <= taken <= 21
    refused = anna.put(path + "one-more.ics", icalendar.event("more@quota", large))
    assert refused.status == 507 and refused.precondition == "{DAV:}quota-not-exceeded"
    assert anna.get(path + "one-more.ics").status == 404
    assert anna.delete(path + "f0.ics").status == 204
    # The CRM goes on, and so do others.
    names = anna.names(path)
    bounded.database.run(
        "INSERT INTO tasks SET user_id = 2, title = 'From the CRM',"
        " start_datetime = '2026-07-01 10:00:00'", bounded.database_name)
    (new,) = anna.names(path) - names
    assert "From the CRM" in anna.get(path + new).text
