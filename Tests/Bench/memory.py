"""Watches what the worker's processes hold in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path


class Memory:
    """The sum of PSS of all processes, sampled ten times a second until `stop`."""

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        self._pids = pids
        self._ended = threading.Event()
        self.idle = self.now()
        #: MiB
        self.peak = self.idle
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def now(self) -> float:
        """MiB"""
        total = 0
        for pid in self._pids():
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self.peak = max(self.peak, self.now())

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
