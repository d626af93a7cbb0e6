"""Bootstrapping from the host's name alone (RFC 6764 §6)."""

from urllib.parse import urljoin, urlsplit

import pytest

from harness.dav import Client


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "PUT", "DELETE"]
)
@pytest.mark.parametrize("ending", ["", "/"])
def test_well_known_address_redirects_every_method(
    client: Client, method: str, ending: str
) -> None:
    path = f"/.well-known/caldav{ending}"
    answer = client.request(method, path, signed_in=False)
    # Libraries that python-caldav stands on drop the body of a PROPFIND on 301, 302 and 303.
    assert answer.status in (307, 308), answer
    here = f"http://{client.host}:{client.port}{path}"
    there = urlsplit(urljoin(here, answer.headers["Location"]))
    assert (there.scheme, there.netloc, there.path) == (
        "http", f"{client.host}:{client.port}", client.base_path
    )


def test_the_way_from_root_to_calendars(client: Client) -> None:
    root = client.propfind(client.base_path, "d:current-user-principal").sole
    principal = root.href_in("d:current-user-principal")
    assert principal == client.principal()

    home = client.propfind(principal, "c:calendar-home-set").sole.href_in("c:calendar-home-set")
    assert home == client.home()

    members = client.propfind(home, "d:resourcetype", "d:displayname", depth="1").responses
    calendars = [
        response for response in members.values()
        if "{urn:ietf:params:xml:ns:caldav}calendar" in response.children("d:resourcetype")
    ]
    assert client.calendar("crm-tasks") in [calendar.href for calendar in calendars]
    assert all(calendar.text("d:displayname") for calendar in calendars)


def test_root_asks_for_sign_in(client: Client) -> None:
    answer = client.request(
        "PROPFIND", client.base_path, headers={"Depth": "0"}, signed_in=False
    )
    assert answer.status == 401, answer
