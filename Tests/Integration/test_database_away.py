"""While MariaDB is away the answer is 503, and service comes back by itself."""

from __future__ import annotations

import time

from harness import icalendar
from harness.processes import wait_for
from harness.stack import Stack


def test_ten_seconds_without_the_database(own_stack: Stack) -> None:
    dav = own_stack.client("anna", own_stack.front("nginx"))
    path = dav.calendar("crm-tasks") + "before.ics"
    assert dav.put(path, icalendar.event("before@x")).status == 201
    pids = own_stack.worker.pids()
    own_stack.database.stop()

    until = time.monotonic() + 10
    asked = 0
    while time.monotonic() < until:
        for method, where in (
            ("GET", path), ("PROPFIND", dav.home()), ("PROPFIND", dav.calendar("no-such")),
            ("REPORT", dav.calendar("crm-tasks")), ("DELETE", path),
        ):
            started = time.monotonic()
            answer = dav.request(method, where, headers={"Depth": "0"})
            assert answer.status == 503, answer
            assert int(answer.headers["Retry-After"]) > 0
            assert time.monotonic() - started < 6
            asked += 1
        wrong = dav.request(
            "GET", path, headers={"Authorization": "Basic YW5uYTp3cm9uZw=="}, signed_in=False
        )
        assert wrong.status == 503, wrong
        time.sleep(0.2)
    assert asked > 10

    own_stack.database.start()
    wait_for(lambda: dav.get(path).status == 200, 10, "service after the database came back")
    assert dav.put(path, icalendar.event("before@x", "After")).status == 204
    assert own_stack.worker.pids() == pids


def test_database_that_crashed_lost_nothing_acknowledged(own_stack: Stack) -> None:
    dav = own_stack.client("anna", own_stack.front("nginx"))
    calendar = dav.calendar("crm-tasks")
    texts = {f"c{number}.ics": icalendar.event(f"c{number}@x") for number in range(20)}
    for name, text in texts.items():
        assert dav.put(calendar + name, text).status == 201
    token = dav.sync(calendar).sync_token or ""
    own_stack.database.kill()
    assert dav.get(calendar + "c0.ics").status == 503
    own_stack.database.start()
    wait_for(lambda: dav.get(calendar + "c0.ics").status == 200, 10, "service after the crash")
    assert {name: dav.get(calendar + name).text for name in texts} == texts

    # A client is told either what changed since, or to list afresh: never nothing by mistake.
    dav.put(calendar + "after.ics", icalendar.event("after@x"))
    answer = dav.sync(calendar, token)
    if answer.status == 207:
        assert calendar + "after.ics" in answer.responses
    else:
        assert (answer.status, answer.precondition) == (403, "{DAV:}valid-sync-token")
        assert calendar + "after.ics" in dav.sync(calendar).responses
