"""python-caldav's own functional tests and its caldav-server-tester, against a server of ours."""

from __future__ import annotations

import ast
import crypt
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.dav import Client
from harness.stack import REPOSITORY, Stack

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def account() -> Iterator[Client]:
    """Somebody whose user name is an address, so that paths have an `@`."""
    with Stack.temporary() as stack:
        stack.start()
        password = crypt.crypt("suite-demo", crypt.mksalt(crypt.METHOD_SHA512))
        stack.sql(
            "INSERT INTO users (username, password, email, full_name, active) VALUES "
            f"('ulla@example.org', '{password}', 'ulla@example.org', 'Ulla Beispiel', 1)"
        )
        client = Client(stack.front("nginx"), "ulla@example.org", "suite-demo")
        yield client
        client.close()


def base(client: Client) -> str:
    """The tester leaves the well-known address alone on hosts that it knows as local ones."""
    return f"http://127.1:{client.port}{client.base_path}"


#: What the tester does not call full, and why that is right. All others are full.
NOT_FULL: dict[str, dict[str, Any]] = {
    # A GET or a PROPFIND of a calendar that is not there makes none.
    "create-calendar.auto": {"support": "unsupported"},
    # No level of support: whether there is a calendar from the start. There is.
    "get-current-user-principal.has-calendar": {"value": True},
    # RFC 6638 is not implemented, and not announced.
    "scheduling": {"support": "unsupported"},
    # RFC 4791 section 9.7: filters of properties and times belong into the filter of a component.
    "search.text.comp-type-optional": {"support": "unsupported"},
    "search.time-range.comp-type-optional": {"support": "unsupported"},
    # `@` and `%40` are one resource, as RFC 3986 says; "identity" would be two.
    "url.encode-at.identity": {"support": "unsupported"},
}


def test_every_feature_that_the_tester_knows_is_full(
    account: Client, figure: Callable[[str], None]
) -> None:
    ran = subprocess.run(
        [
            BIN / "caldav-server-tester", "--caldav-url", base(account),
            "--caldav-username", account.user or "", "--caldav-password", account.password or "",
            "--format", "hints",
        ],
        capture_output=True, text=True, timeout=300, env={**os.environ, "HOME": "/nonexistent"},
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, dict[str, Any]] = ast.literal_eval(ran.stdout)
    remarks = {"behaviour", "description"}
    others = {
        feature: {key: value for key, value in details.items() if key not in remarks}
        for feature, details in found.items() if details.get("support") != "full"
    }
    figure(f"caldav-server-tester: {len(found) - len(others)} of {len(found)} features are full")
    assert others == NOT_FULL
    assert len(found) > 100


#: What the suite is told of us: that we have no scheduling, and what it takes for unknown otherwise.
FEATURES = """\
test-servers:
  radicale: {{enabled: false}}
  xandikos: {{enabled: false}}
  ours:
    type: external
    enabled: true
    url: {url}
    username: {user}
    password: {password}
    features:
      scheduling: {{support: unsupported}}
      scheduling.calendar-user-address-set: {{support: full}}
      calendar-color: {{support: full}}
      calendar-color.name: {{support: full}}
      calendar-order: {{support: full}}
      save.no-uid-conflict: {{support: full}}
"""


def test_its_functional_tests_pass_without_an_exception_for_us(
    account: Client, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    import caldav

    sources = REPOSITORY / f".build/python-caldav/caldav-{caldav.__version__}"
    assert sources.is_dir(), "Tests/Integration/install-missing test brings it"
    configuration = tmp_path / ".config/caldav/test_servers.yaml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(FEATURES.format(
        url=f"http://127.0.0.1:{account.port}{account.base_path}", user=account.user,
        password=account.password,
    ))
    ran = subprocess.run(
        [
            sys.executable, "-m", "pytest", "tests/test_caldav.py",
            "tests/test_async_integration.py", "-k", "ours", "-q", "-rs",
            "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function",
            # It calls a name of its own that it has deprecated, and makes an error of the warning.
            "-W", "ignore:principals:DeprecationWarning",
        ],
        cwd=sources, capture_output=True, text=True, timeout=600,
        env={
            **os.environ, "HOME": str(tmp_path), "PYTHON_CALDAV_TEST_DOCKER": "0",
        },
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    closing = ran.stdout.strip().splitlines()[-1]
    passed = re.search(r"(\d+) passed", closing)
    figure(f"python-caldav's own functional tests: {closing}")
    assert passed and int(passed[1]) >= 120, closing
    # What is left out for a want of ours is scheduling and nothing else.
    wants = [line for line in ran.stdout.splitlines()
             if line.startswith("SKIPPED") and "incompatibility" in line]
    assert all(re.search(r"schedul", line, re.IGNORECASE) for line in wants), wants
