"""Pairs of calendars: conflicts, first meetings, and what stops a pair before it does harm."""

from __future__ import annotations

import json
import os
import stat
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import icalendar, remotes
from harness.processes import wait_for
from harness.remotes import PASSWORD, Pair, Radicale, command, meaning
from harness.stack import Stack


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


MakePair = Callable[..., Pair]


@pytest.fixture
def make_pair(sync_stack: Stack, server: Radicale) -> Iterator[MakePair]:
    """Makes two new calendars, fills them, and pairs them."""
    pairs = []

    def make(
        here: dict[str, str] | None = None, there: dict[str, str] | None = None,
        policy: str = "newest",
    ) -> Pair:
        ours, theirs = sync_stack.client("anna", sync_stack.front("nginx")), server.client()
        name = f"t-{uuid.uuid4().hex[:12]}"
        our_path, their_path = ours.make_calendar(name), server.make_calendar(theirs, name)
        for client, path, objects in ((ours, our_path, here), (theirs, their_path, there)):
            for object_name, text in (objects or {}).items():
                assert client.put(path + object_name, text).status == 201
        pairs.append(Pair(sync_stack, ours, our_path, theirs, their_path, server.base, policy))
        return pairs[-1]

    yield make
    for pair in pairs:
        pair.remove()


@pytest.fixture
def pair(make_pair: MakePair) -> Pair:
    return make_pair()


def equal(pair: Pair) -> dict[str, str]:
    here, there = pair.here(), pair.there()
    assert {uid: meaning(t) for uid, t in here.items()} == {
        uid: meaning(t) for uid, t in there.items()
    }
    return here


def event(uid: str, title: str, *more: str) -> str:
    return icalendar.event(uid, title, "20260914T090000Z", "20260914T100000Z", *more)


# The CRM


def test_what_the_crm_writes_is_there_and_comes_back(
    pair: Pair, sync_stack: Stack
) -> None:
    assert pair.theirs.put(pair.their_path + "m.ics", event("m", "Meeting")).status == 201
    pair.settle()
    (task,) = sync_stack.sql_rows("SELECT id, title FROM tasks WHERE caldav_uid = 'm'")
    assert task[1] == "Meeting"
    sync_stack.sql(f"UPDATE tasks SET title = 'Moved by the CRM' WHERE id = {task[0]}")
    pair.settle()
    assert "SUMMARY:Moved by the CRM" in equal(pair)["m"]
    sync_stack.sql(f"DELETE FROM tasks WHERE id = {task[0]}")
    sync_stack.wait_until_gone_are_noticed()
    pair.settle()
    assert equal(pair) == {}


def test_a_transfer_is_in_the_log(pair: Pair, sync_stack: Stack) -> None:
    assert pair.ours.put(pair.our_path + "l.ics", event("logged", "x")).status == 201
    pair.settle()
    sync_stack.wait_until_logged()
    rows = sync_stack.sql_rows(
        "SELECT action, sync_status FROM caldav_sync_log WHERE caldav_uid = 'logged' ORDER BY id"
    )
    assert rows == [("create", "success"), ("create", "success")]


# Cost


def test_an_idle_turn_is_one_request_and_a_change_at_most_four(pair: Pair) -> None:
    assert pair.ours.put(pair.our_path + "a.ics", event("a", "one")).status == 201
    pair.settle()
    assert pair.sync()["requests"] == 1
    assert pair.ours.put(pair.our_path + "a.ics", event("a", "two")).status == 204
    assert sum(report["requests"] for report in pair.settle()) <= 4
    assert pair.theirs.put(pair.their_path + "a.ics", event("a", "three")).status in (201, 204)
    assert sum(report["requests"] for report in pair.settle()) <= 4
    assert "SUMMARY:three" in equal(pair)["a"]


def test_many_objects_meet_in_batches(
    sync_stack: Stack, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """Half of them on each side. In full length 10,000: the bounds are the same for few."""
    count = 10_000 if os.environ.get("SOAK") else 600
    fill = """INSERT INTO tasks (title, description, start_datetime, end_datetime, user_id)
        SELECT CONCAT('{side} ', seq), 'Something to do', '2026-05-05 10:00:00',
               '2026-05-05 11:00:00', 3 FROM seq_1_to_{count}"""
    other = remotes.Ours(tmp_path / "other")
    other.start()
    try:
        ours, theirs = sync_stack.client("ben", sync_stack.front("nginx")), other.client()
        path = ours.calendar("crm-tasks")

        def both_have(number: int) -> None:
            wait_for(
                lambda: all(len(c.names(path)) == number for c in (ours, theirs)), 60, "objects")

        for stack in (sync_stack, other.stack):
            stack.sql("DELETE FROM tasks WHERE user_id = 3 LIMIT 1000")
        both_have(0)
        for side, stack in (("Here", sync_stack), ("There", other.stack)):
            stack.sql(fill.format(side=side, count=count // 2))
        both_have(count // 2)
        pair = Pair(sync_stack, ours, path, theirs, path, other.base)
        began, most, moved = time.monotonic(), 0, 0
        for _ in range(200):
            printed, memory = remotes.measured(
                sync_stack, "sync", "--once", "--json", "--only", str(pair.id))
            (report,) = json.loads(printed)
            assert report["outcome"] == "done", report
            most = max(most, memory)
            moved += report["pulled"] + report["pushed"]
            if not report["pulled"] + report["pushed"] + report["postponed"]:
                break
        took = time.monotonic() - began
        assert len(ours.names(path)) == len(theirs.names(path)) == count
        assert 0 < most < 100 * 1024
        idle = pair.sync()["requests"]
        assert idle <= 2
        name = min(ours.names(path))
        text = ours.get(path + name).text.replace("Something to do", "Something else to do")
        assert ours.put(path + name, text).status == 204
        requests = sum(report["requests"] for report in pair.settle())
        assert requests <= 4
        figure(f"sync: {count} objects in {took:.0f} s, at most {most / 1024:.0f} MiB; idle {idle}"
               f" request, one change {requests}")
        pair.remove()
    finally:
        other.stop()


# Conflicts


@pytest.mark.parametrize("policy", ["crm", "remote"])
def test_a_conflict_is_decided_and_the_loser_restorable(
    make_pair: MakePair, sync_stack: Stack, policy: str
) -> None:
    pair = make_pair(here={"c.ics": event("c", "base")}, policy=policy)
    pair.settle()
    assert pair.ours.put(pair.our_path + "c.ics", event("c", "ours", "LOCATION:A")).status == 204
    theirs = pair.theirs.put(pair.their_path + "c.ics", event("c", "theirs", "DESCRIPTION:B"))
    assert theirs.status in (201, 204)
    pair.settle()
    text = equal(pair)["c"]
    winner, loser = ("ours", "theirs") if policy == "crm" else ("theirs", "ours")
    assert f"SUMMARY:{winner}" in text and "LOCATION:A" in text and "DESCRIPTION:B" in text
    kept = sync_stack.sql_rows(
        "SELECT id FROM caldav_trash WHERE icalendar LIKE '%SUMMARY:" + loser + "%'"
        f" AND uri = '{pair.our_path.split('/')[-2]}'"
    )
    assert kept
    restored = command(sync_stack, "trash", "restore", kept[-1][0])
    assert restored.returncode == 0, restored.stderr
    pair.settle()
    assert f"SUMMARY:{loser}" in equal(pair)["c"]


@pytest.mark.parametrize("deleted", ["here", "there"])
def test_a_change_outweighs_a_deletion(make_pair: MakePair, deleted: str) -> None:
    pair = make_pair(here={"d.ics": event("d", "base")})
    pair.settle()
    if deleted == "here":
        assert pair.ours.delete(pair.our_path + "d.ics").status == 204
        pair.theirs.put(pair.their_path + "d.ics", event("d", "changed"))
    else:
        assert pair.theirs.delete(pair.their_path + "d.ics").status in (200, 204)
        pair.ours.put(pair.our_path + "d.ics", event("d", "changed"))
    pair.settle()
    assert "SUMMARY:changed" in equal(pair)["d"]


# The first meeting


def test_two_filled_calendars_meet_without_doubles(make_pair: MakePair) -> None:
    pair = make_pair(
        here={
            "1.ics": event("same", "Same"), "2.ics": event("ours", "Only ours"),
            "3.ics": event("uid-a", "Another UID"),
        },
        there={
            "x.ics": event("same", "Same"), "y.ics": event("theirs", "Only theirs"),
            "z.ics": event("uid-b", "Another UID"),
        },
    )
    pair.settle()
    here, there = pair.here(), pair.there()
    assert set(here) == {"same", "ours", "theirs", "uid-a"}
    assert set(there) == {"same", "ours", "theirs", "uid-b"}
    # They stay one, whatever their UIDs.
    pair.theirs.put(pair.their_path + "z.ics", event("uid-b", "Renamed there"))
    pair.settle()
    assert "SUMMARY:Renamed there" in pair.here()["uid-a"]


def test_an_object_that_moves_stays_one(pair: Pair, sync_stack: Stack) -> None:
    pair.theirs.put(pair.their_path + "old.ics", event("mv", "Moved"))
    pair.settle()
    before = sync_stack.sql_value("SELECT id FROM tasks WHERE caldav_uid = 'mv'")
    assert pair.theirs.delete(pair.their_path + "old.ics").status in (200, 204)
    pair.theirs.put(pair.their_path + "new.ics", event("mv", "Moved"))
    pair.settle()
    assert list(equal(pair)) == ["mv"]
    assert sync_stack.sql_value("SELECT id FROM tasks WHERE caldav_uid = 'mv'") == before


def test_resync_and_a_forgotten_note_move_nothing(pair: Pair, sync_stack: Stack) -> None:
    """As after a kill between a write and its note."""
    for number in range(3):
        pair.ours.put(f"{pair.our_path}{number}.ics", event(f"r{number}", f"R {number}"))
    pair.settle()
    before = pair.here(), pair.there()
    sync_stack.sql(f"DELETE FROM caldav_remote_objects WHERE remote_id = {pair.id}")
    assert command(sync_stack, "remote", "resync", str(pair.id)).returncode == 0
    report = pair.sync()
    assert (report["pulled"], report["pushed"]) == (0, 0)
    assert (pair.here(), pair.there()) == before


# Before harm is done


def fill(pair: Pair, count: int = 6) -> None:
    for number in range(count):
        assert pair.ours.put(f"{pair.our_path}{number}.ics", event(f"f{number}", "x")).status == 201
    pair.settle()


def test_a_remote_that_lost_its_data_empties_nothing(pair: Pair, sync_stack: Stack) -> None:
    fill(pair)
    for name in pair.theirs.names(pair.their_path):
        pair.theirs.delete(pair.their_path + name)
    report = pair.sync(succeeds=False)
    assert report["outcome"] == "stopped" and "lacks 6 of 6" in report["reason"]
    assert len(pair.here()) == 6
    assert pair.status()["state"] == "stopped"
    # It stays so until somebody says that they are to go.
    assert pair.sync(succeeds=False)["outcome"] == "resting"
    resumed = command(sync_stack, "remote", "resume", str(pair.id), "--allow-deletions")
    assert resumed.returncode == 0, resumed.stderr
    pair.settle()
    assert equal(pair) == {}


def test_a_crm_that_lost_its_tasks_empties_nothing(pair: Pair, sync_stack: Stack) -> None:
    fill(pair)
    sync_stack.sql("DELETE FROM tasks WHERE caldav_uid LIKE 'f_'")
    sync_stack.wait_until_gone_are_noticed()
    report = pair.sync(succeeds=False)
    assert report["outcome"] == "stopped" and "Our calendar lacks 6 of 6" in report["reason"]
    assert len(pair.there()) == 6


def test_a_remote_calendar_that_is_gone_deletes_nothing(pair: Pair) -> None:
    fill(pair, 1)
    assert pair.theirs.delete(pair.their_path).status in (200, 204)
    report = pair.sync(succeeds=False)
    assert report["outcome"] == "stopped" and "not there any more" in report["reason"]
    assert len(pair.here()) == 1


def test_a_wrong_password_stops_the_pair_at_once(
    pair: Pair, sync_stack: Stack, server: Radicale
) -> None:
    fill(pair, 1)
    users = server.log.parent / "users"
    right = users.read_text()
    try:
        users.write_text("otto:another\n")
        server.stop()
        server.start()
        report = pair.sync(succeeds=False)
        assert report["outcome"] == "stopped"
        assert "does not accept the user name and password" in report["reason"]
        assert pair.sync(succeeds=False)["outcome"] == "resting"
        resumed = command(
            sync_stack, "remote", "resume", str(pair.id), "--password", stdin="another\n"
        )
        assert resumed.returncode == 0, resumed.stderr
        pair.sync()
    finally:
        users.write_text(right)
        server.stop()
        server.start()
    assert len(pair.here()) == 1


def test_one_bad_object_stops_no_other(pair: Pair, sync_stack: Stack) -> None:
    """What cannot be here waits, is named, and is tried again when it was changed."""
    uri = pair.our_path.rstrip("/").rpartition("/")[2]
    sync_stack.sql(f"UPDATE caldav_calendars SET components = 'VEVENT,VTODO' WHERE uri = '{uri}'")
    journal = event("bad", "A journal").replace("VEVENT", "VJOURNAL").replace(
        "DTEND:20260914T100000Z\r\n", ""
    )
    assert pair.theirs.put(pair.their_path + "bad.ics", journal).status == 201
    assert pair.theirs.put(pair.their_path + "good.ics", event("good", "Good")).status == 201
    report = pair.sync(succeeds=False)
    assert report["outcome"] == "done"
    assert report["failures"] == {
        pair.their_path + "bad.ics": "the calendar takes no VJOURNAL"
    }
    assert list(pair.here()) == ["good"]
    assert pair.status()["waiting"] == 1
    # Not again at every turn.
    assert pair.sync()["failures"] == {}
    assert pair.theirs.delete(pair.their_path + "bad.ics").status in (200, 204)
    assert pair.theirs.put(pair.their_path + "bad.ics", event("bad", "Mended")).status == 201
    pair.settle()
    assert set(equal(pair)) == {"good", "bad"}
    assert pair.status()["waiting"] == 0


# The operator


def test_pause_and_resume(pair: Pair, sync_stack: Stack) -> None:
    assert command(sync_stack, "remote", "pause", str(pair.id)).returncode == 0
    pair.ours.put(pair.our_path + "p.ics", event("p", "x"))
    assert pair.sync(succeeds=False)["outcome"] == "resting"
    assert pair.there() == {}
    assert command(sync_stack, "remote", "resume", str(pair.id)).returncode == 0
    pair.settle()
    assert list(equal(pair)) == ["p"]


def test_the_password_is_nowhere_in_clear(pair: Pair, sync_stack: Stack) -> None:
    key = sync_stack.directory / "state" / "remote.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    dump = sync_stack.contents()
    assert PASSWORD not in dump and key.read_text().strip() not in dump
    secret = sync_stack.sql_value(f"SELECT HEX(secret) FROM caldav_remotes WHERE id = {pair.id}")
    assert secret and PASSWORD.encode().hex().upper() not in secret


def test_a_key_for_everybody_is_refused(pair: Pair, sync_stack: Stack) -> None:
    key = sync_stack.directory / "state" / "remote.key"
    key.chmod(0o644)
    try:
        ran = command(sync_stack, "sync", "--once")
        assert ran.returncode == 78 and "others may read it" in ran.stderr
    finally:
        key.chmod(0o600)


def test_discovery_finds_the_calendars_from_the_host_alone(
    sync_stack: Stack, server: Radicale, make_pair: MakePair
) -> None:
    """RFC 6764 §6."""
    make_pair()
    ran = command(
        sync_stack, "remote", "add", server.base, "--user", "otto", "--list", "--json",
        stdin=f"{PASSWORD}\n",
    )
    assert ran.returncode == 0, ran.stderr
    calendars = json.loads(ran.stdout)
    assert calendars and all(c["address"].startswith(server.base + "otto/") for c in calendars)


def test_a_password_is_not_sent_in_clear(sync_stack: Stack) -> None:
    ran = command(
        sync_stack, "remote", "add", "http://calendar.example.org/", "--user", "x", "--list",
        stdin="secret\n",
    )
    assert ran.returncode == 64 and "https://" in ran.stderr


def test_the_same_pair_is_made_once(pair: Pair, sync_stack: Stack, server: Radicale) -> None:
    uri = pair.our_path.split("/")[-2]
    ran = command(
        sync_stack, "remote", "add", server.base.rstrip("/") + pair.their_path, "--user", "otto",
        "--to", f"anna/{uri}", stdin=f"{PASSWORD}\n",
    )
    assert ran.returncode == 1 and "a pair already" in ran.stderr


# Several engines


def test_engines_in_a_circle_settle(sync_stack: Stack, server: Radicale) -> None:
    """Two calendars of ours with one remote, and with each other: an edit goes round once."""
    theirs = server.client()
    their_path = server.make_calendar(theirs, f"t-{uuid.uuid4().hex[:8]}")
    front = sync_stack.front("nginx")
    anna, ben = sync_stack.client("anna", front), sync_stack.client("ben", front)
    name = f"t-{uuid.uuid4().hex[:8]}"
    first, second = anna.make_calendar(name), ben.make_calendar(name)
    pairs = [
        Pair(sync_stack, anna, first, theirs, their_path, server.base),
        Pair(sync_stack, ben, second, theirs, their_path, server.base),
        Pair(sync_stack, anna, first, ben, second, front),
    ]

    def go_round() -> int:
        """Turns of all until none moves anything; answers how many objects were moved."""
        moved = 0
        for _ in range(8):
            reports = [pair.sync() for pair in pairs]
            now = sum(
                report[what] for report in reports
                for what in ("pulled", "pushed", "deleted_here", "deleted_there")
            )
            moved += now
            if not now and not any(report["postponed"] for report in reports):
                return moved
        raise AssertionError(f"does not settle: {reports}")

    try:
        guest = "ATTENDEE;CN=Guest:mailto:guest@example.org"
        anna.put(first + "a.ics", event("a", "from anna", guest))
        ben.put(second + "b.ics", event("b", "from ben"))
        theirs.put(their_path + "c.ics", event("c", "from there"))
        go_round()
        for title, client, path in (
            ("anna", anna, first), ("ben", ben, second), ("there", theirs, their_path)
        ):
            found = {n: client.get(path + n).text for n in client.names(path)}
            (own,) = (n for n, text in found.items() if "UID:a" in text)
            client.put(path + own, event("a", f"changed by {title}", guest))
            assert go_round() <= 4
            for pair in pairs:
                assert set(equal(pair)) == {"a", "b", "c"}
                assert f"SUMMARY:changed by {title}\n" in pair.here()["a"]
        anna.delete(first + "a.ics")
        go_round()
        assert all(set(equal(pair)) == {"b", "c"} for pair in pairs)
    finally:
        for pair in pairs:
            pair.remove()
