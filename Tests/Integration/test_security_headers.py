"""The documented security headers stand on every answer, whoever gives it."""

import pytest

from harness import icalendar
from harness.dav import Client
from harness.stack import Stack

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
}


@pytest.mark.parametrize(
    ("method", "below", "signed_in"),
    [
        ("GET", "", True), ("OPTIONS", "", False), ("PROPFIND", "", True), ("PROPFIND", "", False),
        ("GET", "calendars/anna/crm-tasks/", True), ("GET", "nowhere/at/all", True),
        ("BREW", "", True), ("PUT", "calendars/anna/crm-tasks/headers.ics", True),
        ("DELETE", "calendars/anna/crm-tasks/headers.ics", True),
        ("PROPFIND", "calendars/ben/", True), ("REPORT", "calendars/anna/crm-tasks/", True),
        ("GET", "%00", True),
    ],
)
def test_answer_has_each_once(
    client: Client, base: str, stack: Stack, method: str, below: str, signed_in: bool
) -> None:
    if below == "%00" and base == stack.front("htaccess"):
        pytest.skip("Apache refuses %00 before it looks for a .htaccess")
    body = icalendar.event("headers@example.com") if method == "PUT" else ""
    answer = client.request(
        method, client.base_path + below, body, {"Depth": "0"}, signed_in=signed_in
    )
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value], answer


def test_redirect_has_each_once(client: Client) -> None:
    answer = client.request("PROPFIND", "/.well-known/caldav", signed_in=False)
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value], answer
