"""The VTIMEZONEs that we write, as other programs read them.

vtimezones.py PROBE: for 60 zones, an event in winter, one in summer, a series and a whole year. Each has the
pair of STANDARD and DAYLIGHT with one yearly RRULE each where the zone changes its clocks by a rule then, and
one STANDARD where it does not; read by dateutil, icalendar and libical, it gives zoneinfo's offsets. Ends with
1 where any differs.
"""

import ctypes
import ctypes.util
import datetime
import io
import subprocess
import sys
import zoneinfo

import dateutil.tz
import icalendar

from zones import ZONES

UTC = datetime.timezone.utc
#: Their changes follow no yearly rule: Ramadan, or a decree each year.
WITHOUT_RULE = {"Africa/Casablanca", "Asia/Gaza"}


def instant(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


SPANS = {
    "winter": (instant("2026-01-14T09:00"), instant("2026-01-14T10:00")),
    "summer": (instant("2026-07-14T09:00"), instant("2026-07-14T10:00")),
    "a series": (instant("2026-02-02T09:00"), instant("2030-02-01T10:00")),
    "a year": (instant("2026-01-01T00:00"), instant("2027-01-01T00:00")),
}


def offset(zone, moment):
    return int(moment.astimezone(zone).utcoffset().total_seconds())


class Libical:
    """As much of it as tells the offset of a VTIMEZONE."""

    class Time(ctypes.Structure):
        _fields_ = [(name, ctypes.c_int) for name in (
            "year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")] + [
            ("zone", ctypes.c_void_p)]

    def __init__(self):
        name = ctypes.util.find_library("ical")
        self.library = ctypes.CDLL(name) if name else None
        if self.library:
            for function in ("icalcomponent_new_from_string", "icaltimezone_new"):
                getattr(self.library, function).restype = ctypes.c_void_p

    def zone(self, text):
        component = ctypes.c_void_p(
            self.library.icalcomponent_new_from_string(text.encode()))
        zone = ctypes.c_void_p(self.library.icaltimezone_new())
        if not self.library.icaltimezone_set_component(zone, component):
            raise ValueError("libical takes no such VTIMEZONE")
        return zone

    def offset(self, zone, moment):
        time = self.Time(
            moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        daylight = ctypes.c_int()
        return self.library.icaltimezone_get_utc_offset_of_utc_time(
            zone, ctypes.byref(time), ctypes.byref(daylight))


def moments(span):
    first, last = span
    step = max(3600, (last - first) // 200)
    for second in range(first, last + 1, step):
        yield datetime.datetime.fromtimestamp(second, UTC)


def changes_by_rule(name, span):
    """Whether the clocks change twice in the year of the span's beginning and in the next two."""
    zone = zoneinfo.ZoneInfo(name)
    year = datetime.datetime.fromtimestamp(span[0], UTC).year
    return name not in WITHOUT_RULE and all(
        len({offset(zone, datetime.datetime(y, month, 15, tzinfo=UTC)) for month in range(1, 13)}) > 1
        for y in (year, year + 1, year + 2))


def shape_faults(component, name, span):
    parts = [part for part in component.subcomponents]
    names = sorted(part.name for part in parts)
    if name in WITHOUT_RULE:
        return []
    if changes_by_rule(name, span):
        if names != ["DAYLIGHT", "STANDARD"]:
            return [f"parts {names}"]
        faults = []
        for part in parts:
            rules = part.get("RRULE")
            if rules is None or isinstance(rules, list) or rules.get("FREQ") != ["YEARLY"]:
                faults.append(f"{part.name} has no one yearly RRULE")
            if "RDATE" in part:
                faults.append(f"{part.name} has RDATE")
        return faults
    return [] if names == ["STANDARD"] else [f"parts {names} of a fixed zone"]


def offset_faults(text, name, span, libical):
    calendar = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{text}END:VCALENDAR\r\n"
    theirs = zoneinfo.ZoneInfo(name)
    readers = {
        "dateutil": dateutil.tz.tzical(io.StringIO(calendar)).get(name),
        "icalendar": icalendar.Calendar.from_ical(calendar).walk("VTIMEZONE")[0].to_tz(),
    }
    native = libical.zone(text) if libical.library else None
    faults = []
    for moment in moments(span):
        expected = offset(theirs, moment)
        found = {reader: offset(zone, moment) for reader, zone in readers.items()}
        if native:
            found["libical"] = libical.offset(native, moment)
        for reader, value in found.items():
            if value != expected:
                faults.append(f"{reader} at {moment:%Y-%m-%dT%H:%M}: {value}, not {expected}")
    return faults


def main():
    libical = Libical()
    if not libical.library:
        print("SKIPPED: libical, which is not on this machine (libical3)")
    probe = subprocess.Popen(
        [sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    total, wrong = 0, 0
    for name in ZONES:
        for kind, span in SPANS.items():
            probe.stdin.write(f"vtimezone\t{name}\t{span[0]}\t{span[1]}\n")
            text = probe.stdout.readline().strip().replace("|", "\r\n") + "\r\n"
            component = icalendar.Calendar.from_ical(text)
            faults = shape_faults(component, name, span)
            faults += offset_faults(text, name, span, libical)
            total += 1
            if faults:
                wrong += 1
                print(f"{name}, {kind}: {faults[:3]}\n{text}")
    print(f"{total} VTIMEZONEs written, {wrong} wrong")
    sys.exit(1 if wrong else 0)


main()
