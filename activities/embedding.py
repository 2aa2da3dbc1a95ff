"""Embedders over another one: one remembers, since the steps of a query ask for the same texts again and again; one
takes small bites, since customers wait while much is loaded."""

from collections import OrderedDict
from collections.abc import Sequence

from domain.ports import Embedder, EmbeddingRole


class RememberingEmbedder:
    """Satisfies `domain.ports.Embedder` over another one, keeping the last `size` vectors of this process."""

    def __init__(self, inner: Embedder, *, size: int = 2_048) -> None:
        self._inner = inner
        self._size = size
        self._kept: OrderedDict[tuple[EmbeddingRole, str], list[float]] = OrderedDict()

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """One unit vector a text, in order; only texts not seen lately are computed. Raises Unavailable."""
        known = {text: self._kept[role, text] for text in texts if (role, text) in self._kept}
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            known.update(zip(fresh, await self._inner.embed(fresh, role=role), strict=True))
        for text, vector in known.items():
            self._kept[role, text] = vector
            self._kept.move_to_end((role, text))
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return [known[text] for text in texts]


class ConsiderateEmbedder:
    """Satisfies `domain.ports.Embedder` over another one that shares this machine with customers' questions.

    These wait until it is done with `at_once` texts, about a hundredth of a second each.
    """

    def __init__(self, inner: Embedder, *, at_once: int = 8) -> None:
        self._inner = inner
        self._at_once = at_once

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """One unit vector a text, in order. Raises Unavailable."""
        rows: list[list[float]] = []
        for start in range(0, len(texts), self._at_once):
            rows += await self._inner.embed(texts[start : start + self._at_once], role=role)
        return rows
