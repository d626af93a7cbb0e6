"""`crm-caldav sync` as a service: changes cross by themselves, and soon."""

from __future__ import annotations

import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from harness import icalendar, remotes
from harness.processes import Process, wait_for
from harness.remotes import Pair
from harness.stack import Stack, binary


@pytest.fixture(scope="module")
def sync_stack() -> Iterator[Stack]:
    with remotes.sync_stack() as stack:
        yield stack


@pytest.fixture(scope="module", params=remotes.SERVERS)
def pair(sync_stack: Stack, request: pytest.FixtureRequest) -> Iterator[Pair]:
    with remotes.server(request.param, sync_stack.directory / request.param) as server:
        ours, theirs = sync_stack.client("anna", sync_stack.front("nginx")), server.client()
        pair = Pair(
            sync_stack, ours, ours.make_calendar(f"d-{request.param}"), theirs,
            server.make_calendar(theirs, f"d-{request.param}"), server.base,
        )
        yield pair
        pair.remove()


@pytest.fixture
def daemon(sync_stack: Stack, pair: Pair) -> Iterator[Process]:
    process = Process(
        [str(binary()), "sync", "--config", str(sync_stack.configuration)],
        sync_stack.directory / "sync.log",
    )
    yield process
    assert process.stop() == 0


def crosses(has_come: Callable[[], bool]) -> float:
    """Seconds until it is there."""
    start = time.monotonic()
    wait_for(has_come, 30, "the change on the other side")
    return time.monotonic() - start


def test_an_edit_crosses_within_30_seconds_either_way(
    daemon: Process, pair: Pair, sync_stack: Stack, figure: Callable[[str], None],
    request: pytest.FixtureRequest,
) -> None:
    wait_for(lambda: pair.status()["seen"], 30, "the first turn")
    kind = request.node.callspec.params["pair"]
    out, back, crm = [], [], []
    for number in range(3):
        uid, title = f"{kind}-{number}", f"Title {number}"
        name = f"{uid}.ics"
        pair.ours.put(pair.our_path + name, icalendar.event(uid, title))
        out.append(crosses(lambda: pair.theirs.get(pair.their_path + name).status == 200))
        pair.theirs.put(pair.their_path + name, icalendar.event(uid, f"{title} back"))
        back.append(crosses(lambda: f"{title} back" in pair.ours.get(pair.our_path + name).text))
        sync_stack.sql(f"UPDATE tasks SET title = 'CRM {number}' WHERE caldav_uid = '{uid}'")
        crm.append(
            crosses(lambda: f"CRM {number}" in pair.theirs.get(pair.their_path + name).text)
        )
    for what, times in (("client to remote", out), ("remote to us", back), ("CRM to remote", crm)):
        figure(f"sync, {kind}, {what}: median {statistics.median(times):.1f} s, worst {max(times):.1f} s")
        assert max(times) < 30


def test_a_killed_service_goes_on_where_it_was(sync_stack: Stack, pair: Pair) -> None:
    """SIGKILL leaves a turn claimed; the next process on this machine sees that its holder ended."""
    command = [str(binary()), "sync", "--config", str(sync_stack.configuration)]
    for number in range(4):
        process = Process(command, sync_stack.directory / "sync.log")
        pair.ours.put(f"{pair.our_path}k{number}.ics", icalendar.event(f"k{number}", "Killed"))
        time.sleep(0.3 * number)
        process.kill()
    pair.settle()
    assert {f"k{number}" for number in range(4)} <= set(pair.there())
    assert {u: remotes.meaning(t) for u, t in pair.here().items()} == {
        u: remotes.meaning(t) for u, t in pair.there().items()
    }


def test_the_service_ends_at_once_when_told_to(daemon: Process) -> None:
    time.sleep(1)
    start = time.monotonic()
    daemon.signal(signal.SIGTERM)
    assert daemon.wait(10) == 0
    assert time.monotonic() - start < 3


def test_serving_does_not_load_what_syncing_needs(sync_stack: Stack) -> None:
    """libcurl brings thirty libraries: they are no serving process's to carry."""
    linked = subprocess.run(["ldd", binary()], capture_output=True, text=True, check=True).stdout
    assert "libcurl" not in linked
    for pid in sync_stack.worker.pids():
        with open(f"/proc/{pid}/maps") as maps:
            assert "libcurl" not in maps.read()
