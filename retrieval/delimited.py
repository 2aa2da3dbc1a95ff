"""CSV from a file: commas, semicolons, tabs or bars; the first row names the columns. A bad row is named and skipped.

Columns that are no field of a document are its attributes. The file is read as it goes, so it may be larger than
memory; one row may have at most MAX_ROW characters.
"""

import csv
import json
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from domain.errors import BadInput
from retrieval.json_lines import Line
from retrieval.parsing.letters import refuse_foreign

MAX_ROW = 1_000_000
MAX_COLUMNS = 200
REQUIRED = ("id", "title", "text")
FIELDS = frozenset({*REQUIRED, "kind", "language", "url", "effective_from", "effective_to", "attributes"})

_QUOTES = (
    "the row does not end or its quotation marks do not match; put cells that hold them or line breaks into quotation "
    "marks, and write a quotation mark inside as two."
)
_DELIMITERS = ",;\t|"
_NOT_WORDS = re.compile(r"[\s\-]+")
_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class _TooLong(Exception):
    """A row does not end within MAX_ROW."""


class _Source:
    """The lines of a file. Those of the row being read are kept, so that they can be read anew without its first."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._size = 0
        self.number = 0
        """Of the last line given, from 1."""

    def begin(self) -> None:
        """A row begins with the next line."""
        self._taken, self._size = [], 0

    def skip_first(self) -> None:
        """Gives the lines of this row once more, without its first one."""
        self.number -= len(self._taken) - 1
        self._again.extendleft(reversed(self._taken[1:]))
        self.begin()

    def __iter__(self) -> "_Source":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._taken.append(line[:MAX_ROW])
        self._size += len(line)
        if len(line) > MAX_ROW:
            self._rest_of_line(line)
        if self._size > MAX_ROW:
            raise _TooLong
        return line

    def _rest_of_line(self, line: str) -> None:
        while line and not line.endswith("\n"):
            line = self._file.readline(MAX_ROW)


def read_delimited(path: Path) -> Iterator[Line]:
    """Every row below the first that is not blank, in order, with the number of the line it begins in.

    Raises BadInput when the file cannot be opened, is no text, or its first row does not name the columns.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))
    try:
        with path.open("rb") as file:
            refuse_foreign(file.read(8))
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
            yield from _rows(_Source(file))
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({error.strerror or error.__class__.__name__}).") from error


def _rows(source: _Source) -> Iterator[Line]:
    columns, delimiter = _header(source)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    torn = False
    while True:
        source.begin()
        first = source.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong):
            source.skip_first()
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            if not torn:
                yield Line(number=first, fault=_QUOTES)
            torn = True
            continue
        # What follows a torn row and has too few cells is the rest of it: one fault, named once.
        torn = torn and len(cells) < len(columns)
        if not torn and any(cell.strip() for cell in cells):
            yield _line(first, columns, cells)


def _header(source: _Source) -> tuple[list[str], str]:
    """The names of the columns, and what stands between cells: whatever makes the most names known."""
    try:
        first = next((line for line in source if line.strip()), "")
        if told := _SEPARATOR.fullmatch(first):
            first = next((line for line in source if line.strip()), "")
    except _TooLong as error:
        raise BadInput("its first row is too long to name columns; write `id`, `kind`, `title`, `text`.") from error
    if not first:
        raise BadInput("it is empty.")
    candidates = told.group(1) if told else _DELIMITERS
    split = {each: _names(first, each) for each in candidates}
    delimiter = max(split, key=lambda each: (len(FIELDS & set(split[each])), len(split[each])))
    return _checked(split[delimiter]), delimiter


def _names(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return [_NOT_WORDS.sub("_", cell.strip().lower()) for cell in cells]


def _checked(columns: list[str]) -> list[str]:
    if missing := [f"`{name}`" for name in REQUIRED if name not in columns]:
        raise BadInput(f"its first row does not name the columns {' and '.join(missing)}; add them.")
    named = [name for name in columns if name]
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise BadInput(f"its first row names `{twice[:100]}` twice; leave one.")
    if len(columns) > MAX_COLUMNS:
        raise BadInput(f"it has more than {MAX_COLUMNS} columns; leave out those that answer nothing.")
    if any("\udc80" <= letter <= "\udcff" or letter == "\0" for name in named for letter in name):
        raise BadInput("it is not UTF-8 text; save it as CSV in UTF-8.")
    return columns


def _line(number: int, columns: list[str], cells: list[str]) -> Line:
    while len(cells) > len(columns) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(columns):
        why = f"the row has {len(cells)} cells and the first row has {len(columns)}; put cells into quotation marks."
        return Line(number=number, fault=why)
    text = "".join(cells)
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        return Line(number=number, fault="the row is not UTF-8 text; save the file as CSV in UTF-8.")
    if "\0" in text:
        return Line(number=number, fault="the row holds zero bytes; this is no text.")
    filled = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    return _with_attributes(number, filled)


def _with_attributes(number: int, filled: dict[str, str]) -> Line:
    fields: dict[str, Any] = {name: cell for name, cell in filled.items() if name in FIELDS}
    attributes: dict[str, Any] = {name: cell for name, cell in filled.items() if name and name not in FIELDS}
    if "attributes" in fields:
        try:
            attributes |= json.loads(fields["attributes"])
        except (ValueError, TypeError, RecursionError):
            return Line(number=number, fault='the column `attributes` is not JSON; write {"name": "value"}.')
    return Line(number=number, fields=fields | ({"attributes": attributes} if attributes else {}))
