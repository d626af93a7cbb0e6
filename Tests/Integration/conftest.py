"""Servers and clients that the tests share."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import pytest

pytest.register_assert_rewrite("harness.replay")

from harness.dav import Client
from harness.processes import tail
from harness.stack import FRONTS, Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One database with the example CRM, one worker, and the web servers as tests ask for them."""
    with Stack.temporary() as stack:
        stack.start()
        yield stack


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    """Servers of a test's own, for tests that stop or kill some of them."""
    with Stack.temporary() as stack:
        stack.start()
        yield stack


@pytest.fixture(scope="session", params=FRONTS)
def base(request: pytest.FixtureRequest, stack: Stack) -> str:
    """The base URL, once through each web server."""
    return stack.front(request.param)


@pytest.fixture
def client(stack: Stack, base: str) -> Iterator[Client]:
    """Somebody who signs in, through each web server in turn."""
    client = stack.client("anna", base)
    yield client
    client.close()


@pytest.fixture
def calendar(client: Client) -> Iterator[str]:
    """The path of a new, empty calendar of `client`."""
    path = client.make_calendar(f"t-{uuid.uuid4().hex[:12]}")
    yield path
    client.delete(path)


@pytest.fixture
def dav(stack: Stack) -> Iterator[Client]:
    """Somebody who signs in, through nginx, where the web server makes no difference."""
    client = stack.client("anna", stack.front("nginx"))
    yield client
    client.close()


@pytest.fixture
def dav_calendar(dav: Client) -> Iterator[str]:
    """The path of a new, empty calendar of `dav`."""
    path = dav.make_calendar(f"t-{uuid.uuid4().hex[:12]}")
    yield path
    dav.delete(path)


@pytest.fixture(scope="session")
def seconds() -> float:
    """How long tests under load last: short in `make test`, a minute in `make soak`."""
    return 60 if os.environ.get("SOAK") else 8


_FIGURES: list[str] = []


@pytest.fixture
def figure() -> Callable[[str], None]:
    """Keeps a line of something measured for the end of the run."""
    return _FIGURES.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _FIGURES:
        terminalreporter.section("measured")
        for line in _FIGURES:
            terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        for name in ("stack", "own_stack"):
            stack = getattr(item, "funcargs", {}).get(name)
            if isinstance(stack, Stack):
                for log in stack.logs():
                    report.sections.append((f"end of {log}", tail(log)))
    return report
