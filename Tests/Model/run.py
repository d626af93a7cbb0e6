"""Two masters at random: CRM statements and calendar clients on the same tasks, and what has to hold.

    python3 Tests/Model/run.py --operations 2000 --mode triggers --seed 1

Ends with 0 when all invariants hold, with 1 when one does not, and says which. The program under test
is .build/release/crm-caldav, or $CRM_CALDAV.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Integration"))

from driver import Driver  # noqa: E402: after the path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--operations", type=int, default=4000, help="of all writers together")
    parser.add_argument("--mode", choices=["triggers", "scan"], default="triggers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checks", type=int, default=1, help="how often to stop and look")
    parser.add_argument("--kill-workers", type=int, default=0, metavar="COUNT")
    parser.add_argument("--kill-database", type=int, default=0, metavar="COUNT")
    parser.add_argument("--keep", action="store_true", help="leave the directory and its logs")
    parser.add_argument("--show", type=int, default=10, help="failures to print at most")
    arguments = parser.parse_args()

    began = time.monotonic()
    with Driver(arguments) as driver:
        failures = driver.run()
        driver.report()
    took = time.monotonic() - began
    for failure in failures[:arguments.show]:
        print(f"FAILED {failure}\n", file=sys.stderr)
    print(f"mode {arguments.mode}, seed {arguments.seed}: {len(failures)} failures, {took:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
