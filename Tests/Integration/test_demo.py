"""`make demo` as a newcomer starts and ends it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
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
        self.started = time.time()
        with self.output.open("w") as output:
            self.make = subprocess.Popen(
                ["make", "demo", f"DEMO_DIR={directory}", f"DEMO_PORT={self.port}"],
                cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )

    def wait_until_up(self, fresh: bool = False) -> dict[str, str]:
        """The variables of demo.env.

        - Parameter fresh: whether one of an earlier demo may still lie there.
        """
        path = self.directory / "demo.env"
        wait_for(
            lambda: self.make.poll() is not None
            or (path.exists() and not (fresh and path.stat().st_mtime < self.started)),
            240, "demo.env",
        )
        assert self.make.poll() is None, self.output.read_text()
        return dict(word.split("=", 1) for word in shlex.split(path.read_text()))

    def processes(self) -> list[int]:
        return processes_naming(str(self.directory))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Demo]]:
    """Starts a demo in a directory of that name, and ends what is left of it at last."""
    demos: list[Demo] = []
    directory = tmp_path_factory.mktemp("demos")

    def start(name: str) -> Demo:
        demos.append(Demo(directory / name))
        return demos[-1]

    yield start
    for demo in demos:
        if demo.make.poll() is None:
            os.killpg(demo.make.pid, signal.SIGTERM)
            demo.make.wait(30)


#: Ways to end a demo.
ENDS: dict[str, Callable[[Demo], None]] = {
    "Ctrl-C": lambda demo: os.killpg(demo.make.pid, signal.SIGINT),
    "SIGTERM to the group": lambda demo: os.killpg(demo.make.pid, signal.SIGTERM),
    "SIGTERM to make": lambda demo: demo.make.terminate(),
    "SIGKILL to the group": lambda demo: os.killpg(demo.make.pid, signal.SIGKILL),
}


@pytest.fixture(scope="module")
def running(start: Callable[[str], Demo]) -> dict[str, Demo]:
    """Demos side by side, one for each way to end one."""
    demos = {end: start(end.replace(" ", "-")) for end in ENDS}
    for demo in demos.values():
        demo.wait_until_up()
    return demos


KEPT = icalendar.event("kept@demo")


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


def test_demo_serves_the_crm_both_ways(running: dict[str, Demo]) -> None:
    variables = running["Ctrl-C"].wait_until_up()
    client = client_for(variables)
    home = client.propfind(client.home(), "d:displayname", depth="1").responses
    assert client.calendar("crm-tasks") in home
    token = client.sync(client.calendar("crm-tasks")).sync_token or ""

    sql(variables, "INSERT INTO tasks (title, start_datetime) VALUES ('From SQL', NOW())")
    (href,) = client.sync(client.calendar("crm-tasks"), token).responses
    assert icalendar.value(client.get(href).text, "SUMMARY") == "From SQL"

    client.put(client.calendar("crm-tasks") + "a.ics", icalendar.event("a@demo", "From a client"))
    assert sql(variables, "SELECT COUNT(*) FROM tasks WHERE title = 'From a client'") == "1"


def test_demos_side_by_side_are_apart(running: dict[str, Demo]) -> None:
    one, two = (client_for(running[end].wait_until_up()) for end in ("Ctrl-C", "SIGTERM to make"))
    path = one.calendar("crm-tasks") + "kept.ics"
    assert one.put(path, KEPT).status == 201
    assert two.get(path).status == 404


def test_demo_that_cannot_have_its_port_says_so(running: dict[str, Demo], tmp_path: Path) -> None:
    ran = subprocess.run(
        ["make", "demo", f"DEMO_DIR={tmp_path}/demo", f"DEMO_PORT={running['Ctrl-C'].port}"],
        cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240,
    )
    assert ran.returncode != 0 and "DEMO_PORT" in ran.stderr


@pytest.mark.parametrize("end", ENDS)
def test_ended_demo_leaves_no_process(running: dict[str, Demo], end: str) -> None:
    demo = running[end]
    assert len(demo.processes()) >= 4
    ENDS[end](demo)
    demo.make.wait(30)
    wait_for(lambda: not demo.processes(), 10, "the end of every process of the demo")
    # Nobody is left to take it away after SIGKILL.
    if not end.startswith("SIGKILL"):
        assert not (demo.directory / "demo.env").exists()


@pytest.mark.parametrize("end", ["Ctrl-C", "SIGKILL to the group"])
def test_demo_goes_on_where_an_earlier_one_ended(
    running: dict[str, Demo], start: Callable[[str], Demo], end: str
) -> None:
    assert not running[end].processes()
    again = client_for(start(running[end].directory.name).wait_until_up(fresh=True))
    answer = again.get(again.calendar("crm-tasks") + "kept.ics")
    assert (answer.status, answer.text) == ((200, KEPT) if end == "Ctrl-C" else (404, answer.text))
