"""Compares the instances of whole files with recurring-ical-events.

instances.py PROBE CORPUS: every file that both can read, in three windows each. Ends with 1 where a
disagreement falls into no class that is decided below.
"""

import collections
import datetime
import pathlib
import random
import re
import signal
import subprocess
import sys

import icalendar
import recurring_ical_events
from dateutil import rrule

UTC = datetime.timezone.utc

# Where the two differ on purpose; RFC 5545, where it decides.
DECIDED = {
    "DTEND not after DTSTART":
        "3.8.2.2: its value MUST be later in time than the value of DTSTART. Here a DATE then lasts "
        "its day and a DATE-TIME nothing; the peer takes no time, or swaps the two.",
    "DTEND of another type than DTSTART":
        "3.8.2.2: the value type of this property MUST be the same as DTSTART.",
    "a DATE with TZID":
        "3.2.19: TZID MUST NOT be applied to DATE properties; the peer makes a time of it.",
    "override of an instance in EXDATE":
        "3.8.4.4: RECURRENCE-ID identifies a specific instance; an override that says when it takes "
        "place is shown. The peer lets EXDATE take it out.",
    "EXRULE":
        "3.8.5.3 deprecates it, RFC 2445 defines it; the peer does not know it.",
    "DTSTART is not in RRULE":
        "3.3.10: the DTSTART property value always counts as the first occurrence; the peer leaves "
        "it out.",
    "UNTIL is a DATE, DTSTART is not":
        "3.3.10: bounds the recurrence rule in an inclusive manner: the day is part of it; for the "
        "peer it ends as the day begins.",
}


def classify(calendars, data):
    """The classes that the events of a file fall into."""
    classes, overrides, excluded = set(), set(), set()
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            if "DTSTART" not in event:
                continue
            start = event["DTSTART"].dt
            end = event["DTEND"].dt if "DTEND" in event else None
            if end is not None and (type(end) is not type(start)):
                classes.add("DTEND of another type than DTSTART")
            elif end is not None and instant(end) <= instant(start):
                classes.add("DTEND not after DTSTART")
            if "RECURRENCE-ID" in event:
                overrides.add((str(event.get("UID")), event["RECURRENCE-ID"].dt))
            exceptions = event.get("EXDATE", [])
            for exception in exceptions if isinstance(exceptions, list) else [exceptions]:
                excluded.update((str(event.get("UID")), value.dt) for value in exception.dts)
            if "EXRULE" in event:
                classes.add("EXRULE")
            rules = event.get("RRULE", [])
            for rule in rules if isinstance(rules, list) else [rules]:
                naive = start
                if isinstance(start, datetime.datetime):
                    naive = start.replace(tzinfo=None)
                    if any(not isinstance(u, datetime.datetime) for u in rule.get("UNTIL", [])):
                        classes.add("UNTIL is a DATE, DTSTART is not")
                else:
                    naive = datetime.datetime(start.year, start.month, start.day)
                bare = ";".join(
                    part for part in rule.to_ical().decode().split(";")
                    if not part.startswith(("UNTIL", "COUNT")))
                try:
                    if next(iter(rrule.rrulestr(bare, dtstart=naive)), None) != naive:
                        classes.add("DTSTART is not in RRULE")
                except ValueError:
                    pass
    if re.search(rb"DTSTART[^\r\n:]*TZID=[^:]*:\d{8}\s", re.sub(rb"\r?\n[ \t]", b"", data)):
        classes.add("a DATE with TZID")
    if overrides & excluded:
        classes.add("override of an instance in EXDATE")
    return classes


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
    dates = [w for w in re.findall(r"DTSTART[^:\r\n]*:(\d{8})", text)]
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
    same, unread, slow, differ, decided = 0, 0, 0, [], collections.Counter()
    for path in sorted(pathlib.Path(sys.argv[2]).rglob("*.ics")):
        data = path.read_bytes()
        if b"BEGIN:VCALENDAR" not in data.upper():
            continue
        try:
            calendars = icalendar.Calendar.from_ical(data, multiple=True)
        except Exception:
            unread += 1
            continue
        for calendar in calendars:
            # No part of RFC 5545; it would say what floating times mean.
            calendar.pop("X-WR-TIMEZONE", None)
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
            elif found := classify(calendars, data):
                decided[" + ".join(sorted(found))] += 1
            else:
                differ.append((path, start, end, ours - theirs, theirs - ours))
    print(f"{same} windows agree, {unread} could the peer not read, {slow} took it too long, "
          f"{len(differ)} differ")
    for name, count in decided.most_common():
        print(f"{count} differ as decided: {name}")
        for part in name.split(" + "):
            print(f"    {DECIDED[part]}")
    for path, start, end, ours, theirs in differ:
        print(f"  {path.parent.name}/{path.name} {start} {end}")
        for side, values in (("ours", ours), ("theirs", theirs)):
            for value in sorted(values)[:3]:
                begin, last, uid = value
                print(f"    {side} {datetime.datetime.fromtimestamp(begin, UTC):%Y%m%dT%H%M%SZ}"
                      f" {(last - begin) / 3600:.2f} h {uid[:40]}")
    sys.exit(1 if differ else 0)


main()
