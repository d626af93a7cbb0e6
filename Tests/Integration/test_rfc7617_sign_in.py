"""Signing in by HTTP Basic (RFC 7617) with the CRM's own users."""

import base64

import pytest

from harness.dav import Client
from harness.stack import Stack


def assert_challenged(client: Client, headers: dict[str, str] | None = None) -> None:
    answer = client.request(
        "PROPFIND", client.base_path, headers={"Depth": "0", **(headers or {})}, signed_in=False
    )
    assert answer.status == 401, answer
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Basic realm="') and challenge.endswith('charset="UTF-8"')


def test_nobody_is_challenged(client: Client) -> None:
    assert_challenged(client)


@pytest.mark.parametrize(
    "credentials",
    ["Basic", "Basic !!!", "Bearer abc", "Basic " + base64.b64encode(b"no colon").decode(),
     "Basic " + base64.b64encode(b"nobody-of-this-name:x").decode(),
     "Basic " + base64.b64encode(b":").decode(),
     "Basic " + base64.b64encode(b"anna\x00:x").decode()],
    ids=["no value", "no base64", "other scheme", "no colon", "unknown", "empty", "NUL"],
)
def test_what_is_no_sign_in_is_challenged(client: Client, credentials: str) -> None:
    assert_challenged(client, {"Authorization": credentials})


def test_wrong_password_is_challenged(client: Client) -> None:
    wrong = base64.b64encode(f"{client.user}:not the password".encode()).decode()
    assert_challenged(client, {"Authorization": f"Basic {wrong}"})
    # The right one still works right away.
    assert client.propfind(client.home(), "d:displayname").status == 207


def test_authorization_arrives_through_the_web_server(client: Client) -> None:
    found = client.propfind(client.base_path, "d:current-user-principal").sole
    assert found.href_in("d:current-user-principal") == client.principal()


def test_scheme_is_case_insensitive(client: Client) -> None:
    value = client.authorization["Authorization"].replace("Basic", "bAsIc")
    answer = client.request(
        "PROPFIND", client.base_path, headers={"Depth": "0", "Authorization": value},
        signed_in=False,
    )
    assert answer.status == 207


def test_every_user_of_the_crm_has_a_home(stack: Stack, base: str) -> None:
    for name in stack.users:
        client = stack.client(name, base)
        listed = client.propfind(client.home(), "d:resourcetype", depth="1").responses
        assert client.calendar("crm-tasks") in listed
        client.close()


def test_options_needs_no_sign_in(client: Client) -> None:
    answer = client.request("OPTIONS", client.home(), signed_in=False)
    assert answer.status == 200 and "calendar-access" in answer.headers["DAV"]
