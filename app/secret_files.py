"""Small files with secrets of this installation, readable by their owner alone."""

import json
import os
from pathlib import Path
from typing import Any

from app.embedded.home import folder_error


def read_secrets(path: Path) -> dict[str, Any]:
    """What `write_secrets` wrote; empty when the file is missing or broken."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_secrets(path: Path, secrets: dict[str, Any]) -> None:
    """Replaces the file at once, with mode 600 from its first byte on. Raises SetupError when that is impossible."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(secrets, file)
        draft.replace(path)
    except OSError as error:
        raise folder_error(error, path) from error
