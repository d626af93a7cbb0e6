"""Apache with the project's own files: a worker of ours behind it, or started by it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from . import worker
from .processes import Process, accepts, is_root, web_account
from .sites import adapted

if TYPE_CHECKING:
    from .stack import Stack

#: mod_proxy_fcgi and mod_fcgid as virtual hosts, and `.htaccess` as a rented web space has it.
APACHE_FORMS = ["mod_proxy_fcgi", "mod_fcgid", "htaccess"]

MODULES = Path("/usr/lib/apache2/modules")

#: What Debian switches on by itself, and what our files ask for besides.
LOADED = """mpm_event access_compat alias auth_basic authn_core authn_file authz_core authz_host
    authz_user autoindex deflate dir env filter mime negotiation reqtimeout setenvif status
    headers rewrite proxy proxy_fcgi fcgid""".split()


class Apache:
    """- Parameters:
      - form: one of `APACHE_FORMS`.
      - changes: what an operator got wrong in our file, by what stands there.
    """

    def __init__(
        self, form: str, directory: Path, port: int, stack: Stack, binary: Path,
        changes: dict[str, str] | None = None,
    ) -> None:
        self.form = form
        self.directory = directory
        self.port = port
        self._stack = stack
        self._binary = binary
        self._changes = changes or {}
        self._process: Process | None = None

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        site = getattr(self, f"_{self.form}")()
        (self.directory / "site.conf").write_text(site)
        (self.directory / "apache.conf").write_text(self._surroundings())
        self._process = Process(
            ["apache2", "-D", "FOREGROUND", "-d", str(self.directory),
             "-f", str(self.directory / "apache.conf")],
            self.directory / "error.log",
        )
        self._process.wait_until_up(lambda: accepts(self.port))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def _mod_proxy_fcgi(self) -> str:
        return adapted("apache/mod_proxy_fcgi.conf", {
            **self._changes,
            "*:80": f"127.0.0.1:{self.port}",
            "/run/crm-caldav/caldav.sock": str(self._stack.worker.socket),
        })

    def _mod_fcgid(self) -> str:
        program = self.directory / "program"
        configuration = self.directory / "crm-caldav.conf"
        self._install(program / "caldav.fcgi", configuration)
        return adapted("apache/mod_fcgid.conf", {
            **self._changes,
            "*:80": f"127.0.0.1:{self.port}",
            "/usr/local/lib/crm-caldav": str(program),
            "/etc/crm-caldav.conf": str(configuration),
        })

    def _htaccess(self) -> str:
        """The host's virtual host, and our files in it."""
        site = self.directory / "www"
        self._install(site / "caldav" / "caldav.fcgi", site / "caldav" / ".ht-caldav.conf")
        (site / ".htaccess").write_text(adapted("apache/htaccess", self._changes))
        return (
            f"<VirtualHost 127.0.0.1:{self.port}>\nDocumentRoot {site}\n"
            f"<Directory {site}>\nAllowOverride All\nRequire all granted\n</Directory>\n"
            '<FilesMatch "^\\.ht">\nRequire all denied\n</FilesMatch>\n'
            "</VirtualHost>\n"
        )

    def _install(self, program: Path, configuration: Path) -> None:
        """The program under the name that has it serve, and what it reads."""
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self._binary, program)
        # Requests are logged to standard error, which is Apache's own log.
        settings = {**self._stack.settings(), "access_log": "-"}
        configuration.write_text(worker.configuration(settings))
        worker.hand_over(configuration, web_account())

    def _surroundings(self) -> str:
        """What Debian's apache2.conf has around a site, with mod_deflate wide open."""
        here = self.directory
        loaded = "".join(
            f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in LOADED
        )
        account = f"User {web_account()}\nGroup {web_account()}\n" if is_root() else ""
        return (
            f"ServerRoot {here}\nDefaultRuntimeDir {here}\nPidFile {here}/apache.pid\n"
            f"Listen 127.0.0.1:{self.port}\nServerName localhost\n{loaded}{account}"
            f"ErrorLog {here}/error.log\nTypesConfig /dev/null\n"
            "SetOutputFilter DEFLATE\n"
            f"FcgidIPCDir {here}/fcgid\nFcgidProcessTableFile {here}/fcgid_shm\n"
            "<Directory />\n    AllowOverride None\n    Require all denied\n</Directory>\n"
            f"Include {here}/site.conf\n"
        )
