"""What speaks for a piece of a passage as the answer to a question: one row of numbers a piece. Pure.

Nearness in meaning of the piece and of what it stands under (a question, a heading, what leads up to a list), word by
word likeness, the question's rarer words that are there or missing, and whether it is of the kind that was asked for: a
period, an amount, yes or no. Then how it stands among all pieces offered. The same in all five languages.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from activities.generation.answer_signs import KINDS, SIGNS, VALUED, asked_kinds, said_signs
from activities.generation.topics import NAMES as TOPIC_NAMES
from activities.generation.topics import rarity, subject_columns, terms_of, topic_columns
from domain.vocabulary import Language
from retrieval.alignment import AskedPieces, Pieces, align, answered_by, asked_pieces, pieces_of
from retrieval.analysis.terms import question_terms

Rows = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
NEAREST = 8.0
"""How sharply the pieces that are nearest to the question count when agreement is weighed."""
_NUMBER = re.compile(r"\d+")
_MATCHES = (
    *("yes_no/polar", "yes_no/unsure", "yes_no/negation"),
    *("count/number", "count/none", "long/measure", "place/contact"),
)
NAMES = (
    "near_text", "near_context", "near_either", "near_joined", "text_context", "question_subject", "text_subject",
    "words_text", "weakest_text", "weaker_text", "words_context", "weakest_context", "weaker_context",
    "words_joined", "weakest_joined", "weaker_joined", "words_back",
    "cover_text", "cover_own", "cover_context", "cover_joined", "rarest_missing", "rarest_held", "rarest_context",
    "held", "held_joined", "has_context", "length", "context_length", "question_terms",
    *(f"asks/{kind}" for kind in KINDS),
    *(f"says/{sign}" for sign in SIGNS),
    *(f"{kind}/met" for kind in VALUED), *(f"{kind}/missed" for kind in VALUED), *_MATCHES, "numbers_shared",
    "near_lead", "words_lead", "cover_lead", "likest", "agreement", "likest_three",
    *TOPIC_NAMES, "whole_text", "whole_context", "whole_joined", "whole_cover", "whole_cover_context",
)  # fmt: skip
"""Every feature, in the order of the weights."""


class Offer(NamedTuple):
    """A piece that may answer."""

    text: str
    context: str
    """What it stands under: the question of an FAQ, a heading, what leads up to a list. May be empty."""
    subject: str
    """What its document is about, which a question names without asking for it."""
    language: Language


class Known(NamedTuple):
    """Unit vectors of texts, made beforehand in one call."""

    places: dict[str, int]
    vectors: Vectors

    def of(self, texts: Sequence[str]) -> Vectors:
        """One row a text; zeros for an empty one."""
        rows = np.zeros((len(texts), self.vectors.shape[1]), dtype=np.float32)
        filled = [place for place, text in enumerate(texts) if text]
        rows[filled] = self.vectors[[self.places[texts[place]] for place in filled]]
        return rows


def texts_of(question: str, offers: Sequence[Offer]) -> list[str]:
    """What has to be embedded, each text once."""
    return list(dict.fromkeys(t for t in (question, *(each for o in offers for each in o[:3])) if t))


def features(
    question: str, language: Language, offers: Sequence[Offer], known: Known, *, own: str = "", whole: str = ""
) -> Rows:
    """One row an offer, one column a feature. All offers of a question belong in one call: they are compared. `own`:
    the part of the question that says what kind of answer is wanted, where it is read with what it follows. `whole`:
    the message that it was cut out of, known too, which may say what it is about."""
    if not offers:
        return np.zeros((0, len(NAMES)))
    asked = known.of([question])[0]
    texts, contexts = known.of([o.text for o in offers]), known.of([o.context for o in offers])
    columns = _meaning(asked, texts, contexts, known.of([o.subject for o in offers]))
    columns |= _words(question, language, offers)
    columns |= _held(question, language, offers)
    columns |= _kinds(own or question, language, offers)
    columns |= _compared(asked, texts, columns)
    columns |= topic_columns(own or question, language, [(o.text, o.context, o.language) for o in offers])
    columns |= _whole(known.of([whole or question])[0], texts, contexts)
    columns |= _whole_held(whole or question, language, offers)
    columns |= subject_columns(question, language, [(o.subject, o.language) for o in offers])
    return np.column_stack([columns[name] for name in NAMES])


def _joined(texts: Vectors, contexts: Vectors) -> Vectors:
    joined: Vectors = texts + contexts
    joined /= np.maximum(1e-6, np.linalg.norm(joined, axis=1, keepdims=True))
    return joined


def _meaning(asked: Vectors, texts: Vectors, contexts: Vectors, subjects: Vectors) -> dict[str, Rows]:
    near, above = texts @ asked, contexts @ asked
    found = {
        "near_text": near,
        "near_context": above,
        "near_either": np.maximum(near, above),
        "near_joined": _joined(texts, contexts) @ asked,
        "text_context": (texts * contexts).sum(axis=1),
        "question_subject": subjects @ asked,
        "text_subject": (texts * subjects).sum(axis=1),
    }
    return {name: column.astype(np.float64) for name, column in found.items()}


def _words(question: str, language: Language, offers: Sequence[Offer]) -> dict[str, Rows]:
    asked = _asked(question, language)
    texts = [_pieces(o.text) for o in offers]
    contexts = [_pieces(o.context) for o in offers]
    joined = [np.union1d(text, context) for text, context in zip(texts, contexts, strict=True)]
    aligned = align(asked, [*texts, *contexts, *joined])
    found: dict[str, Rows] = {"words_back": np.array(answered_by(asked.pieces, texts))}
    for place, name in enumerate(("text", "context", "joined")):
        own = aligned[place * len(offers) : (place + 1) * len(offers)]
        found[f"words_{name}"] = np.array([each.mean for each in own])
        found[f"weakest_{name}"] = np.array([each.weakest for each in own])
        found[f"weaker_{name}"] = np.array([each.weaker for each in own])
    return found


def _held(question: str, language: Language, offers: Sequence[Offer]) -> dict[str, Rows]:
    """Which of the question's words are there, by their stems and how rare they are."""
    rows = []
    for offer in offers:
        asked = _weighed(question, language, offer.language)
        named = terms_of(offer.subject, offer.language)
        own = {term: rarity for term, rarity in asked.items() if term not in named} or asked
        text, context = terms_of(offer.text, offer.language), terms_of(offer.context, offer.language)
        both = text | context
        rows.append(
            (
                _share(asked, text), _share(own, text), _share(own, context), _share(own, both),
                max((rarity for term, rarity in own.items() if term not in both), default=0.0) / 10,
                max((rarity for term, rarity in own.items() if term in text), default=0.0) / 10,
                max((rarity for term, rarity in own.items() if term in context), default=0.0) / 10,
                min(5, sum(term in text for term in own)), min(5, sum(term in both for term in own)),
                float(bool(offer.context)), np.log1p(len(offer.text)), np.log1p(len(offer.context)),
                np.log1p(len(asked)),
            )
        )  # fmt: skip
    names = NAMES[NAMES.index("cover_text") : NAMES.index("question_terms") + 1]
    return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))


def _kinds(question: str, language: Language, offers: Sequence[Offer]) -> dict[str, Rows]:
    kinds, numbers = asked_kinds(question, language), _numbers(question)
    rows = []
    for offer in offers:
        says = said_signs(offer.text, offer.language)
        polar = bool(says & {"yes", "no"})
        rows.append(
            [
                *(kind in kinds for kind in KINDS),
                *(sign in says for sign in SIGNS),
                *(kind in kinds and kind in says for kind in VALUED),
                *(kind in kinds and kind not in says for kind in VALUED),
                "yes_no" in kinds and polar,
                "yes_no" in kinds and "unsure" in says,
                "yes_no" in kinds and "negation" in says,
                "count" in kinds and "number" in says,
                "count" in kinds and "number" not in says,
                "long" in kinds and "measure" in says,
                "place" in kinds and "contact" in says,
                min(2, len(numbers & _numbers(offer.text))) / 2,
            ]
        )
    names = NAMES[NAMES.index(f"asks/{KINDS[0]}") : NAMES.index("numbers_shared") + 1]
    return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))


def _whole(message: Vectors, texts: Vectors, contexts: Vectors) -> dict[str, Rows]:
    """How near each is to all that the customer wrote: `I have opened the candles. Can I still return them?`"""
    found = {
        "whole_text": texts @ message,
        "whole_context": contexts @ message,
        "whole_joined": _joined(texts, contexts) @ message,
    }
    return {name: column.astype(np.float64) for name, column in found.items()}


def _whole_held(message: str, language: Language, offers: Sequence[Offer]) -> dict[str, Rows]:
    held, above = [], []
    for offer in offers:
        asked, context = _weighed(message, language, offer.language), terms_of(offer.context, offer.language)
        held.append(_share(asked, terms_of(offer.text, offer.language) | context))
        above.append(_share(asked, context))
    return {"whole_cover": np.array(held), "whole_cover_context": np.array(above)}


def _compared(asked: Vectors, texts: Vectors, columns: dict[str, Rows]) -> dict[str, Rows]:
    """How far each is ahead of the best other one, and how much the others say the same."""
    alike = np.maximum(0.0, (texts @ texts.T).astype(np.float64))
    np.fill_diagonal(alike, 0.0)
    near = np.exp(NEAREST * (texts @ asked).astype(np.float64))
    ordered = np.sort(alike, axis=1)[:, ::-1]
    return {
        "near_lead": _lead(columns["near_joined"]),
        "words_lead": _lead(columns["words_joined"]),
        "cover_lead": _lead(columns["cover_joined"]),
        "likest": ordered[:, 0],
        "agreement": alike @ (near / near.sum()),
        "likest_three": ordered[:, :3].mean(axis=1),
    }


def _lead(values: Rows) -> Rows:
    if len(values) < 2:
        return np.zeros(len(values))
    second, first = np.sort(values)[-2:]
    ahead: Rows = values - np.where(values == first, second, first)
    return ahead


def _share(weighed: Mapping[str, float], held: frozenset[str]) -> float:
    total = sum(weighed.values())
    return sum(weight for term, weight in weighed.items() if term in held) / total if total else 0.0


@lru_cache(maxsize=8_192)
def _numbers(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(text))


@lru_cache(maxsize=1_024)
def _asked(question: str, language: Language) -> AskedPieces:
    return asked_pieces(question, question_terms(question, language))


@lru_cache(maxsize=8_192)
def _pieces(text: str) -> Pieces:
    return pieces_of(text)


@lru_cache(maxsize=1_024)
def _weighed(question: str, language: Language, passages: Language) -> Mapping[str, float]:
    """The terms of a question as passages of a language would hold them, each with how rare it is."""
    return {term: rarity(term) for term in question_terms(question, language, passages)}
