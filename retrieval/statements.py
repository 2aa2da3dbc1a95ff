"""SQL lives in files: each statement has a name and a description.

-- name: find_order
-- The orders of one customer, newest first.
SELECT ...
"""

import re
from pathlib import Path
from typing import LiteralString, cast

_HEADER = re.compile(r"^-- name: ([a-z_0-9]+)[ \t]*$", re.MULTILINE)


class Statements:
    """The statements of one file, by name. Raises ValueError at load for a file without any or with one name twice."""

    def __init__(self, path: Path) -> None:
        parts = _HEADER.split(path.read_text(encoding="utf-8"))
        names = parts[1::2]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{path.name} must hold statements, each with a name of its own")
        self._texts = dict(zip(names, (text.strip() for text in parts[2::2]), strict=True))

    def __getitem__(self, name: str) -> LiteralString:
        """The text of a statement. It comes from a file of ours, never from input: hence a literal for psycopg."""
        return cast(LiteralString, self._texts[name])
