"""`make demo` as a newcomer starts and ends it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import icalendar
from harness.dav import Client
from harness.processes import free_port, processes_naming, wait_for
from harness.stack import REPOSITORY


class Demo:
    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        self.output = directory.with_suffix(".txt")
        with self.output.open("w") as output:
            self.make = subprocess.Popen(
                ["make", "demo", f"DEMO_DIR={directory}", f"DEMO_PORT={self.port}"],
                cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )

    def wait_until_up(self) -> dict[str, str]:
        """The variables of demo.env."""
        path = self.directory / "demo.env"
        wait_for(
            lambda: path.exists() or self.make.poll() is not None, 240, "demo.env"
        )
        assert path.exists(), self.output.read_text()
        return dict(word.split("=", 1) for word in shlex.split(path.read_text()))

    def processes(self) -> list[int]:
        return processes_naming(str(self.directory))

    def assert_gone(self) -> None:
        self.make.wait(30)
        wait_for(lambda: not self.processes(), 10, "the end of every process of the demo")
        assert not (self.directory / "demo.env").exists()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Demo]]:
    demos: list[Demo] = []

    def start(name: str) -> Demo:
        demos.append(Demo(tmp_path / name))
        return demos[-1]

    yield start
    for demo in demos:
        if demo.make.poll() is None:
            os.killpg(demo.make.pid, signal.SIGTERM)
            demo.make.wait(30)


def client_for(variables: dict[str, str]) -> Client:
    return Client(
        variables["CALDAV_URL"], variables["CALDAV_USER"], variables["CALDAV_PASSWORD"]
    )


def sql(variables: dict[str, str], statement: str) -> str:
    """Through the account that demo.env names, as the CRM has it."""
    return subprocess.run(
        ["mariadb", f"--socket={variables['DB_SOCKET']}", f"--user={variables['DB_USER']}",
         f"--password={variables['DB_PASSWORD']}", "--batch", "--skip-column-names",
         variables["DB_NAME"], "--execute", statement],
        check=True, capture_output=True, text=True,
    ).stdout.strip()


def test_demo_serves_the_crm_both_ways(start: Callable[[str], Demo]) -> None:
    variables = start("demo").wait_until_up()
    client = client_for(variables)
    home = client.propfind(client.home(), "d:displayname", depth="1").responses
    assert client.calendar("crm-tasks") in home
    token = client.sync(client.calendar("crm-tasks")).sync_token or ""

    sql(variables, "INSERT INTO tasks (title, start_datetime) VALUES ('From SQL', NOW())")
    (href,) = client.sync(client.calendar("crm-tasks"), token).responses
    assert icalendar.value(client.get(href).text, "SUMMARY") == "From SQL"

    client.put(client.calendar("crm-tasks") + "a.ics", icalendar.event("a@demo", "From a client"))
    assert sql(variables, "SELECT COUNT(*) FROM tasks WHERE title = 'From a client'") == "1"


@pytest.mark.parametrize(
    "end",
    [
        lambda demo: os.killpg(demo.make.pid, signal.SIGINT),
        lambda demo: os.killpg(demo.make.pid, signal.SIGTERM),
        lambda demo: demo.make.terminate(),
        lambda demo: os.killpg(demo.make.pid, signal.SIGKILL),
    ],
    ids=["Ctrl-C", "SIGTERM to the group", "SIGTERM to make", "SIGKILL to the group"],
)
def test_ended_demo_leaves_no_process(
    start: Callable[[str], Demo], end: Callable[[Demo], None], request: pytest.FixtureRequest
) -> None:
    demo = start("demo")
    demo.wait_until_up()
    assert len(demo.processes()) >= 4
    end(demo)
    demo.make.wait(30)
    wait_for(lambda: not demo.processes(), 10, "the end of every process of the demo")
    # Nobody is left to take it away after SIGKILL.
    if "SIGKILL" not in request.node.name:
        assert not (demo.directory / "demo.env").exists()


def test_second_demo_beside_the_first(start: Callable[[str], Demo]) -> None:
    first, second = start("first"), start("second")
    one, two = (client_for(demo.wait_until_up()) for demo in (first, second))
    path = one.calendar("crm-tasks") + "only-here.ics"
    assert one.put(path, icalendar.event("only@here")).status == 201
    assert two.get(path).status == 404
    os.killpg(first.make.pid, signal.SIGINT)
    first.assert_gone()
    assert two.propfind(two.home(), "d:displayname").status == 207


def test_demo_goes_on_where_an_earlier_one_ended(start: Callable[[str], Demo]) -> None:
    demo = start("demo")
    client = client_for(demo.wait_until_up())
    path = client.calendar("crm-tasks") + "kept.ics"
    text = icalendar.event("kept@demo")
    assert client.put(path, text).status == 201
    os.killpg(demo.make.pid, signal.SIGINT)
    demo.assert_gone()
    again = client_for(start("demo").wait_until_up())
    assert again.get(path).text == text


def test_demo_that_cannot_have_its_port_says_so(start: Callable[[str], Demo]) -> None:
    first = start("first")
    first.wait_until_up()
    ran = subprocess.run(
        ["make", "demo", f"DEMO_DIR={first.directory}-2", f"DEMO_PORT={first.port}"],
        cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240,
    )
    assert ran.returncode != 0 and "DEMO_PORT" in ran.stderr
