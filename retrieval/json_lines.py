"""JSON Lines from a file, one object a line. A bad line is named and the rest goes on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from domain.values import Value
from retrieval.parsing.letters import refuse_foreign

MAX_LINE_BYTES = 5 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(Value):
    """One line or row that is not blank: its fields, or why it has none."""

    number: int
    """From 1."""
    fields: dict[str, Any] | None = None
    fault: str | None = None
    """One sentence, set when `fields` is None."""


def read_json_lines(path: Path) -> Iterator[Line]:
    """Every line that is not blank, in order. Reads as it goes, so the file may be larger than memory.

    Raises BadInput when the file cannot be opened or is no UTF-8 text at all.
    """
    try:
        with path.open("rb") as file:
            refuse_foreign(file.read(8))
            file.seek(0)
            number = 0
            while raw := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                too_long = len(raw) > MAX_LINE_BYTES
                while too_long and raw and not raw.endswith(b"\n"):
                    raw = file.readline(MAX_LINE_BYTES)
                if too_long:
                    yield Line(number=number, fault="the line is longer than 5 MB; cut it into smaller objects.")
                elif raw.removeprefix(BYTE_ORDER_MARK).strip():
                    yield _line(number, raw.removeprefix(BYTE_ORDER_MARK))
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({error.strerror or error.__class__.__name__}).") from error


def _line(number: int, raw: bytes) -> Line:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Line(number=number, fault="the line is not UTF-8 text; save the file as UTF-8.")
    if "\0" in text:
        return Line(number=number, fault="the line holds zero bytes; this is no text.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply or a number is too long"
        return Line(number=number, fault=f"the line is not JSON ({what}); write one object a line.")
    if not isinstance(value, dict):
        return Line(number=number, fault='the line is JSON but not an object; write {"id": …, …}.')
    if _has_zero(value):
        return Line(number=number, fault="a text holds a zero character; remove it.")
    return Line(number=number, fields=value)


def _has_zero(value: object) -> bool:
    """Whether any string inside holds what PostgreSQL cannot store: a zero character or a lone surrogate."""
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return any(_has_zero(key) or _has_zero(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_has_zero(item) for item in value)
    return False
