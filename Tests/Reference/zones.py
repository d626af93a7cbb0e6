"""Compares time zones with Python's zoneinfo.

zones.py PROBE: every change of the offset of 60 zones from 1970 to 2037, through our reader of
zone files, and through the VTIMEZONE that we write of the zone, read back. Ends with 1 where any
differs.
"""

import datetime
import subprocess
import sys
import zoneinfo

ZONES = """
Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Monrovia Africa/Windhoek
America/Anchorage America/Argentina/Buenos_Aires America/Asuncion America/Bogota America/Caracas
America/Chicago America/Denver America/Halifax America/Havana America/Los_Angeles
America/Mexico_City America/New_York America/Nuuk America/Phoenix America/Santiago
America/Sao_Paulo America/St_Johns Antarctica/Troll Asia/Amman Asia/Baghdad Asia/Dhaka Asia/Dubai
Asia/Gaza Asia/Hong_Kong Asia/Jerusalem Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Pyongyang
Asia/Seoul Asia/Shanghai Asia/Tehran Asia/Tokyo Asia/Ulaanbaatar Atlantic/Azores
Australia/Lord_Howe Australia/Sydney Europe/Berlin Europe/Dublin Europe/Istanbul Europe/Lisbon
Europe/London Europe/Minsk Europe/Moscow Europe/Paris Europe/Volgograd Indian/Mauritius
Pacific/Apia Pacific/Auckland Pacific/Chatham Pacific/Easter Pacific/Fiji Pacific/Honolulu
Pacific/Kwajalein
""".split()

START, END, STEP = 0, 2_145_916_800, 6 * 3600


def changes(name):
    zone = zoneinfo.ZoneInfo(name)

    def offset(instant):
        moment = datetime.datetime.fromtimestamp(instant, datetime.timezone.utc)
        return int(moment.astimezone(zone).utcoffset().total_seconds())

    before = offset(START)
    found = [str(before)]
    for time in range(START, END, STEP):
        following = min(time + STEP, END)
        after = offset(following)
        if after != before:
            low, high = time, following
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            found.append(f"{high}:{after}")
            before = after
    return found


def main():
    probe = subprocess.Popen(
        [sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    total, wrong = 0, 0
    for name in ZONES:
        theirs = changes(name)
        total += len(theirs) - 1
        for question in ("zone", "written"):
            probe.stdin.write(f"{question}\t{name}\n")
            ours = probe.stdout.readline().split()
            if ours != theirs:
                wrong += 1
                missing = [c for c in theirs if c not in ours][:3]
                extra = [c for c in ours if c not in theirs][:3]
                print(f"{question} {name}: not ours {missing}, not theirs {extra}")
    print(f"{len(ZONES)} zones, {total} changes, {wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
