"""Server-sent events as a body holds them."""

import json
from collections.abc import Iterator
from typing import Any


def data_of(body: bytes) -> Iterator[dict[str, Any]]:
    """The data of each event, which is a JSON object. Comments, `[DONE]` and what was cut off at the end are left out.
    Raises ValueError for data of any other form."""
    lines: list[str] = []
    for line in body.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            yield from _object("\n".join(lines))
            lines = []


def _object(data: str) -> Iterator[dict[str, Any]]:
    if data.strip() == "[DONE]":
        return
    try:
        found = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested beyond measure") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a fault of the data, as one that is not JSON
    yield found
