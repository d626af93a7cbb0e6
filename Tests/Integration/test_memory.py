"""A worker that has handled large objects gives their memory back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import icalendar
from harness.stack import Stack

#: Bytes of one process at rest.
BOUND = 64 << 20


@pytest.fixture(scope="module")
def crm() -> Iterator[Stack]:
    with Stack.temporary(processes=1, threads=8) as stack:
        stack.start()
        yield stack


def test_large_objects_leave_at_most_64_mib(crm: Stack, figure: Callable[[str], None]) -> None:
    client = crm.client("anna", crm.front("nginx"))
    path = client.make_calendar("large")
    large = icalendar.event("large@x", "x" * 9_000_000)

    def use(number: int) -> None:
        own = crm.client("anna", crm.front("nginx"))
        name = f"{path}{number}.ics"
        own.put(name, large.replace("large@x", f"{number}@x"))
        assert len(own.get(name).body) > 9_000_000
        assert own.multiget(path, [name]).status == 207

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(16)))
    peak = crm.worker.memory()
    for _ in range(30):
        client.propfind(path)
        rest = crm.worker.memory()
        if rest <= BOUND:
            break
        time.sleep(0.5)
    figure(f"memory after objects of 9 MB: {peak >> 20} MiB, at rest {rest >> 20} MiB")
    assert rest <= BOUND
