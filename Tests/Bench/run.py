"""Measures the worker beside its bounds and beside Radicale, in one run.

    python3 Tests/Bench/run.py [--rounds 4] [--seconds 0.5] [--only WORDS] [--write FILE]

Servers take turns within each operation, so that what else the machine does hits all of them. Prints a
table, and with --write puts it into FILE, then says of each bar whether it was reached. Ends with 1 when
one was missed. Everything is loopback, and bounded in count and time: about ten minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Integration"))

from bench import Bench  # noqa: E402: after the path
from report import Report  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=4, help="turns of every server (4)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each turn (0.5)")
    parser.add_argument(
        "--kept-seconds", type=float, default=10, help="of fifty clients on kept connections (10)")
    parser.add_argument(
        "--only", default="", metavar="WORDS",
        help="operations whose name holds one of these, comma-separated")
    parser.add_argument("--no-peer", action="store_true", help="leave Radicale out")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into FILE")
    arguments = parser.parse_args()
    began = time.monotonic()
    with Bench(arguments) as bench:
        bench.run()
        report = Report(bench, time.monotonic() - began)
    print(report.text())
    if arguments.write:
        arguments.write.write_text(report.text())
    for is_reached, what in report.judged:
        print("reached" if is_reached else "MISSED ", what)
    return 1 if report.misses else 0


if __name__ == "__main__":
    sys.exit(main())
