"""The sealed questions: what they gave is written down, and they are not asked again by accident.

A figure on questions that were asked twice may have been chosen after a look at the first. So the file says each time
what was asked, of which weights, and refuses a second time unless that is wanted in so many words.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.canonical import content_hash
from domain.errors import Conflict
from domain.values import Value
from evals.questions import EvalQuestion


class Seal(Value):
    """One time that the sealed questions were asked."""

    at: datetime
    questions: str
    """SHA-256 of the sealed questions themselves, whatever the others in the file say."""
    knowledge: str
    """SHA-256 of the names and contents of the files that were searched."""
    weights: str
    """SHA-256 of the reranker's weights."""
    figures: dict[str, Any]


def hash_of_questions(questions: Sequence[EvalQuestion]) -> str:
    """Does not depend on their order."""
    ordered = sorted(questions, key=lambda question: question.id)
    return content_hash([question.model_dump(mode="json") for question in ordered])


def hash_of_files(folder: Path) -> str:
    """Of the names and contents of all files below a folder, or of a file alone."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def read_seals(path: Path) -> list[Seal]:
    """Every time so far, the oldest first."""
    if not path.is_file():
        return []
    return [Seal.model_validate(each) for each in json.loads(path.read_text(encoding="utf-8"))]


def refuse_again(path: Path, questions: str) -> None:
    """Raises Conflict when the questions of this hash were asked before."""
    before = [seal for seal in read_seals(path) if seal.questions == questions]
    if before:
        raise Conflict(
            f"The sealed questions were asked on {before[-1].at:%Y-%m-%d} already ({path.name} has the figures): "
            "choose by the split dev, or ask them again with --again and tell both results."
        )


def add_seal(path: Path, seal: Seal) -> None:
    """Writes it below those before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seals = [each.model_dump(mode="json") for each in [*read_seals(path), seal]]
    path.write_text(json.dumps(seals, indent=2) + "\n", encoding="utf-8")
