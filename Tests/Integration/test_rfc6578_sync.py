"""REPORT sync-collection (RFC 6578 §3)."""

import pytest

from harness import icalendar
from harness.dav import Answer, Client, clark

TOKEN = "http://sabre.io/ns/sync/"


def put(client: Client, path: str, summary: str = "Appointment") -> str:
    name = path.rpartition("/")[2]
    answer = client.put(path, icalendar.event(f"{name}@example.com", summary))
    assert answer.status in (201, 204), answer
    return answer.etag or ""


def changed(answer: Answer) -> dict[str, str | None]:
    return {each.name: each.text("d:getetag") for each in answer.responses.values()
            if each.status is None}


def removed(answer: Answer) -> set[str]:
    return {each.name for each in answer.responses.values() if each.status == 404}


def token_of(answer: Answer) -> str:
    token = answer.sync_token or ""
    assert token.startswith(TOKEN) and 0 < int(token.removeprefix(TOKEN)) < 2**31, answer
    return token


@pytest.mark.parametrize("initial", ["", TOKEN + "0"], ids=["empty", "zero"])
def test_initial_sync_lists_all(client: Client, calendar: str, initial: str) -> None:
    etags = {name: put(client, calendar + name) for name in ("a.ics", "b.ics")}
    answer = client.sync(calendar, initial)
    assert changed(answer) == etags and not removed(answer)
    token_of(answer)


def test_only_what_changed_since_comes(client: Client, calendar: str) -> None:
    for name in ("a.ics", "b.ics", "c.ics"):
        put(client, calendar + name)
    token = token_of(client.sync(calendar))
    etag = put(client, calendar + "b.ics", "Changed")
    new = put(client, calendar + "d.ics")
    client.delete(calendar + "c.ics")
    answer = client.sync(calendar, token)
    assert changed(answer) == {"b.ics": etag, "d.ics": new}
    assert removed(answer) == {"c.ics"}
    assert token_of(answer) != token


def test_nothing_new_keeps_the_token(client: Client, calendar: str) -> None:
    put(client, calendar + "a.ics")
    token = token_of(client.sync(calendar))
    again = client.sync(calendar, token)
    assert again.responses == {} and token_of(again) == token


def test_made_and_removed_in_between_is_reported_removed(client: Client, calendar: str) -> None:
    token = token_of(client.sync(calendar))
    put(client, calendar + "a.ics")
    client.delete(calendar + "a.ics")
    answer = client.sync(calendar, token)
    assert removed(answer) == {"a.ics"} and not changed(answer)


def test_removed_and_made_again_is_reported_once(client: Client, calendar: str) -> None:
    put(client, calendar + "a.ics")
    token = token_of(client.sync(calendar))
    client.delete(calendar + "a.ics")
    etag = put(client, calendar + "a.ics", "Again")
    answer = client.sync(calendar, token)
    assert changed(answer) == {"a.ics": etag} and not removed(answer)


def test_paging_reaches_everything(client: Client, calendar: str) -> None:
    """RFC 6578 §3.6: 507 for the collection, and the token goes on from there."""
    etags = {f"{number:02}.ics": put(client, calendar + f"{number:02}.ics") for number in range(25)}
    token, seen, pages = "", {}, 0
    while True:
        answer = client.sync(calendar, token, limit=10)
        pages += 1
        page = {name: etag for name, etag in changed(answer).items() if etag}
        assert len(page) <= 10 and not page.keys() & seen.keys()
        seen |= page
        own = answer.responses.get(calendar)
        assert token_of(answer) != token
        token = token_of(answer)
        if own is None:
            break
        assert own.status == 507
        assert own.error is None or own.error[0].tag == clark(
            "d:number-of-matches-within-limits"
        )
    assert (seen, pages) == (etags, 3)
    assert client.sync(calendar, token).responses == {}


def test_paging_through_removals(client: Client, calendar: str) -> None:
    for number in range(12):
        put(client, calendar + f"{number:02}.ics")
    token = token_of(client.sync(calendar))
    for number in range(12):
        client.delete(calendar + f"{number:02}.ics")
    gone: set[str] = set()
    for _ in range(4):
        answer = client.sync(calendar, token, limit=5)
        token = token_of(answer)
        gone |= removed(answer)
        if calendar not in answer.responses:
            break
    assert len(gone) == 12


@pytest.mark.parametrize(
    "token",
    [TOKEN + "2147483647", TOKEN + "99999999999999999999", TOKEN + "-1", TOKEN + "x", "data:,1",
     TOKEN + "1"],
    ids=["from the future", "overflowing", "negative", "no number", "another form", "before all"],
)
def test_invalid_token_is_named(client: Client, calendar: str, token: str) -> None:
    put(client, calendar + "a.ics")
    if token == TOKEN + "1":
        current = client.propfind(calendar, "d:sync-token").sole.text("d:sync-token") or ""
        if int(current.removeprefix(TOKEN)) <= 2**20:
            token = TOKEN + str(int(current.removeprefix(TOKEN)) + 1)
    answer = client.sync(calendar, token)
    assert (answer.status, answer.precondition) == (403, clark("d:valid-sync-token")), answer


def test_token_and_ctag_of_the_calendar_move_with_each_change(
    client: Client, calendar: str
) -> None:
    def state() -> tuple[str | None, str | None]:
        found = client.propfind(calendar, "d:sync-token", "cs:getctag").sole
        return found.text("d:sync-token"), found.text("cs:getctag")

    states = [state()]
    put(client, calendar + "a.ics")
    states.append(state())
    put(client, calendar + "a.ics", "Changed")
    states.append(state())
    client.delete(calendar + "a.ics")
    states.append(state())
    assert len({token for token, _ in states}) == len({ctag for _, ctag in states}) == 4
    assert state() == states[-1]


def test_token_of_the_property_and_of_the_report_are_one(client: Client, calendar: str) -> None:
    put(client, calendar + "a.ics")
    token = client.propfind(calendar, "d:sync-token").sole.text("d:sync-token")
    assert client.sync(calendar).sync_token == token


def test_report_may_bring_the_data_along(client: Client, calendar: str) -> None:
    put(client, calendar + "a.ics", "Inline")
    answer = client.report(
        calendar,
        "<d:sync-collection><d:sync-token/><d:sync-level>1</d:sync-level>"
        "<d:prop><d:getetag/><c:calendar-data/></d:prop></d:sync-collection>", depth="0",
    )
    assert "SUMMARY:Inline" in (answer.sole.text("c:calendar-data") or "")
