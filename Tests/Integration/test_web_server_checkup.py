"""`crm-caldav check --url`: what a web server in front keeps back or changes, seen from outside."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path

import pytest

from harness.apache import Apache
from harness.nginx import Nginx
from harness.processes import free_port
from harness.stack import BASE_PATH, FRONTS, Stack, binary

_numbers = itertools.count()


def checked(url: str, *arguments: str, password: str = "anna-demo") -> tuple[int, list[dict]]:
    """The code it ended with, and what it found. No configuration: it works from any machine."""
    ran = subprocess.run(
        [binary(), "check", "--url", url, "--json", *arguments], input=password + "\n",
        capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin:/bin"})
    assert ran.returncode in (0, 1), ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def problems(findings: list[dict]) -> dict[str, dict]:
    return {finding["check"]: finding for finding in findings if finding["level"] == "problem"}


#: What only the host can mend, where all one has is `.htaccess`.
HOSTS_OWN = {"names", "size"}


@pytest.mark.parametrize("user", [[], ["--user", "anna"]], ids=["nobody", "signed in"])
@pytest.mark.parametrize("front", FRONTS)
def test_our_own_files_are_without_fault(stack: Stack, front: str, user: list[str]) -> None:
    code, findings = checked(stack.front(front), *user)
    expected = HOSTS_OWN if front == "htaccess" else set()
    assert set(problems(findings)) == expected, findings
    assert code == (1 if expected else 0)
    looked_at = {"path", "methods", "authorization", "prefix", "names", "size", "well-known"}
    if user:
        looked_at |= {"sign-in", "compression", "calendars"}
    assert {finding["check"] for finding in findings} == looked_at


#: What operators get wrong: the web server, our line, what stands there instead, which check finds it,
#: and what the advice names.
FAULTS = [
    ("nginx", "fastcgi_keep_conn on;",
     'fastcgi_keep_conn on; fastcgi_param HTTP_AUTHORIZATION "";', "authorization",
     "HTTP_AUTHORIZATION"),
    ("nginx", "fastcgi_keep_conn on;",
     "if ($request_method !~ ^(GET|HEAD|POST|OPTIONS|PUT|DELETE)$) { return 405; }", "methods",
     "limit_except"),
    ("nginx", "client_max_body_size 20m;", "", "size", "client_max_body_size"),
    ("nginx", "gzip off;", "", "compression", "gzip off"),
    ("nginx", "fastcgi_intercept_errors off;",
     "fastcgi_intercept_errors on; error_page 401 403 /sorry.html;", "errors",
     "fastcgi_intercept_errors"),
    ("nginx", "well-known/caldav/?$", "well-known/carddav/?$", "well-known", "return 307 /caldav/;"),
    ("nginx", "return 307 /caldav/;", "return 307 /remote.php/dav/;", "well-known",
     "return 307 /caldav/;"),
    ("nginx", "SCRIPT_NAME       /caldav;", "SCRIPT_NAME       /cal;", "prefix", "SCRIPT_NAME"),
    ("nginx", "REQUEST_URI       $request_uri;", "REQUEST_URI       $uri;", "names",
     "$request_uri"),
    ("nginx", "location /caldav/ {", "location /calendars/ {", "path", "location"),
    ("nginx", "fastcgi_keep_conn on;", "return 301 https://elsewhere.example/;", "path", "return"),
    ("nginx", "fastcgi_keep_conn on;",
     'auth_basic "shop"; auth_basic_user_file /etc/hostname;', "path", "auth_basic"),
    ("nginx", "fastcgi_pass crm_caldav;", "fastcgi_pass unix:/nobody.sock;", "path",
     "systemctl status"),
    ("mod_proxy_fcgi", "CGIPassAuth On", "", "authorization", "CGIPassAuth On"),
    ("mod_proxy_fcgi", "AllowEncodedSlashes NoDecode", "", "names", "AllowEncodedSlashes"),
    ("mod_proxy_fcgi", "LimitRequestBody 20971520",
     '<If "%{HTTP:Content-Length} -gt 1000000">\nRedirect 413\n</If>', "size", "LimitRequestBody"),
    ("mod_proxy_fcgi", "SetEnv no-gzip 1", "", "compression", "no-gzip"),
    ("mod_proxy_fcgi", "Require all granted",
     "<LimitExcept GET POST OPTIONS>\nRequire all denied\n</LimitExcept>", "methods", "<Limit>"),
    ("mod_fcgid", "CGIPassAuth On", "", "authorization", "CGIPassAuth On"),
    ("mod_fcgid", "FcgidMaxRequestLen 20971520", "", "size", "FcgidMaxRequestLen"),
    ("htaccess", "RewriteRule ^ - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]", "",
     "authorization", "E=HTTP_AUTHORIZATION"),
    ("htaccess", "RewriteRule ^caldav(/|$)", "RewriteRule ^calendar(/|$)", "path", "RewriteRule"),
]


@pytest.mark.parametrize(
    ("front", "line", "instead", "check", "advice"), FAULTS,
    ids=[f"{front}-{check}-{line.split()[0]}" for front, line, _, check, _ in FAULTS])
def test_a_fault_of_the_web_server_is_named_with_its_cure(
    stack: Stack, front: str, line: str, instead: str, check: str, advice: str
) -> None:
    directory = stack.directory / f"faulty-{next(_numbers)}"
    url = _started(stack, front, directory, {line: instead})
    try:
        code, findings = checked(url, "--user", "anna")
    finally:
        _servers.pop().stop()
    found = problems(findings)
    assert code == 1
    assert check in found, findings
    assert advice in found[check]["mend"], found[check]
    # Advice is for the web server that is there.
    other = "Apache:" if front == "nginx" else "nginx:"
    assert other not in found[check]["mend"], found[check]


_servers: list[Nginx | Apache] = []


def _started(stack: Stack, front: str, directory: Path, changes: dict[str, str]) -> str:
    server = (
        Nginx(directory, free_port(), stack.worker.socket, changes) if front == "nginx"
        else Apache(front, directory, free_port(), stack, binary(), changes)
    )
    server.start()
    _servers.append(server)
    return f"http://127.0.0.1:{server.port}{BASE_PATH}"


def test_a_wrong_password_is_no_fault_of_the_web_server(stack: Stack) -> None:
    code, findings = checked(stack.front("nginx"), "--user", "anna", password="wrong")
    assert code == 1
    assert list(problems(findings)) == ["sign-in"]
    assert {f["level"] for f in findings if f["check"] == "authorization"} == {"ok"}


def test_nothing_there(stack: Stack) -> None:
    code, findings = checked(f"http://127.0.0.1:{free_port()}/caldav/")
    assert (code, list(problems(findings))) == (1, ["connection"])


def test_a_name_that_is_no_address() -> None:
    ran = subprocess.run(
        [binary(), "check", "--url", "crm.example.org"], capture_output=True, text=True)
    assert ran.returncode == 64
    assert "http" in ran.stderr


def test_nothing_is_changed(stack: Stack) -> None:
    before = stack.contents()
    checked(stack.front("nginx"), "--user", "anna")
    assert stack.contents() == before
