"""Medians of the three requests that clients make most; the documented bound is 200 ms."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from harness import icalendar
from harness.dav import Answer, Client

#: Far below the documented 200 ms, and far above what a quiet machine takes.
BOUND = 0.05


def median(send: Callable[[int], Answer], expected: int) -> float:
    taken = []
    for number in range(300):
        started = time.perf_counter()
        answer = send(number)
        taken.append(time.perf_counter() - started)
        assert answer.status == expected, answer
    return statistics.median(taken)


def test_medians(dav: Client, dav_calendar: str, figure: Callable[[str], None]) -> None:
    for number in range(100):
        dav.put(dav_calendar + f"{number}.ics", icalendar.event(f"{number}@latency"))
    medians = {
        "GET": median(lambda number: dav.get(dav_calendar + f"{number % 100}.ics"), 200),
        "poll": median(lambda _: dav.propfind(dav_calendar, "cs:getctag"), 207),
        "PUT": median(
            lambda number: dav.put(
                dav_calendar + f"{number % 100}.ics",
                icalendar.event(f"{number % 100}@latency", f"Version {number}"),
            ),
            204,
        ),
    }
    shown = ", ".join(f"{name} {value * 1e3:.2f} ms" for name, value in medians.items())
    figure(f"medians through nginx: {shown}")
    assert all(value < BOUND for value in medians.values())
