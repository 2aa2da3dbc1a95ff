"""Figures as a table, printed as they come."""

import os
import platform
import sys
from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows of what was measured, its value, what was aimed at, and a ratio to a peer of the same run."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, value: str, *, aim: str = "", ratio: str = "") -> None:
        """Adds a row and prints it."""
        self.rows.append((what, value, aim, ratio))
        say(f"  {what:<74} {value:>14}  {aim:<12} {ratio}")

    def print(self) -> None:
        """The whole table in Markdown, for notes and ADRs."""
        say(f"\n{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()}\n")
        say("| measured | value | aim | ratio |\n|---|---|---|---|")
        for row in self.rows:
            say("| " + " | ".join(row) + " |")


def say(text: str) -> None:
    """A line on standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
