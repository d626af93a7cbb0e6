"""Compares the instances of whole files with recurring-ical-events.

instances.py PROBE CORPUS: every file that both can read, in three windows each. Ends with 1 where a
disagreement falls into no class that is decided below.
"""

import collections
import datetime
import pathlib
import random
import signal
import subprocess
import sys

import icalendar
import recurring_ical_events

UTC = datetime.timezone.utc


class TooLong(Exception):
    pass


def give_up(*_):
    raise TooLong


def instant(value):
    """UTC seconds; what floats is read in UTC on both sides."""
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return int(value.timestamp())


def peer(calendar, start, end):
    found = collections.Counter()
    for event in recurring_ical_events.of(calendar, components=["VEVENT"]).between(
            datetime.datetime.fromtimestamp(start, UTC), datetime.datetime.fromtimestamp(end, UTC)):
        first = event["DTSTART"].dt
        last = event["DTEND"].dt if "DTEND" in event else first + event.get(
            "DURATION", icalendar.vDuration(datetime.timedelta())).dt
        found[(instant(first), instant(last), str(event.get("UID", "")))] += 1
    return found


def windows(text, name):
    """Three windows: about the first date in the file, a year on, and one of many years."""
    dates = [w for w in __import__("re").findall(r"DTSTART[^:\r\n]*:(\d{8})", text)]
    first = min(dates) if dates else "20200101"
    try:
        begin = int(datetime.datetime.strptime(first, "%Y%m%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        begin = 1577836800
    shift = random.Random(name).randint(0, 86400)
    day = 86400
    return [
        (begin - 3 * day + shift, begin + 40 * day + shift),
        (begin + 300 * day + shift, begin + 430 * day + shift),
        (begin - day, begin + 3 * 366 * day),
    ]


def main():
    probe = subprocess.Popen(
        [sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    signal.signal(signal.SIGALRM, give_up)
    same, unread, slow, differ = 0, 0, 0, []
    for path in sorted(pathlib.Path(sys.argv[2]).rglob("*.ics")):
        data = path.read_bytes()
        if b"BEGIN:VCALENDAR" not in data.upper():
            continue
        try:
            calendars = icalendar.Calendar.from_ical(data, multiple=True)
        except Exception:
            unread += 1
            continue
        for start, end in windows(data.decode("latin-1"), path.name):
            probe.stdin.write(f"instances\t{path}\t{start}\t{end}\n")
            answer = probe.stdout.readline().rstrip("\n")
            signal.setitimer(signal.ITIMER_REAL, 20)
            try:
                theirs = collections.Counter()
                for calendar in calendars:
                    theirs += peer(calendar, start, end)
            except TooLong:
                slow += 1
                continue
            except Exception as error:
                unread += 1
                continue
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            ours = collections.Counter()
            for line in answer.split("\x1f") if answer else []:
                parts = line.split("/", 3)
                if len(parts) == 4 and parts[2] == "VEVENT":
                    ours[(int(parts[0]), int(parts[1]), parts[3])] += 1
            if ours == theirs:
                same += 1
            else:
                differ.append((path, start, end, ours - theirs, theirs - ours))
    print(f"{same} windows agree, {unread} could the peer not read, {slow} took it too long, "
          f"{len(differ)} differ")
    for path, start, end, ours, theirs in differ:
        print(f"  {path.parent.name}/{path.name} {start} {end}")
        for side, values in (("ours", ours), ("theirs", theirs)):
            for value in sorted(values)[:3]:
                begin, last, uid = value
                print(f"    {side} {datetime.datetime.fromtimestamp(begin, UTC):%Y%m%dT%H%M%SZ}"
                      f" {(last - begin) / 3600:.2f} h {uid[:40]}")
    sys.exit(1 if differ else 0)


main()
