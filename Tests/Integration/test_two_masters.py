"""The CRM and calendar clients at random on the same tasks: a small share of `make soak`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MODEL = Path(__file__).resolve().parents[1] / "Model"


def run(*arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-B", *arguments], capture_output=True, text=True, timeout=400)
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}\n{ran.stderr[-6000:]}"
    return ran.stdout


@pytest.mark.parametrize("mode", ["triggers", "scan"])
def test_model(mode: str, figure: Callable[[str], None]) -> None:
    said = run(str(MODEL / "run.py"), "--operations", "2500", "--mode", mode, "--seed", "8")
    figure(f"model: {said.strip().splitlines()[-1]}")


def test_model_with_servers_killed(figure: Callable[[str], None]) -> None:
    said = run(
        str(MODEL / "run.py"), "--operations", "100000", "--kill-workers", "3", "--kill-database", "1")
    figure(f"model, killed: {said.strip().splitlines()[-1]}")


def test_fidelity(figure: Callable[[str], None]) -> None:
    said = run(str(MODEL / "fidelity.py"), "--tasks", "500")
    if "SKIPPED" in said:
        print(said)
    figure(f"fidelity: {'; '.join(said.strip().splitlines())}")
