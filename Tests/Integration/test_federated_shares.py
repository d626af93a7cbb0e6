"""Calendars shared with people of Nextcloud servers: `crm-caldav share`, and what their servers do then."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from harness import icalendar, remotes
from harness.dav import Client, document
from harness.nextcloud import FederatedCalendar, Nextcloud, Refused
from harness.processes import Process, wait_for
from harness.remotes import command
from harness.stack import Stack, binary
from test_statements import statements


@contextmanager
def sharing_stack() -> Iterator[Stack]:
    """Servers of ours that know where they are reached."""
    with remotes.sync_stack() as stack:
        base = stack.front("nginx")
        settings = stack.settings()
        stack.settings = lambda: {**settings, "public_address": base}  # type: ignore[method-assign]
        stack.write_configuration()
        yield stack


@pytest.fixture(scope="module")
def crm() -> Iterator[Stack]:
    with sharing_stack() as stack:
        yield stack


def with_secret(federated: FederatedCalendar, secret: str) -> FederatedCalendar:
    return replace(federated, secret=secret)


@pytest.fixture
def anna(crm: Stack) -> Client:
    return crm.client("anna", crm.front("nginx"))


@pytest.fixture
def calendar(anna: Client) -> Iterator[str]:
    """Its path; deleted at the end, with what is shared of it."""
    path = anna.make_calendar(f"f-{uuid.uuid4().hex[:8]}")
    yield path
    anna.delete(path)


@pytest.fixture
def cloud() -> Iterator[Nextcloud]:
    nextcloud = Nextcloud()
    yield nextcloud
    nextcloud.stop()


def place(path: str) -> str:
    """As commands name a calendar."""
    return "/".join(path.split("/")[-3:-1])


def share(
    crm: Stack, cloud: Nextcloud, path: str, access: str = "read-write", user: str = "otto"
) -> FederatedCalendar:
    ran = command(crm, "share", "--to", cloud.cloud_id(user), "--access", access, "--json",
                  place(path))
    assert ran.returncode == 0, ran.stderr
    (made,) = json.loads(ran.stdout)
    assert made["state"] in ("offered", "accepted") and made["access"] == access
    return next(each for each in cloud.calendars if each.url == made["address"])


def listed(crm: Stack, path: str) -> dict[str, Any]:
    """The one share of a calendar."""
    (row,) = [
        row for row in json.loads(command(crm, "share", "list", "--json").stdout)
        if row["calendar"] == place(path)
    ]
    return row


def refusal(ask: Callable[[], object]) -> int:
    """The status with which it is refused; who is not refused fails the test."""
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value.status


def tell(crm: Stack) -> list[dict[str, Any]]:
    """One turn of the engine."""
    ran = command(crm, "work", "--once", "--json")
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


class TestOffer:
    def test_the_receivers_server_gets_what_it_needs(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        anna.request("PROPPATCH", calendar, document(
            "<d:propertyupdate><d:set><d:prop><ic:calendar-color>#11223344</ic:calendar-color>"
            "</d:prop></d:set></d:propertyupdate>"))
        federated = share(crm, cloud, calendar)
        assert federated.url == f"http://{anna.host}:{anna.port}{calendar}"
        assert (federated.user, federated.may_write, federated.color) == ("otto", True, "#112233")
        assert federated.owner == f"anna@{anna.host}:{anna.port}"
        assert federated.components == "VEVENT,VTODO,VJOURNAL"
        assert len(federated.secret) == 32
        row = listed(crm, calendar)
        assert (row["state"], row["seen"], row["behind"]) == ("offered", None, False)
        (offer,) = cloud.offers
        assert offer["providerId"] == "calendar"
        assert offer["ownerDisplayName"] == crm.sql_value(
            "SELECT full_name FROM users WHERE username = 'anna'")

    def test_read_only(self, crm: Stack, cloud: Nextcloud, calendar: str) -> None:
        assert not share(crm, cloud, calendar, "read").may_write

    def test_older_servers_are_found_at_the_older_place(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        cloud.has_well_known = False
        share(crm, cloud, calendar)

    def test_a_host_that_leads_to_another_is_followed(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        front = Nextcloud()
        front.leads_to = cloud.base
        ran = command(crm, "share", "--to", front.cloud_id("otto"), place(calendar))
        front.stop()
        assert ran.returncode == 0, ran.stderr
        assert len(cloud.calendars) == 1 and not front.offers

    def test_several_calendars_at_once(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        ran = command(crm, "share", "--to", cloud.cloud_id("otto"), place(calendar),
                      "anna/crm-tasks")
        assert ran.returncode == 0, ran.stderr
        assert len(cloud.calendars) == 2
        assert place(calendar) in ran.stdout and "anna/crm-tasks" in ran.stdout
        ids = [row["id"] for row in json.loads(command(crm, "share", "list", "--json").stdout)
               if row["calendar"] == "anna/crm-tasks"]
        assert command(crm, "share", "revoke", *map(str, ids)).returncode == 0

    def test_offered_anew_it_keeps_its_secret(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        """Else the receiver's server would come with the old one in between, and drop the calendar."""
        federated = share(crm, cloud, calendar, "read")
        cloud.run_cron()
        secret = federated.secret
        assert share(crm, cloud, calendar, "read-write") is federated
        assert (federated.secret, federated.may_write) == (secret, True)
        cloud.store(federated, "a.ics", icalendar.event("a@x"))
        assert listed(crm, calendar)["access"] == "read-write"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"is_enabled": False}, "switched off"),
            ({"knows_calendars": False}, "takes no calendars"),
            ({"takes_calendars": False}, "enableCalendarFederation"),
            ({"offers_left": 0}, "20 minutes"),
            ({"users": {"emil": "emil"}}, "personal settings"),
            ({"is_read_only": True}, "before 33"),
            ({"wants_signatures": True}, "enforce_signed_ocm_request"),
        ],
    )
    def test_a_refusal_says_why_and_leaves_nothing(
        self, crm: Stack, cloud: Nextcloud, calendar: str, change: dict[str, Any], words: str
    ) -> None:
        for name, value in change.items():
            setattr(cloud, name, value)
        ran = command(crm, "share", "--to", cloud.cloud_id("otto"), "--access", "read-write",
                      place(calendar))
        assert ran.returncode == 1 and words in ran.stderr, ran.stderr
        assert place(calendar) not in command(crm, "share", "list").stdout

    def test_who_is_no_such_server_is_named(self, crm: Stack, anna: Client, calendar: str) -> None:
        for server, words in (
            ("http://127.0.0.1:1", "connect"), ("http://example.org", "https://"),
        ):
            ran = command(crm, "share", "--to", f"otto@{server}", place(calendar))
            assert ran.returncode == 1 and words in ran.stderr, ran.stderr

    def test_without_our_address_it_says_which_key_to_set(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        text = crm.configuration.read_text()
        crm.configuration.write_text(text.replace("public_address", "#public_address"))
        try:
            ran = command(crm, "share", "--to", cloud.cloud_id("otto"), place(calendar))
        finally:
            crm.configuration.write_text(text)
        assert ran.returncode == 78 and "public_address" in ran.stderr

    def test_the_secret_is_nowhere_but_with_the_receiver(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        assert federated.secret not in crm.contents()
        assert federated.secret not in command(crm, "share", "list", "--json").stdout
        for log in crm.logs():
            assert federated.secret not in log.read_text(errors="replace"), log


class TestConsumer:
    def test_gets_what_is_there_and_then_what_changes(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        names = ["a.ics", "b b.ics", "ü@x.ics"]
        for number, name in enumerate(names):
            anna.put(anna.path("calendars", "anna", place(calendar).split("/")[1], name),
                     icalendar.event(f"{number}@x", f"Event {number}"))
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        assert sorted(federated.objects) == sorted(
            href.rpartition("/")[2] for href in anna.sync(calendar).responses)
        assert cloud.sync(federated) == 0
        anna.put(calendar + "a.ics", icalendar.event("0@x", "Changed"))
        anna.delete(calendar + "b%20b.ics")
        assert cloud.sync(federated) == 1
        assert "SUMMARY:Changed" in federated.objects["a.ics"] and len(federated.objects) == 2
        assert listed(crm, calendar)["state"] == "accepted"

    def test_edits_of_the_crm_come_and_its_own_arrive(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        cloud.store(federated, "n.ics", icalendar.event("n@x", "Made there"))
        assert crm.sql_value("SELECT title FROM tasks WHERE caldav_uid = 'n@x'") == "Made there"
        crm.sql("UPDATE tasks SET title = 'Changed in the CRM' WHERE caldav_uid = 'n@x'")
        assert cloud.sync(federated) == 1
        assert "SUMMARY:Changed in the CRM" in federated.objects["n.ics"]
        cloud.store(federated, "n.ics", federated.objects["n.ics"].replace(
            "SUMMARY:Changed in the CRM", "SUMMARY:Changed there"))
        assert crm.sql_value("SELECT title FROM tasks WHERE caldav_uid = 'n@x'") == "Changed there"
        cloud.delete(federated, "n.ics")
        assert crm.sql_value("SELECT COUNT(*) FROM tasks WHERE caldav_uid = 'n@x'") == "0"
        assert cloud.sync(federated) == 0
        trash = crm.command("trash", "list", "--user", "anna", "--json")
        assert cloud.cloud_id("otto") in trash

    def test_a_name_with_escapes_can_be_written_again(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        """It keeps the name as it stands in the href."""
        anna.put(calendar + "a%40b%20c.ics", icalendar.event("e@x", "First"))
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        (name,) = federated.objects
        cloud.store(federated, name, icalendar.event("e@x", "Second"))
        assert "SUMMARY:Second" in anna.get(calendar + "a%40b%20c.ics").text
        assert len(anna.names(calendar)) == 1

    def test_who_may_only_read_is_refused_with_403(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        anna.put(calendar + "a.ics", icalendar.event("a@x"))
        federated = share(crm, cloud, calendar, "read")
        cloud.run_cron()
        for change in (
            lambda: cloud.store(federated, "a.ics", icalendar.event("a@x", "Mine")),
            lambda: cloud.store(federated, "new.ics", icalendar.event("new@x")),
            lambda: cloud.delete(federated, "a.ics"),
        ):
            assert refusal(change) == 403
        assert cloud.sync(federated) == 0 and federated in cloud.calendars

    def test_nothing_else_opens_and_it_is_not_told_what_there_is(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        origin = f"http://{anna.host}:{anna.port}"
        for path in (
            anna.calendar("crm-tasks"), anna.calendar("none"), anna.home(), anna.home("ben"),
            anna.home("nobody"), anna.principal(), anna.base_path,
            anna.calendar("crm-tasks", "ben") + "x.ics",
        ):
            for method in ("GET", "PUT", "DELETE", "REPORT", "PROPFIND"):
                status = refusal(lambda: cloud._ask(federated, method, origin + path))
                assert status == 403, (method, path)

    def test_goes_on_after_a_restored_database(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        """It knows no way to begin anew, and would come with a token that is refused for ever."""
        for name in "ab":
            anna.put(calendar + f"{name}.ics", icalendar.event(f"{name}@x"))
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        anna.delete(calendar + "b.ics")
        crm.command("check", "--new-epoch")
        anna.put(calendar + "c.ics", icalendar.event("c@x"))
        assert cloud.sync(federated) == 2
        assert sorted(federated.objects) == ["a.ics", "c.ics"]
        assert cloud.sync(federated) == 0

    def test_a_server_with_another_name_for_itself_gets_in(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        """Background jobs of a server whose administrator forgot overwrite.cli.url."""
        federated = share(crm, cloud, calendar)
        cloud.own_name = "http://localhost"
        assert cloud.sync(federated) == 0

    def test_a_users_other_name_gets_in(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        """With LDAP, whom people know as otto the server knows by a number."""
        cloud.users["otto"] = "4711-uid"
        federated = share(crm, cloud, calendar)
        assert federated.user == "4711-uid"
        assert cloud.sync(federated) == 0

    def test_a_wrong_secret_is_401(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        wrong = with_secret(federated, "0" * 32)
        cloud.calendars.append(wrong)
        assert refusal(lambda: cloud.sync(wrong)) == 401 and wrong not in cloud.calendars
        assert cloud.sync(federated) == 0

    def test_a_request_takes_one_statement_and_no_slow_hash(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str,
        figure: Callable[[str], None],
    ) -> None:
        anna.put(calendar + "a.ics", icalendar.event("a@x"))
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        url = federated.url + "a.ics"
        for _ in range(40):
            # Each thread has a connection of its own, and prepares and looks once.
            cloud._ask(federated, "GET", url)
        count = statements(crm, lambda: cloud._ask(federated, "GET", url))
        assert count == 1
        start = time.monotonic()
        for _ in range(50):
            cloud._ask(federated, "GET", url)
        took = (time.monotonic() - start) / 50
        figure(f"GET of a federated calendar's object: {took * 1000:.1f} ms, {count} statement")
        assert took < 0.05

    def test_trouble_of_ours_is_never_401_and_guesses_of_others_never_hers(
        self, cloud: Nextcloud
    ) -> None:
        with sharing_stack() as stack:
            federated = share(stack, cloud, "/caldav/calendars/anna/crm-tasks/")
            cloud.run_cron()
            found = set()
            for number in range(160):
                wrong = with_secret(federated, f"{number:032x}")
                found.add(refusal(lambda: cloud._ask(wrong, "GET", federated.url)))
            assert found == {401, 429}
            assert cloud.sync(federated) == 0
            stack.database.stop()
            for secret in (federated.secret, "0" * 32):
                assert refusal(lambda: cloud.sync(with_secret(federated, secret))) == 503
            stack.database.start()
            wait_for(lambda: cloud.sync(federated) >= 0, 30, "the database")
            # Nor is it 401 while our tables are not there.
            stack.sql("RENAME TABLE caldav_federated_shares TO elsewhere")
            assert refusal(lambda: cloud.sync(federated)) == 503 and federated in cloud.calendars


class TestNotification:
    def test_a_change_is_told_once_and_only_to_who_has_the_calendar(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        cloud.asks_first = True
        federated = share(crm, cloud, calendar)
        anna.put(calendar + "a.ics", icalendar.event("a@x"))
        assert tell(crm) == [] and not cloud.notifications
        cloud.accept(federated)
        cloud.run_cron()
        row = listed(crm, calendar)
        assert row["state"] == "accepted" and row["seen"]
        for number in range(3):
            anna.put(calendar + f"{number}.ics", icalendar.event(f"{number}@x"))
        (told,) = tell(crm)
        assert (told["subject"], told["outcome"]) == (f"share {row['id']}", "delivered")
        assert tell(crm) == []
        (message,) = cloud.notifications
        assert message == {
            "notificationType": "SYNC_CALENDAR", "resourceType": "calendar",
            "providerId": "calendar",
            "notification": {
                "sharedSecret": federated.secret, "shareWith": cloud.cloud_id("otto"),
                "calendarUrl": federated.url,
            },
        }
        assert cloud.jobs == [federated] and cloud.throttled == 0
        cloud.run_cron()
        assert len(federated.objects) == 4

    def test_the_daemon_tells_soon_and_merges_what_comes_together(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str,
        figure: Callable[[str], None],
    ) -> None:
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        daemon = Process(
            [str(binary()), "work", "--config", str(crm.configuration)],
            crm.directory / "sync.log",
        )
        try:
            start = time.monotonic()
            for number in range(20):
                anna.put(calendar + f"{number}.ics", icalendar.event(f"{number}@x"))
            wait_for(lambda: cloud.notifications, 20, "a notification")
            took = time.monotonic() - start
            figure(f"a change is told to Nextcloud after {took:.1f} s, 20 at once as one")
            cloud.run_cron()
            assert len(federated.objects) == 20 and len(cloud.notifications) == 1
            crm.sql("UPDATE tasks SET title = 'By SQL' WHERE caldav_uid = '7@x'")
            wait_for(lambda: len(cloud.notifications) == 2, 30, "the CRM's change")
            cloud.run_cron()
            assert "SUMMARY:By SQL" in federated.objects["7.ics"]
        finally:
            assert daemon.stop() == 0

    def test_a_server_that_is_busy_is_left_alone_for_a_while(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        anna.put(calendar + "a.ics", icalendar.event("a@x"))
        cloud.trouble = [(503, {"Retry-After": "900"}), (500, {})]
        for number, least in enumerate((890, 29)):
            (failed,) = tell(crm)
            assert failed["outcome"] == "postponed" and f"50{3 - 3 * number}" in failed["reason"]
            assert tell(crm) == []
            rest = crm.sql_value(
                "SELECT due - UNIX_TIMESTAMP() FROM caldav_deliveries "
                f"WHERE id = {failed['delivery']}")
            assert least <= int(rest or 0) <= 1_000
            crm.sql("UPDATE caldav_deliveries SET due = 0")
        row = listed(crm, calendar)
        assert (row["failures"], row["behind"]) == (2, True)
        (third,) = tell(crm)
        assert third["outcome"] == "delivered"
        assert listed(crm, calendar)["failures"] == 0 and cloud.jobs == [federated]

    def test_who_dropped_the_calendar_is_named_once_and_heard_again(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        """Its server tells nobody, and slows down who asks for what it does not know."""
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        cloud.drop(federated)
        anna.put(calendar + "a.ics", icalendar.event("a@x"))
        (told,) = tell(crm)
        assert told["outcome"] == "failed" and "not shared" in told["reason"]
        anna.put(calendar + "b.ics", icalendar.event("b@x"))
        assert tell(crm) == [] and cloud.throttled == 1
        assert listed(crm, calendar)["state"] == "lapsed"
        assert share(crm, cloud, calendar) is not federated
        cloud.run_cron()
        assert listed(crm, calendar)["state"] == "accepted"
        anna.put(calendar + "c.ics", icalendar.event("c@x"))
        assert [told["outcome"] for told in tell(crm)] == ["delivered"]

    def test_who_declined_is_told_nothing_and_let_in_no_more(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        answer = anna.request(
            "POST", anna.base_path + "ocm/notifications",
            json.dumps({
                "notificationType": "SHARE_DECLINED", "resourceType": "calendar",
                "providerId": "calendar",
                "notification": {"sharedSecret": federated.secret, "message": "no"},
            }),
            {"Content-Type": "application/json"}, signed_in=False,
        )
        assert answer.status == 201, answer
        assert listed(crm, calendar)["state"] == "declined"
        anna.put(calendar + "a.ics", icalendar.event("a@x"))
        assert tell(crm) == [] and not cloud.notifications
        assert refusal(lambda: cloud.sync(federated)) == 401
        again = share(crm, cloud, calendar)
        cloud.run_cron()
        assert set(again.objects) == {"a.ics"}


class TestRevocation:
    def test_it_is_over_at_once_and_the_receivers_server_finds_out_by_its_next_job(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        ran = command(crm, "share", "revoke", str(listed(crm, calendar)["id"]), "--json")
        assert ran.returncode == 0, ran.stderr
        (revoked,) = json.loads(ran.stdout)
        assert (revoked["state"], revoked["told"]) == ("revoked", True)
        assert [m["notificationType"] for m in cloud.notifications] == [
            "SHARE_UNSHARED", "SYNC_CALENDAR"]
        assert cloud.jobs == [federated]
        assert refusal(cloud.run_cron) == 401 and federated not in cloud.calendars
        assert place(calendar) not in command(crm, "share", "list").stdout
        assert command(crm, "share", "revoke", str(revoked["id"])).returncode == 1

    def test_who_has_not_taken_it_yet_is_told_no_change(
        self, crm: Stack, cloud: Nextcloud, calendar: str
    ) -> None:
        cloud.asks_first = True
        federated = share(crm, cloud, calendar)
        ran = command(crm, "share", "revoke", str(listed(crm, calendar)["id"]))
        assert ran.returncode == 0 and not ran.stderr
        assert [m["notificationType"] for m in cloud.notifications] == ["SHARE_UNSHARED"]
        assert cloud.throttled == 0
        # Accepted all the same, it is gone with the first look.
        cloud.accept(federated)
        assert refusal(cloud.run_cron) == 401 and not cloud.calendars

    def test_a_server_that_is_away_hinders_nothing(
        self, crm: Stack, anna: Client, calendar: str
    ) -> None:
        cloud = Nextcloud()
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        cloud.stop()
        ran = command(crm, "share", "revoke", str(listed(crm, calendar)["id"]))
        assert ran.returncode == 0 and "not told" in ran.stderr
        assert refusal(lambda: cloud.sync(federated)) == 401

    def test_a_deleted_calendar_is_shared_no_more(
        self, crm: Stack, cloud: Nextcloud, anna: Client
    ) -> None:
        path = anna.make_calendar(f"f-{uuid.uuid4().hex[:8]}")
        federated = share(crm, cloud, path)
        cloud.run_cron()
        anna.delete(path)
        assert refusal(lambda: cloud.sync(federated)) == 401

    def test_a_calendar_that_the_crm_renamed_stays_shared(
        self, crm: Stack, cloud: Nextcloud, anna: Client
    ) -> None:
        path = anna.make_calendar(f"f-{uuid.uuid4().hex[:8]}")
        anna.put(path + "a.ics", icalendar.event("a@x"))
        federated = share(crm, cloud, path)
        cloud.run_cron()
        uri = path.split("/")[-2]
        crm.sql(f"UPDATE caldav_calendars SET uri = '{uri}-2' WHERE uri = '{uri}'")
        anna.put(anna.calendar(f"{uri}-2") + "b.ics", icalendar.event("b@x"))
        assert cloud.sync(federated) == 1 and "b.ics" in federated.objects
        cloud.store(federated, "c.ics", icalendar.event("c@x"))
        assert "c.ics" in anna.names(anna.calendar(f"{uri}-2"))
        anna.delete(anna.calendar(f"{uri}-2"))


def test_share_list_for_people(crm: Stack, cloud: Nextcloud, calendar: str) -> None:
    share(crm, cloud, calendar, "read")
    (line,) = [
        line for line in command(crm, "share", "list", "--user", "anna").stdout.splitlines()
        if place(calendar) in line
    ]
    assert "offered" in line and cloud.cloud_id("otto") in line and "not seen yet" in line
    assert command(crm, "share", "list", "--user", "ben").stdout.startswith("Nothing is shared")
    shown = command(crm, "calendar", "list", "--user", "anna").stdout
    assert f"  {cloud.cloud_id('otto')}: read (share " in shown


class TestCheck:
    def findings(self, crm: Stack, *arguments: str) -> list[dict[str, Any]]:
        found = json.loads(command(crm, "check", "--json", *arguments).stdout)
        return [finding for finding in found if finding["check"] == "federation"]

    def test_says_who_dropped_a_calendar(
        self, crm: Stack, cloud: Nextcloud, anna: Client, calendar: str
    ) -> None:
        federated = share(crm, cloud, calendar)
        cloud.run_cron()
        (good,) = self.findings(crm)
        assert good["level"] == "ok"
        cloud.drop(federated)
        anna.put(calendar + "a.ics", icalendar.event("a@x"))
        tell(crm)
        (note,) = self.findings(crm)
        assert note["level"] == "note" and place(calendar) in note["message"]
        assert note["mend"] == f"crm-caldav share revoke {listed(crm, calendar)['id']}"

    def test_repairs_shares_of_calendars_that_the_crm_deleted(
        self, crm: Stack, cloud: Nextcloud, anna: Client
    ) -> None:
        path = anna.make_calendar(f"f-{uuid.uuid4().hex[:8]}")
        federated = share(crm, cloud, path)
        cloud.run_cron()
        crm.sql(f"DELETE FROM caldav_calendars WHERE uri = '{path.split('/')[-2]}'")
        # A database that is being restored lacks calendars for a while: no reason to say 401.
        assert refusal(lambda: cloud.sync(federated)) == 403
        (problem,) = self.findings(crm)
        assert problem["level"] == "problem" and problem["mend"] == "crm-caldav check --repair"
        (mended,) = self.findings(crm, "--repair")
        assert mended["level"] == "repaired"
        (good,) = self.findings(crm)
        assert good["level"] == "ok"


def test_other_servers_find_us_from_the_host_alone(client: Client) -> None:
    """Through each web server, with its own files."""
    for path in ("/.well-known/ocm", "/ocm-provider/", "/ocm-provider"):
        answer = client.request("GET", path, signed_in=False)
        assert answer.status == 307, answer
        target = urljoin(f"http://{client.host}:{client.port}{path}", answer.headers["Location"])
        assert urlsplit(target).netloc == f"{client.host}:{client.port}"
        found = client.request("GET", urlsplit(target).path, signed_in=False)
        assert found.status == 200 and found.headers["Content-Type"] == "application/json", found
        description = json.loads(found.body)
        assert description["endPoint"] == f"http://{client.host}:{client.port}/caldav/ocm"
        assert description["resourceTypes"][0]["name"] == "calendar"
        assert "publicKey" not in description
