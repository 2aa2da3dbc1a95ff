"""The sentences of the found passages that answer: each question of a message for itself, from all of them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import numpy as np

from activities.generation.answer_weights import shipped_model
from activities.generation.asking import questions_of
from activities.generation.choosing import WORDS, Chosen, choose
from activities.generation.judging import MAX_PIECES, Judged, judge, rows_of
from activities.generation.pieces import Piece, cut_pieces
from activities.wording import fold, gist_of, sentences_of
from domain.knowledge import FoundPassage, Passage
from domain.ports import Embedder
from domain.vocabulary import Kind, Language

SAME_QUESTION, FOUND_FIRST = 0.6, 0.15
"""Cosine of two questions from which on they are taken for the same, and what it counts besides to be found first."""
_MARKUP = re.compile(r"^\s*(?:#{1,6}\s+|[-*•]\s+|>\s+)|\*\*|__|`", re.MULTILINE)


class Quote(NamedTuple):
    """Sentences taken from one passage, in their order there."""

    passage: Passage
    text: str
    sentences: int
    score: float
    parts: tuple[str, ...] = ()
    """The sentences one by one, as they stand in the text; none: the text is one."""


class Quoted(NamedTuple):
    """What is quoted, and what nothing found answers."""

    quotes: tuple[Quote, ...] = ()
    unanswered: tuple[str, ...] = ()
    """Questions as the customer asked them."""
    answers: float | None = None
    """Chance that the question is answered which is answered least; None where nothing is quoted."""


class QuoteFinder:
    """Picks what answers each question, and no more than a customer reads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def find(
        self,
        message: str,
        passages: Sequence[Passage],
        found: Sequence[FoundPassage],
        *,
        language: Language,
        avoid: str = "",
    ) -> Quoted:
        """Quotes in the order of the passages, without the sentences of `avoid`. Empty when nothing is left to quote.
        Raises Unavailable when a remote embedder does not answer."""
        scores = {passage.passage_id: passage.score for passage in found}
        pieces = [piece for passage in passages for piece in cut_pieces(passage) if piece.text not in avoid][
            :MAX_PIECES
        ]
        questions = questions_of(message, language)
        if not pieces:
            return Quoted()
        rows = await rows_of(self._embedder, questions, pieces, scores, language, whole=gist_of(message))
        judged = judge(questions, rows)
        answered = shipped_model().weights.answered
        chosen = _in_one_language(choose(pieces, judged, answered), pieces, judged, language)
        by_passage = groupby(chosen.pieces, key=lambda piece: piece.passage.passage_id)
        quotes = tuple(_quote(list(own), scores) for _, own in by_passage)
        least = min(each.chances[each.best] for each in judged)
        return Quoted(quotes, chosen.unanswered, round(least, 4) if quotes else None)

    async def whole(
        self, wordings: Sequence[str], passages: Sequence[Passage], *, language: Language, avoid: str = ""
    ) -> Quoted:
        """The whole answer of the FAQ in this language that asks nearly what one of the wordings does; empty when there
        is none. `answers` is how alike the questions are. Raises Unavailable when a remote embedder does not answer."""
        asked = [each for each in passages if each.kind is Kind.FAQ and each.language is language]
        if not asked:
            return Quoted()
        texts = [*wordings, *(each.title for each in asked)]
        vectors = np.asarray(await self._embedder.embed(texts), dtype=np.float32)
        alike = (vectors[len(wordings) :] @ vectors[: len(wordings)].T).max(axis=1)
        near = alike + np.array([FOUND_FIRST if each is passages[0] else 0.0 for each in asked], dtype=np.float32)
        best = int(np.argmax(near))
        pieces = [piece for piece in cut_pieces(asked[best]) if piece.text not in avoid]
        if near[best] < SAME_QUESTION or not pieces or sum(piece.words for piece in pieces) > WORDS:
            return Quoted()
        return Quoted((_quote(pieces, {}),), (), round(float(alike[best]), 4))


def _in_one_language(chosen: Chosen, pieces: Sequence[Piece], judged: Sequence[Judged], language: Language) -> Chosen:
    """Without pieces of other languages where what answers best is in the customer's own: the customer reads that."""
    if any(pieces[each.best].passage.language is not language for each in judged):
        return chosen
    own = tuple(piece for piece in chosen.pieces if piece.passage.language is language)
    return chosen._replace(pieces=own) if own else chosen


def _quote(pieces: Sequence[Piece], scores: dict[str, float]) -> Quote:
    passage = pieces[0].passage
    parts = tuple(piece.text for piece in pieces)
    return Quote(passage, _told(pieces), len(pieces), scores.get(passage.passage_id, 0.0), parts)


def _told(pieces: Sequence[Piece]) -> str:
    """Sentences one after the other; items and rows a line each, under what leads up to them."""
    lines = []
    for is_list, own in groupby(pieces, key=lambda piece: piece.shape != "sentence"):
        group = list(own)
        if not is_list or (len(group) == 1 and not group[0].lead):
            lines.append(" ".join(piece.text for piece in group))
            continue
        for lead, items in groupby(group, key=lambda piece: piece.lead):
            lines += [*([lead] if lead else []), *(f"- {piece.text}" for piece in items)]
    return "\n".join(lines)


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
