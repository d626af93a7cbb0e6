"""`crm-caldav work`: every job runs, nothing is missed, and nothing is done twice."""

from __future__ import annotations

import json
import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import icalendar
from harness.dav import Client
from harness.nextcloud import Nextcloud
from harness.processes import Process, wait_for
from harness.remotes import command
from harness.stack import Stack, binary
from test_federated_shares import place, share, sharing_stack

#: Moments at which the process is killed.
KILLS = 200 if os.environ.get("SOAK") else 25


@pytest.fixture(scope="module")
def crm() -> Iterator[Stack]:
    with sharing_stack() as stack:
        yield stack


@pytest.fixture
def cloud() -> Iterator[Nextcloud]:
    nextcloud = Nextcloud()
    yield nextcloud
    nextcloud.stop()


@pytest.fixture
def anna(crm: Stack) -> Client:
    return crm.client("anna", crm.front("nginx"))


@pytest.fixture
def shared(crm: Stack, cloud: Nextcloud, anna: Client) -> Iterator[str]:
    """The path of a calendar that a Nextcloud has and wants to be told of."""
    path = anna.make_calendar(f"b-{uuid.uuid4().hex[:8]}")
    share(crm, cloud, path)
    cloud.run_cron()
    once(crm)
    without_pause(crm)
    cloud.marks.clear()
    yield path
    anna.delete(path)


def once(crm: Stack) -> list[dict[str, Any]]:
    ran = command(crm, "work", "--once", "--json")
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


def status(crm: Stack) -> dict[str, dict[str, Any]]:
    ran = command(crm, "work", "--status", "--json")
    assert ran.returncode == 0, ran.stderr
    return {row["job"]: row for row in json.loads(ran.stdout)}


def work(crm: Stack, *arguments: str) -> Process:
    return Process(
        [str(binary()), "work", *arguments, "--config", str(crm.configuration)],
        crm.directory / "work.log")


def without_pause(crm: Stack) -> None:
    """Receivers are otherwise left alone for some seconds after each notification."""
    crm.sql("DELETE FROM caldav_deliveries WHERE state = 'delivered';"
            "UPDATE caldav_deliveries SET due = 0 WHERE state = 'waiting'")


class TestKilled:
    def test_nothing_is_missed_and_what_was_in_flight_is_all_that_is_repeated(
        self, crm: Stack, cloud: Nextcloud, anna: Client, shared: str,
        figure: Callable[[str], None],
    ) -> None:
        start = time.monotonic()
        once(crm)
        whole = time.monotonic() - start
        chance = random.Random(13)
        repeated = 0
        for number in range(KILLS):
            anna.put(shared + f"{number % 7}.ics", icalendar.event(f"{number % 7}@x", f"T {number}"))
            before = len(cloud.marks)
            killed = work(crm, "--once")
            time.sleep(chance.uniform(0, whole))
            killed.kill()
            without_pause(crm)
            once(crm)
            came = cloud.marks[before:]
            assert came, f"the change {number} is not told"
            # One that was sent and not noted comes again, known by its mark.
            assert len(set(came)) == 1 and len(came) <= 2, came
            repeated += len(came) - 1
            without_pause(crm)
        assert crm.sql_value("SELECT COUNT(*) FROM caldav_deliveries WHERE state = 'waiting'") == "0"
        figure(f"work killed at {KILLS} moments: nothing missed, {repeated} sent again")

    def test_a_service_that_is_killed_goes_on_at_once(
        self, crm: Stack, cloud: Nextcloud, anna: Client, shared: str
    ) -> None:
        first = work(crm)
        time.sleep(1)
        anna.put(shared + "a.ics", icalendar.event("a@x"))
        time.sleep(1)
        first.kill()
        second = work(crm)
        try:
            wait_for(lambda: cloud.marks, 15, "the notification")
        finally:
            assert second.stop() == 0


def test_two_beside_each_other_do_nothing_twice(
    crm: Stack, cloud: Nextcloud, anna: Client, shared: str
) -> None:
    both = [work(crm), work(crm)]
    try:
        for number in range(4):
            anna.put(shared + f"{number}.ics", icalendar.event(f"{number}@x"))
            wait_for(lambda: len(cloud.marks) > number, 25, "the notification")  # noqa: B023
            without_pause(crm)
        time.sleep(3)
        assert len(cloud.marks) == len(set(cloud.marks)) == 4
    finally:
        assert [process.stop() for process in both] == [0, 0]


class TestStatus:
    def test_says_when_each_job_ran_and_what_waits(
        self, crm: Stack, cloud: Nextcloud, anna: Client, shared: str
    ) -> None:
        anna.put(shared + "a.ics", icalendar.event("a@x"))
        cloud.trouble = [(503, {})]
        once(crm)
        jobs = status(crm)
        assert {"maintenance: scan", "maintenance: prune", "follower: federation"} <= set(jobs)
        assert jobs["follower: federation"]["last"] and jobs["follower: federation"]["waiting"] == 0
        deliveries = jobs["deliveries: federation"]
        assert deliveries["waiting"] == 1 and "503" in deliveries["reason"]
        text = command(crm, "work", "--status").stdout
        assert "follower: federation" in text and "1 waiting" in text

    def test_says_what_a_follower_has_not_seen(
        self, crm: Stack, anna: Client, shared: str
    ) -> None:
        anna.put(shared + "a.ics", icalendar.event("a@x"))
        assert status(crm)["follower: federation"]["waiting"] >= 1
        once(crm)
        assert status(crm)["follower: federation"]["waiting"] == 0

    @pytest.mark.parametrize("arguments", [("--once", "--status"), ("--json",)])
    def test_what_does_not_go_together_is_refused(
        self, crm: Stack, arguments: tuple[str, ...]
    ) -> None:
        assert command(crm, "work", *arguments).returncode == 64


def test_sync_is_another_name_for_it(crm: Stack) -> None:
    assert command(crm, "sync", "--once", "--json").returncode == 0


def test_without_a_place_for_the_key_it_does_what_needs_none(crm: Stack) -> None:
    settings = crm.settings()
    crm.settings = lambda: {  # type: ignore[method-assign]
        name: value for name, value in settings.items() if name != "state_directory"
    }
    try:
        crm.write_configuration()
        ran = command(crm, "work", "--once")
        assert ran.returncode == 0, ran.stderr
    finally:
        crm.settings = lambda: settings  # type: ignore[method-assign]
        crm.write_configuration()


class TestCheck:
    def findings(self, crm: Stack) -> list[dict[str, Any]]:
        found = json.loads(command(crm, "check", "--json").stdout)
        return [finding for finding in found if finding["check"] == "background"]

    def test_says_that_nothing_sends_what_waits(
        self, crm: Stack, cloud: Nextcloud, anna: Client, shared: str
    ) -> None:
        (good,) = self.findings(crm)
        assert good["level"] == "ok"
        anna.put(shared + "a.ics", icalendar.event("a@x"))
        cloud.trouble = [(503, {})]
        once(crm)
        crm.sql("UPDATE caldav_deliveries SET due = due - 5000 WHERE state = 'waiting'")
        (problem,) = self.findings(crm)
        assert problem["level"] == "problem" and "crm-caldav work" in problem["mend"]
        once(crm)
        (good,) = self.findings(crm)
        assert good["level"] == "ok"

    def test_says_why_a_follower_fails(self, crm: Stack) -> None:
        crm.sql("UPDATE caldav_followers SET failures = 3, reason = 'no room'")
        try:
            (problem,) = self.findings(crm)
            assert "no room" in problem["message"] and "3 times" in problem["message"]
        finally:
            crm.sql("UPDATE caldav_followers SET failures = 0, reason = NULL")


class TestOutgoing:
    """One door: https, and public addresses, unless the administrator says otherwise."""

    def refusal(self, crm: Stack, cloud: Nextcloud, path: str, **settings: str) -> str:
        usual = crm.settings()
        crm.settings = lambda: {**usual, **settings}  # type: ignore[method-assign]
        try:
            crm.write_configuration()
            ran = command(crm, "share", "--to", cloud.cloud_id("otto"), place(path))
            assert ran.returncode == 1 and not cloud.offers
            return ran.stderr
        finally:
            crm.settings = lambda: usual  # type: ignore[method-assign]
            crm.write_configuration()

    @pytest.fixture
    def path(self, anna: Client) -> Iterator[str]:
        path = anna.make_calendar(f"o-{uuid.uuid4().hex[:8]}")
        yield path
        anna.delete(path)

    def test_this_machine_is_refused_unless_it_is_listed(
        self, crm: Stack, cloud: Nextcloud, path: str
    ) -> None:
        reason = self.refusal(crm, cloud, path, outgoing_allowed_networks="10.0.0.0/8")
        assert "outgoing_allowed_networks" in reason

    def test_a_name_is_judged_by_what_it_resolves_to(
        self, crm: Stack, cloud: Nextcloud, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            cloud, "cloud_id", lambda user: f"{user}@{cloud.base.replace('127.0.0.1', 'localhost')}")
        reason = self.refusal(crm, cloud, path, outgoing_allowed_networks="10.0.0.0/8")
        assert "is not a public address" in reason

    def test_a_waiting_message_is_judged_again_at_each_attempt(
        self, crm: Stack, cloud: Nextcloud, anna: Client, shared: str
    ) -> None:
        anna.put(shared + "a.ics", icalendar.event("a@x"))
        usual = crm.settings()
        crm.settings = lambda: {  # type: ignore[method-assign]
            **usual, "outgoing_allowed_networks": ""}
        try:
            crm.write_configuration()
            (failed,) = once(crm)
            assert failed["outcome"] == "postponed"
            assert "outgoing_allowed_networks" in failed["reason"] and not cloud.marks
        finally:
            crm.settings = lambda: usual  # type: ignore[method-assign]
            crm.write_configuration()
