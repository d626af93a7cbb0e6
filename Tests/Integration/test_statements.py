"""The number of SQL statements a request costs does not grow with the calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness import icalendar
from harness.dav import Answer, Client
from harness.stack import Stack


@pytest.fixture(scope="module")
def quiet() -> Iterator[Stack]:
    """One process with one thread, so that every connection has been opened before we count."""
    with Stack.temporary(processes=1, threads=1) as stack:
        stack.start()
        yield stack


@pytest.fixture(scope="module")
def dav(quiet: Stack) -> Client:
    return quiet.client("anna", quiet.front("nginx"))


@pytest.fixture(scope="module")
def calendars(dav: Client) -> dict[int, str]:
    """Calendars by their number of objects."""
    made = {}
    for size in (10, 1000):
        made[size] = dav.make_calendar(f"of-{size}")
        for number in range(size):
            answer = dav.put(made[size] + f"{number}.ics", icalendar.event(f"{number}@{size}"))
            assert answer.status == 201
    return made


def statements(stack: Stack, send: Callable[[], None]) -> int:
    """What one request costs: the least of some tries, since housekeeping counts too."""
    def questions() -> int:
        return stack.database.status("Questions")["Questions"]

    send()
    # What a look at the counter costs by itself.
    own = min(-questions() + questions() for _ in range(5))
    counted = []
    for _ in range(7):
        before = questions()
        send()
        counted.append(questions() - before - own)
    return min(counted)


def month_query(dav: Client, path: str) -> None:
    answer = dav.report(
        path,
        "<c:calendar-query><d:prop><d:getetag/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        '<c:time-range start="20260901T000000Z" end="20261001T000000Z"/>'
        "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>",
    )
    assert answer.status == 207


def expect(status: int, answer: Answer) -> None:
    assert answer.status == status, answer


def replace(dav: Client, path: str) -> None:
    size = path.rstrip("/").rpartition("-")[2]
    text = icalendar.event(f"5@{size}", icalendar.new_uid())
    expect(204, dav.put(path + "5.ics", text))


def create_and_delete(dav: Client, path: str) -> None:
    assert dav.put(path + "new.ics", icalendar.event("new@x")).status == 201
    assert dav.delete(path + "new.ics").status == 204


def move_and_back(dav: Client, path: str) -> None:
    for source, target in (("5.ics", "moved.ics"), ("moved.ics", "5.ics")):
        answer = dav.request("MOVE", path + source, headers={"Destination": path + target})
        expect(201, answer)


REQUESTS: dict[str, Callable[[Client, str], None]] = {
    "OPTIONS": lambda dav, path: expect(200, dav.request("OPTIONS", path)),
    "GET object": lambda dav, path: expect(200, dav.get(path + "3.ics")),
    "HEAD object": lambda dav, path: expect(200, dav.request("HEAD", path + "3.ics")),
    "GET jCal": lambda dav, path: expect(
        200, dav.get(path + "3.ics", {"Accept": "application/calendar+json"})
    ),
    "GET feed": lambda dav, path: expect(200, dav.get(path)),
    "PUT": replace,
    "PUT new + DELETE": create_and_delete,
    "MOVE there + back": move_and_back,
    "PROPFIND 0 (poll)": lambda dav, path: expect(
        207, dav.propfind(path, "cs:getctag", "d:sync-token")
    ),
    "PROPFIND 1": lambda dav, path: expect(207, dav.propfind(path, "d:getetag", depth="1")),
    "PROPFIND 1 home": lambda dav, path: expect(
        207, dav.propfind(dav.home(), "d:displayname", depth="1")
    ),
    "PROPPATCH": lambda dav, path: expect(
        207,
        dav.request(
            "PROPPATCH", path,
            b'<propertyupdate xmlns="DAV:"><set><prop><displayname>x</displayname></prop></set>'
            b"</propertyupdate>",
        ),
    ),
    "REPORT sync-collection": lambda dav, path: expect(207, dav.sync(path)),
    "REPORT sync-collection of the home": lambda dav, path: expect(
        207, dav.sync(dav.home(), level="infinite")
    ),
    "REPORT calendar-multiget": lambda dav, path: expect(
        207, dav.multiget(path, [path + f"{number}.ics" for number in range(10)])
    ),
    "REPORT calendar-query": month_query,
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_number_of_statements_is_constant(
    quiet: Stack, dav: Client, calendars: dict[int, str], request_name: str,
    figure: Callable[[str], None],
) -> None:
    send = REQUESTS[request_name]
    small, large = (
        statements(quiet, lambda: send(dav, calendars[size])) for size in (10, 1000)
    )
    figure(f"{request_name}: {small} statements")
    assert small == large


def test_what_is_shared_costs_no_more(
    quiet: Stack, dav: Client, calendars: dict[int, str]
) -> None:
    ben = quiet.client("ben", quiet.front("nginx"))
    path = calendars[10]
    granted = (
        f'<acl xmlns="DAV:"><ace><principal><href>{dav.principal("ben")}</href></principal><grant>'
        "<privilege><read/></privilege></grant></ace></acl>"
    )
    assert dav.request("ACL", path, granted).status == 200
    for request_name in ("GET object", "PROPFIND 0 (poll)"):
        assert statements(quiet, lambda: REQUESTS[request_name](ben, path)) == 1
    for request_name in ("PROPFIND 1", "REPORT sync-collection", "REPORT calendar-multiget"):
        assert statements(quiet, lambda: REQUESTS[request_name](ben, path)) == 2


@pytest.mark.parametrize("request_name", ["GET object", "PROPFIND 0 (poll)"])
def test_poll_and_get_take_one_statement(
    quiet: Stack, dav: Client, calendars: dict[int, str], request_name: str
) -> None:
    assert statements(quiet, lambda: REQUESTS[request_name](dav, calendars[1000])) == 1


def test_sizes_are_added_up_again_after_a_change_alone(
    quiet: Stack, dav: Client, calendars: dict[int, str]
) -> None:
    path = calendars[1000]

    def size() -> int:
        return int(dav.propfind(path, "d:quota-used-bytes").sole.text("d:quota-used-bytes") or 0)

    before = size()
    assert statements(quiet, lambda: expect(207, dav.propfind(path, "d:quota-used-bytes"))) == 1
    text = icalendar.event("size@1000")
    assert dav.put(path + "size.ics", text).status == 201
    assert size() == before + len(text.encode())
    assert dav.delete(path + "size.ics").status == 204
    assert size() == before


@pytest.mark.parametrize("uid", ["alone@x", "of-a-meeting@x"])
def test_a_write_takes_three_round_trips(
    quiet: Stack, dav: Client, calendars: dict[int, str], uid: str
) -> None:
    """One to open the request, one that finds what is there and locks it, one for all that changes."""
    if uid == "of-a-meeting@x":
        # Somebody else's task has the UID, which is unique in the CRM's table.
        ben = quiet.client("ben", quiet.front("nginx"))
        assert ben.put(ben.calendar("crm-tasks") + "7.ics", icalendar.event(uid)).status == 201
    path = calendars[1000] + f"{uid}.ics"
    assert dav.put(path, icalendar.event(uid)).status == 201

    def change() -> None:
        text = icalendar.event(uid, icalendar.new_uid())
        answer = dav.put(path, text, {"If-Match": dav.get(path).headers["etag"]})
        assert answer.status == 204

    assert statements(quiet, change) == 1 + 3
    assert dav.delete(path).status == 204


def test_a_home_costs_a_statement_more_where_something_is_stored(quiet: Stack, dav: Client) -> None:
    ben = quiet.client("ben", quiet.front("nginx"))

    def order() -> set[str | None]:
        answer = ben.propfind(ben.home(), "ic:calendar-order", depth="1")
        return {response.text("ic:calendar-order") for response in answer.responses.values()}

    assert order() == {None}
    assert statements(quiet, order) == 2
    changed = ben.request(
        "PROPPATCH", ben.calendar("crm-tasks"),
        b'<propertyupdate xmlns="DAV:"><set><prop><calendar-order xmlns="http://apple.com/ns/ical/">7'
        b"</calendar-order></prop></set></propertyupdate>")
    assert changed.status == 207
    assert order() == {None, "7"}
    assert statements(quiet, order) == 3
