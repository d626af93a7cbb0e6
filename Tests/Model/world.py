"""What the writers of a run agree on: who is there, and what each acknowledged write said."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

#: Users whose calendars the clients open; the default calendar is admin's.
USERS = {"admin": 1, "anna": 2, "ben": 3, "carla": 4}

CRM_WRITERS = 4
CLIENTS = 4
WRITERS = CRM_WRITERS + CLIENTS

#: What of a durable task only the CRM writes.
CRM_CELLS = ["notes", "contact_phone", "contact", "task_type"]
#: What either side may write.
SHARED_CELLS = ["title", "description", "priority", "status", "times"]
#: What only clients write, having no column.
CLIENT_CELLS = ["LOCATION", "X-MODEL-A", "X-MODEL-B", "X-MODEL-C"]


@dataclass
class Durable:
    """A task that nobody deletes: each of its cells is written by one writer alone.

    So whatever the order in which writers come, the last acknowledged value of each cell is what has
    to be there in the end.
    """

    task: int
    owner: str
    name: str
    #: By cell, the values that may be there: one, or more after a write whose fate is unknown.
    cells: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_blind(self) -> bool:
        """Whether its client writes without If-Match: then it is the only one.

        The server takes it that a user has seen what the same user wrote, so two programs of one
        user that both write blindly overwrite each other, as anywhere.
        """
        return self.task % 2 == 0

    def writer_of(self, cell: str) -> int:
        """Number of the cell's writer: CRM writers first, then clients."""
        mixed = random.Random(f"{self.task} {cell}")
        if self.is_blind and cell not in CRM_CELLS:
            client = CRM_WRITERS + self.task // 2 % CLIENTS
            if cell in CLIENT_CELLS:
                return client
            return mixed.choice([client, mixed.randrange(CRM_WRITERS)])
        if cell in CRM_CELLS:
            return mixed.randrange(CRM_WRITERS)
        if cell in CLIENT_CELLS:
            return CRM_WRITERS + mixed.randrange(CLIENTS)
        return mixed.randrange(WRITERS)


@dataclass
class World:
    seed: int
    durables: list[Durable] = field(default_factory=list)
    #: Objects of one client alone, by (user, calendar, name): the texts that may be there, None: none.
    private: dict[tuple[str, str, str], list[str | None]] = field(default_factory=dict)
    #: Titles that the CRM inserted once, by whether the insert was surely committed.
    inserted: dict[str, bool] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: Cleared while the state is being looked at: writers wait between two operations.
    going: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    #: Rises before and after each kill of the database. InnoDB shows a commit a moment before it is
    #: durable: what was read before a crash may never have been.
    crashes: int = 0
    #: Rises before and after each kill of anything. What a web server sends again, or a client after a
    #: 503, may have been done the first time: the answer is to the second.
    kills: int = 0
    #: While servers are being killed, refusals and lost answers are no errors.
    disturbed: bool = False

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fail(self, what: str) -> None:
        with self.lock:
            self.errors.append(what)
