"""Plays requests against a site by load.c, and keeps what came."""

from __future__ import annotations

import statistics
import struct
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from operations import Operation
from sites import Site

_TIMING = struct.Struct("=QIIi")
_WHOLE_RUN = 0xFFFFFFFF


@dataclass
class Figures:
    """Of one operation at one site, over all rounds."""

    #: Nanoseconds of the right answers.
    times: list[int] = field(default_factory=list)
    #: Nanoseconds of all runs on one connection.
    lasted: int = 0
    #: Right answers and nanoseconds on several connections.
    together: int = 0
    together_lasted: int = 0
    #: Answers that were not right, by status; 0: a connection that failed.
    wrong: Counter[int] = field(default_factory=Counter)
    #: What the first answer held, where it was counted.
    items: int | None = None
    bytes: int = 0
    #: Why there are no figures.
    missing: str | None = None

    @property
    def median(self) -> float | None:
        """Milliseconds."""
        return statistics.median(self.times) / 1e6 if self.times else None

    @property
    def p99(self) -> float | None:
        if not self.times:
            return None
        return sorted(self.times)[min(len(self.times) - 1, len(self.times) * 99 // 100)] / 1e6

    @property
    def rate(self) -> float | None:
        """Answers a second on one connection."""
        return len(self.times) / self.lasted * 1e9 if self.lasted else None

    @property
    def rate_together(self) -> float | None:
        return self.together / self.together_lasted * 1e9 if self.together_lasted else None


@dataclass
class Run:
    """What one call of load.c timed: nanoseconds, number of the request, bytes, status."""

    timings: list[tuple[int, int, int, int]]
    lasted: int


class Player:
    def __init__(self, program: Path) -> None:
        self.program = program
        self._file = tempfile.NamedTemporaryFile(prefix="crm-caldav-requests-")

    def play(
        self, site: Site, requests: list[bytes], connections: int, seconds: float, limit: int = 0,
        is_fresh: bool = False,
    ) -> Run:
        with open(self._file.name, "wb") as file:
            for request in requests:
                file.write(struct.pack("=I", len(request)) + request)
        command = [
            self.program, str(site.port), self._file.name, str(connections), f"{seconds:.3f}",
            str(limit), *(["fresh"] if is_fresh else []),
        ]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        *timings, whole = _TIMING.iter_unpack(output)
        assert whole[1] == _WHOLE_RUN
        return Run(timings, whole[0])

    def measure(
        self, operation: Operation, site: Site, figures: Figures, seconds: float,
        connections: int = 0,
    ) -> None:
        """One round: on one connection, and half as long on `connections`."""
        requests = operation.requests(site)
        if figures.items is None:
            status, body = site.ask(requests[0])
            figures.items, figures.bytes = operation.count(body), len(body)
            if status not in operation.statuses:
                figures.missing = f"status {status}"
                return
        run = self.play(site, requests, 1, seconds, is_fresh=operation.is_fresh)
        self.note(run, figures, operation.statuses)
        if connections and operation.is_parallel:
            # Each connection begins at another request.
            run = self.play(site, requests * -(-connections // len(requests)), connections, seconds / 2)
            right = [t for t in run.timings if t[3] in operation.statuses]
            figures.together += len(right)
            figures.together_lasted += run.lasted
            figures.wrong.update(t[3] for t in run.timings if t[3] not in operation.statuses)

    def note(self, run: Run, figures: Figures, statuses: frozenset[int]) -> None:
        figures.times += [t[0] for t in run.timings if t[3] in statuses]
        figures.wrong.update(t[3] for t in run.timings if t[3] not in statuses)
        figures.lasted += run.lasted
