"""Tables of a page as Markdown: spans are filled, column names of several rows joined. Pure.

A table of names and values (`Weight | 2 kg`) becomes a list, because its first row names no columns.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

MAX_COLUMNS = 60
MAX_CELLS = 100_000

_DIGIT = re.compile(r"\d")


class Cell(NamedTuple):
    """One cell, its text as Markdown."""

    text: str
    is_header: bool
    columns: int = 1
    rows: int = 1


class Row(NamedTuple):
    """One row with the cells that begin in it."""

    cells: Sequence[Cell]
    in_head: bool


Grid = list[list[str]]


def table_markdown(rows: Sequence[Row]) -> str:
    """The table, or the list it amounts to; empty when it holds no words."""
    filled = [row for row in rows if any(cell.text for cell in row.cells)]
    if not filled:
        return ""
    heads = _head_rows(filled)
    grid = _grid(filled)
    if heads == 0 and _names_values(filled, grid):
        return "\n".join(_named(row) for row in grid)
    heads = max(heads, 1)
    names = [_name(column) for column in zip(*grid[:heads], strict=True)]
    body = _grouped(grid[heads:], filled[heads:])
    if not body:  # nothing but names: they are what it says
        return "\n".join(_named(row) for row in grid)
    return "\n".join([_line(names), "|" + "---|" * len(names), *(_line(row) for row in body)])


def _head_rows(rows: Sequence[Row]) -> int:
    count = 0
    for row in rows[:-1]:
        if not (row.in_head or all(cell.is_header for cell in row.cells)):
            break
        count += 1
    return min(count, 4)


def _grid(rows: Sequence[Row]) -> Grid:
    """Every row with all its columns: a cell that spans stands in each place it covers."""
    grid: Grid = []
    hanging: dict[int, tuple[int, str]] = {}
    width, total = 0, 0
    for row in rows:
        line: list[str] = []
        for cell in row.cells:
            line += _covered(hanging, len(line))
            for _ in range(min(cell.columns, MAX_COLUMNS, max(1, MAX_COLUMNS - len(line)))):
                if cell.rows > 1:
                    hanging[len(line)] = (cell.rows - 1, cell.text)
                line.append(cell.text)
        line += _covered(hanging, len(line))
        width, total = max(width, len(line)), total + len(line)
        grid.append(line)
        if total > MAX_CELLS:
            hanging.clear()
    return [[*line, *[""] * (width - len(line))] for line in grid]


def _covered(hanging: dict[int, tuple[int, str]], column: int) -> list[str]:
    """The cells from above that cover the columns from `column` on."""
    texts: list[str] = []
    while column + len(texts) in hanging:
        left, text = hanging.pop(column + len(texts))
        if left > 1:
            hanging[column + len(texts)] = (left - 1, text)
        texts.append(text)
    return texts


def _names_values(rows: Sequence[Row], grid: Grid) -> bool:
    """Whether the first cell of each row names what the others say."""
    if len(grid[0]) < 2:
        return True
    if all(row.cells[0].is_header and not all(cell.is_header for cell in row.cells) for row in rows):
        return True
    no_headers = not any(cell.is_header for row in rows for cell in row.cells)
    return no_headers and len(grid[0]) == 2 and bool(_DIGIT.search(grid[0][1]) or grid[0][0].endswith(":"))


def _named(row: Sequence[str]) -> str:
    first, *values = row
    said = "; ".join(dict.fromkeys(value for value in values if value))
    if not first or not said:
        return f"- {first or said}"
    return f"- {first.rstrip(':')}: {said}"


def _name(column: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(text for text in column if text))


def _grouped(grid: Grid, rows: Sequence[Row]) -> Grid:
    """The rows of the body; one cell over the whole width names the rows below it."""
    body: Grid = []
    group = ""
    for line, row in zip(grid, rows, strict=True):
        if len(row.cells) == 1 and len(line) > 1 and row.cells[0].columns >= len(line):
            group = row.cells[0].text
        elif any(line):
            body.append([f"{group} › {line[0]}" if line[0] else group, *line[1:]] if group else line)
    return body


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
