"""Nextcloud 33 as far as calendar federation goes: its Open Cloud Mesh endpoints, and its consumer.

In a thread of ours on loopback. What it takes, refuses, sends and concludes is what its own code does;
a comment says where that is odd.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import posixpath
import re
import threading
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urljoin, urlsplit

TOKEN = "http://sabre.io/ns/sync/"
READ, READ_WRITE = 3, 2


class Refused(Exception):
    """An answer that its HTTP client throws for."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body[:500]!r}")
        self.status = status


@dataclass
class FederatedCalendar:
    """A row of its table, and the objects that belong to it."""

    user: str
    url: str
    secret: str
    name: str
    color: str | None
    components: str
    owner: str
    owner_name: str
    may_write: bool
    is_accepted: bool
    #: A column of 32 bits.
    token: int = 0
    #: By the last segment of the href, as it stands there.
    objects: dict[str, str] = field(default_factory=dict)


class Nextcloud:
    """- Parameters:
      - asks_first: whether its users accept a calendar before it is synced, as the newest does.
      - users: those it has, and the names under which they may be looked for.
    """

    def __init__(self, *, asks_first: bool = False, users: dict[str, str] | None = None) -> None:
        self.asks_first = asks_first
        self.users = users or {"otto": "otto", "emil": "emil"}
        #: Switches of its administrator: all of federated sharing, and that of calendars.
        self.is_enabled = True
        self.takes_calendars = True
        #: Not before Nextcloud 32.
        self.knows_calendars = True
        #: It takes five within 20 minutes.
        self.offers_left = 5
        #: As Nextcloud 32.
        self.is_read_only = False
        #: `core enforce_signed_ocm_request`
        self.wants_signatures = False
        self.has_well_known = True
        #: Another server that this one's address leads to.
        self.leads_to = ""
        #: Answered to the next notifications instead of what it would say: status and fields.
        self.trouble: list[tuple[int, dict[str, str]]] = []
        #: What it calls itself in background jobs; None: by its address.
        self.own_name: str | None = None
        self.calendars: list[FederatedCalendar] = []
        #: Bodies of `POST …/shares` and `…/notifications`.
        self.offers: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        #: By which a notification is known that comes twice, one for each that came.
        self.marks: list[str] = []
        #: Jobs that its next cron run would do.
        self.jobs: list[FederatedCalendar] = []
        #: Failures that it slows their sender down for.
        self.throttled = 0
        #: Method and path of each request of its consumer.
        self.requests: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def cloud_id(self, user: str) -> str:
        """Only https is left out of one."""
        return f"{user}@{self.base}"

    def _handler(nextcloud: Nextcloud) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:  # noqa: N802
                self.answer(*nextcloud._get(self.path))

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                assert self.headers["Content-Type"] == "application/json"
                if self.path.endswith("/notifications"):
                    nextcloud.marks.append(self.headers["Idempotency-Key"])
                self.answer(*nextcloud._post(self.path, json.loads(body)))

            def answer(
                self, status: int, content: object, fields: dict[str, str] | None = None
            ) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                for name, value in (fields or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        return Handler

    # Discovery

    def _get(self, path: str) -> tuple[int, object, dict[str, str]]:
        if path == "/.well-known/ocm" and self.has_well_known:
            # nginx, as its manual sets it up.
            return 301, {}, {"Location": f"{self.leads_to}/index.php/.well-known/ocm"}
        if path in ("/index.php/.well-known/ocm", "/ocm-provider/"):
            # Calendars are not among them, though it takes some.
            return 200, {
                "enabled": self.is_enabled, "apiVersion": "1.1.0",
                "endPoint": f"{self.base}/index.php/ocm" if self.is_enabled else "",
                "provider": "Nextcloud 33.0.5", "capabilities": ["notifications", "shares"],
                "resourceTypes": [{
                    "name": "file", "shareTypes": ["user", "group"],
                    "protocols": {"webdav": "/public.php/webdav/"},
                }] if self.is_enabled else [],
            }, {}
        return 404, {}, {}

    # What others tell it

    def _post(self, path: str, body: dict[str, Any]) -> tuple[int, object, dict[str, str]]:
        if path == "/index.php/ocm/shares":
            self.offers.append(body)
            return (*self._take_offer(body), {})
        if path == "/index.php/ocm/notifications":
            self.notifications.append(body)
            if self.trouble:
                status, fields = self.trouble.pop(0)
                return status, {"message": "trouble"}, fields
            return (*self._take_notification(body), {})
        return 404, {}, {}

    def _take_offer(self, body: dict[str, Any]) -> tuple[int, object]:
        if self.offers_left == 0:
            return 429, []
        self.offers_left -= 1
        if self.wants_signatures:
            return 400, {"message": "Unsigned request", "validationErrors": []}
        protocol = body.get("protocol")
        missing = {"message": "Missing arguments", "validationErrors": []}
        wanted = ("shareWith", "name", "providerId", "resourceType", "shareType")
        if any(body.get(name) is None for name in wanted) or not isinstance(protocol, dict):
            return 400, missing
        secret = protocol.get("options", {}).get("sharedSecret")
        if "name" not in protocol or not secret:
            return 400, missing
        # Who signs nothing may have published no key; the owner's host is looked up by it.
        if "@" not in body["owner"] or not urlsplit(
            "https://" + re.sub(r"^https?://", "", body["owner"].rpartition("@")[2])
        ).hostname:
            return 400, {"message": "entry does not contain @", "validationErrors": []}
        if (
            not self.knows_calendars or body["resourceType"] != "calendar"
            or body["shareType"] != "user"
        ):
            return 501, {"message": f'Share type "{body["shareType"]}" not implemented'}
        user = self.users.get(body["shareWith"].rpartition("@")[0])
        if user is None:
            self.throttled += 1
            return 400, {"message": f'User "{body["shareWith"]}" does not exists at {self.base}',
                         "validationErrors": []}
        if not self.takes_calendars:
            return 503, {"message": "Server does not support calendar federation"}
        access = protocol.get("access")
        kinds = {"url": str, "displayName": str, "components": str, "access": int,
                 "color": str | None}
        if protocol.get("version") != "v1" or not all(
            isinstance(protocol.get(name), kind) for name, kind in kinds.items()
        ):
            return 501, {"message": "Invalid protocol data (v1)"}
        if not protocol["url"] or not protocol["displayName"]:
            return 501, {"message": "Incomplete protocol data"}
        if access not in ((READ,) if self.is_read_only else (READ, READ_WRITE)):
            return 501, {"message": f"Unsupported access value: {access}"}
        # Its columns.
        assert len(protocol["color"] or "") <= 7
        assert all(len(text) <= 255 for text in (
            protocol["url"], protocol["displayName"], protocol["components"], secret,
            body["owner"], body["ownerDisplayName"],
        ))
        self._insert(user, body, protocol, secret)
        return 201, {"recipientDisplayName": user.title(), "recipientUserId": user}

    def _insert(
        self, user: str, body: dict[str, Any], protocol: dict[str, Any], secret: str
    ) -> None:
        known = next(
            (each for each in self.calendars if (each.user, each.url) == (user, protocol["url"])),
            None,
        )
        if known:
            known.secret, known.may_write = secret, protocol["access"] == READ_WRITE
            self.jobs += [known] if known.is_accepted else []
            return
        calendar = FederatedCalendar(
            user, protocol["url"], secret, protocol["displayName"], protocol["color"],
            protocol["components"], body["sharedBy"], body["sharedByDisplayName"],
            protocol["access"] == READ_WRITE, not self.asks_first,
        )
        self.calendars.append(calendar)
        self.jobs += [calendar] if calendar.is_accepted else []

    def accept(self, calendar: FederatedCalendar) -> None:
        """It tells nobody."""
        calendar.is_accepted = True
        self.jobs.append(calendar)

    def drop(self, calendar: FederatedCalendar) -> None:
        """Declined, or deleted by its user; it tells nobody."""
        self.calendars.remove(calendar)

    def _take_notification(self, body: dict[str, Any]) -> tuple[int, object]:
        notification = body.get("notification")
        wanted = ("notificationType", "resourceType", "providerId")
        if any(body.get(name) is None for name in wanted) or not isinstance(notification, dict):
            return 400, {"message": "Missing arguments", "validationErrors": []}
        if not notification.get("sharedSecret"):
            return 400, {"message": "sharedSecret", "validationErrors": []}
        if body["resourceType"] != "calendar" or body["providerId"] != "calendar":
            return 400, {"message": "providerId"}
        if body["notificationType"] != "SYNC_CALENDAR":
            # Taken, and nothing is made of it: SHARE_UNSHARED too.
            return 201, []
        user = notification["shareWith"].partition("@")[0]
        found = [
            calendar for calendar in self.calendars
            if calendar.url == notification["calendarUrl"] and calendar.user == user
            and calendar.secret == notification["sharedSecret"] and calendar.is_accepted
        ]
        if not found:
            self.throttled += 1
            return 400, {"message": "Calendar is not shared with the sharee",
                         "validationErrors": []}
        self.jobs += found
        return 201, []

    # Its consumer

    def run_cron(self) -> None:
        """The jobs that wait."""
        jobs, self.jobs = self.jobs, []
        for calendar in jobs:
            if calendar in self.calendars:
                self.sync(calendar)

    def sync(self, calendar: FederatedCalendar) -> int:
        """Asks for what changed; answers how many objects it got.

        - Raises `Refused` as its client does, with the calendar removed after 401.
        """
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<d:sync-collection xmlns:d="DAV:">\n'
            f"  <d:sync-token>{TOKEN}{calendar.token}</d:sync-token>\n  <d:prop>\n"
            "    <d:getcontenttype/>\n    <d:getetag/>\n  </d:prop>\n</d:sync-collection>\n"
        )
        try:
            answer = self._ask(calendar, "REPORT", calendar.url, body, "application/xml")
        except Refused as refused:
            if refused.status == 401:
                self.calendars.remove(calendar)
            raise
        got = 0
        root = ElementTree.fromstring(answer.body)
        for response in root.findall("{DAV:}response"):
            href = response.findtext("{DAV:}href") or ""
            own = response.findtext("{DAV:}status") or ""
            # The listing is cut, where the href is the address that was asked, by its end.
            if " 507 " in own and calendar.url.rstrip("/").endswith(href.rstrip("/")):
                continue
            name = posixpath.basename(href)
            if any(
                " 200 " in (propstat.findtext("{DAV:}status") or "")
                for propstat in response.findall("{DAV:}propstat")
            ):
                url = urljoin(calendar.url.rstrip("/") + "/", href)
                calendar.objects[name] = self._ask(calendar, "GET", url).body.decode()
                got += 1
            else:
                calendar.objects.pop(name, None)
        number = re.fullmatch(re.escape(TOKEN) + r"([0-9]+)", root.findtext("{DAV:}sync-token") or "")
        assert number, answer.body
        calendar.token = int(number[1])
        assert calendar.token < 2**31
        return got

    def store(self, calendar: FederatedCalendar, name: str, text: str) -> None:
        """Stores an object as its user saves an event: there first, then in its own tables.

        - Raises `Refused`; an answer without an ETag fails, too.
        """
        answer = self._ask(
            calendar, "PUT", f"{calendar.url.rstrip('/')}/{name}", text,
            "text/calendar; charset=utf-8",
        )
        assert answer.etag, "without an ETag it throws"
        calendar.objects[name] = text

    def delete(self, calendar: FederatedCalendar, name: str) -> None:
        self._ask(calendar, "DELETE", f"{calendar.url.rstrip('/')}/{name}")
        calendar.objects.pop(name)

    @dataclass
    class Reply:
        status: int
        etag: str | None
        body: bytes

    def _ask(
        self, calendar: FederatedCalendar, method: str, url: str, body: str = "",
        content_type: str | None = None,
    ) -> Nextcloud.Reply:
        """What its HTTP client makes of an address, a name and a password."""
        name = f"{calendar.user}@{self.own_name or self.base}"
        credentials = f"{base64.b64encode(name.encode()).decode()}:{calendar.secret}"
        fields = {
            "User-Agent": "Nextcloud-Server-Crawler/33.0.5", "Accept-Encoding": "gzip",
            "Authorization": "Basic " + base64.b64encode(credentials.encode()).decode(),
            **({"Content-Type": content_type} if content_type else {}),
        }
        parts = urlsplit(url)
        self.requests.append((method, parts.path))
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request(method, parts.path, body.encode() or None, fields)
            response = connection.getresponse()
            content = response.read()
            assert not response.headers["Content-Encoding"]
            if response.status >= 400:
                raise Refused(response.status, content)
            return Nextcloud.Reply(response.status, response.headers["ETag"], content)
        finally:
            connection.close()

    def uri(self, calendar: FederatedCalendar) -> str:
        """What its users' clients see a calendar under."""
        return hashlib.md5(calendar.url.encode()).hexdigest()
