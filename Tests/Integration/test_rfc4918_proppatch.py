"""PROPPATCH (RFC 4918 §9.2) on calendars."""

import pytest

from harness.dav import Answer, Client, clark, document


def proppatch(client: Client, path: str, instructions: str) -> Answer:
    body = document(f"<d:propertyupdate>{instructions}</d:propertyupdate>")
    return client.request("PROPPATCH", path, body, {"Content-Type": "application/xml"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("d:displayname", "Büro & <Empfang> 🗓"),
        ("c:calendar-description", "What the office does"),
        ("ic:calendar-color", "#FF2968"),
        ("ic:calendar-color", "#FF2968FF"),
        ("ic:calendar-order", "7"),
        ("{http://example.com/ns}mood", "sunny"),
    ],
)
def test_what_is_set_is_answered(client: Client, calendar: str, name: str, value: str) -> None:
    element = (
        f'<{name}>{{}}</{name}>' if ":" in name.partition("}")[0] and name[0] != "{"
        else '<x:mood xmlns:x="http://example.com/ns">{}</x:mood>'
    )
    escaped = value.replace("&", "&amp;").replace("<", "&lt;")
    answer = proppatch(
        client, calendar, f"<d:set><d:prop>{element.format(escaped)}</d:prop></d:set>"
    )
    assert clark(name) in answer.sole.found
    assert client.propfind(calendar, name).sole.text(name) == value


def test_a_property_is_removed(client: Client, calendar: str) -> None:
    mood = '<x:mood xmlns:x="http://example.com/ns">sunny</x:mood>'
    proppatch(client, calendar, f"<d:set><d:prop>{mood}</d:prop></d:set>")
    proppatch(client, calendar, f"<d:remove><d:prop>{mood}</d:prop></d:remove>")
    found = client.propfind(calendar, "{http://example.com/ns}mood").sole
    assert found.refused == {"{http://example.com/ns}mood": 404}


def test_structure_of_a_dead_property_is_kept(client: Client, calendar: str) -> None:
    content = '<y:inner xmlns:y="urn:other" y:of="1">a<y:deep/>b</y:inner>'
    dead = f'<x:tree xmlns:x="http://example.com/ns">{content}</x:tree>'
    proppatch(client, calendar, f"<d:set><d:prop>{dead}</d:prop></d:set>")
    tree = client.propfind(calendar, "{http://example.com/ns}tree").sole.found[
        "{http://example.com/ns}tree"
    ]
    (inner,) = tree
    assert (inner.tag, inner.attrib, inner.text) == (
        "{urn:other}inner", {"{urn:other}of": "1"}, "a"
    )
    assert (inner[0].tag, inner[0].tail) == ("{urn:other}deep", "b")


def test_all_or_nothing_is_changed(client: Client, calendar: str) -> None:
    before = client.propfind(calendar, "d:displayname").sole.text("d:displayname")
    answer = proppatch(
        client, calendar,
        "<d:set><d:prop><d:displayname>Other</d:displayname></d:prop></d:set>"
        "<d:set><d:prop><d:getetag>x</d:getetag></d:prop></d:set>",
    ).sole
    assert answer.refused == {clark("d:displayname"): 424, clark("d:getetag"): 403}
    assert client.propfind(calendar, "d:displayname").sole.text("d:displayname") == before


def test_protected_property_is_named(client: Client, calendar: str) -> None:
    answer = proppatch(
        client, calendar, "<d:set><d:prop><d:sync-token>x</d:sync-token></d:prop></d:set>"
    )
    assert b"cannot-modify-protected-property" in answer.body
    assert answer.sole.refused == {clark("d:sync-token"): 403}
