"""Whether a text gives orders to the machine that reads it: rules, letters and meaning together."""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from activities.injection.looking import Look, look_at
from activities.injection.model import InjectionModel, Judged
from activities.injection.rules import CERTAIN
from domain.ports import Embedder

MAX_EXCERPT = 200


class Suspicion(NamedTuple):
    """How likely a text is an attack, whether that is enough, and the words that say so most."""

    probability: float
    flagged: bool
    excerpt: str
    rules: tuple[str, ...]
    """Names of the rules that were met, whether or not it is flagged."""


@cache
def shipped_model() -> InjectionModel:
    """The model in resources/models, read once a process. Raises SetupError when it is missing or broken."""
    return InjectionModel.load()


class InjectionDetector:
    """Reads messages. With an embedder it knows meanings; without one letters and shapes alone. Documents have rules of
    their own (`retrieval.quarantine`): on them the model is no better."""

    def __init__(self, embedder: Embedder | None = None, model: InjectionModel | None = None) -> None:
        self._model = model or shipped_model()
        self._embedder = embedder
        if embedder is not None:
            self._model.check_embedder(embedder.name)

    @property
    def version(self) -> str:
        return self._model.card.version

    async def suspect(self, text: str) -> Suspicion:
        """A message, with the embedder's vectors. Raises Unavailable when a remote embedder does not answer."""
        if self._embedder is None:
            return self.suspect_letters(text)
        look = await asyncio.to_thread(look_at, text) if len(text) > 2_000 else look_at(text)
        vectors = np.asarray(await self._embedder.embed(look.units), dtype=np.float32)
        return _told(look, self._model.judge(look, vectors), self._model.card.threshold)

    async def suspect_each(self, texts: Sequence[str]) -> list[Suspicion]:
        """The same for several messages."""
        return [await self.suspect(text) for text in texts]

    def suspect_letters(self, text: str) -> Suspicion:
        """A message without vectors: what can be told at once, by letters and shapes alone."""
        look = look_at(text)
        return _told(look, self._model.judge_letters(look), self._model.card.letters_threshold)


def _told(look: Look, judged: Judged, threshold: float) -> Suspicion:
    flagged = judged.probability >= threshold or any(hit.rule in CERTAIN for hit in look.hits)
    shown = look.hits[0].excerpt if look.hits else judged.excerpt
    rules = tuple(hit.rule for hit in look.hits)
    return Suspicion(round(judged.probability, 4), flagged, " ".join(shown.split())[:MAX_EXCERPT], rules)
