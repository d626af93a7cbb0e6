"""Nextcloud as consumer of a federated calendar: what it sends, and what it makes of it.

It signs in to a share; what it sends after that is the same for any account.
"""

from __future__ import annotations

import re

import pytest

from harness import icalendar
from harness.dav import Answer, Client, Response
from harness.replay import Life, Program
from harness.stack import Stack


class Federation(Program):
    fields = {"User-Agent": "Nextcloud-Server/33.0.5", "Content-Type": "application/xml"}
    is_conditional = False

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.token = self.first_token

    #: Nothing else is accepted as a token, and the number goes into 31 bits.
    first_token = "http://sabre.io/ns/sync/0"

    def lose_token(self) -> None:
        """A new share begins like that."""
        self.token = self.first_token
        self.drop(self.texts.keys())

    def ask_for_changes(self, token: str) -> Answer:
        # No Depth, no level.
        return self.send(
            "REPORT", self.calendar,
            '<x1:sync-collection xmlns:x1="DAV:"><x1:sync-token>'
            f"{token}</x1:sync-token><x1:prop><x1:getcontenttype/><x1:getetag/></x1:prop>"
            "</x1:sync-collection>",
        )

    def synchronise(self) -> None:
        self.synchronise_by_token()
        number = re.fullmatch(r"http://sabre\.io/ns/sync/(\d+)", self.token)
        assert number and int(number[1]) < 2**31

    def check_member(self, href: str, response: Response) -> None:
        assert (response.text("d:getcontenttype") or "").startswith("text/calendar")

    def fetch(self, wanted: list[str]) -> None:
        """One GET for each, at the name that ends the href."""
        for href in wanted:
            answer = self.send("GET", self.calendar + href.rpartition("/")[2])
            assert answer.status == 200 and answer.etag, answer
            self.take(href, answer.etag, answer.text)

    def create(self, name: str, text: str) -> str:
        """Without a condition, as everything it writes."""
        href = self.calendar + name
        answer = self.store(href, text)
        assert answer.status in (200, 201, 204)
        self.stored(href, text, answer)
        return href

    def stored(self, href: str, text: str, answer: Answer) -> None:
        """Without an ETag it throws."""
        assert answer.etag
        super().stored(href, text, answer)


class TestLife(Life):
    program = Federation

    def test_new_object_whose_name_is_taken(
        self, stack: Stack, client: Client, program_at_work: Program
    ) -> None:
        """What it writes over is kept: `crm-caldav trash`."""
        program_at_work.synchronise()
        calendar = program_at_work.calendar
        client.put(calendar + "taken.ics", icalendar.event("taken@x", "Theirs"))
        program_at_work.create("taken.ics", icalendar.event("taken@x", "Mine"))
        assert "SUMMARY:Mine" in client.get(calendar + "taken.ics").text
        uri = calendar.split("/")[-2]
        kept = stack.command("trash", "list", "--user", "anna", "--calendar", uri)
        assert "taken.ics" in kept and "overwritten" in kept


@pytest.fixture
def federation(client: Client, calendar: str) -> Federation:
    program = Federation(client)
    program.open(calendar)
    return program


def test_listing_cut_by_us_goes_on(
    client: Client, calendar: str, federation: Federation
) -> None:
    for number in range(5):
        client.put(calendar + f"{number}.ics", icalendar.event(f"{number}@x"))
    answer = client.report(
        calendar,
        "<d:sync-collection><d:sync-token>http://sabre.io/ns/sync/0</d:sync-token>"
        "<d:limit><d:nresults>2</d:nresults></d:limit><d:prop><d:getetag/></d:prop>"
        "</d:sync-collection>",
        depth=None,
    )
    assert answer.responses[calendar].status == 507
    federation.token = answer.sync_token or ""
    federation.synchronise()
    assert len(federation.texts) == 3


def test_delete_of_what_is_gone_is_404_and_nothing_worse(
    client: Client, calendar: str
) -> None:
    """401 would make it drop the calendar."""
    assert Federation(client).send("DELETE", calendar + "gone.ics").status == 404
