"""Calendar objects as clients write them, and edits of one that keep everything else."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Model//Driver//EN\r\n{}END:VCALENDAR\r\n"

#: As Thunderbird writes it: both rules, in the form that holds today.
BERLIN = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
"""
NEW_YORK = """BEGIN:VTIMEZONE
TZID:America/New_York
BEGIN:DAYLIGHT
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
TZNAME:EST
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
END:STANDARD
END:VTIMEZONE
"""

WORDS = ["offer", "Besuch", "réunion", "звонок", "会議", "🎪 fair", "a;b", "c,d", "back\\slash", "q\"uote"]


def escaped(text: str) -> str:
    for old, new in [("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")]:
        text = text.replace(old, new)
    return text


def new_object(choose: random.Random, uid: str, title: str) -> str:
    """An event or a to-do of any of the shapes that clients write."""
    shape = choose.choices(
        ["timed", "all-day", "recurring", "todo", "dateless todo", "duration", "abroad", "floating"],
        [6, 3, 3, 4, 1, 2, 2, 1],
    )[0]
    kind = "VTODO" if "todo" in shape else "VEVENT"
    lines, zone = _times(choose, shape)
    lines += [f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{escaped(title)}"]
    if choose.random() < 0.5:
        lines.append(f"SEQUENCE:{choose.randrange(4)}")
    if choose.random() < 0.6:
        lines.append(f"DESCRIPTION:{escaped(sentence(choose))}")
    if choose.random() < 0.6:
        states = ["NEEDS-ACTION", "COMPLETED", "IN-PROCESS", "CANCELLED"]
        events = ["TENTATIVE", "CONFIRMED", "CANCELLED"]
        lines.append("STATUS:" + choose.choice(states if kind == "VTODO" else events))
    if choose.random() < 0.5:
        lines.append(f"PRIORITY:{choose.randrange(10)}")
    if choose.random() < 0.3:
        lines.append("CATEGORIES:" + choose.choice(["MEETING", "Follow up,Private", "Private", "EMAIL,CALL"]))
    if choose.random() < 0.2:
        lines.append('ATTENDEE;CN="Doe, J.";PARTSTAT=ACCEPTED:mailto:doe@customer.example')
    if choose.random() < 0.2:
        lines.append(f"X-CRM-NOTES:{escaped(sentence(choose))}")
    if choose.random() < 0.4:
        lines.append(f"X-MODEL;X-P=1:{choose.randrange(1000)}")
    if choose.random() < 0.4:
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", f"TRIGGER:-PT{choose.randrange(1, 90)}M", "END:VALARM"]
    component = _component(kind, lines)
    if shape == "recurring":
        component += _override(choose, lines, uid)
    return CALENDAR.format(zone.replace("\n", "\r\n") + component)


def _component(kind: str, lines: list[str]) -> str:
    return "".join(folded(line) for line in [f"BEGIN:{kind}", *lines, f"END:{kind}"])


def folded(line: str) -> str:
    """RFC 5545 §3.1, counted in characters, so that no line exceeds 75 octets by much."""
    return "\r\n ".join(line[at:at + 60] for at in range(0, len(line), 60)) + "\r\n"


def moment(choose: random.Random) -> datetime:
    """Of two years, near a change of the clocks more often than by chance."""
    if choose.random() < 0.1:
        day = datetime(2027, 3, 27) if choose.random() < 0.5 else datetime(2026, 10, 24)
        return day + timedelta(hours=choose.choice([9, 20, 23, 30, 33]))
    return datetime(2026, 1, 1, 7) + timedelta(days=choose.randrange(730), minutes=15 * choose.randrange(48))


def _times(choose: random.Random, shape: str) -> tuple[list[str], str]:
    start = moment(choose)
    end = start + timedelta(minutes=15 * choose.randrange(1, 12))
    stamp = "%Y%m%dT%H%M%S"
    if shape == "dateless todo":
        return [], ""
    if shape == "todo":
        due = f"DUE:{end.strftime(stamp)}Z"
        if choose.random() < 0.3:
            return [due], ""
        return [f"DTSTART:{start.strftime(stamp)}Z", due], ""
    if shape == "all-day":
        days = timedelta(days=choose.randrange(1, 4))
        return [
            f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{start + days:%Y%m%d}",
        ], ""
    if shape == "duration":
        length = choose.choice(["PT45M", "PT26H", "P1DT2H", "P1W"])
        return [f"DTSTART;TZID=Europe/Berlin:{start.strftime(stamp)}", f"DURATION:{length}"], BERLIN
    if shape == "floating":
        return [f"DTSTART:{start.strftime(stamp)}", f"DTEND:{end.strftime(stamp)}"], ""
    tzid, zone = ("America/New_York", NEW_YORK) if shape == "abroad" else ("Europe/Berlin", BERLIN)
    lines = [f"DTSTART;TZID={tzid}:{start.strftime(stamp)}", f"DTEND;TZID={tzid}:{end.strftime(stamp)}"]
    if shape == "recurring":
        lines.append(choose.choice(["RRULE:FREQ=DAILY;COUNT=9", "RRULE:FREQ=WEEKLY"]))
        lines.append(f"EXDATE;TZID={tzid}:{start + timedelta(days=7):%Y%m%dT%H%M%S}")
    elif choose.random() < 0.3:
        lines = [f"DTSTART:{start.strftime(stamp)}Z", f"DTEND:{end.strftime(stamp)}Z"]
        zone = ""
    return lines, zone


def _override(choose: random.Random, lines: list[str], uid: str) -> str:
    start = datetime.strptime(lines[0].rpartition(":")[2], "%Y%m%dT%H%M%S")
    instance = start + timedelta(days=choose.choice([14, 21]) if "WEEKLY" in str(lines) else 2)
    zone = "TZID=Europe/Berlin:"
    return _component("VEVENT", [
        f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"RECURRENCE-ID;{zone}{instance:%Y%m%dT%H%M%S}",
        f"DTSTART;{zone}{instance + timedelta(hours=1):%Y%m%dT%H%M%S}",
        f"DTEND;{zone}{instance + timedelta(hours=2):%Y%m%dT%H%M%S}",
        f"SUMMARY:{escaped(sentence(choose))}",
    ])


def sentence(choose: random.Random) -> str:
    return " ".join(choose.choices(WORDS, k=choose.randrange(1, 9))) + choose.choice(["", "\nline two"])


# Edits

#: What a client that knows nothing of us may drop on the way.
EXTRAS = ("X-CRM-", "CATEGORIES", "ATTENDEE")


def lines_of(text: str) -> list[str]:
    return [line for line in text.replace("\r\n ", "").replace("\r\n\t", "").split("\r\n") if line]


def _master(lines: list[str]) -> tuple[int, int]:
    """Indices of BEGIN and END of the component without RECURRENCE-ID, else of the first."""
    spans = []
    for index, line in enumerate(lines):
        if line in ("BEGIN:VEVENT", "BEGIN:VTODO"):
            spans.append((index, lines.index("END" + line[5:], index)))
    return next(
        (s for s in spans if not any(l.startswith("RECURRENCE-ID") for l in lines[s[0]:s[1]])), spans[0])


def _depths(lines: list[str]) -> list[int]:
    depth, depths = 0, []
    for line in lines:
        if line.startswith("END:"):
            depth -= 1
        depths.append(depth)
        if line.startswith("BEGIN:"):
            depth += 1
    return depths


def with_property(text: str, name: str, line: str | None) -> str:
    """The object with `line` in the place of every property of that name of its master."""
    lines = lines_of(text)
    first, last = _master(lines)
    depths = _depths(lines)
    kept = [
        l for i, l in enumerate(lines[first + 1:last], first + 1)
        if depths[i] > depths[first] + 1 or not l.startswith((name + ":", name + ";"))
    ]
    added = [line] if line else []
    return "".join(map(folded, lines[:first + 1] + added + kept + lines[last:]))


def without_extras(text: str) -> str:
    lines = lines_of(text)
    return "".join(folded(line) for line in lines if not line.startswith(EXTRAS))


def value_of(text: str, name: str) -> str | None:
    """The raw value of a property of the master."""
    lines = lines_of(text)
    first, last = _master(lines)
    for line in lines[first:last]:
        if line.startswith((name + ":", name + ";")):
            return line.partition(":")[2]
    return None


def raised(text: str) -> str:
    """With SEQUENCE one higher."""
    sequence = int(value_of(text, "SEQUENCE") or 0) + 1
    return with_property(text, "SEQUENCE", f"SEQUENCE:{sequence}")
