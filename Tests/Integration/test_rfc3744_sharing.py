"""Calendars shared with others, RFC 3744, through nginx and MariaDB."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator

import pytest

from harness import icalendar
from harness.dav import Answer, Client, document
from harness.stack import Stack, binary

READ, WRITE = 3, 3 | 16 | 32 | 64 | 128


def user(stack: Stack, name: str) -> Client:
    return stack.client(name, stack.front("nginx"))


@pytest.fixture
def ben(stack: Stack) -> Iterator[Client]:
    client = user(stack, "ben")
    yield client
    client.close()


def grant(
    stack: Stack, path: str, privileges: int, kind: str = "user", grantee: str = "ben"
) -> None:
    uri = path.rstrip("/").rpartition("/")[2]
    stack.sql(
        "INSERT INTO caldav_shares (owner, calendar_id, kind, grantee, privileges, granted) "
        f"SELECT 'anna', id, '{kind}', '{grantee}', {privileges}, 0 FROM caldav_calendars "
        f"WHERE user_id = 'anna' AND uri = '{uri}'"
    )


def test_reader_reads_and_cannot_write(
    stack: Stack, dav: Client, ben: Client, dav_calendar: str
) -> None:
    text = icalendar.event("1@shared")
    assert dav.put(dav_calendar + "1.ics", text).status == 201
    assert ben.get(dav_calendar + "1.ics").status == 403
    grant(stack, dav_calendar, READ)
    got = ben.get(dav_calendar + "1.ics")
    assert (got.status, got.body.decode()) == (200, text)
    assert ben.put(dav_calendar + "1.ics", text).status == 403
    assert ben.delete(dav_calendar + "1.ics").status == 403
    assert ben.names(dav.home()) == {dav_calendar.rstrip("/").rpartition("/")[2]}


def test_writer_writes_and_the_task_is_the_owners(
    stack: Stack, dav: Client, ben: Client, dav_calendar: str
) -> None:
    grant(stack, dav_calendar, WRITE)
    uid = f"{uuid.uuid4()}@shared"
    assert ben.put(dav_calendar + "2.ics", icalendar.event(uid)).status == 201
    owner = stack.sql_value(
        f"SELECT u.username FROM tasks t JOIN users u ON u.id = t.user_id WHERE caldav_uid = '{uid}'"
    )
    assert owner == "anna"
    assert dav.get(dav_calendar + "2.ics").status == 200


@pytest.mark.parametrize(
    ("kind", "signed_in", "anonymous"), [("authenticated", 200, 401), ("all", 200, 200)]
)
def test_everybody(
    stack: Stack, dav: Client, ben: Client, dav_calendar: str, kind: str, signed_in: int,
    anonymous: int,
) -> None:
    assert dav.put(dav_calendar + "1.ics", icalendar.event("1@shared")).status == 201
    grant(stack, dav_calendar, READ, kind, "")
    assert ben.get(dav_calendar + "1.ics").status == signed_in
    assert ben.request("GET", dav_calendar + "1.ics", signed_in=False).status == anonymous


# By the ACL method and the command


def acl(*entries: tuple[str, str]) -> bytes:
    aces = "".join(
        f"<d:ace><d:principal>{principal}</d:principal><d:grant>{granted}</d:grant></d:ace>"
        for principal, granted in entries
    )
    return document(f"<d:acl>{aces}</d:acl>")


def href(client: Client, name: str) -> str:
    return f"<d:href>{client.principal(name)}</d:href>"


READING = "<d:privilege><d:read/></d:privilege>"
WRITING = READING + "<d:privilege><d:write/></d:privilege>"
BUSY = "<d:privilege><c:read-free-busy/></d:privilege>"


def command(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary(), "calendar", *arguments, "--config", stack.configuration],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )


def test_an_owner_shares_by_acl_and_the_sharee_finds_it(
    dav: Client, ben: Client, dav_calendar: str
) -> None:
    body = acl((href(dav, "ben"), READING))
    assert dav.request("ACL", dav_calendar, body).status == 200
    # As DAVx5 and others go: own principal, its proxies, their homes.
    mine = ben.propfind(ben.principal(), "cs:calendar-proxy-read-for").responses[ben.principal()]
    owner = mine.href_in("cs:calendar-proxy-read-for")
    assert owner == dav.principal()
    home = ben.propfind(owner, "c:calendar-home-set").responses[owner]
    assert home.href_in("c:calendar-home-set") == dav.home()
    listed = ben.propfind(
        dav.home(), "d:resourcetype", "d:owner", "d:current-user-privilege-set", depth="1"
    ).responses
    assert set(listed) == {dav.home(), dav_calendar}
    assert listed[dav_calendar].href_in("d:owner") == dav.principal()
    assert ben.sync(dav_calendar).status == 207
    refused = dav.request("ACL", dav_calendar, acl((href(dav, "nobody"), READING)))
    assert (refused.status, b"recognized-principal" in refused.body) == (403, True)
    assert dav.request("ACL", dav_calendar, acl()).status == 200
    assert ben.propfind(dav.home(), "d:resourcetype", depth="1").status == 403


@pytest.mark.parametrize("depth", ["1", "infinity"])
@pytest.mark.parametrize(
    ("report", "inside"),
    [
        ("acl-principal-prop-set", "<d:prop><d:displayname/></d:prop>"),
        ("principal-match", "<d:self/>"),
        (
            "principal-property-search",
            "<d:property-search><d:prop><d:displayname/></d:prop><d:match>anna</d:match>"
            "</d:property-search>",
        ),
        ("principal-search-property-set", ""),
    ],
)
def test_reports_of_rfc3744_are_for_depth_0_alone(
    dav: Client, report: str, inside: str, depth: str
) -> None:
    path = dav.path("principals", collection=True)
    if report == "acl-principal-prop-set":
        path = dav.home()
    body = f"<d:{report}>{inside}</d:{report}>"
    assert dav.report(path, body, depth=depth).status == 400
    assert dav.report(path, body, depth="0").status in (200, 207)
    assert dav.report(path, body, depth=None).status in (200, 207)


def test_people_are_found_to_share_with_and_former_ones_are_not(dav: Client) -> None:
    def found(text: str) -> set[str]:
        answer = dav.report(
            dav.path("principals", collection=True),
            "<d:principal-property-search><d:property-search><d:prop><d:displayname/></d:prop>"
            f"<d:match>{text}</d:match></d:property-search><d:prop><d:displayname/></d:prop>"
            "</d:principal-property-search>", depth="0",
        )
        assert answer.status == 207, answer
        return {response.text("d:displayname") or "" for response in answer.responses.values()}

    assert found("o'conn") == {"Ben O'Connor"}
    assert found("орлов") == {"Дмитрий Орлов"}
    assert found("zo") == set()  # Zoë may no longer sign in.
    assert found("%%") == set()
    assert found("") == {"Anna Müller"}


def test_by_command(stack: Stack, dav: Client, ben: Client, dav_calendar: str) -> None:
    name = "anna/" + dav_calendar.rstrip("/").rpartition("/")[2]
    assert dav.put(dav_calendar + "1.ics", icalendar.event("1@shared")).status == 201
    shared = command(stack, "share", name, "ben", "--may", "write")
    assert (shared.returncode, shared.stdout) == (0, f"{name}: ben: read, write\n"), shared.stderr
    assert ben.delete(dav_calendar + "1.ics").status == 204
    listed = json.loads(command(stack, "list", "--user", "anna", "--json").stdout)
    assert {"calendar": name, "shared_with": "ben", "privileges": "read write"} in listed
    assert f"{name}  " in command(stack, "list").stdout
    assert command(stack, "unshare", name, "ben").returncode == 0
    assert ben.propfind(dav_calendar, "d:displayname").status == 403
    for wrong in (
        ["unshare", name, "ben"], ["share", name, "nobody"], ["share", "anna/none", "ben"],
        ["share", "nobody", "ben"], ["share", name, "anna"],
    ):
        assert command(stack, *wrong).returncode == 1, wrong
    for wrong in (["share", name], ["share", name, "--public", "--may", "write"]):
        assert command(stack, *wrong).returncode == 64, wrong


def test_a_whole_home_is_shared_and_its_later_calendars_too(
    stack: Stack, dav: Client, ben: Client
) -> None:
    assert command(stack, "share", "anna", "ben", "--may", "read").returncode == 0
    path = dav.make_calendar(f"t-{uuid.uuid4().hex[:12]}")
    try:
        assert ben.propfind(path, "d:displayname").status == 207
        assert ben.request("MKCALENDAR", dav.calendar("bens")).status == 403
        assert ben.delete(path).status == 403
    finally:
        assert command(stack, "unshare", "anna", "ben").returncode == 0
        dav.delete(path)


def test_a_shared_calendar_comes_back_from_the_trash_with_its_shares(
    stack: Stack, dav: Client, ben: Client
) -> None:
    path = dav.make_calendar(f"t-{uuid.uuid4().hex[:12]}")
    assert dav.request("ACL", path, acl((href(dav, "ben"), READING))).status == 200
    assert dav.delete(path).status == 204
    assert ben.propfind(path, "d:displayname").status == 403
    address = "anna/" + path.rstrip("/").rpartition("/")[2]
    restored = subprocess.run(
        [binary(), "trash", "restore", "--calendar", address, "--config", stack.configuration],
        capture_output=True, text=True,
    )
    assert restored.returncode == 0, restored.stderr
    assert ben.propfind(path, "d:displayname").status == 207
    dav.delete(path)


def test_who_types_their_name_otherwise_is_still_the_owner(stack: Stack) -> None:
    client = stack.client("elise", stack.front("nginx"))
    client.user = "ELISE"
    home = client.home("elise")
    assert client.names(home) >= {"crm-tasks"}
    assert client.put(home + "crm-tasks/e.ics", icalendar.event("e@x")).status in (201, 204)
    assert client.delete(home + "crm-tasks/e.ics").status == 204
    client.close()


# Who may do what: a smaller matrix than that of the protocol layer, with everything real

PEOPLE = ["anna", "ben", "carla", "dmitri", "elise", None]

#: Owner, reader, writer, who sees busy times, stranger, nobody.
MATRIX = [
    ("GET", "object", 200, 200, 200, 403, 403, 401),
    ("GET", "missing", 404, 404, 404, 403, 403, 401),
    ("GET", "calendar", 200, 200, 200, 403, 403, 401),
    ("PUT", "object", 204, 403, 204, 403, 403, 401),
    ("PUT", "missing", 201, 403, 201, 403, 403, 401),
    ("DELETE", "missing", 404, 404, 404, 403, 403, 401),
    ("DELETE", "calendar", 204, 403, 403, 403, 403, 401),
    ("DELETE", "object", 204, 403, 204, 403, 403, 401),
    ("COPY", "object", 201, 201, 201, 403, 403, 401),
    ("MOVE", "object", 201, 403, 201, 403, 403, 401),
    ("PROPFIND", "calendar", 207, 207, 207, 403, 403, 401),
    ("PROPFIND", "home", 207, 207, 207, 403, 403, 401),
    ("PROPFIND", "principal", 207, 207, 207, 207, 207, 401),
    ("PROPFIND", "hidden", 207, 403, 403, 403, 403, 401),
    ("GET", "hidden object", 200, 403, 403, 403, 403, 401),
    ("PUT", "hidden object", 204, 403, 403, 403, 403, 401),
    ("ACL", "calendar", 200, 403, 403, 403, 403, 401),
    ("free-busy-query", "calendar", 200, 200, 200, 200, 403, 401),
    ("free-busy-query", "home", 200, 200, 200, 200, 403, 401),
    ("sync-collection", "calendar", 207, 207, 207, 403, 403, 401),
    ("calendar-multiget", "calendar", 207, 207, 207, 403, 403, 401),
]


@pytest.fixture
def shared(stack: Stack, dav: Client) -> Iterator[dict[str, str]]:
    """Anna's calendar with one event, granted to three others, and one that is not."""
    calendar, hidden = (dav.make_calendar(f"t-{uuid.uuid4().hex[:12]}") for _ in range(2))
    assert dav.put(calendar + "1.ics", icalendar.event("1@x", "Workday")).status == 201
    assert dav.put(hidden + "2.ics", icalendar.event("2@x", "Hideaway")).status == 201
    granted = acl(
        (href(dav, "ben"), READING), (href(dav, "carla"), WRITING), (href(dav, "dmitri"), BUSY)
    )
    assert dav.request("ACL", calendar, granted).status == 200
    yield {
        "calendar": calendar, "object": calendar + "1.ics", "missing": calendar + "none.ics",
        "hidden": hidden, "hidden object": hidden + "2.ics", "home": dav.home(),
        "principal": dav.principal(),
    }
    dav.delete(calendar)
    dav.delete(hidden)


def ask(client: Client, method: str, path: str, places: dict[str, str], copy: str) -> Answer:
    if method == "free-busy-query":
        return client.report(
            path, '<c:free-busy-query><c:time-range start="20260901T000000Z" '
            'end="20261001T000000Z"/></c:free-busy-query>',
        )
    if method == "sync-collection":
        return client.sync(path)
    if method == "calendar-multiget":
        return client.multiget(path, [places["object"], places["hidden object"]])
    if method == "PUT":
        number = "2" if "2.ics" in path else "1" if "1.ics" in path else "3"
        return client.put(path, icalendar.event(f"{number}@x", "Put"))
    if method == "PROPFIND":
        return client.propfind(path, "d:displayname", "d:getetag", depth="1")
    if method == "ACL":
        return client.request("ACL", path, acl())
    return client.request(method, path, headers={"Destination": copy})


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row[0]} {row[1]}")
def test_matrix(stack: Stack, shared: dict[str, str], row: tuple[object, ...]) -> None:
    method, place, *statuses = row
    # The owner last: what they may do would change what the others find.
    for name, status in reversed(list(zip(PEOPLE, statuses, strict=True))):
        client = stack.client(name or "elise", stack.front("nginx"))
        if name is None:
            client.user = None
        # Into a calendar of their own each time, so that no UID is in the way.
        own = client.make_calendar(f"t-{uuid.uuid4().hex[:12]}") if name else "/caldav/x"
        answer = ask(client, str(method), shared[str(place)], shared, own + "copy.ics")
        assert answer.status == status, (name, answer)
        text = answer.body + str(answer.headers).encode()
        if name != "anna":
            assert b"Hideaway" not in text
        if name in ("dmitri", "elise", None):
            assert b"Workday" not in text
        if name:
            if method == "MOVE" and status == 201:
                moved = client.request(
                    "MOVE", own + "copy.ics", headers={"Destination": shared["object"]}
                )
                assert moved.status == 201 or name == "anna", moved
            client.delete(own)
            if method == "DELETE" and place == "object" and status == 204:
                client.put(shared["object"], icalendar.event("1@x", "Workday"))
            if method == "PUT" and place == "missing" and status == 201:
                client.delete(shared["missing"])
        client.close()
