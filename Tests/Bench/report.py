"""The tables: what was measured, beside what it may cost."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import bars
import people
from bench import BOUNDS, KEPT, MIXED, OURS, PEER, Bench
from playing import Figures


class Report:
    def __init__(self, bench: Bench, seconds: float) -> None:
        self.bench = bench
        self.seconds = seconds
        #: Of each bar whether it was reached, and the figure in words.
        self.judged: list[tuple[bool, str]] = []

    @property
    def misses(self) -> int:
        return sum(not is_reached for is_reached, _ in self.judged)

    def _judge(self, is_reached: bool, what: str) -> None:
        self.judged.append((is_reached, what))

    def text(self) -> str:
        self.judged.clear()
        parts = [
            "# Benchmarks\n\nWritten by `make bench`.\n", self._surroundings(), self._operations(),
            self._together(), self._growth(), self._peers(), self._others(),
        ]
        return "\n".join(part for part in parts if part)

    def _surroundings(self) -> str:
        cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        bench = self.bench.arguments
        return (
            f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores ({cpu.group(1) if cpu else '?'}), "
            f"Linux {platform.release()}; {_first_line('mariadbd', '--version')}; "
            f"{_first_line('nginx', '-v')}; {_first_line('swift', '--version')}; "
            f"Radicale {version('radicale')}. {bench.rounds} rounds of {bench.seconds} s, servers by "
            f"turns; load average at the end {load}; {self.seconds:.0f} s in all.\n\n"
            "The bounds are FastCGI programs in C behind the same nginx (Tests/Bench/bounds.c): *null* "
            "answers 1 KB, *read* (B) after one prepared SELECT by primary key, *write* (W) after a "
            "transaction of three INSERTs and one UPDATE. Times are medians on one kept client "
            "connection. Ratios are against the bound measured in the same rounds.\n"
        )

    # Tables

    def _operations(self) -> str:
        rows = []
        known = {bar.operation: bar for bar in bars.BARS}
        for operation in dict.fromkeys(name for name, _ in self.bench.figures):
            if operation == MIXED:
                continue
            bar = known.get(operation)
            bound = BOUNDS[bar.bound if bar else "read"]
            for name in (OURS, KEPT, PEER):
                figures = self.bench.figures.get((operation, name))
                if figures is None or not figures.times:
                    continue
                beside = self.bench.figures.get(
                    (operation, bound + (", kept" if name == KEPT else "")))
                ratio = _ratio(figures, beside)
                allowed = f"≤ {bar.times:g} {bound[0].upper() if bound[0] == 'w' else 'B'}" if bar else ""
                if name == OURS and bar and ratio:
                    self._judge(
                        ratio <= bar.times, f"{operation}: {ratio:.2f} {bound}s, bar {bar.times:g}")
                rows.append([
                    operation if name == OURS else "", name, _number(figures.median),
                    _number(figures.p99), _rate(figures.rate), _rate(figures.rate_together),
                    f"{ratio:.2f}" if ratio and name != PEER else "", allowed if name == OURS else "",
                    str(figures.bytes or ""), _wrong(figures),
                ])
                if name == OURS and figures.wrong:
                    self._judge(False, f"{operation}: wrong answers {_wrong(figures)}")
        return _table(
            ["operation", "server", "median ms", "p99 ms", "a second", "on 8", "ratio", "bar", "bytes",
             "wrong"], rows)

    def _together(self) -> str:
        rows = []
        for bar in bars.BARS:
            ours = self.bench.figures.get((bar.operation, OURS))
            bound = self.bench.figures.get((bar.operation, BOUNDS["read"]))
            if bar.share_together and ours and bound and ours.rate_together and bound.rate_together:
                share = ours.rate_together / bound.rate_together
                rows.append([
                    f"{bar.operation}, 8 connections", _rate(ours.rate_together),
                    _rate(bound.rate_together), f"{share:.2f}", f"≥ {bar.share_together}"])
                self._judge(
                    share >= bar.share_together,
                    f"{bar.operation}, 8 connections: {share:.2f} of B, bar {bar.share_together}")
        ours, bound = (self.bench.figures.get((MIXED, name)) for name in (OURS, BOUNDS["read"]))
        if ours and bound and ours.rate and bound.rate and ours.median and bound.median:
            share = ours.rate / bound.rate
            spreads = [(f.p99 or 0) / (f.median or 1) for f in (ours, bound)]
            rows.append([MIXED, _rate(ours.rate), _rate(bound.rate), f"{share:.2f}",
                         f"≥ {bars.MIXED_SHARE}"])
            rows.append([f"{MIXED}: p99 / median", f"{spreads[0]:.1f}", f"{spreads[1]:.1f}",
                         f"{spreads[0] / spreads[1]:.2f}", f"≤ {bars.MIXED_SPREAD}"])
            rows.append([f"{MIXED}: median ms", _number(ours.median), _number(bound.median), "", ""])
            self._judge(share >= bars.MIXED_SHARE, f"{MIXED}: {share:.2f} of B, bar {bars.MIXED_SHARE}")
            self._judge(
                spreads[0] <= bars.MIXED_SPREAD * spreads[1],
                f"{MIXED}: p99 / median {spreads[0] / spreads[1]:.2f} of B's, bar {bars.MIXED_SPREAD}")
            self._judge(not ours.wrong, f"{MIXED}: wrong answers {_wrong(ours) or 'none'}")
            for name in (KEPT, f"{BOUNDS['read']}, kept", PEER):
                if (f := self.bench.figures.get((MIXED, name))) and f.times:
                    rows.append([f"{MIXED}: {name}", _rate(f.rate), "", "",
                                 f"median {_number(f.median)}, p99 {_number(f.p99)} ms {_wrong(f)}"])
        return _table(["answers a second", "crm-caldav", "read bound", "ratio", "bar"], rows)

    def _growth(self) -> str:
        users = (people.SMALL, people.USER, people.BIG, people.HUGE)
        rows = []
        for operation in dict.fromkeys(name for name, _ in self.bench.growth):
            medians = [self.bench.growth[operation, user].median or 0 for user in users]
            growth = max(medians) / min(medians)
            rows.append([operation, *(_number(m) for m in medians), f"{growth:.2f}", f"≤ {bars.GROWTH}"])
            self._judge(
                growth <= bars.GROWTH,
                f"{operation}: grows {growth:.2f} times from 100 to 100,000 objects, bar {bars.GROWTH}")
        return _table(
            ["median ms, by size", *(f"{people.TASKS[user]:,}" for user in users), "growth", "bar"], rows)

    def _peers(self) -> str:
        """Other servers' medians, scaled by what the read bound takes here and took there."""
        rows = []
        names = list(next(iter(bars.PEERS.values())))
        for operation, there in bars.PEERS.items():
            ours = self.bench.figures.get((operation, OURS))
            bound = self.bench.figures.get((operation, BOUNDS["read"])) or self.bench.figures.get(
                ("GET of an object", BOUNDS["read"]))
            if not ours or not ours.median or not bound or not bound.median:
                continue
            if operation == MIXED:
                bound = self.bench.figures.get(("GET of an object", BOUNDS["read"])) or bound
            scale = (bound.median or 1) / bars.PEERS_BOUND
            scaled = {name: median * scale for name, median in there.items()}
            here = self.bench.figures.get((operation, PEER))
            if here and here.median:
                scaled["Radicale here"] = here.median
            rows.append([operation, _number(ours.median), *(
                _number(scaled.get(name)) for name in ["Radicale here", *names])])
            faster = [f"{n} {m:.2f} ms" for n, m in scaled.items() if m < ours.median]
            self._judge(
                not faster, f"{operation}: {ours.median:.2f} ms, faster: {', '.join(faster) or 'none'}")
        return _table(
            ["medians in ms; others scaled by B", OURS, "Radicale here", *names], rows)

    def _others(self) -> str:
        bench, rows = self.bench, []

        def row(what: str, value: str, bar: str, is_missed: bool) -> None:
            rows.append([what, value, bar])
            if bar:
                self._judge(not is_missed, f"{what}: {value}, bar {bar}")

        if bench.flood:
            before, during = bench.flood
            row("poll beside a flood of wrong passwords, times the poll alone",
                f"{during / before:.2f} ({before:.3f} and {during:.3f} ms; the flood's answers: "
                f"{dict(bench.flood_statuses)})", f"≤ {bars.FLOOD}", during > bars.FLOOD * before)
        for name, (rate, slowest, wrong) in bench.kept.items():
            row(f"50 clients mixed through {name}",
                f"{rate:.0f} a second, slowest {slowest:.0f} ms, wrong answers {dict(wrong) or 'none'}",
                "none wrong", bool(wrong))
        if bench.size:
            row("start to first answer", f"{bench.start_milliseconds:.0f} ms", f"< {bars.START} ms",
                bench.start_milliseconds >= bars.START)
            row("program without symbols", f"{bench.size / 1e6:.1f} MB", f"< {bars.SIZE} MB",
                bench.size >= bars.SIZE * 1e6)
        if bench.memory:
            row("memory of all worker processes, idle", f"{bench.memory.idle:.1f} MiB PSS", "", False)
            row("memory of all worker processes, peak", f"{bench.memory.peak:.1f} MiB PSS",
                f"≤ {bars.MEMORY} MiB", bench.memory.peak > bars.MEMORY)
        return _table(["what", "measured", "bar"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _ratio(figures: Figures, bound: Figures | None) -> float | None:
    if bound is None or not figures.median or not bound.median:
        return None
    return figures.median / bound.median


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _wrong(figures: Figures) -> str:
    return ", ".join(f"{count} × {status}" for status, count in sorted(figures.wrong.items()))


def _first_line(*command: str) -> str:
    try:
        ran = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return f"no {command[0]}"
    text = (ran.stdout + ran.stderr).strip().splitlines()
    line = text[0] if text else command[0]
    return re.sub(r"^\S*/|nginx version: ", "", line)
