"""The project's own web server files, with nothing replaced but paths and ports."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def adapted(file: str, replacements: dict[str, str]) -> str:
    """The text of a file of the repository.

    - Raises `ValueError` when something to be replaced is no longer in it.
    """
    text = (REPOSITORY / file).read_text()
    for old, new in replacements.items():
        if old not in text:
            raise ValueError(f"{file} no longer holds {old!r}")
        text = text.replace(old, new)
    return text
