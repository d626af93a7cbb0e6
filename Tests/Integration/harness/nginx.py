"""nginx with the project's own server block."""

from __future__ import annotations

from pathlib import Path

from .processes import Process, account, accepts, is_root
from .sites import adapted


class Nginx:
    """- Parameters:
      - port: of loopback.
      - changes: what an operator got wrong in our file, by what stands there.
    """

    def __init__(
        self, directory: Path, port: int, worker_socket: Path,
        changes: dict[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.port = port
        self._worker_socket = worker_socket
        self._changes = changes or {}
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        assert self._process, "the server has not been started"
        return self._process

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "site.conf").write_text(self._site())
        (self.directory / "nginx.conf").write_text(self._surroundings())
        self._process = Process(
            ["nginx", "-e", "stderr", "-c", f"{self.directory}/nginx.conf"],
            self.directory / "error.log",
        )
        self.process.wait_until_up(lambda: accepts(self.port))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def _site(self) -> str:
        return adapted("nginx/crm-caldav.conf", {
            **self._changes,
            "listen 80;": f"listen 127.0.0.1:{self.port};",
            "/run/crm-caldav/caldav.sock": str(self._worker_socket),
        })

    def _surroundings(self) -> str:
        """What a distribution's own nginx.conf has around a site, with gzip wide open."""
        here = self.directory
        # The demo's directory may be closed to every account but ours.
        user = f"user {account()};\n" if is_root() else ""
        temporary = "".join(
            f"    {kind}_temp_path {here}/{kind};\n"
            for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
        )
        return (
            f"{user}daemon off;\nworker_processes 2;\npid {here}/nginx.pid;\n"
            f"error_log {here}/error.log;\n"
            "events { worker_connections 512; }\n"
            "http {\n"
            f"    access_log {here}/access.log;\n{temporary}"
            "    gzip on;\n    gzip_types *;\n    gzip_min_length 1;\n"
            f"    include {here}/site.conf;\n"
            "}\n"
        )
