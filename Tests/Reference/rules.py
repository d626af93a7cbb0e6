"""Compares random recurrence rules with python-dateutil.

rules.py PROBE [COUNT [SEED [SECONDS]]]: the first 50 instances of COUNT rules, in zones with summer
time. Ends with 1 where a disagreement falls into no class that is decided below, or an answer of ours
takes more than so many seconds (2).
"""

import collections
import datetime
import random
import select
import signal
import subprocess
import sys
import zoneinfo

from dateutil import rrule

ZONES = [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
    "Africa/Casablanca", "Asia/Tehran", "Pacific/Auckland", "Europe/Dublin", "UTC",
]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FREQUENCIES = ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

# Where the two differ on purpose, and the sentence of RFC 5545 3.3.10 that decides.
DECIDED = {
    "BYWEEKNO without a day":
        "If the ... BYDAY ... rule part were missing, the appropriate ... day ... would have been "
        "retrieved from the DTSTART property: one day of the week, not all seven.",
    "BYDAY with and without numbers":
        "Each BYDAY value can also be preceded by a positive or negative integer: one list of "
        "values, of which any may fit; dateutil wants both kinds to fit at once.",
    "BYSETPOS in the first week":
        "A set of recurrence instances starts at the beginning of the interval defined by the FREQ "
        "rule part: at the week start, not at DTSTART.",
    "negative BYWEEKNO at the turn of the year":
        "This corresponds to weeks according to week numbering as defined in ISO 8601: the last "
        "days of December can be of the next year's first week, which is its 52nd or 53rd from "
        "the end.",
    "BYWEEKNO 52 and 53 at the turn of the year":
        "This corresponds to weeks according to week numbering as defined in ISO 8601: dateutil "
        "miscounts the weeks of the year before; 2022-01-01 is of week 52, 2039-01-01 is not of 53.",
}


def pick(random, values, most):
    return sorted(random.sample(list(values), random.randint(1, min(most, len(values)))))


def signed(random, values, most):
    return [v if random.random() < 0.6 else -v for v in pick(random, values, most)]


def random_rule(random):
    """A rule of any parts, its start, and its zone."""
    frequency = random.choice(FREQUENCIES)
    rank = FREQUENCIES.index(frequency)
    parts = {"FREQ": frequency}
    if random.random() < 0.5:
        parts["INTERVAL"] = str(random.choice([1, 2, 3, 4, 5, 6, 7, 10, 12, 13, 24, 30, 60, 90]))
    chance = random.choice([0.1, 0.2, 0.3])
    if random.random() < chance + 0.1:
        parts["BYMONTH"] = pick(random, range(1, 13), 5)
    if random.random() < chance * (0.7 if rank == 6 else 0.05):
        parts["BYWEEKNO"] = signed(random, range(1, 54), 6)
    if random.random() < chance * (0.5 if rank in (0, 1, 2, 6) else 0.1):
        parts["BYYEARDAY"] = signed(random, range(1, 367), 20)
    if random.random() < chance * (0.2 if rank == 4 else 1):
        parts["BYMONTHDAY"] = signed(random, range(1, 32), 6)
    if random.random() < chance + 0.15:
        names = random.sample(DAYS, random.randint(1, 4))
        if rank >= 5 and random.random() < 0.6:
            most = 53 if rank == 6 and "BYMONTH" not in parts else 5
            mixed = random.random() < 0.1
            names = [
                day if mixed and random.random() < 0.5
                else str(random.choice([-1, 1]) * random.randint(1, most)) + day for day in names]
        parts["BYDAY"] = names
    if random.random() < chance:
        parts["BYHOUR"] = pick(random, range(24), 4)
    if random.random() < chance:
        parts["BYMINUTE"] = pick(random, range(60), 4)
    if random.random() < chance:
        parts["BYSECOND"] = pick(random, range(60), 4)
    if any(p.startswith("BY") for p in parts) and random.random() < 0.2:
        # A position that no interval has keeps dateutil busy too.
        size = 7 if rank >= 5 else len(parts.get("BYDAY", "1")) if rank == 4 else 1
        for name, least in (("BYHOUR", 3), ("BYMINUTE", 2), ("BYSECOND", 1)):
            size *= len(parts.get(name, "1")) if rank >= least else 1
        most = size if random.random() < 0.98 else 7
        parts["BYSETPOS"] = signed(random, range(1, min(most, 366) + 1), 3)
    # Rules that hardly any day fits keep dateutil busy for minutes; a few of them are enough.
    narrow = [p for p in ("BYYEARDAY", "BYWEEKNO", "BYMONTHDAY", "BYMONTH", "BYDAY") if p in parts]
    if random.random() < 0.98:
        for name in narrow[:-2] if rank >= 4 else narrow[:-1]:
            del parts[name]
    if random.random() < 0.3:
        parts["WKST"] = random.choice(DAYS)
    start = datetime.datetime(
        random.randint(1970, 2037), random.randint(1, 12), random.randint(1, 28),
        random.choice([0, 1, 2, 3, 9, 23]), random.choice([0, 30, 59]), random.choice([0, 0, 59]))
    if random.random() < 0.1:
        start = start.replace(day=28) + datetime.timedelta(days=random.randint(0, 3))
    choice = random.random()
    if choice < 0.25:
        parts["COUNT"] = str(random.randint(1, 60))
    elif choice < 0.5:
        span = random.choice([1, 30, 400, 4000])
        until = start + datetime.timedelta(days=span * random.random(), seconds=random.randint(0, 86399))
        parts["UNTIL"] = until.strftime("%Y%m%dT%H%M%SZ")
    text = ";".join(
        f"{name}={value if isinstance(value, str) else ','.join(map(str, value))}"
        for name, value in parts.items())
    return text, parts, start, random.choice(ZONES)


class TooLong(Exception):
    pass


def give_up(*_):
    raise TooLong


def peer(text, start, zone, count):
    """What dateutil says."""
    instances = []
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        for value in rrule.rrulestr(text, dtstart=start.replace(tzinfo=zone)):
            # After midnight of the last day of year 9999 dateutil has no days left.
            instances.append(f"{value:%Y%m%dT%H%M%S}={int(value.timestamp())}")
            if len(instances) == count:
                break
    except ValueError:
        # "Invalid rrule byxxx generates an empty set."
        return []
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return instances


def classify(parts):
    days = parts.get("BYDAY", [])
    numbered = [day for day in days if len(day) > 2]
    if "BYWEEKNO" in parts and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & set(parts):
        return "BYWEEKNO without a day"
    if numbered and len(numbered) < len(days):
        return "BYDAY with and without numbers"
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        return "BYSETPOS in the first week"
    if any(number < 0 for number in parts.get("BYWEEKNO", [])):
        return "negative BYWEEKNO at the turn of the year"
    if {52, 53} & set(parts.get("BYWEEKNO", [])):
        return "BYWEEKNO 52 and 53 at the turn of the year"
    return None


def main():
    probe = subprocess.Popen(
        [sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    total = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    source = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 5545)
    patience = float(sys.argv[4]) if len(sys.argv) > 4 else 2
    zones = {name: zoneinfo.ZoneInfo(name) for name in ZONES}
    signal.signal(signal.SIGALRM, give_up)
    same, slow, classes, unknown = 0, 0, collections.Counter(), []
    for _ in range(total):
        text, parts, start, zone = random_rule(source)
        probe.stdin.write(f"rule\t{zone}\t{start:%Y%m%dT%H%M%S}\t{text}\t50\n")
        try:
            theirs = peer(text, start, zones[zone], 50)
        except TooLong:
            theirs = None
        if not select.select([probe.stdout], [], [], patience)[0]:
            sys.exit(f"no answer within {patience:.0f} s: {zone} {start:%Y%m%dT%H%M%S} {text}")
        ours = probe.stdout.readline().split()
        if theirs is None:
            slow += 1
        elif ours == theirs:
            same += 1
        elif name := classify(parts):
            classes[name] += 1
        else:
            unknown.append((zone, start, text, ours, theirs))
    print(f"{total} rules: {same} agree, {slow} took dateutil more than 2 s")
    for name, count in classes.most_common():
        print(f"{count} differ as decided, {name}: {DECIDED[name]}")
    print(f"{len(unknown)} differ without a reason")
    for zone, start, text, ours, theirs in unknown[:20]:
        where = next(
            (i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
        print(f"  {zone} {start:%Y%m%dT%H%M%S} {text}")
        print(f"    at {where}: ours {ours[where:where + 3]} theirs {theirs[where:where + 3]}")
    sys.exit(1 if unknown else 0)


main()
