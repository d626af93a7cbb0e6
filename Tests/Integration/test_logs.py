"""Logs: one JSON line a request, and never a secret in any file that a server writes."""

from __future__ import annotations

import base64
import json
from datetime import datetime

from harness import icalendar
from harness.dav import Client
from harness.processes import wait_for
from harness.stack import Stack


def entries(stack: Stack) -> list[dict[str, object]]:
    return [json.loads(line) for line in stack.worker.access_log.read_text().splitlines()]


def entry_for(stack: Stack, uri: str, method: str) -> dict[str, object]:
    found = wait_for(
        lambda: [e for e in entries(stack) if e["uri"] == uri and e["method"] == method],
        5, f"a line for {method} {uri}",
    )
    assert isinstance(found, list)
    return found[-1]


def test_request_is_one_line_of_json(stack: Stack, dav: Client, dav_calendar: str) -> None:
    text = icalendar.event(icalendar.new_uid())
    dav.put(dav_calendar + "log.ics", text)
    dav.get(dav_calendar + "log.ics")
    put, get = (entry_for(stack, dav_calendar + "log.ics", method) for method in ("PUT", "GET"))
    assert (put["user"], put["status"], put["ip"]) == ("anna", 201, "127.0.0.1")
    assert (get["status"], get["bytes"]) == (200, len(text.encode()))
    assert float(str(get["milliseconds"])) >= 0
    age = datetime.now().astimezone() - datetime.fromisoformat(str(get["timestamp"]))
    assert abs(age.total_seconds()) < 60


def test_refused_sign_in_is_logged_without_the_password(stack: Stack, dav: Client) -> None:
    secret = "Geheim-im-Protokoll-4711"
    credentials = base64.b64encode(f"anna:{secret}".encode()).decode()
    path = dav.home() + "?refused"
    dav.request(
        "PROPFIND", path, headers={"Authorization": f"Basic {credentials}"}, signed_in=False
    )
    assert entry_for(stack, path, "PROPFIND")["status"] == 401
    assert_unwritten(stack, secret, credentials)


def test_no_log_holds_a_password_or_a_body(
    stack: Stack, client: Client, calendar: str
) -> None:
    marker = "Inhalt-nur-fuer-Anna-0815"
    client.put(calendar + "secret.ics", icalendar.event(icalendar.new_uid(), marker))
    client.put(calendar + "broken.ics", f"BEGIN:VCALENDAR\r\n{marker}")
    client.request("PROPFIND", calendar, f"<broken>{marker}".encode())
    client.report(calendar, f"<d:{marker}/>")
    client.get(calendar + "secret.ics")
    assert client.password
    assert_unwritten(
        stack, marker, client.password, client.authorization["Authorization"].split()[1]
    )


def assert_unwritten(stack: Stack, *secrets: str) -> None:
    logs = stack.logs()
    assert logs
    for log in logs:
        text = log.read_text(errors="replace")
        for secret in secrets:
            assert secret not in text, f"{secret} in {log}"
