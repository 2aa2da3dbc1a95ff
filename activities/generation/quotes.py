"""The sentences of the found passages that answer: chosen by meaning, shared words and place."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from activities.wording import fold, sentences_of
from domain.knowledge import FoundPassage, Passage
from domain.ports import Embedder
from domain.vocabulary import Kind

MAX_SENTENCES = 3
MAX_CHARACTERS = 700
SECOND_SOURCE = 0.75
"""A second passage is quoted when its score reaches this share of the first one's."""
_SHORT_FAQ = 500
_WORDS_WEIGHT = 0.35
_FIRST_WEIGHT = 0.12
_MARKUP = re.compile(r"^\s*(?:#{1,6}\s+|[-*•]\s+|>\s+)|\*\*|__|`", re.MULTILINE)


class Quote(NamedTuple):
    """Sentences taken from one passage, in their order there."""

    passage: Passage
    text: str
    sentences: int
    score: float


class QuoteFinder:
    """Picks up to three sentences a passage."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def find(
        self,
        question: str,
        passages: Sequence[Passage],
        found: Sequence[FoundPassage],
        *,
        avoid: str = "",
    ) -> tuple[Quote, ...]:
        """Quotes of the best passage and of a second one that scores nearly as well, without the sentences of
        `avoid`. Empty when nothing is left to quote. Raises Unavailable when a remote embedder does not answer."""
        scores = {passage.passage_id: passage.score for passage in found}
        pieces = [(passage, _fresh(answer_sentences(passage), avoid)) for passage in passages]
        pieces = [(passage, sentences) for passage, sentences in pieces if sentences]
        if not pieces:
            return ()
        best = scores.get(pieces[0][0].passage_id, 0.0)
        chosen = [
            (passage, sentences)
            for index, (passage, sentences) in enumerate(pieces[:2])
            if index == 0
            or (scores.get(passage.passage_id, 0.0) >= SECOND_SOURCE * best and _adds(passage, pieces[0][0]))
        ]
        return tuple([await self._quote(question, *piece, scores) for piece in chosen])

    async def _quote(self, question: str, passage: Passage, sentences: list[str], scores: dict[str, float]) -> Quote:
        score = scores.get(passage.passage_id, 0.0)
        whole = " ".join(sentences)
        if passage.kind is Kind.FAQ and len(whole) <= _SHORT_FAQ and len(sentences) <= MAX_SENTENCES + 1:
            return Quote(passage, whole, len(sentences), score)
        if len(sentences) <= 2:
            return Quote(passage, whole, len(sentences), score)
        worth = await self._worth(question, passage, sentences)
        picked = _best(sentences, worth) if passage.kind is Kind.PRODUCT else _window(sentences, worth)
        return Quote(passage, " ".join(picked), len(picked), score)

    async def _worth(self, question: str, passage: Passage, sentences: list[str]) -> list[float]:
        vectors = np.asarray(await self._embedder.embed([question, *sentences]), dtype=np.float32)
        nearness = vectors[1:] @ vectors[0]
        asked = stems(question) - stems(passage.title)
        worth = []
        for position, (sentence, near) in enumerate(zip(sentences, nearness, strict=True)):
            shared = len(asked & stems(sentence)) / max(1, len(asked))
            first = _FIRST_WEIGHT / (1 + position) if passage.kind is Kind.FAQ else 0.02 / (1 + position)
            worth.append(float(near) + _WORDS_WEIGHT * shared + first)
        return worth


def answer_sentences(passage: Passage) -> list[str]:
    """The sentences of a passage without its title, question and markup."""
    text = _MARKUP.sub("", "\n".join(_row(line) for line in passage.text.split("\n"))).strip()
    if fold(text).startswith(fold(passage.title)):
        text = text[len(passage.title) :].lstrip(" \n:.-–—")
    sentences = sentences_of(text, 40)
    if passage.kind is Kind.FAQ and len(sentences) > 1 and sentences[0].endswith("?"):
        sentences = sentences[1:]
    if sentences and sentences[-1].endswith(":"):  # what it leads up to is in another passage
        sentences = sentences[:-1]
    return [sentence if sentence[-1] in ".!?…:;" else f"{sentence}." for sentence in sentences]


def _row(line: str) -> str:
    """A row of a table as words: `| a | b | c |` becomes `a: b, c`; its ruler says nothing."""
    if not line.lstrip().startswith("|"):
        return line
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if all(set(cell) <= set("-: ") for cell in cells):
        return ""
    return f"{cells[0]}: {', '.join(cells[1:])}" if len(cells) > 1 else cells[0]


@lru_cache(maxsize=4_096)
def stems(text: str) -> frozenset[str]:
    """Rough stems of the longer words: enough to see that two sentences share a subject."""
    return frozenset(word[:6] for word in re.findall(r"[^\W_]{4,}", fold(text)))


def _fresh(sentences: list[str], avoid: str) -> list[str]:
    return [sentence for sentence in sentences if sentence not in avoid] if avoid else sentences


def _adds(second: Passage, first: Passage) -> bool:
    """A second source that says much the same, or the same document in another language, adds nothing."""
    if second.document_id == first.document_id or second.language != first.language:
        return False
    return len(stems(second.text) & stems(first.text)) < 0.5 * len(stems(second.text))


def _best(sentences: list[str], worth: list[float]) -> list[str]:
    """The best sentences of a product's sheet, whose lines stand each for itself, in their order there."""
    ranked = sorted(range(len(worth)), key=lambda index: -worth[index])[:MAX_SENTENCES]
    return [sentences[index] for index in sorted(ranked) if worth[index] >= 0.5 * worth[ranked[0]]]


def _window(sentences: list[str], worth: list[float]) -> list[str]:
    """The best sentence, then its better neighbours while they are nearly as good and the text stays short."""
    best = max(range(len(worth)), key=worth.__getitem__)
    low = high = best
    while high - low + 1 < MAX_SENTENCES:
        options = [index for index in (low - 1, high + 1) if 0 <= index < len(sentences)]
        if not options:
            break
        following = max(options, key=lambda index: worth[index] + (0.1 if index > high else 0.0))
        longer = sum(len(sentences[index]) for index in range(min(low, following), max(high, following) + 1))
        if worth[following] < 0.55 * worth[best] or longer > MAX_CHARACTERS:
            break
        low, high = min(low, following), max(high, following)
    while sentences[high].endswith(":") and high + 1 < len(sentences):  # it only leads up to what follows
        high += 1
    return sentences[low : high + 1]
