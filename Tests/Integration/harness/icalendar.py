"""Calendar objects as clients write them."""

from __future__ import annotations

import uuid


def new_uid() -> str:
    return str(uuid.uuid4())


def component(kind: str, *lines: str) -> str:
    body = "".join(f"{line}\r\n" for line in lines)
    return f"BEGIN:{kind}\r\n{body}END:{kind}\r\n"


def calendar(*components: str, producer: str = "-//Example Corp.//Client//EN") -> str:
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{producer}\r\n"
        f"{''.join(components)}END:VCALENDAR\r\n"
    )


def event(
    uid: str, summary: str = "Appointment", start: str = "20260914T090000Z",
    end: str = "20260914T100000Z", *more: str,
) -> str:
    """An object with one event; `start` and `end` are UTC date-times, `more` further lines."""
    return calendar(
        component(
            "VEVENT", f"UID:{uid}", "DTSTAMP:20260901T080000Z", f"DTSTART:{start}",
            f"DTEND:{end}", f"SUMMARY:{summary}", *more,
        )
    )


def to_do(uid: str, summary: str = "To do", *more: str) -> str:
    return calendar(
        component("VTODO", f"UID:{uid}", "DTSTAMP:20260901T080000Z", f"SUMMARY:{summary}", *more)
    )


def lines(text: str) -> list[str]:
    """Content lines, unfolded (RFC 5545 §3.1)."""
    return text.replace("\r\n ", "").replace("\r\n\t", "").split("\r\n")


def value(text: str, name: str) -> str | None:
    """The value of the first property `name`, with TEXT escapes taken off."""
    for line in lines(text):
        head, _, rest = line.partition(":")
        if head.partition(";")[0] == name:
            return (
                rest.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";")
                .replace("\\\\", "\\")
            )
    return None
