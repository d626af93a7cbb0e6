"""Calendars as feeds for subscribers: secret addresses, parts, conditions, and never half of one."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from collections.abc import Callable

import pytest

from harness import icalendar
from harness.dav import Answer, Client
from harness.stack import Stack, binary
from test_logs import assert_unwritten
from test_statements import statements


def anonymous(client: Client, method: str, path: str, **headers: str) -> Answer:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(method, path, headers=fields, signed_in=False)


def make(client: Client, calendar: str, label: str = "") -> str:
    """Makes a secret address and answers its path."""
    answer = client.request(
        "POST", calendar + "?feed", f"label={label}",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status == 201, answer
    location = answer.headers["Location"]
    assert json.loads(answer.body)["address"] == location
    origin = f"http://{client.host}:{client.port}"
    assert location.startswith(f"{origin}{client.base_path}feed/"), location
    return location.removeprefix(origin)


@pytest.fixture
def feed(client: Client, calendar: str) -> str:
    assert client.put(calendar + "a.ics", icalendar.event("a@x", "First")).status == 201
    return make(client, calendar, "Test")


def test_secret_address_needs_no_password(client: Client, feed: str) -> None:
    answer = anonymous(client, "GET", feed)
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "UID:a@x\r\n" in answer.text
    head = anonymous(client, "HEAD", feed)
    assert (head.status, head.etag, head.body) == (200, answer.etag, b"")
    assert anonymous(client, "OPTIONS", feed).headers["Allow"] == "OPTIONS, GET, HEAD"
    assert anonymous(client, "PROPFIND", feed).status == 405


def test_secret_address_follows_every_change(client: Client, calendar: str, feed: str) -> None:
    etag = anonymous(client, "GET", feed).etag or ""
    assert anonymous(client, "GET", feed, If_None_Match=etag).status == 304
    client.put(calendar + "a.ics", icalendar.event("a@x", "Changed"))
    answer = anonymous(client, "GET", feed, If_None_Match=etag)
    assert answer.status == 200 and "SUMMARY:Changed" in answer.text


def test_secret_address_shows_what_the_crm_writes(stack: Stack, dav: Client) -> None:
    feed = make(dav, dav.calendar("crm-tasks"))
    stack.sql(
        "INSERT INTO tasks (user_id, title, start_datetime, end_datetime) VALUES (1,"
        " 'Straight from the CRM', '2026-09-01 10:00:00', '2026-09-01 11:00:00')"
    )
    owner = stack.sql_value("SELECT username FROM users WHERE id = 1")
    if owner != "anna":
        stack.sql(
            "UPDATE tasks SET user_id = (SELECT id FROM users WHERE username = 'anna')"
            " WHERE title = 'Straight from the CRM'"
        )
    assert "Straight from the CRM" in anonymous(dav, "GET", feed).text
    stack.sql("DELETE FROM tasks WHERE title = 'Straight from the CRM'")


def test_revoked_and_unknown_addresses_are_404_alike(
    client: Client, calendar: str, feed: str
) -> None:
    (listed,) = json.loads(client.get(calendar + "?feed").body)
    assert listed["label"] == "Test"
    answer = client.request(
        "POST", calendar + "?feed", f"revoke={listed['id']}",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status == 204
    gone, never = (
        anonymous(client, "GET", path) for path in (feed, client.base_path + "feed/none.ics")
    )
    assert (gone.status, never.status) == (404, 404)
    assert gone.body == never.body and gone.headers["WWW-Authenticate"] is None
    assert json.loads(client.get(calendar + "?feed").body) == []


def test_only_the_owner_makes_one(stack: Stack, client: Client, base: str, calendar: str) -> None:
    ben = stack.client("ben", base)
    for user in (ben, Client(base)):
        answer = user.request("POST", calendar + "?feed")
        assert answer.status in (401, 403), answer
        assert user.get(calendar + "?feed").status in (401, 403)
    forged = client.request("POST", calendar + "?feed", headers={"Origin": "https://evil.example"})
    assert forged.status == 403
    assert json.loads(client.get(calendar + "?feed").body) == []


def test_no_log_of_ours_holds_a_secret_address(stack: Stack, dav: Client, dav_calendar: str) -> None:
    feed = make(dav, dav_calendar)
    token = feed.rpartition("/")[2].removesuffix(".ics")
    for path in (
        feed, feed + "?start=x", feed.replace("feed", "%66eed"), feed + "/more",
        dav.base_path + "feed/" + token,
    ):
        answer = anonymous(dav, "GET", path)
        assert token.encode() not in answer.body or answer.status == 200
    entries = [json.loads(line) for line in stack.worker.access_log.read_text().splitlines()]
    assert any(entry["uri"] == f"{dav.base_path}feed/***" for entry in entries)
    for log in stack.logs():
        if log.parent.name not in ("nginx",):
            assert token not in log.read_text(errors="replace"), log
    assert token not in stack.contents()


def test_guesses_are_answered_429_after_a_while_and_subscribers_are_not(own_stack: Stack) -> None:
    dav = own_stack.client("anna", own_stack.front("nginx"))
    feed = make(dav, dav.calendar("crm-tasks"))
    # Each worker process counts for itself, and has to have met the subscriber.
    for _ in range(20):
        assert anonymous(dav, "GET", feed).status == 200
    found = {
        anonymous(dav, "GET", f"{dav.base_path}feed/{number:040x}.ics").status
        for number in range(300)
    }
    assert found == {404, 429}
    assert anonymous(dav, "GET", feed).status == 200
    assert dav.propfind(dav.home(), "d:displayname").status == 207


def test_address_ends_with_the_calendar_and_with_the_account(
    stack: Stack, dav: Client, dav_calendar: str
) -> None:
    feed = make(dav, dav_calendar)
    stack.sql("UPDATE users SET active = 0 WHERE username = 'anna'")
    try:
        assert anonymous(dav, "GET", feed).status == 404
    finally:
        stack.sql("UPDATE users SET active = 1 WHERE username = 'anna'")
    assert anonymous(dav, "GET", feed).status == 200
    dav.delete(dav_calendar)
    assert anonymous(dav, "GET", feed).status == 404


def run(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary(), "feed", *arguments, "--config", stack.configuration],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )


def test_command_makes_lists_and_revokes(stack: Stack, dav: Client, dav_calendar: str) -> None:
    uri = dav_calendar.split("/")[-2]
    server = f"http://{dav.host}:{dav.port}{dav.base_path}"
    made = run(
        stack, "create", f"anna/{uri}", "--label", "by command", "--server", server, "--json"
    )
    assert made.returncode == 0, made.stderr
    new = json.loads(made.stdout)
    path = new["address"].removeprefix(f"http://{dav.host}:{dav.port}")
    assert anonymous(dav, "GET", path).status == 200
    plain = run(stack, "create", f"anna/{uri}")
    assert re.fullmatch(r"/caldav/feed/[0-9a-f]{40}\.ics\n", plain.stdout)
    listed = json.loads(run(stack, "list", "--user", "anna", "--json").stdout)
    assert new["id"] in [feed["id"] for feed in listed]
    token = path.rpartition("/")[2].removesuffix(".ics")
    assert token not in run(stack, "list").stdout
    assert run(stack, "revoke", str(new["id"])).returncode == 0
    assert anonymous(dav, "GET", path).status == 404
    assert run(stack, "revoke", str(new["id"])).returncode == 1
    assert run(stack, "create", "anna/no-such").returncode == 1


def test_unchanged_feed_takes_one_statement(
    stack: Stack, dav: Client, dav_calendar: str, figure: Callable[[str], None]
) -> None:
    dav.put(dav_calendar + "a.ics", icalendar.event("a@x"))
    feed = make(dav, dav_calendar)
    for path, signed_in in ((feed, False), (dav_calendar, True)):
        etag = dav.request("GET", path, signed_in=signed_in).etag or ""

        def unchanged() -> None:
            answer = dav.request(
                "GET", path, headers={"If-None-Match": etag}, signed_in=signed_in
            )
            assert answer.status == 304

        count = statements(stack, unchanged)
        figure(f"304 of {'the calendar' if signed_in else 'a secret address'}: {count} statements")
        assert count == 1


@pytest.mark.parametrize(
    ("query", "uids"),
    [
        ("export", {"a@x", "b@x", "do@x"}), ("component=VTODO", {"do@x"}),
        ("export&componentType=VEVENT", {"a@x", "b@x"}),
        ("start=20260914T000000Z&end=20260915T000000Z", {"a@x", "do@x"}),
        ("export&start=1789344000&end=1789430400&componentType=VEVENT", {"a@x"}),
    ],
)
def test_part_of_a_calendar(client: Client, calendar: str, query: str, uids: set[str]) -> None:
    client.put(calendar + "a.ics", icalendar.event("a@x", start="20260914T090000Z"))
    client.put(calendar + "b.ics", icalendar.event("b@x", start="20261014T090000Z"))
    client.put(calendar + "do.ics", icalendar.to_do("do@x"))
    for path, signed_in in ((calendar, True), (make(client, calendar), False)):
        answer = client.request("GET", f"{path}?{query}", signed_in=signed_in)
        assert answer.status == 200, answer
        found = set(re.findall(r"^UID:(.+)\r$", answer.text, re.MULTILINE))
        assert found == uids


def test_expanded_feed_has_single_instances(client: Client, calendar: str) -> None:
    text = icalendar.event("r@x", start="20260914T090000Z")
    client.put(calendar + "r.ics", text.replace("END:VEVENT", "RRULE:FREQ=DAILY\r\nEND:VEVENT"))
    answer = client.get(calendar + "?expand=1&start=20260914T000000Z&end=20260917T000000Z")
    assert answer.text.count("BEGIN:VEVENT") == 3 and "RRULE" not in answer.text


def test_export_is_a_file_for_a_browser_as_well(client: Client, calendar: str) -> None:
    answer = client.get(calendar + "?export", {"Accept": "text/html,*/*;q=0.8"})
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")


def test_trouble_in_the_middle_is_seen_by_the_client(own_stack: Stack) -> None:
    """A feed that ends early must not look whole: subscribers delete what is not in it."""
    dav = own_stack.client("anna", own_stack.front("nginx"))
    calendar = dav.calendar("crm-tasks")
    text = icalendar.event("big-0@x", "x" * 60_000)
    for number in range(100):
        assert dav.put(f"{calendar}big-{number}.ics",
                       text.replace("big-0@x", f"big-{number}@x")).status == 201
    whole = dav.get(calendar).body
    assert len(whole) > 6_000_000
    connection = http.client.HTTPConnection(dav.host, dav.port, timeout=30)
    connection.request("GET", calendar, headers=dav.authorization)
    response = connection.getresponse()
    assert response.status == 200
    got = response.read(65536)
    own_stack.database.kill()
    try:
        while piece := response.read(65536):
            got += piece
        ended = "whole"
    except (http.client.IncompleteRead, ConnectionResetError, OSError):
        ended = "broken"
    assert ended == "broken" or got == whole
    own_stack.database.start()
