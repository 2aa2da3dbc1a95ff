"""What a customer wants: intents with probabilities, must-escalate categories, entities. Knows no store."""

from decimal import Decimal
from typing import NamedTuple

import numpy as np

from activities.classification.danger import Sign, signs_in
from activities.classification.entities import Amount, OrderIdReader, amounts_in
from activities.classification.model import CLOSING, IntentModel, Numbers
from activities.wording import clean, core_of, gist_of, is_automatic, sentences_of
from domain.ports import Embedder
from domain.steps import IntentScore
from domain.vocabulary import Intent

MAX_SENTENCES = 6
SENTENCE_VOTE = 0.6
"""A sentence adds its intent to the message's from this probability on."""
BACKED = 0.08
"""… and when the whole message gives it this much: sentences that only lead up to a question look like anything."""
WHOLE_VOTE = 0.35
"""So does the whole message for its runner-up."""
SURELY_CLOSING = 0.7
_ORDER_ID_ALONE = 0.92
_NO_WORDS = 0.9


class Understood(NamedTuple):
    """A message, understood."""

    intents: tuple[IntentScore, ...]
    """Most probable first, never empty."""
    signs: tuple[Sign, ...]
    order_ids: tuple[str, ...]
    amounts: tuple[Amount, ...]
    core: str
    """The message without greeting and signature."""
    nothing_to_answer: bool = False


class Classifier:
    """Classifies messages with sentence vectors and the model in resources/models."""

    def __init__(self, embedder: Embedder, model: IntentModel, order_ids: OrderIdReader | None = None) -> None:
        model.check_embedder(embedder.name)
        self._embedder = embedder
        self._model = model
        self._order_ids = order_ids or OrderIdReader()

    @property
    def version(self) -> str:
        return self._model.card.version

    async def understand(self, text: str) -> Understood:
        """Raises Unavailable when the embedder is remote and does not answer."""
        text = clean(text)
        core = core_of(text)
        order_ids, amounts, signs = self._order_ids.read(text), amounts_in(text), signs_in(text)
        if is_automatic(text) and not signs:
            return Understood(_only(Intent.OTHER, _NO_WORDS), (), order_ids, amounts, core, nothing_to_answer=True)
        if not any(letter.isalpha() for letter in core) and not order_ids:
            return Understood(_only(Intent.OTHER, _NO_WORDS), signs, order_ids, amounts, core)
        if self._order_ids.is_nothing_else(core):
            return Understood(_only(Intent.ORDER_STATUS, _ORDER_ID_ALONE), signs, order_ids, amounts, core)
        probabilities, dangers = await self._read(gist_of(text))
        signs = signs + tuple(sign for sign in dangers if sign.category not in {known.category for known in signs})
        surely = float(probabilities[0][self._model.classes.index(CLOSING)])
        if surely >= SURELY_CLOSING and not order_ids and not signs and "?" not in text:
            return Understood(_only(Intent.OTHER, surely), signs, order_ids, amounts, core, nothing_to_answer=True)
        return Understood(self._intents(_without(probabilities, CLOSING, self._model)), signs, order_ids, amounts, core)

    async def _read(self, gist: str) -> tuple[Numbers, tuple[Sign, ...]]:
        """Probabilities of the message (row 0) and of its sentences, and the categories the model sees in them."""
        sentences = sentences_of(gist, MAX_SENTENCES)
        texts = [gist, *(sentences if len(sentences) > 1 else ())]
        vectors = np.asarray(await self._embedder.embed(texts), dtype=np.float32)
        probabilities = self._model.probabilities(texts, vectors)
        if len(texts) > 1:
            probabilities[0] = _together(probabilities[0], probabilities[1:])
        return probabilities, self._dangers(texts, self._model.category_probabilities(vectors))

    def _dangers(self, texts: list[str], probabilities: Numbers) -> tuple[Sign, ...]:
        found = []
        for column, (category, cutoff) in enumerate(zip(self._model.categories, self._model.card.cutoffs, strict=True)):
            row = int(probabilities[:, column].argmax())
            if probabilities[row, column] >= cutoff:
                found.append(Sign(category, texts[row][:120]))
        return tuple(found)

    def _intents(self, probabilities: Numbers) -> tuple[IntentScore, ...]:
        classes = self._model.classes
        open_ones = [index for index, name in enumerate(classes) if name != CLOSING]
        whole = probabilities[0]
        best = max(open_ones, key=lambda index: whole[index])
        votes = [(index, whole[index]) for index in open_ones if whole[index] >= WHOLE_VOTE]
        votes += [
            (int(row.argmax()), row.max())
            for row in probabilities[1:]
            if row.max() >= SENTENCE_VOTE and whole[row.argmax()] >= BACKED
        ]
        scores = {best: float(whole[best])}
        for index, probability in votes:
            if index != best and classes[index] not in (CLOSING, Intent.OTHER.value):
                scores[index] = max(scores.get(index, 0.0), float(probability))
        ranked = sorted(scores, key=lambda index: (index != best, -scores[index]))
        return tuple(IntentScore(intent=Intent(classes[i]), probability=min(1.0, scores[i])) for i in ranked)


def _only(intent: Intent, probability: float) -> tuple[IntentScore, ...]:
    return (IntentScore(intent=intent, probability=probability),)


def _without(probabilities: Numbers, name: str, model: IntentModel) -> Numbers:
    """The same without one class, rows adding up to 1 again; unchanged where nothing else is left."""
    rest = probabilities.copy()
    rest[:, model.classes.index(name)] = 0.0
    sums = rest.sum(axis=1, keepdims=True)
    return np.where(sums > 0.02, rest / np.maximum(sums, 1e-9), rest)


def _together(whole: Numbers, sentences: Numbers) -> Numbers:
    """The message's probabilities: geometric mean of the whole and of its sentences, surer sentences weighing more."""
    weights = sentences.max(axis=1) ** 2
    mean = (weights[:, None] * sentences).sum(axis=0) / weights.sum()
    both = np.sqrt(np.clip(whole, 1e-9, 1) * np.clip(mean, 1e-9, 1))
    return np.asarray(both / both.sum())


def in_currency(amounts: tuple[Amount, ...], currency: str) -> tuple[Decimal, ...]:
    """The numbers to hold against a store's limit. One in another currency counts as if it were the store's own: no
    rate is known here, and a person decides refunds anyway."""
    return tuple(amount.number for amount in sorted(amounts, key=lambda amount: amount.currency != currency))
