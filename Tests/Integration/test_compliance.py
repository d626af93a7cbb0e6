"""COMPLIANCE.md names every method, report, property and precondition, and tests that exist."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from harness.stack import REPOSITORY

PAGE = REPOSITORY / "COMPLIANCE.md"
TESTS = REPOSITORY / "Tests"
SOURCES = REPOSITORY / "Sources"

#: How the page writes the namespaces of the program's tables.
PREFIXES = {
    "dav": "DAV", "caldav": "CALDAV", "calendarServer": "CS", "apple": "APPLE", "ownCloud": "OC",
}


def rows(pattern: str, folder: str) -> set[str]:
    """What a table's rows are called, by the first element name in each."""
    return {
        f"{PREFIXES[namespace]}:{local}"
        for path in (SOURCES / folder).rglob("*.swift")
        for namespace, local in re.findall(
            pattern + r'\s*\.(' + "|".join(PREFIXES) + r')\(\s*"([^"]+)"\)', path.read_text(),
            re.MULTILINE,
        )
    }


def methods() -> set[str]:
    text = "".join(path.read_text() for path in (SOURCES / "CalDAV").rglob("*.swift"))
    return set(re.findall(r'\bMethod\(\s*"([A-Z]+)"', text))


def properties() -> set[str]:
    # A row is an element of an array in a type, whatever makes it; two are made of a local name.
    text = "".join(path.read_text() for path in (SOURCES / "CalDAV/Properties").rglob("*.swift"))
    proxies = {f"CS:{name}" for name in re.findall(r'^ {8}proxyFor\("([^"]+)"', text, re.MULTILINE)}
    return rows(r"^ {8}\.\w+\(", "CalDAV/Properties") | proxies


#: Their names, and how many there are at least: else the form of the rows has changed, and this
#: looks past them.
TABLES = {
    "methods": (methods(), 11), "reports": (rows(r"\bReport\(\s*name:", "CalDAV"), 9),
    "properties": (properties(), 55), "preconditions": (rows(r"= Precondition\(", "WebDAV"), 20),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_programs_tables_is_on_the_page(table: str) -> None:
    names, least = TABLES[table]
    assert len(names) >= least, sorted(names)
    words = set(re.findall(r"`([^`\n]+)`", PAGE.read_text()))
    assert names - words == set()


def named_tests() -> list[str]:
    """`test_file.py` and `test_file.py::name`, `SwiftSuite` and `SwiftSuite.function`."""
    return sorted(set(re.findall(
        r"`(test_\w+\.py(?:::\w+)*|[A-Z]\w+(?:Tests|Walk)(?:\.\w+)?)`", PAGE.read_text()
    )))


@functools.cache
def python_names(path: Path) -> set[str]:
    """Functions, classes, and `Class::function`, those of the harness's classes they derive from
    included."""
    names: set[str] = set()
    inherited = {
        each.name: {part.name for part in each.body if isinstance(part, ast.FunctionDef)}
        for module in ("replay.py", "engine.py")
        for each in ast.parse((path.parent / "harness" / module).read_text()).body
        if isinstance(each, ast.ClassDef)
    }
    for each in ast.parse(path.read_text()).body:
        if isinstance(each, ast.FunctionDef):
            names.add(each.name)
        elif isinstance(each, ast.ClassDef):
            names.add(each.name)
            own = {part.name for part in each.body if isinstance(part, ast.FunctionDef)}
            for base in each.bases:
                own |= inherited.get(base.id, set()) if isinstance(base, ast.Name) else set()
            names |= {f"{each.name}::{name}" for name in own}
    return names


def swift_suites() -> dict[str, str]:
    """Text of each suite by its type's name."""
    suites: dict[str, str] = {}
    for path in TESTS.rglob("*.swift"):
        parts = re.split(r"^(?:final class|struct|extension) (\w+(?:Tests|Walk))\b", path.read_text(),
                         flags=re.MULTILINE)
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            suites[name] = suites.get(name, "") + text
    return suites


SUITES = swift_suites()


def test_the_page_names_tests() -> None:
    assert len(named_tests()) > 100


@pytest.mark.parametrize("name", named_tests())
def test_named_test_exists(name: str) -> None:
    if ".py" in name:
        file, _, inside = name.partition("::")
        path = TESTS / "Integration" / file
        assert path.is_file()
        assert not inside or inside in python_names(path)
    else:
        suite, _, function = name.partition(".")
        assert suite in SUITES
        assert not function or re.search(rf"\bfunc {function}\(", SUITES[suite])


def test_every_row_says_whether_and_by_which_test() -> None:
    """A row that is supported names a test; one that is not says why, in a word at least."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 3 or set(line) <= set("|- :"):
            continue
        what, support, tests = cells
        if support in ("", "supported"):
            continue
        assert re.match(r"(yes|partly|no|by choice)\b", support), line
        if support.startswith(("yes", "partly")):
            assert re.search(r"`(test_|[A-Z]\w+(?:Tests|Walk))", tests), line
