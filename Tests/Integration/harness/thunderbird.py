"""Thunderbird's own calendar code, without a screen, in a profile of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from .dav import Client
from .engine import Engine
from .marionette import Marionette
from .processes import accepts, free_port, tail, wait_for

_PREFERENCES = {
    "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True, "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False, "network.proxy.type": 0,
    "extensions.autoDisableScopes": 15, "network.connectivity-service.enabled": False,
    "network.captive-portal-service.enabled": False, "calendar.timezone.local": "Europe/Berlin",
    "calendar.timezone.useSystemTimezone": False,
}

_MODULES = """
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { CalEvent } = ChromeUtils.importESModule("resource:///modules/CalEvent.sys.mjs");
const { CalTodo } = ChromeUtils.importESModule("resource:///modules/CalTodo.sys.mjs");
const calendar = cal.ofTests;
const items = async () => calendar.getItemsAsArray(
    Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
"""


class Thunderbird(Engine):
    def __init__(self, directory: Path, client: Client) -> None:
        port = free_port()
        preferences = {**_PREFERENCES, "marionette.port": port}
        (directory / "user.js").write_text("".join(
            f'user_pref("{name}", {_literal(value)});\n' for name, value in preferences.items()
        ))
        self._host = f"http://{client.host}:{client.port}"
        self._user, self._password = client.user or "", client.password or ""
        self.log = directory / "thunderbird.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    "thunderbird", "--headless", "--marionette", "--remote-allow-system-access",
                    "--no-remote", "--profile", str(directory),
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={
                    "PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8",
                    "MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1",
                },
            )
        wait_for(
            lambda: accepts(port) or self._process.poll() is not None, 60,
            f"Thunderbird: {tail(self.log)}",
        )
        self._marionette = Marionette(port)
        # What its password dialogue would have kept.
        self._run(
            """
            const [host, realm, user, password] = args;
            const login = Cc["@mozilla.org/login-manager/loginInfo;1"]
                .createInstance(Ci.nsILoginInfo);
            login.init(host, null, realm, user, password, "", "");
            await Services.logins.addLoginAsync(login);
            """,
            self._host, "CRM", self._user, self._password,
        )

    def _run(self, script: str, *arguments: Any) -> Any:
        return self._marionette.run(_MODULES + script, *arguments)

    def discover(self) -> dict[str, str]:
        """As its "New Calendar, On the Network" does."""
        found = self._run(
            """
            const [location, user, password] = args;
            const found = await cal.provider.detection.detect(
                user, password, location, false, [], {});
            return [...found.values()].flat().map(each => [each.uri.spec, each.name]);
            """,
            self._host, self._user, self._password,
        )
        return {uri.removeprefix(self._host): name for uri, name in found}

    def open(self, path: str, kind: str = "events") -> None:
        self._run(
            """
            const [uri, user] = args;
            if (cal.ofTests) cal.manager.removeCalendar(cal.ofTests);
            const made = cal.manager.createCalendar("caldav", Services.io.newURI(uri));
            made.name = uri;
            made.setProperty("username", user);
            made.setProperty("cache.enabled", true);
            // Else it would come by itself, too.
            made.setProperty("refreshInterval", 0);
            cal.manager.registerCalendar(made);
            cal.ofTests = cal.manager.getCalendarById(made.id);
            """,
            self._host + path, self._user,
        )
        self.refresh()
        assert not self._run("return calendar.readOnly || calendar.getProperty('disabled');")

    def refresh(self) -> None:
        self._run(
            """
            await new Promise(loaded => {
                const observer = new Proxy({ QueryInterface: ChromeUtils.generateQI(
                    ["calIObserver"]) }, { get: (target, name) => target[name] ?? (() => {
                    if (name == "onLoad" || name == "onError") {
                        calendar.removeObserver(observer);
                        loaded();
                    }
                }) });
                calendar.addObserver(observer);
                calendar.refresh();
            });
            """
        )

    def texts(self) -> dict[str, str]:
        return dict(self._run(
            """
            return (await items()).map(item => {
                const exceptions = item.recurrenceInfo?.getExceptionIds() ?? [];
                return [item.id, [item, ...exceptions.map(
                    id => item.recurrenceInfo.getExceptionFor(id))]
                    .map(each => each.icalComponent.serializeToICS()).join("")];
            });
            """
        ))

    def create(self, component: str) -> None:
        self._run(
            """
            const item = args[0].includes("BEGIN:VTODO") ? new CalTodo(args[0])
                : new CalEvent(args[0]);
            await calendar.addItem(item);
            """,
            component,
        )

    def modify(self, uid: str, old: str, new: str) -> None:
        """As its dialogue does: a clone of the item, changed; here by its title or status."""
        self._run(
            """
            const [uid, before, after] = args;
            const item = await calendar.getItem(uid);
            const clone = item.clone();
            const root = clone.icalComponent;
            for (let name of ["SUMMARY", "STATUS"]) {
                const value = clone.getProperty(name);
                if (value && `${name}:${value}`.includes(before)) {
                    clone.setProperty(name, `${name}:${value}`.replace(before, after)
                        .slice(name.length + 1));
                    await calendar.modifyItem(clone, item);
                    return;
                }
            }
            throw new Error(`${before} is not in ${root.serializeToICS()}`);
            """,
            uid, old, new,
        )

    def remove(self, uid: str) -> None:
        self._run("await calendar.deleteItem(await calendar.getItem(args[0]));", uid)

    def run(self, script: str, *arguments: Any) -> Any:
        """A script with `calendar`, `items()`, `cal`, `CalEvent` and `CalTodo` at hand."""
        return self._run(script, *arguments)

    def stop(self) -> None:
        self._marionette.quit()
        self._process.wait(30)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'
