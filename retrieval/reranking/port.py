"""What a reranker is: it reads a question beside each passage and says how well the one answers the other."""

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Judges passages by a question."""

    @property
    def name(self) -> str:
        """Name and version: scores of different names are never compared."""
        ...

    async def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """The relevance of each passage from 0 to 1, in the order given. A passage is its title, a newline, its text.

        Raises Unavailable when a remote model does not answer, ModelUnusable (one too) when a setting has to be
        corrected.
        """
        ...
