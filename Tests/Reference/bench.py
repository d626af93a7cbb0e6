"""Measures ICalendar beside python icalendar, in one run on one machine.

bench.py PROBE: ends with 1 where a bar is missed.
"""

import subprocess
import sys
import time

import icalendar


def main():
    figures = {}
    for line in subprocess.run(
            [sys.argv[1], "bench"], check=True, capture_output=True, text=True).stdout.splitlines():
        name, value = line.rsplit(" ", 1)
        figures[name] = float(value)
    event = subprocess.run(
        [sys.argv[1], "event"], check=True, capture_output=True).stdout
    rates = []
    for _ in range(5):
        start, count = time.process_time(), 0
        while time.process_time() - start < 1:
            icalendar.Calendar.from_ical(event).to_ical()
            count += 1
        rates.append(count / (time.process_time() - start))
    peer = sorted(rates)[2]
    bars = [
        (f"parse and write {figures['event-octets']:.0f} octets, times python icalendar's "
         f"{peer:.0f} a second", figures["parse-write-per-second"] / peer, 20, True),
        (f"parse a feed of {figures['feed-megabytes']:.0f} MB, MB a second",
         figures["feed-megabytes-per-second"], 100, True),
        ("expand FREQ=DAILY for ten years, ms", figures["daily-ten-years-milliseconds"], 1, False),
    ] + [
        (f"a month of 2100 from 1970, {name.split(' ', 1)[1]}, microseconds", value, 50, False)
        for name, value in figures.items() if name.startswith("month-of-2100")
    ] + [
        (f"the largest object that is read, {name.split(' ', 1)[1]}, ms", value, 100, False)
        for name, value in figures.items() if name.startswith("largest")
    ]
    missed = 0
    for name, value, bar, isLeast in bars:
        isMet = value >= bar if isLeast else value <= bar
        missed += not isMet
        print(f"{'ok  ' if isMet else 'MISS'} {value:10.2f}  (bar {bar})  {name}")
    print(f"     {figures['parse-write-per-second']:10.0f}  parsed and written a second")
    print(f"     {figures['change-write-per-second']:10.0f}  changed and written a second")
    sys.exit(1 if missed else 0)


main()
