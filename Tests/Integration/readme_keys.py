"""The table of configuration keys in README.md, made of what `config --print-default` prints.

Run it to write the table anew after a key was added; a test compares the two.
"""

from __future__ import annotations

import subprocess
import sys

from harness.stack import REPOSITORY, binary

README = REPOSITORY / "README.md"
BEGIN, END = "<!-- keys: begin -->\n", "<!-- keys: end -->\n"


def table(sample: str) -> str:
    """Markdown, one table a section."""
    lines: list[str] = []
    comment: list[str] = []
    for line in sample.splitlines():
        if line.startswith("# "):
            comment.append(line[2:])
        elif line.startswith("#") and "=" in line:
            name, _, default = line[1:].partition("=")
            summary = " ".join(comment).replace("|", "\\|")
            shown = f"`{default.strip()}`" if default.strip() else ""
            lines.append(f"| `{name.strip()}` | {shown} | {summary} |")
            comment = []
        elif not line.strip() and comment:
            # A heading, or the sample's opening words.
            if len(comment) == 1:
                lines += ["", f"**{comment[0]}**", "", "| key | default | |", "|---|---|---|"]
            comment = []
    return "\n".join(lines).strip() + "\n"


def generated() -> str:
    printed = subprocess.run(
        [binary(), "config", "--print-default"], check=True, capture_output=True, text=True
    )
    return table(printed.stdout)


def written() -> str:
    """The table as README has it."""
    return README.read_text().partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    before, _, rest = README.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    README.write_text(before + BEGIN + generated() + END + after)


if __name__ == "__main__":
    sys.exit(main())
