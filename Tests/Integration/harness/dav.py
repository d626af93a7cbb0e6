"""A WebDAV client that sends exactly what a test says and reads what comes."""

from __future__ import annotations

import base64
import http.client
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import quote, unquote, urlsplit

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
CALENDARSERVER = "http://calendarserver.org/ns/"
APPLE = "http://apple.com/ns/ical/"

ElementTree.register_namespace("D", DAV)
ElementTree.register_namespace("C", CALDAV)

PREFIXES = {"d": DAV, "c": CALDAV, "cs": CALENDARSERVER, "ic": APPLE}
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in PREFIXES.items())


def clark(name: str) -> str:
    """`d:getetag` as `{DAV:}getetag`; a name already in that form stays."""
    if name.startswith("{"):
        return name
    prefix, _, local = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"


def document(content: str) -> bytes:
    """An XML document from an element that uses the prefixes d, c, cs, ic."""
    name_end = min(i for i in (content.find(c) for c in " />\n") if i > 0)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n'
        f"{content[:name_end]} {_DECLARATIONS}{content[name_end:]}"
    ).encode()


@dataclass
class Response:
    """One `response` of a multistatus."""

    href: str
    #: Of the resource as a whole, where the answer has no propstat.
    status: int | None
    #: Values with status 200, by Clark name.
    found: dict[str, ElementTree.Element] = field(default_factory=dict)
    #: Status of every other property.
    refused: dict[str, int] = field(default_factory=dict)
    error: ElementTree.Element | None = None

    @property
    def name(self) -> str:
        """The last path segment, decoded."""
        return unquote(self.href.rstrip("/").rpartition("/")[2])

    def text(self, name: str) -> str | None:
        element = self.found.get(clark(name))
        return None if element is None else (element.text or "")

    def href_in(self, name: str) -> str | None:
        """The first href inside a property."""
        element = self.found.get(clark(name))
        href = None if element is None else element.find(f"{{{DAV}}}href")
        return None if href is None else href.text

    def children(self, name: str) -> list[str]:
        """Clark names of the elements inside a property."""
        element = self.found.get(clark(name))
        return [] if element is None else [child.tag for child in element]


@dataclass
class Answer:
    status: int
    reason: str
    headers: Message
    body: bytes
    #: `METHOD path`, for messages of failed tests.
    request: str = ""

    def __repr__(self) -> str:
        text = self.body[:1500].decode(errors="replace")
        fields = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.request} → {self.status} {self.reason}\n{fields}\n\n{text}"

    @property
    def etag(self) -> str | None:
        return self.headers["ETag"]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def precondition(self) -> str | None:
        """The element inside `DAV:error`, as Clark name; None for a body of another kind."""
        try:
            error = self.xml
        except ElementTree.ParseError:
            return None
        return error[0].tag if error.tag == f"{{{DAV}}}error" and len(error) else None

    @property
    def responses(self) -> dict[str, Response]:
        """Those of a multistatus by href, as they stand in the answer."""
        assert self.status == 207, self
        found: dict[str, Response] = {}
        for element in self.xml.findall(f"{{{DAV}}}response"):
            response = _response(element)
            assert response.href not in found, f"{response.href} twice in {self.request}"
            found[response.href] = response
        return found

    @property
    def sole(self) -> Response:
        """The one response of a multistatus."""
        (response,) = self.responses.values()
        return response

    @property
    def sync_token(self) -> str | None:
        return self.xml.findtext(f"{{{DAV}}}sync-token")


def _response(element: ElementTree.Element) -> Response:
    href = element.findtext(f"{{{DAV}}}href") or ""
    status = element.findtext(f"{{{DAV}}}status")
    response = Response(href, _code(status) if status else None)
    response.error = element.find(f"{{{DAV}}}error")
    for propstat in element.findall(f"{{{DAV}}}propstat"):
        code = _code(propstat.findtext(f"{{{DAV}}}status") or "")
        for value in propstat.find(f"{{{DAV}}}prop") or []:
            if code == 200:
                response.found[value.tag] = value
            else:
                response.refused[value.tag] = code
    return response


def _code(status_line: str) -> int:
    version, code, *_ = status_line.split()
    assert version == "HTTP/1.1", status_line
    return int(code)


class Client:
    """One kept connection to a server, and one user.

    - Parameter base: URL of the server with the base path, such as `http://127.0.0.1:8080/caldav/`.
    """

    def __init__(
        self, base: str, user: str | None = None, password: str | None = None,
        timeout: float = 60,
    ) -> None:
        parts = urlsplit(base)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.base_path = parts.path
        self.user, self.password = user, password
        self._connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def close(self) -> None:
        self._connection.close()

    def path(self, *segments: str, collection: bool = False) -> str:
        """A path below the base path from decoded segments."""
        ended = "/" if collection and segments else ""
        return self.base_path + "/".join(quote(segment, safe="@") for segment in segments) + ended

    def home(self, user: str | None = None) -> str:
        return self.path("calendars", user or self.user or "", collection=True)

    def calendar(self, uri: str, user: str | None = None) -> str:
        return self.path("calendars", user or self.user or "", uri, collection=True)

    def principal(self, user: str | None = None) -> str:
        return self.path("principals", "users", user or self.user or "", collection=True)

    @property
    def authorization(self) -> dict[str, str]:
        if self.user is None:
            return {}
        credentials = f"{self.user}:{self.password}".encode()
        return {"Authorization": "Basic " + base64.b64encode(credentials).decode()}

    def request(
        self, method: str, path: str, body: bytes | str = b"",
        headers: dict[str, str] | None = None, signed_in: bool = True,
    ) -> Answer:
        """- Parameter path: as it goes over the wire, still encoded."""
        fields = {**(self.authorization if signed_in else {}), **(headers or {})}
        payload = body.encode() if isinstance(body, str) else body
        if payload or method in ("PUT", "POST"):
            fields.setdefault("Content-Length", str(len(payload)))
        reused = self._connection.sock is not None
        try:
            return self._exchange(method, path, payload, fields)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # A server may close an idle kept connection at any moment (RFC 9112 §9.3.1).
            self._connection.close()
            if not reused:
                raise
            return self._exchange(method, path, payload, fields)
        except Exception:
            self._connection.close()
            raise

    def _exchange(self, method: str, path: str, body: bytes, fields: dict[str, str]) -> Answer:
        self._connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in fields.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(body)
        response = self._connection.getresponse()
        content = response.read()
        return Answer(
            response.status, response.reason, response.headers, content, f"{method} {path}"
        )

    def put_in_chunks(self, path: str, chunks: list[bytes]) -> Answer:
        """PUT whose length is not said beforehand (RFC 9112 §7.1)."""
        fields = {
            **self.authorization, "Content-Type": "text/calendar", "Transfer-Encoding": "chunked"
        }
        framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk)
        return self._exchange("PUT", path, framed + b"0\r\n\r\n", fields)

    # Requests that most tests make.

    def propfind(
        self, path: str, *names: str, depth: str | None = "0",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Asks for the properties, written `d:getetag` or as Clark names; none: allprop."""
        properties = "".join(
            f"<{name}/>" if not name.startswith("{") else _element(name) for name in names
        )
        asked = f"<d:prop>{properties}</d:prop>" if names else "<d:allprop/>"
        fields = {"Content-Type": "application/xml", **({"Depth": depth} if depth else {})}
        body = document(f"<d:propfind>{asked}</d:propfind>")
        return self.request("PROPFIND", path, body, {**fields, **(headers or {})})

    def report(
        self, path: str, content: str, depth: str | None = "1",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        fields = {"Content-Type": "application/xml", **({"Depth": depth} if depth else {})}
        return self.request("REPORT", path, document(content), {**fields, **(headers or {})})

    def sync(
        self, path: str, token: str = "", limit: int | None = None, level: str = "1"
    ) -> Answer:
        """REPORT sync-collection for ETags (RFC 6578 §3.2)."""
        limited = f"<d:limit><d:nresults>{limit}</d:nresults></d:limit>" if limit else ""
        return self.report(
            path,
            f"<d:sync-collection><d:sync-token>{token}</d:sync-token>"
            f"<d:sync-level>{level}</d:sync-level>{limited}"
            "<d:prop><d:getetag/></d:prop></d:sync-collection>",
            depth="0",
        )

    def multiget(self, path: str, hrefs: list[str]) -> Answer:
        named = "".join(f"<d:href>{href}</d:href>" for href in hrefs)
        return self.report(
            path,
            "<c:calendar-multiget><d:prop><d:getetag/><c:calendar-data/></d:prop>"
            f"{named}</c:calendar-multiget>",
        )

    def put(
        self, path: str, calendar: str | bytes, headers: dict[str, str] | None = None,
    ) -> Answer:
        fields = {"Content-Type": "text/calendar; charset=utf-8", **(headers or {})}
        return self.request("PUT", path, calendar, fields)

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.request("GET", path, headers=headers)

    def delete(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.request("DELETE", path, headers=headers)

    def make_calendar(self, uri: str, properties: str = "") -> str:
        """Makes a calendar in the user's home and answers its path."""
        path = self.calendar(uri)
        body = (
            document(f"<c:mkcalendar><d:set><d:prop>{properties}</d:prop></d:set></c:mkcalendar>")
            if properties else b""
        )
        answer = self.request("MKCALENDAR", path, body)
        assert answer.status == 201, answer
        return path

    def names(self, path: str) -> set[str]:
        """Names of the members of a collection."""
        listed = self.propfind(path, "d:getetag", depth="1").responses
        return {response.name for href, response in listed.items() if href != path}


def _element(name: str) -> str:
    namespace, _, local = name[1:].partition("}")
    return f'<{local} xmlns="{namespace}"/>'
