"""Drives Evolution's data server: a JSON object a line in, one a line out.

    evolution_driver.py HOST PORT USER FD

The first line in is the password; what goes out goes to the descriptor FD, since the services that
the bus starts write to standard output. Runs under Debian's own Python, which has the bindings, on a session bus of its own. Imports nothing
of the harness.

    {"do": "discover", "url": …}                     → [[href, name, colour], …]
    {"do": "open", "path": …, "kind": "events"}      → {"read_only": …, "capabilities": […]}
    {"do": "refresh"} {"do": "list"}                 → {UID: [component, …], …}
    {"do": "create" | "modify" | "remove", …}        → UID or null

An error of the data server is answered as {"error": text}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

import gi

gi.require_version("ECal", "2.0")
gi.require_version("EDataServer", "1.2")
gi.require_version("ICalGLib", "3.0")
from gi.repository import ECal, EDataServer, GLib, ICalGLib  # noqa: E402

KINDS = {
    "events": (ECal.ClientSourceType.EVENTS, EDataServer.SOURCE_EXTENSION_CALENDAR),
    "tasks": (ECal.ClientSourceType.TASKS, EDataServer.SOURCE_EXTENSION_TASK_LIST),
}


class Driver:
    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        self.host, self.port, self.user = host, port, user
        self.credentials = EDataServer.NamedParameters.new()
        self.credentials.set("username", user)
        self.credentials.set("password", password)
        self.registry = EDataServer.SourceRegistry.new_sync(None)
        self.client: Any = None

    def source(self, path: str, extension: str) -> Any:
        source = EDataServer.Source.new(None, None)
        source.set_parent("caldav-stub")
        source.set_display_name(path)
        source.get_extension(extension).set_backend_name("caldav")
        authentication = source.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        authentication.set_host(self.host)
        authentication.set_port(self.port)
        authentication.set_user(self.user)
        authentication.set_method("plain/password")
        source.get_extension(EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND).set_resource_path(path)
        source.get_extension(EDataServer.SOURCE_EXTENSION_SECURITY).set_secure(False)
        source.get_extension(EDataServer.SOURCE_EXTENSION_OFFLINE).set_stay_synchronized(True)
        # By itself it would come every half hour; here it comes when it is told.
        source.get_extension(EDataServer.SOURCE_EXTENSION_REFRESH).set_enabled(False)
        return source

    def discover(self, url: str) -> list[list[str | None]]:
        source = self.source("/", EDataServer.SOURCE_EXTENSION_CALENDAR)
        _, _, _, found, _ = EDataServer.webdav_discover_sources_sync(
            source, url, EDataServer.WebDAVDiscoverSupports.EVENTS, self.credentials, None
        )
        return [[each.href, each.display_name, each.color] for each in found]

    def open(self, path: str, kind: str) -> dict[str, Any]:
        client_kind, extension = KINDS[kind]
        new = self.source(path, extension)
        self.registry.commit_source_sync(new, None)
        source = self.registry.ref_source(new.get_uid())
        # The data server asks for the password as it would ask a person.
        source.connect("credentials-required", self.sign_in)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.client = ECal.Client.connect_sync(source, client_kind, 20, None)
                break
            except GLib.Error as error:
                # The factory may hear of the source a moment after the registry has it.
                if "No such source" not in error.message or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        while source.get_connection_status() != EDataServer.SourceConnectionStatus.CONNECTED:
            if time.monotonic() > deadline:
                raise TimeoutError("not connected")
            time.sleep(0.02)
        return {
            "read_only": self.client.is_readonly(),
            "capabilities": self.client.get_capabilities(),
        }

    def sign_in(self, source: Any, *_: object) -> None:
        threading.Thread(
            target=source.invoke_authenticate_sync, args=(self.credentials, None), daemon=True
        ).start()

    def refresh(self) -> None:
        self.client.refresh_sync(None)

    def list(self) -> dict[str, list[str]]:
        _, found = self.client.get_object_list_as_comps_sync("#t", None)
        texts: dict[str, list[str]] = {}
        for each in found:
            texts.setdefault(each.get_uid(), []).append(each.get_as_string())
        return texts

    def create(self, component: str) -> str:
        _, uid = self.client.create_object_sync(
            ICalGLib.Component.new_from_string(component), ECal.OperationFlags.NONE, None
        )
        return uid

    def modify(self, component: str) -> None:
        self.client.modify_object_sync(
            ICalGLib.Component.new_from_string(component), ECal.ObjModType.ALL,
            ECal.OperationFlags.NONE, None,
        )

    def remove(self, uid: str) -> None:
        self.client.remove_object_sync(
            uid, None, ECal.ObjModType.ALL, ECal.OperationFlags.NONE, None
        )


def main() -> None:
    host, port, user, descriptor = sys.argv[1:]
    answers = os.fdopen(int(descriptor), "w")
    password = sys.stdin.readline().rstrip("\n")
    # Signals, among them the question for the password, come by the main loop.
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    driver = Driver(host, int(port), user, password)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"answer": getattr(driver, asked.pop("do"))(**asked)}
        except (GLib.Error, TimeoutError) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), file=answers, flush=True)
    # Threads of the bindings would keep us.
    os._exit(0)


if __name__ == "__main__":
    main()
