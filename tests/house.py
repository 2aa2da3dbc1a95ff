"""What the tests of the house look at: the repository's own files, read as text and as syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("domain", "graphs", "retrieval", "activities", "workflows", "evals", "api", "app")


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path below the repository."""
        return self.path.relative_to(ROOT).as_posix()


@cache
def module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path, text, ast.parse(text, filename=str(path)))


def modules(*rooms: str) -> list[Module]:
    """Every Python file of the rooms."""
    return [module(path) for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the repository: what git tracks, else, in an archive, every file of ours."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())
    return tuple(
        path for room in (*ROOMS, "tests", "docs", "docker") for path in (ROOT / room).rglob("*") if path.is_file()
    )


def read_text(path: Path) -> str | None:
    """The text of a file, None for one that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def table_cells(markdown: str, heading: str) -> Iterator[list[str]]:
    """The cells of each row of the tables below a heading, without headers and rules."""
    level = heading.split(" ", 1)[0]
    lines = markdown.splitlines()
    inside = False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("#"):
            inside = line.strip() == heading or (inside and len(line.split(" ", 1)[0]) > len(level))
        elif inside and line.startswith("|") and not _is_rule(line) and not _is_rule(below):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def _is_rule(line: str) -> bool:
    return line.startswith("|") and set(line) <= set("|-: ")


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or attribute, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""
