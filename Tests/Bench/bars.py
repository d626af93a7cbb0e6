"""What each operation may cost: multiples of the bounds measured beside it, in one table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    operation: str
    #: The median may be so many times that of the bound.
    times: float
    #: "read" or "write", as bounds.c has them.
    bound: str = "read"
    #: On eight connections there are to be so many of the bound's answers a second.
    share_together: float | None = None


BARS = [
    Bar("GET of an object", 1.6, share_together=0.6),
    Bar("poll: PROPFIND Depth 0", 1.6, share_together=0.6),
    Bar("sync-collection, one change", 2.5),
    Bar("multiget of 10", 2),
    Bar("multiget of 50", 5),
    Bar("multiget of 500", 32),
    Bar("PROPFIND Depth 1 of 1,000 ETags", 10),
    Bar("PROPFIND Depth 1 of 10,000 ETags", 75),
    Bar("sync-collection, initial, 1,000", 15),
    Bar("calendar-query of a month with data, 1,000", 6),
    Bar("calendar-query of a month with data, 10,000", 15),
    Bar("free-busy-query of a month", 6),
    Bar("feed of 1,000", 44),
    Bar("PUT, new", 2.5, "write"),
    Bar("PUT, changed", 2.5, "write"),
    Bar("DELETE", 2.5, "write"),
]

#: Fifty clients, mixed: at least this share of the read bound's answers a second, and at most so many
#: times its ratio of p99 to median.
MIXED_SHARE, MIXED_SPREAD = 0.4, 2
#: What a flood of wrong passwords may do to the others' median.
FLOOD = 2
#: From the smallest calendar to the largest.
GROWTH = 1.3
#: MiB of all worker processes together, at any time.
MEMORY = 40
#: Milliseconds from the start of the program to its first answer, and MB of it without symbols.
START, SIZE = 100, 30

#: Medians in milliseconds of other servers, measured elsewhere by the same operations; there a bound
#: with one prepared SELECT took `PEERS_BOUND`.
PEERS_BOUND = 0.203
PEERS = {
    "GET of an object": {
        "sabre/dav, PDO": 53.9, "sabre/dav, no bcrypt": 1.40, "Radicale": 0.86, "Xandikos": 0.74,
        "DAViCal": 21.7},
    "poll: PROPFIND Depth 0": {
        "sabre/dav, PDO": 53.8, "sabre/dav, no bcrypt": 1.20, "Radicale": 119.6, "Xandikos": 0.76,
        "DAViCal": 16.5},
    "home: PROPFIND Depth 1": {
        "sabre/dav, PDO": 53.5, "sabre/dav, no bcrypt": 1.47, "Radicale": 155.5, "Xandikos": 0.64,
        "DAViCal": 36.8},
    "PROPFIND Depth 1 of 1,000 ETags": {
        "sabre/dav, PDO": 71.8, "sabre/dav, no bcrypt": 19.8, "Radicale": 146.2, "Xandikos": 46.1,
        "DAViCal": 449.5},
    "multiget of 10": {
        "sabre/dav, PDO": 81.1, "sabre/dav, no bcrypt": 1.92, "Radicale": 2.87, "Xandikos": 4.46,
        "DAViCal": 23.2},
    "multiget of 50": {
        "sabre/dav, PDO": 55.1, "sabre/dav, no bcrypt": 3.31, "Radicale": 6.95, "Xandikos": 20.8,
        "DAViCal": 20.1},
    "multiget of 500": {
        "sabre/dav, PDO": 69.9, "sabre/dav, no bcrypt": 17.5, "Radicale": 67.8, "Xandikos": 309.3,
        "DAViCal": 49.7},
    "calendar-query of a month, 1,000": {
        "sabre/dav, PDO": 73.7, "sabre/dav, no bcrypt": 18.8, "Radicale": 76.4, "Xandikos": 62.1,
        "DAViCal": 70.8},
    "calendar-query of a month with data, 1,000": {
        "sabre/dav, PDO": 73.6, "sabre/dav, no bcrypt": 19.2, "Radicale": 89.0, "Xandikos": 77.7,
        "DAViCal": 111.2},
    "free-busy-query of a month": {
        "sabre/dav, PDO": 77.1, "sabre/dav, no bcrypt": 20.3, "Radicale": 178.0, "Xandikos": 114.9,
        "DAViCal": 40.0},
    "sync-collection, initial, 1,000": {
        "sabre/dav, PDO": 86.1, "sabre/dav, no bcrypt": 26.0, "Radicale": 186.1, "Xandikos": 31.2,
        "DAViCal": 80.0},
    "sync-collection, one change": {
        "sabre/dav, PDO": 54.4, "sabre/dav, no bcrypt": 1.63, "Radicale": 81.9, "Xandikos": 13.2,
        "DAViCal": 35.2},
    "feed of 1,000": {
        "sabre/dav, PDO": 311.0, "sabre/dav, no bcrypt": 247.6, "Radicale": 161.7, "Xandikos": 300.1,
        "DAViCal": 123.5},
    "PROPFIND Depth 1 of 10,000 ETags": {
        "sabre/dav, PDO": 296.5, "sabre/dav, no bcrypt": 260.3, "Radicale": 1271, "Xandikos": 541,
        "DAViCal": 4895},
    "calendar-query of a month with data, 10,000": {
        # Measured without data, which is less to do.
        "sabre/dav, PDO": 120.4, "sabre/dav, no bcrypt": 65.9, "Radicale": 632.2, "Xandikos": 7583,
        "DAViCal": 784.5},
    "sign-in, new connection": {
        "sabre/dav, PDO": 54.7, "sabre/dav, no bcrypt": 1.24, "Radicale": 0.90, "Xandikos": 0.93,
        "DAViCal": 32.2},
    "PUT, new": {
        "sabre/dav, PDO": 60.4, "sabre/dav, no bcrypt": 2.97, "Radicale": 60.3, "Xandikos": 59.1,
        "DAViCal": 36.6},
    "PUT, changed": {
        "sabre/dav, PDO": 63.7, "sabre/dav, no bcrypt": 3.35, "Radicale": 16.9, "Xandikos": 66.4,
        "DAViCal": 41.1},
    "DELETE": {
        "sabre/dav, PDO": 58.8, "sabre/dav, no bcrypt": 2.65, "Radicale": 9.21, "Xandikos": 47.4,
        "DAViCal": 34.1},
    "50 clients, mixed": {
        "sabre/dav, PDO": 1559, "sabre/dav, no bcrypt": 55.3, "Radicale": 3063, "Xandikos": 291.7,
        "DAViCal": 488.7},
}
