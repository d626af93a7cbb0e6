"""Whatever is sent, the answer is the right 4xx, nothing is changed, and no process ends."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from harness import fastcgi, icalendar
from harness.dav import Client, clark
from harness.stack import Stack

#: Larger than any limit of ours, on the way in.
HUGE = 100 << 20


@pytest.fixture(autouse=True)
def unharmed(stack: Stack, request: pytest.FixtureRequest) -> Iterator[None]:
    """The database and the worker's processes are after each test what they were before."""
    if "client" in request.fixturenames:
        # Signing in for the first time gives a user a home: before the dump, then.
        client = request.getfixturevalue("client")
        client.propfind(client.home(), "d:displayname")
    stack.wait_until_logged()
    before, pids = stack.contents(), stack.worker.pids()
    yield
    assert stack.worker.pids() == pids
    assert stack.contents() == before


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE p ['
    '<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {"abcdefghij"[n]} "{("&" + "abcdefghij"[n - 1] + ";") * 10}">'
        for n in range(1, 10)
    )
    + ']><propfind xmlns="DAV:"><prop><displayname>&j;</displayname></prop></propfind>'
).encode()

FILE = (
    b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<propfind xmlns="DAV:"><prop><displayname>&x;</displayname></prop></propfind>'
)

BROKEN_XML = {
    "not XML": b"this is not XML",
    "cut": b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop>',
    "no such prefix": b"<d:propfind><d:prop/></d:propfind>",
    "bad UTF-8": b'<?xml version="1.0"?><propfind xmlns="DAV:"><prop>\xff\xfe</prop></propfind>',
    "bad character": b'<propfind xmlns="DAV:"><prop>\x01</prop></propfind>',
    "NUL": b'<propfind xmlns="DAV:">\x00</propfind>',
    "DOCTYPE": b'<!DOCTYPE p><propfind xmlns="DAV:"><allprop/></propfind>',
    "entity bomb": BOMB,
    "external entity": FILE,
    "deep": b'<propfind xmlns="DAV:">' + b"<x>" * 50_000 + b"</x>" * 50_000 + b"</propfind>",
    "many attributes": b'<propfind xmlns="DAV:" '
    + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/>",
    "many elements": b'<propfind xmlns="DAV:"><prop>' + b"<x/>" * 200_000 + b"</prop></propfind>",
    "another root": b'<something xmlns="DAV:"/>',
    "UTF-16 that ends in the middle": "<propfind".encode("utf-16")[:-1],
}


@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL"])
@pytest.mark.parametrize("case", BROKEN_XML)
def test_broken_xml_is_refused(dav: Client, method: str, case: str) -> None:
    below = "never-made/" if method.startswith("MK") else "crm-tasks/"
    path = dav.home() + below
    answer = dav.request(
        method, path, BROKEN_XML[case], {"Depth": "0", "Content-Type": "application/xml"}
    )
    assert 400 <= answer.status < 500, answer
    assert b"root:" not in answer.body


@pytest.mark.parametrize("case", ["entity bomb", "external entity", "cut"])
def test_broken_xml_is_refused_through_each_web_server(client: Client, case: str) -> None:
    answer = client.request("PROPFIND", client.home(), BROKEN_XML[case], {"Depth": "0"})
    assert 400 <= answer.status < 500, answer


BROKEN_ICALENDAR = {
    "no calendar": b"hello",
    "bytes": bytes(range(256)) * 20,
    "cut": icalendar.event("cut@x").encode()[:60],
    "never closed": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 200,
    "deep": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X-A\r\n" * 100_000 + b"END:X-A\r\n" * 100_000
    + b"END:VCALENDAR\r\n",
    "wrong end": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
    "no UID": icalendar.event("x").replace("UID:x\r\n", "").encode(),
    "no DTSTART": icalendar.event("x").replace("DTSTART:20260914T090000Z\r\n", "").encode(),
    "impossible date": icalendar.event("x", start="20261399T990000Z").encode(),
    "one endless line": b"BEGIN:VCALENDAR\r\nX:" + b"x" * 5_000_000,
}


@pytest.mark.parametrize("case", BROKEN_ICALENDAR)
def test_broken_icalendar_is_refused_with_its_precondition(dav: Client, case: str) -> None:
    path = dav.calendar("crm-tasks") + "broken.ics"
    answer = dav.put(path, BROKEN_ICALENDAR[case])
    assert answer.status == 403, answer
    assert answer.precondition in (
        clark("c:valid-calendar-data"), clark("c:valid-calendar-object-resource")
    )


@pytest.mark.parametrize("case", ["bytes", "never closed", "impossible date"])
def test_broken_icalendar_straight_to_the_socket(stack: Stack, dav: Client, case: str) -> None:
    with fastcgi.Connection(stack.worker.socket) as connection:
        reply = connection.request(
            fastcgi.environment(
                "PUT", dav.calendar("crm-tasks") + "broken.ics", CONTENT_TYPE="text/calendar",
                HTTP_AUTHORIZATION=dav.authorization["Authorization"],
            ),
            BROKEN_ICALENDAR[case],
        )
    assert reply.status == 403, reply


@pytest.mark.parametrize("method", ["BREW", "TRACK", "propfind", "M-SEARCH", "X" * 500])
def test_unknown_method_is_refused(client: Client, method: str) -> None:
    answer = client.request(method, client.calendar("crm-tasks"))
    # Web servers answer methods that are no tokens of theirs by themselves.
    assert answer.status in (400, 405, 501), answer


@pytest.mark.parametrize("method", ["POST", "PATCH", "LOCK", "UNLOCK", "MOVE", "COPY"])
def test_method_that_is_not_offered_is_refused(client: Client, method: str) -> None:
    path = client.calendar("crm-tasks")
    allowed = client.request("OPTIONS", path).headers["Allow"].split(", ")
    answer = client.request(
        method, path, headers={"Destination": client.calendar("elsewhere"), "Depth": "0"}
    )
    if method not in allowed:
        assert answer.status in (405, 501), answer


@pytest.mark.parametrize(
    "path",
    [
        "calendars/anna/../ben/crm-tasks/", "calendars/anna/%2e%2e/ben/crm-tasks/",
        "calendars/anna/..%2fben/crm-tasks/", "calendars/anna%2Fcrm-tasks/",
        "calendars/anna/crm-tasks%2Fx.ics", "calendars/anna/crm-tasks/%2e%2e/x.ics",
        "calendars/anna/crm-tasks/%00.ics", "calendars/anna/crm-tasks/a%00b",
        "calendars/anna/crm-tasks/%ff%fe.ics", "calendars/anna/crm-tasks/%", "%zz",
        "calendars/anna/crm-tasks/%e0%80%af.ics", "calendars//anna/crm-tasks/x.ics",
        "../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "calendars/anna/crm-tasks/a/b/c.ics",
        "calendars/anna/crm-tasks/" + "x" * 300 + ".ics", "calendars/anna/crm-tasks/.",
    ],
)
def test_path_that_leads_nowhere_is_4xx(client: Client, path: str) -> None:
    for method, body in (("GET", ""), ("PUT", icalendar.event("path@x")), ("DELETE", "")):
        # /etc/passwd, where a web server resolves the dots itself, is not below the base path.
        answer = client.request(
            method, client.base_path + path, body, {"Content-Type": "text/calendar"}
        )
        assert 400 <= answer.status < 500, answer
        assert b"root:" not in answer.body


def send_huge_put(client: Client, path: str) -> tuple[int, bytes]:
    """Status and body of the answer to a PUT of `HUGE` bytes; servers may not read all of it."""
    chunk = b"x" * (1 << 20)
    with socket.create_connection((client.host, client.port), 120) as connection:
        fields = {
            **client.authorization, "Host": client.host, "Content-Type": "text/calendar",
            "Content-Length": str(HUGE), "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        connection.sendall(f"PUT {path} HTTP/1.1\r\n{head}\r\n".encode())
        try:
            for _ in range(HUGE // len(chunk)):
                connection.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    return int(head_bytes.split()[1]), body


def test_100_megabytes_through_the_web_server(
    client: Client, request: pytest.FixtureRequest
) -> None:
    status, body = send_huge_put(client, client.calendar("crm-tasks") + "huge.ics")
    # 413 from the web server, or 403 with the precondition from us. mod_fcgid's own limit, which
    # nobody can change in a rented web space, is answered with 500.
    allowed = (413, 500) if "htaccess" in request.node.name else (413,)
    assert status in allowed or (status == 403 and b"max-resource-size" in body), (status, body)


def test_100_megabytes_straight_to_the_socket(stack: Stack, dav: Client) -> None:
    memory = stack.worker.memory()
    with fastcgi.Connection(stack.worker.socket) as connection:
        values = fastcgi.environment(
            "PUT", dav.calendar("crm-tasks") + "huge.ics", CONTENT_TYPE="text/calendar",
            HTTP_AUTHORIZATION=dav.authorization["Authorization"], CONTENT_LENGTH=str(HUGE),
        )
        connection.send(fastcgi.begin() + fastcgi.records(fastcgi.PARAMS,
                                                          fastcgi.parameters(values)))
        piece = fastcgi.record(fastcgi.STDIN, b"x" * 65535)
        for _ in range(HUGE // 65535):
            if not connection.send(piece):
                break
        connection.send(fastcgi.record(fastcgi.STDIN, b""))
        reply = connection.reply()
    assert reply.status in (403, 413, 0), reply
    if reply.status == 403:
        assert b"max-resource-size" in reply.body
    assert stack.worker.memory() - memory < 64 << 20


def test_length_that_lies_allocates_nothing(stack: Stack, dav: Client) -> None:
    memory = stack.worker.memory()
    for length in ("99999999999999999999", "4611686018427387904", "-1", "abc", ""):
        with fastcgi.Connection(stack.worker.socket) as connection:
            values = fastcgi.environment(
                "PUT", dav.calendar("crm-tasks") + "lie.ics", CONTENT_TYPE="text/calendar",
                CONTENT_LENGTH=length, HTTP_AUTHORIZATION=dav.authorization["Authorization"],
            )
            connection.send(
                fastcgi.begin() + fastcgi.records(fastcgi.PARAMS, fastcgi.parameters(values))
                + fastcgi.records(fastcgi.STDIN, b"nonsense")
            )
            assert 400 <= connection.reply().status < 500
    assert stack.worker.memory() - memory < 64 << 20


BROKEN_RECORDS = {
    "nothing": b"",
    "noise": bytes(range(256)) * 64,
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "another version": b"\x09" + fastcgi.begin()[1:],
    "unknown kind": fastcgi.record(99, b"?"),
    "parameters first": fastcgi.records(fastcgi.PARAMS, fastcgi.parameters({"A": "B"})),
    "begin alone": fastcgi.begin(),
    "cut in the parameters": fastcgi.begin() + fastcgi.record(
        fastcgi.PARAMS, fastcgi.parameters({"REQUEST_METHOD": "GET"})[:7]
    ),
    "length beyond the record": fastcgi.begin() + fastcgi.records(
        fastcgi.PARAMS, b"\xff\xff\xff\xff\xff\xff\xff\xffA"
    ) + fastcgi.records(fastcgi.STDIN, b""),
    "no parameters": fastcgi.begin() + fastcgi.records(fastcgi.PARAMS, b"")
    + fastcgi.records(fastcgi.STDIN, b""),
    "no method": fastcgi.begin() + fastcgi.records(
        fastcgi.PARAMS, fastcgi.parameters({"REQUEST_URI": "/caldav/"})
    ) + fastcgi.records(fastcgi.STDIN, b""),
    "abort": fastcgi.begin() + fastcgi.record(fastcgi.ABORT_REQUEST, b""),
}


@pytest.mark.parametrize("case", BROKEN_RECORDS)
def test_broken_records_harm_nobody(stack: Stack, dav: Client, case: str) -> None:
    for _ in range(5):
        with fastcgi.Connection(stack.worker.socket) as connection:
            connection.send(BROKEN_RECORDS[case])
    assert dav.propfind(dav.home(), "d:displayname").status == 207


def test_client_that_goes_away_in_the_middle_harms_nobody(stack: Stack, dav: Client) -> None:
    values = fastcgi.environment(
        "PUT", dav.calendar("crm-tasks") + "half.ics", CONTENT_TYPE="text/calendar",
        HTTP_AUTHORIZATION=dav.authorization["Authorization"], CONTENT_LENGTH="1000",
    )
    for _ in range(20):
        with fastcgi.Connection(stack.worker.socket) as connection:
            connection.send(
                fastcgi.begin() + fastcgi.records(fastcgi.PARAMS, fastcgi.parameters(values))
                + fastcgi.record(fastcgi.STDIN, icalendar.event("half@x").encode()[:100])
            )
    assert dav.get(dav.calendar("crm-tasks") + "half.ics").status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": "garbage"}, {"If-Match": '"' * 1000}, {"If-None-Match": ",,,"},
        {"If": "(<x>"}, {"Content-Type": "text/calendar; charset=\xff"}, {"Range": "bytes=9-1"},
        {"X-Long": "x" * 6000},
    ],
)
def test_odd_headers_do_no_harm(dav: Client, headers: dict[str, str]) -> None:
    answer = dav.request(
        "DELETE", dav.calendar("crm-tasks") + "none.ics", headers=headers
    )
    assert 400 <= answer.status < 500, answer
