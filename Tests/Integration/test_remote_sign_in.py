"""How `crm-caldav remote add` comes by what another server wants of it: stand-ins of Nextcloud and Google.

Both stand before a real Radicale, and add what is particular of theirs.
"""

from __future__ import annotations

import base64
import json
import subprocess
import uuid
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from harness import icalendar, remotes
from harness.faults import Faults
from harness.remotes import PASSWORD, USER, Radicale, command
from harness.stack import Stack, binary


@pytest.fixture(scope="module")
def sync_stack() -> Iterator[Stack]:
    with remotes.sync_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def server(sync_stack: Stack) -> Iterator[Radicale]:
    server = Radicale(sync_stack.directory / "radicale")
    server.start()
    yield server
    server.stop()


class StandIn(Faults):
    """Answers some requests itself; passes the others on as `USER`."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        stand_in = self
        handler = self._server.RequestHandlerClass
        passed_on = handler.passed_on  # type: ignore[attr-defined]

        def answered(self, body: bytes):  # type: ignore[no-untyped-def]
            own = stand_in.own(self.command, self.path, self.headers, body)
            if own:
                return own
            token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            self.headers.replace_header("Authorization", f"Basic {token}")
            return passed_on(self, body)

        handler.passed_on = answered  # type: ignore[attr-defined]

    def own(self, method, path, headers, body):  # type: ignore[no-untyped-def]
        raise NotImplementedError


class Nextcloud(StandIn):
    """Login Flow v2 as Nextcloud's documentation has it: the user signs in after two polls."""

    polls = 0
    app_password = "app-password"

    def own(self, method, path, headers, body):  # type: ignore[no-untyped-def]
        fields = [("Content-Type", "application/json")]
        if path == "/index.php/login/v2":
            answer = {
                "poll": {"token": "to ken&", "endpoint": f"{self.base}index.php/login/v2/poll"},
                "login": f"{self.base}index.php/login/v2/flow/x",
            }
            return 200, fields, json.dumps(answer).encode()
        if path == "/index.php/login/v2/poll":
            assert parse_qs(body.decode()) == {"token": ["to ken&"]}
            self.polls += 1
            if self.polls < 3:
                return 404, fields, b"[]"
            answer = {
                "server": self.base, "loginName": "otto", "appPassword": self.app_password
            }
            return 200, fields, json.dumps(answer).encode()
        wanted = base64.b64encode(f"otto:{self.app_password}".encode()).decode()
        if headers.get("Authorization") != f"Basic {wanted}":
            return 401, [("WWW-Authenticate", 'Basic realm="x"')], b""
        return None


class Google(StandIn):
    """Bearer tokens alone, which end; no MKCALENDAR, no VTODO."""

    issued = 0
    consent = True

    def own(self, method, path, headers, body):  # type: ignore[no-untyped-def]
        fields = [("Content-Type", "application/json")]
        if path == "/token":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            assert form["grant_type"] == "refresh_token" and form["refresh_token"] == "refresh/1"
            assert (form["client_id"], form["client_secret"]) == ("client", "s&cret")
            if not self.consent:
                return 400, fields, b'{"error": "invalid_grant"}'
            self.issued += 1
            answer = {"access_token": f"access-{self.issued}", "expires_in": 3600}
            return 200, fields, json.dumps(answer).encode()
        if headers.get("Authorization") != f"Bearer access-{self.issued}":
            return 401, [], b""
        if method == "MKCALENDAR" or b"BEGIN:VTODO" in body:
            return 403, [], b"not supported"
        return None


def paired(stack: Stack, pair_id: int) -> dict[str, object]:
    pairs = json.loads(command(stack, "remote", "list", "--json").stdout)
    return next(pair for pair in pairs if pair["id"] == pair_id)


def turn(stack: Stack, pair_id: int) -> dict[str, object]:
    ran = command(stack, "sync", "--once", "--json", "--only", str(pair_id))
    return json.loads(ran.stdout)[0]


def test_nextclouds_login_flow_ends_in_a_pair(sync_stack: Stack, server: Radicale) -> None:
    ours, theirs = sync_stack.client("anna", sync_stack.front("nginx")), server.client()
    name = f"t-{uuid.uuid4().hex[:8]}"
    ours.make_calendar(name)
    server.make_calendar(theirs, name)
    cloud = Nextcloud(server.port)
    try:
        ran = subprocess.run(
            [binary(), "remote", "add", cloud.base, "--nextcloud", "--to", f"anna/{name}",
             "--calendar", name, "--json", "--config", sync_stack.configuration],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        assert ran.returncode == 0, ran.stderr
        assert f"{cloud.base}index.php/login/v2/flow/x" in ran.stderr
        assert cloud.app_password not in ran.stdout + ran.stderr
        pair = json.loads(ran.stdout)["id"]
        assert paired(sync_stack, pair)["user"] == "otto"
        assert turn(sync_stack, pair)["outcome"] == "done"
    finally:
        cloud.close()


def test_a_calendar_behind_oauth_takes_events_and_no_to_dos(
    sync_stack: Stack, server: Radicale
) -> None:
    """RFC 6749 §6."""
    ours, theirs = sync_stack.client("anna", sync_stack.front("nginx")), server.client()
    name = f"t-{uuid.uuid4().hex[:8]}"
    our_path, their_path = ours.make_calendar(name), f"{server.home()}{name}/"
    made = theirs.request(
        "MKCALENDAR", their_path,
        b'<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
        b'<C:supported-calendar-component-set><C:comp name="VEVENT"/>'
        b"</C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>",
    )
    assert made.status == 201, made
    google = Google(server.port)
    try:
        ran = command(
            sync_stack, "remote", "add", google.base.rstrip("/") + their_path, "--user", "otto",
            "--oauth", f"{google.base}token", "--to", f"anna/{name}", "--json",
            stdin="client\ns&cret\nrefresh/1\n",
        )
        assert ran.returncode == 0, ran.stderr
        pair = json.loads(ran.stdout)["id"]
        assert "refresh/1" not in sync_stack.contents()
        ours.put(our_path + "e.ics", icalendar.event("e", "Event"))
        ours.put(our_path + "t.ics", icalendar.to_do("t", "To do"))
        report = turn(sync_stack, pair)
        assert (report["outcome"], report["pushed"], report["failures"]) == ("done", 1, {})
        assert theirs.names(their_path) == {"e.ics"}
        # Not asked for again, and not taken for deleted.
        assert turn(sync_stack, pair)["pushed"] == 0
        assert ours.names(our_path) == {"e.ics", "t.ics"}
        google.consent = False
        report = turn(sync_stack, pair)
        assert report["outcome"] == "stopped" and "does not accept" in str(report["reason"])
    finally:
        google.close()
