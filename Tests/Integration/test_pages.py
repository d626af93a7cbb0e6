"""Pages for a browser: what an address is, how to set up clients, and nothing that runs."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser

import pytest

from harness import icalendar
from harness.dav import Answer, Client

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
VOID = {"meta", "br", "input", "circle"}


class Outline(HTMLParser):
    """Elements with their attributes; fails where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self._open[-1] != tag and self._open[-1] in ("dt", "dd", "li"):
            self._open.pop()
        assert self._open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(client: Client, path: str) -> Answer:
    answer = client.get(path, BROWSER)
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return answer


@pytest.mark.parametrize("kind", ["root", "home", "calendar"])
def test_page_is_well_formed_and_loads_nothing(client: Client, kind: str) -> None:
    path = {
        "root": client.base_path, "home": client.home(), "calendar": client.calendar("crm-tasks"),
    }[kind]
    answer = page(client, path)
    outline = Outline(answer.text)
    assert answer.text.startswith("<!DOCTYPE html>")
    assert outline.all("html")[0]["lang"] == "en"
    assert len(outline.all("h1")) == len(outline.all("main")) == len(outline.all("title")) == 1
    for tag, attributes in outline.elements:
        assert tag not in ("script", "link", "img", "iframe", "object", "embed")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href", "action"):
            value = attributes.get(name) or ""
            assert value.startswith(("/", f"http://{client.host}:{client.port}/")) or not value
    # Every field has a name for who cannot see the page.
    assert all(attributes.get("aria-label") for attributes in outline.all("input"))


def test_style_is_what_the_policy_lets_through(client: Client) -> None:
    answer = page(client, client.base_path)
    (style,) = re.findall("<style>(.*)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert "prefers-color-scheme: dark" in style


def test_root_names_the_server_the_user_and_the_calendars(client: Client) -> None:
    text = html.unescape(page(client, client.base_path).text)
    origin = f"http://{client.host}:{client.port}"
    assert f"<code>{origin}{client.base_path}</code>" in text
    assert f"<code>{client.user}</code>" in text
    assert f"<code>{origin}{client.calendar('crm-tasks')}</code>" in text
    for name in ("Thunderbird", "iPhone", "Mac:", "Android: DAVx", "Evolution", "KDE", "Outlook",
                 "Nextcloud, to read", "Nextcloud, to read and write"):
        assert f"<summary>{name}" in text, name


def test_small(client: Client) -> None:
    assert len(page(client, client.base_path).body) < 20_000
    assert len(page(client, client.calendar("crm-tasks")).body) < 20_000


def test_person_makes_and_ends_a_secret_address_by_the_page(
    client: Client, calendar: str
) -> None:
    client.put(calendar + "a.ics", icalendar.event("page@x"))
    (form,) = Outline(page(client, calendar).text).all("form")
    assert (form["method"], form["action"]) == ("post", calendar + "?feed")
    own = {
        **BROWSER, "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://{client.host}:{client.port}", "Sec-Fetch-Site": "same-origin",
    }
    made = client.request("POST", calendar + "?feed", "label=My+%3Cphone%3E", own)
    assert made.status == 201
    address = made.headers["Location"]
    assert f"<code>{address}</code>" in made.text
    path = address.removeprefix(f"http://{client.host}:{client.port}")
    assert client.request("GET", path, signed_in=False).status == 200
    after = page(client, calendar)
    assert address not in after.text and "My &lt;phone&gt;" in after.text
    (button,) = (b for b in Outline(after.text).all("button") if b.get("name") == "revoke")
    ended = client.request("POST", calendar + "?feed", f"revoke={button['value']}", own)
    assert (ended.status, ended.headers["Location"]) == (303, calendar)
    assert client.request("GET", path, signed_in=False).status == 404


def test_page_needs_a_sign_in(client: Client) -> None:
    answer = client.request("GET", client.base_path, headers=BROWSER, signed_in=False)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_programs_get_the_feed_where_browsers_get_a_page(client: Client) -> None:
    for accept in ("*/*", "text/calendar", "text/calendar, text/html"):
        answer = client.get(client.calendar("crm-tasks"), {"Accept": accept})
        assert answer.headers["Content-Type"].startswith("text/calendar")
