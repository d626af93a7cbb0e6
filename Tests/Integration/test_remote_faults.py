"""`crm-caldav sync` when networks, servers and its own process fail: nothing is lost or doubled."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import icalendar, remotes
from harness.faults import FAULTS, Faults
from harness.remotes import PASSWORD, Pair, Radicale, command, meaning
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


@pytest.fixture
def faults(server: Radicale) -> Iterator[Faults]:
    faults = Faults(server.port)
    yield faults
    faults.close()


@pytest.fixture
def pair(sync_stack: Stack, server: Radicale, faults: Faults) -> Iterator[Pair]:
    """A pair that reaches its remote calendar through the faults; its clients do not."""
    ours, theirs = sync_stack.client("anna", sync_stack.front("nginx")), server.client()
    name = f"t-{uuid.uuid4().hex[:12]}"
    pair = Pair(
        sync_stack, ours, ours.make_calendar(name), theirs, server.make_calendar(theirs, name),
        faults.base,
    )
    yield pair
    pair.remove()


def equal(pair: Pair) -> dict[str, str]:
    here, there = pair.here(), pair.there()
    assert {uid: meaning(t) for uid, t in here.items()} == {
        uid: meaning(t) for uid, t in there.items()
    }
    return here


def retry_now(pair: Pair) -> None:
    pair.stack.sql(
        "UPDATE caldav_remote_objects SET retry_at = 1 "
        f"WHERE remote_id = {pair.id} AND retry_at > 0"
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_after_each_fault_both_sides_are_equal_again(
    pair: Pair, faults: Faults, fault: str
) -> None:
    """Each request of a turn in turn meets the fault; what was written meanwhile is there once."""
    pair.ours.put(pair.our_path + "a.ics", icalendar.event("a", "ours"))
    pair.theirs.put(pair.their_path + "b.ics", icalendar.event("b", "theirs"))
    pair.settle()
    faults.kinds = (fault,)
    for number in range(6):
        pair.ours.put(pair.our_path + "a.ics", icalendar.event("a", f"ours {number}"))
        pair.ours.put(f"{pair.our_path}n{number}.ics", icalendar.event(f"n{number}", "new"))
        pair.theirs.put(pair.their_path + "b.ics", icalendar.event("b", f"theirs {number}"))
        faults.rate = 0.5
        for _ in range(3):
            report = pair.sync(succeeds=False)
            assert report["outcome"] in ("done", "failed"), report
        faults.rate = 0
        retry_now(pair)
        pair.settle()
        found = equal(pair)
        assert set(found) == {"a", "b", *(f"n{n}" for n in range(number + 1))}
        assert f"SUMMARY:ours {number}\n" in found["a"]
        assert f"SUMMARY:theirs {number}\n" in found["b"]
    assert faults.count.get(fault), "the fault never happened"


def test_a_page_instead_of_an_answer_does_not_hide_what_others_write(
    pair: Pair, faults: Faults
) -> None:
    """A login page looks like a success; what another client writes then is not our version."""
    pair.ours.put(pair.our_path + "a.ics", icalendar.event("a", "common"))
    pair.settle()
    [name] = pair.theirs.names(pair.their_path)
    text = pair.theirs.get(pair.their_path + name).text
    theirs = text.replace("END:VEVENT", "DESCRIPTION:theirs\r\nEND:VEVENT")
    pair.ours.put(
        pair.our_path + "a.ics", icalendar.event("a", "common", "20260914T090000Z", "20260914T100000Z", "LOCATION:ours"))
    faults.kinds, faults.methods, faults.rate = ("html",), {"PUT"}, 1
    faults.meanwhile = lambda: pair.theirs.put(pair.their_path + name, theirs)
    pair.sync(succeeds=False)
    faults.rate = 0
    retry_now(pair)
    pair.settle()
    found = equal(pair)["a"]
    assert "LOCATION:ours\n" in found
    assert "DESCRIPTION:theirs\n" in found
    assert faults.count["html"]


@pytest.mark.parametrize("deed", ["edit", "delete"])
def test_what_another_client_does_before_we_read_back_is_seen(
    pair: Pair, faults: Faults, deed: str
) -> None:
    """A new object that is gone when it is read back is looked at again; what was changed is seen."""
    pair.settle()
    pair.ours.put(pair.our_path + "a.ics", icalendar.event("a", "common"))
    done: list[str] = []

    def another_client() -> None:
        for name in [] if done else pair.theirs.names(pair.their_path):
            done.append(name)
            text = pair.theirs.get(pair.their_path + name).text
            if deed == "delete":
                pair.theirs.delete(pair.their_path + name)
            else:
                pair.theirs.put(
                    pair.their_path + name,
                    text.replace("END:VEVENT", "DESCRIPTION:theirs\r\nEND:VEVENT"),
                )

    # Before the list of changes, when there is none yet, and before what was sent is read back.
    faults.kinds, faults.methods, faults.rate = ("slow",), {"REPORT"}, 1
    faults.meanwhile = another_client
    assert pair.sync()["postponed"] == (deed == "delete")
    assert done
    faults.rate = 0
    pair.settle()
    found = equal(pair)["a"]
    assert ("DESCRIPTION:theirs\n" in found) == (deed == "edit")


def test_a_new_object_whose_write_nobody_answered_is_known_again_at_once(
    pair: Pair, faults: Faults
) -> None:
    """Its own next attempt would be a minute later; until then nobody could edit it there."""
    pair.settle()
    pair.ours.put(pair.our_path + "a.ics", icalendar.event("a", "ours"))
    faults.kinds, faults.methods, faults.rate = ("reset-after",), {"PUT"}, 1
    pair.sync(succeeds=False)
    faults.rate = 0
    pair.settle()
    [name] = pair.theirs.names(pair.their_path)
    assert pair.theirs.put(pair.their_path + name, icalendar.event("a", "theirs")).status in (201, 204)
    pair.settle()
    assert "SUMMARY:theirs\n" in equal(pair)["a"]


def test_nobody_listening_is_a_failure_that_waits(
    pair: Pair, faults: Faults, sync_stack: Stack
) -> None:
    pair.settle()
    faults.close()
    report = pair.sync(succeeds=False)
    assert report["outcome"] == "failed" and report["retry_in"] >= 15
    again = pair.sync(succeeds=False)
    assert again["retry_in"] >= 30, "it does not wait longer the second time"
    assert pair.status()["state"] == "active"


def test_retry_after_is_honoured(pair: Pair, faults: Faults, sync_stack: Stack) -> None:
    pair.settle()
    faults.kinds, faults.rate = ("429",), 1
    report = pair.sync(succeeds=False)
    assert report["outcome"] == "failed" and "429" in report["reason"]
    assert pair.status()["retry"] is not None


def certificate(directory: Path, name: str) -> Path:
    """A key and a certificate that it signs itself, for `name`."""
    file = directory / f"{name}.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
            "-keyout", file, "-out", directory / f"{name}.crt",
        ],
        check=True, capture_output=True,
    )
    with file.open("a") as out:
        out.write((directory / f"{name}.crt").read_text())
    return file


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl to make certificates")
@pytest.mark.parametrize("name", ["localhost", "elsewhere.example.org"])
def test_a_certificate_is_believed_only_when_it_is_right(
    sync_stack: Stack, server: Radicale, tmp_path: Path, name: str
) -> None:
    faults = Faults(server.port, certificate=certificate(tmp_path, name))
    try:
        def ran(**environment: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [binary(), "remote", "add", faults.base, "--user", "otto", "--list",
                 "--config", sync_stack.configuration],
                input=f"{PASSWORD}\n", capture_output=True, text=True,
                env={**os.environ, **environment},
            )

        unknown = ran()
        assert unknown.returncode == 1 and "certificate" in unknown.stderr.lower()
        assert faults.requests == [], "something was sent to a server that nobody knows"
        known = ran(CRM_CALDAV_SYNC_CA_FILE=str(tmp_path / f"{name}.crt"))
        assert known.returncode == (0 if name == "localhost" else 1), known.stderr
    finally:
        faults.close()


def test_credentials_follow_no_redirect_elsewhere(sync_stack: Stack, server: Radicale) -> None:
    """RFC 9110 §15.4: another origin gets no password of ours."""
    elsewhere = Faults(server.port)
    here = Faults(server.port)
    handler = here._server.RequestHandlerClass

    def redirect(self: object) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))  # type: ignore[attr-defined]
        here.requests.append("redirected")
        self.answer(301, [("Location", elsewhere.base)], b"")  # type: ignore[attr-defined]

    handler.handle_any = redirect  # type: ignore[attr-defined]
    try:
        ran = command(
            sync_stack, "remote", "add", here.base, "--user", "otto", "--list",
            stdin=f"{PASSWORD}\n",
        )
        assert ran.returncode == 1 and "leads to another server" in ran.stderr
        assert here.requests and not elsewhere.requests
    finally:
        here.close()
        elsewhere.close()


# The model: random edits on both sides, the engine killed, the network failing.


class Model:
    """What both sides must say in the end, as far as it is decided.

    Each object has one value a side may write in each round, so that what is lost shows.
    """

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair = pair
        self.random = random.Random(seed)
        self.operations = 0
        #: By UID: the values that were acknowledged since the last time both sides were equal.
        self.written: dict[str, set[str]] = {}
        self.deleted: set[str] = set()
        self.known: dict[str, str] = {}

    def step(self) -> None:
        self.operations += 1
        side = self.random.choice(("here", "there"))
        client, path = (
            (self.pair.ours, self.pair.our_path) if side == "here"
            else (self.pair.theirs, self.pair.their_path)
        )
        present = sorted(self.names(client, path)) if self.random.random() < 0.8 else []
        if not present:
            uid = f"m{self.operations}"
            self.put(client, path + f"{uid}.ics", uid, {"If-None-Match": "*"})
            return
        name = self.random.choice(present)
        found = client.get(path + name)
        if found.status != 200:
            return
        uid = icalendar.value(found.text, "UID") or ""
        condition = {"If-Match": found.etag or ""}
        if self.random.random() < 0.2:
            if client.delete(path + name, condition).status in (200, 204):
                self.deleted.add(uid)
        else:
            self.put(client, path + name, uid, condition)

    def names(self, client, path) -> set[str]:  # type: ignore[no-untyped-def]
        """Asked again where Radicale stumbles: it lists files that are being deleted."""
        for _ in range(3):
            listed = client.propfind(path, "d:getetag", depth="1")
            if listed.status == 207:
                return {r.name for href, r in listed.responses.items() if href != path}
            time.sleep(0.1)
        raise AssertionError(listed)

    def put(self, client, path, uid, condition) -> None:  # type: ignore[no-untyped-def]
        value = f"v{self.operations}"
        kind = self.random.randrange(3)
        more = (f"LOCATION:{value}", f"DESCRIPTION:{value}", f"X-V:{value}")[kind]
        text = icalendar.event(uid, value, "20260914T090000Z", "20260914T100000Z", more)
        if client.put(path, text, condition).status in (200, 201, 204):
            self.written.setdefault(uid, set()).add(value)

    def check(self) -> None:
        """Both sides are equal; what was written and not deleted by anybody is there, once."""
        found = equal(self.pair)
        for uid in {*self.known, *self.written} - self.deleted:
            assert uid in found, f"{uid} is lost"
        for uid, text in found.items():
            assert uid in self.known or uid in self.written, f"{uid} came from nowhere"
            title = icalendar.value(text.replace("\n", "\r\n"), "SUMMARY")
            values = self.written.get(uid)
            if values:
                assert title in values, f"{uid} says {title}, written were {values}"
            else:
                assert title == self.known[uid], f"{uid} changed by itself"
        self.known = {
            uid: icalendar.value(text.replace("\n", "\r\n"), "SUMMARY") or ""
            for uid, text in found.items()
        }
        self.written.clear()
        self.deleted.clear()


def run_model(
    pair: Pair, faults: Faults, seed: int, operations: int
) -> tuple[Model, int]:
    model = Model(pair, seed)
    kills = 0
    engine = [str(binary()), "sync", "--once", "--only", str(pair.id),
              "--config", str(pair.stack.configuration)]
    while model.operations < operations:
        faults.rate = model.random.choice((0, 0.1, 0.3))
        faults.kinds = FAULTS
        for _ in range(model.random.randrange(2, 5)):
            process = subprocess.Popen(
                engine, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            deadline = time.monotonic() + model.random.uniform(0.02, 0.25)
            for _ in range(model.random.randrange(1, 8)):
                model.step()
            if model.random.random() < 0.5:
                time.sleep(max(0, deadline - time.monotonic()))
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                    kills += 1
            process.wait()
        faults.rate = 0
        retry_now(pair)
        command(pair.stack, "remote", "resume", str(pair.id), "--allow-deletions")
        pair.settle()
        model.check()
    return model, kills


@pytest.mark.parametrize("seed", [1, 2])
def test_random_edits_kills_and_faults_end_equal(
    pair: Pair, faults: Faults, seed: int, figure: Callable[[str], None]
) -> None:
    operations = 10_000 if os.environ.get("SOAK") else 150
    model, kills = run_model(pair, faults, seed, operations)
    figure(
        f"sync model, seed {seed}: {model.operations} operations, {kills} kills, faults "
        + ", ".join(f"{name} {count}" for name, count in sorted(faults.count.items()))
    )
    assert kills and sum(faults.count.values()) > faults.count["none"]
