"""Names everything that answers, so that a certificate knows when it is not what it was measured on any more."""

from collections.abc import Mapping
from functools import cache

from activities.wording import RESOURCES
from domain.canonical import content_hash, sha256_hex

TAUGHT = frozenset({"utterances", "moods", "training", "models"})
"""Lines that models are trained on: they matter through the model, whose version names its data."""
SHOWN = 12
"""So many hex digits of a hash are kept."""


def versions_of(steps: Mapping[str, str], retriever: str) -> dict[str, str]:
    """The versions of the steps, with the search and with every word list and text that they read."""
    return {**steps, "retriever": retriever, "prompts": texts_hash()}


@cache
def texts_hash() -> str:
    """Hash of the texts and word lists in `resources`, read once a process."""
    files = sorted(path for path in RESOURCES.rglob("*") if path.is_file() and not _taught(path.parts))
    texts = [[path.relative_to(RESOURCES).as_posix(), sha256_hex(path.read_bytes().hex())] for path in files]
    return content_hash(["texts", texts])[:SHOWN]


def _taught(parts: tuple[str, ...]) -> bool:
    return bool(TAUGHT & set(parts[len(RESOURCES.parts) :]))
