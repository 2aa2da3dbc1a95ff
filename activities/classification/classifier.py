"""What a customer wants: intents, must-escalate categories, feeling, haste, entities. Knows no store."""

from typing import Literal, NamedTuple, cast

import numpy as np

from activities.classification.danger import signs_in
from activities.classification.dates import dates_in
from activities.classification.entities import Amount, OrderIdReader, amounts_in, product_codes_in
from activities.classification.escalation_rules import ruled_signs
from activities.classification.evidence import evidence_of, judged, margins_of, together_of
from activities.classification.model import CLOSING, IntentModel, Numbers, Read
from activities.classification.signs import CATEGORIES, NEVER_MISSED, Sign, first_of_each
from activities.wording import clean, core_of, is_automatic, units_of
from domain.ports import Embedder
from domain.steps import IntentScore
from domain.vocabulary import Intent

SENTENCE_VOTE = 0.8
"""A sentence adds its intent to the message's from this probability on."""
BACKED = 0.01
"""… and when the whole message gives it this much: sentences that only lead up to a question look like anything."""
WHOLE_VOTE = 0.35
"""So does the whole message for its runner-up."""
SURELY_CLOSING = 0.7
BACKING = 0.05
"""Probability from which a rule or a word list is believed, of what must never be missed."""
DOUBTED = 0.1
"""Probability of `person_requested` below which a message is not taken for one of the intent `human_agent`: of near
misses, such as call-backs that are declined, a third looked like that intent; of requests few are below."""
_ORDER_ID_ALONE = 0.92
_NO_WORDS = 0.9

Sentiment = Literal["negative", "neutral", "positive"]
Urgency = Literal["normal", "high"]


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
    dates: tuple[str, ...] = ()
    """ISO dates that the message names; the year is 0000 where it names none."""
    product_codes: tuple[str, ...] = ()
    sentiment: Sentiment = "neutral"
    urgency: Urgency = "normal"
    familiarity: float = 1.0
    """-1 to 1: how near it is to what the classifier has learnt from."""
    settled: bool = False
    """Whether a rule named the intents: nothing is left to read, such as in an order number alone."""


class Classifier:
    """Classifies messages with sentence vectors and the model in resources/models."""

    remote = False

    def __init__(self, embedder: Embedder, model: IntentModel, order_ids: OrderIdReader | None = None) -> None:
        model.check_embedder(embedder.name)
        self._embedder = embedder
        self._model = model
        self._order_ids = order_ids or OrderIdReader()

    @property
    def version(self) -> str:
        return self._model.card.version

    async def warm_up(self) -> None:
        """Loads the encoder and what the rules read."""
        await self.understand("hello")

    async def signs(self, text: str) -> tuple[Sign, ...]:
        """The must-escalate categories alone. Raises Unavailable as `understand` does."""
        return (await self.understand(text)).signs

    async def understand(self, text: str) -> Understood:
        """Raises Unavailable when the embedder is remote and does not answer."""
        text = clean(text)
        core = core_of(text)
        listed, ruled = signs_in(text), ruled_signs(text)
        signs = first_of_each((*ruled, *listed))
        seen = Understood(
            _only(Intent.OTHER, _NO_WORDS), signs, self._order_ids.read(text), amounts_in(text), core,
            dates=dates_in(text), product_codes=product_codes_in(text),
        )  # fmt: skip
        if is_automatic(text) and not signs:
            return seen._replace(nothing_to_answer=True, settled=True)
        if not any(letter.isalpha() for letter in core) and not seen.order_ids:
            return seen._replace(settled=True)
        if self._order_ids.is_nothing_else(core):
            return seen._replace(intents=_only(Intent.ORDER_STATUS, _ORDER_ID_ALONE), settled=True)
        return await self._with_the_model(text, seen, ruled, listed)

    async def _with_the_model(
        self, text: str, seen: Understood, ruled: tuple[Sign, ...], listed: tuple[Sign, ...]
    ) -> Understood:
        """Signs of rules and word lists are weighed with what the model sees: the same words stand in harmless messages
        as well."""
        units = units_of(text)
        read = self._model.read(units, np.asarray(await self._embedder.embed(units), dtype=np.float32))
        probabilities = self._model.probabilities(read)
        by_meaning = margins_of(self._model.by_meaning(read, "dangers"))
        by_letters = margins_of(self._model.by_letters(read, "dangers"))
        witnesses = ({sign.category for sign in signs} for signs in (ruled, listed))
        grave = judged(evidence_of(by_meaning, by_letters, *witnesses), self._model.judges)
        strongest = together_of(by_meaning, by_letters).argmax(axis=0)
        signs = self._signs(grave, [units[row] for row in strongest], (*listed, *ruled))
        seen = seen._replace(
            signs=signs,
            sentiment=cast(Sentiment, self._best(read, "sentiment")),
            urgency=cast(Urgency, self._best(read, "urgency")),
            familiarity=round(float(read.familiarity[0]), 4),
        )
        surely = float(probabilities[0][self._model.classes.index(CLOSING)])
        if surely >= SURELY_CLOSING and not seen.order_ids and not signs and "?" not in text:
            return seen._replace(intents=_only(Intent.OTHER, surely), nothing_to_answer=True)
        probabilities = _without(probabilities, CLOSING, self._model)
        if grave[CATEGORIES.index("person_requested")] < DOUBTED:
            probabilities = _without(probabilities, Intent.HUMAN_AGENT, self._model)
        if seen.order_ids and probabilities[0].argmax() == self._model.classes.index(Intent.OTHER):
            # Whoever names an order wants something that the store handles, and not to be told of a product.
            for far in (Intent.OTHER, Intent.PRODUCT_QUESTION):
                probabilities = _without(probabilities, far, self._model)
        return seen._replace(intents=self._intents(probabilities))

    def _best(self, read: Read, head: str) -> str:
        """The likeliest answer of a head to the whole message."""
        classes = self._model.card.heads[head].classes
        return classes[int(self._model.scores(read.first, head)[0].argmax())]

    def _signs(self, grave: Numbers, strongest: list[str], met: tuple[Sign, ...]) -> tuple[Sign, ...]:
        """The categories whose probability in `grave` is enough, each with the words that a rule or list has met, else
        with the sentence that says it most."""
        known = {sign.category: sign for sign in met}
        cutoffs = self._model.card.heads["dangers"].cutoffs
        found = []
        for category, usual, probability, sentence in zip(CATEGORIES, cutoffs, grave, strongest, strict=True):
            cutoff = min(usual, BACKING) if category in NEVER_MISSED and category in known else usual
            if probability >= cutoff:
                found.append(known.get(category, Sign(category, sentence[:120])))
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
