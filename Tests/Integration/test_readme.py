"""README says what the program does."""

from __future__ import annotations

import re
import subprocess

import pytest

import readme_keys
from harness.stack import REPOSITORY, binary

README = (REPOSITORY / "README.md").read_text()


def test_configuration_keys_are_those_of_the_program() -> None:
    """Mend it by running readme_keys.py."""
    assert readme_keys.written() == readme_keys.generated()


def test_files_it_names_are_there() -> None:
    named = set(re.findall(r"`((?:nginx|apache|sql|Tests)/[\w./-]+)`", README))
    assert named
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_commands_it_names_exist() -> None:
    named = set(re.findall(r"crm-caldav ([a-z]+)", README))
    assert {"serve", "migrate", "check"} <= named
    for command in named:
        ran = subprocess.run([binary(), command, "--help"], capture_output=True, text=True)
        assert ran.returncode == 0, f"crm-caldav {command}"


def test_options_it_names_exist() -> None:
    helps = {}
    for command, options in re.findall(r"crm-caldav ([a-z]+)((?: --?[\w-]+(?: [^-\s`]\S*)?)+)", README):
        if command not in helps:
            ran = subprocess.run([binary(), command, "--help"], capture_output=True, text=True)
            helps[command] = ran.stdout
        for option in re.findall(r"--[\w-]+", options):
            assert option in helps[command], f"crm-caldav {command} {option}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^ +)make ([a-z]+)", README, re.MULTILINE))))
def test_make_targets_it_names_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
