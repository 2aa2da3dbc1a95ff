"""What can be counted in a text: marks of protocols, repetition, disguises, foreign scripts, who is spoken to. Pure."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from activities.injection.normalising import Reading, known_share
from activities.injection.rules import RULES, Hit
from activities.injection.shapes import kinds_of
from activities.wording import fold

KINDS = (
    "you", "your", "ignore", "previous", "instructions", "rules", "developer", "machine", "maker", "secret", "password",
    "reveal", "tell", "spell", "format", "roleplay", "hypothetical", "allowed", "told", "pressure", "authority", "obey",
    "free", "approve", "review", "money", "others", "tools", "shop", "ordinary",
)  # fmt: skip
"""Kinds of words (`activities.injection.shapes`) that are counted."""
PAIRS = (
    ("your", "instructions"), ("your", "rules"), ("your", "password"), ("your", "secret"), ("tell", "password"),
    ("tell", "secret"), ("ignore", "rules"), ("ignore", "instructions"), ("reveal", "password"),
    ("reveal", "instructions"),
    ("told", "secret"), ("roleplay", "password"), ("spell", "password"), ("tell", "others"), ("approve", "review"),
)  # fmt: skip
"""Kinds that say more together than apart."""
TRAITS = (
    "speakers", "questions_and_answers", "tags", "fences", "braces", "assignments", "rules_drawn", "repetition",
    "foreign_script", "single_letters", "digits_in_words", "emoji", "symbols", "unseen", "disguises",
    "readable_disguise",
    "length", "question", "capitals",
    *(f"kind_{name}" for name in KINDS),
    *(f"pair_{one}_{other}" for one, other in PAIRS),
    *(f"rule_{name}" for name in RULES), "rules",
)  # fmt: skip

Numbers = NDArray[np.float64]

_SPEAKER = re.compile(r"(?:^|\n|\. |\] ?)[\[(*\s]{0,3}[\w-]{2,16}[\])*]{0,2}\s?:\s", re.M)
_QA = re.compile(r"(?:^|\n|\s)(?:q|a|p|r|f)\s?:\s", re.I)
_TAG = re.compile(r"</?[a-z!][^<>]{0,80}>|<\||\|>|<!--|-->|\[/?[A-Z_]{3,}\]")
_FENCE = re.compile(r"```|\"\"\"|={3,}|-{4,}|%{3,}|#{3,}|>>>|\]\]>")
_ASSIGNMENT = re.compile(r"\b\w{1,12}\s?=\s?[\"'\w“«]")
_LEET = re.compile(r"\b(?=\w*[a-zA-Z])(?=\w*[0134578])[a-zA-Z0134578]{3,}\b")
_ENDS = re.compile(r"\bend of\b|\bfin d|\bende de|\bfim d")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
_FOREIGN = re.compile("[\u0370-\u1cff\u2e80-\ud7ff]")
_LETTER = re.compile(r"[^\W\d_]")


def traits_of(reading: Reading, hits: tuple[Hit, ...]) -> Numbers:
    """One number a trait of TRAITS, each about 0 to 3."""
    text = reading.shown
    folded = fold(text)
    words = re.findall(r"\w+", folded)
    letters = max(1, len(_LETTER.findall(text)))
    kinds = Counter(kind for _, kind in kinds_of(text))
    met = {hit.rule for hit in hits}
    numbers = [
        _few(_SPEAKER, text), _few(_QA, text), _few(_TAG, text), _few(_FENCE, text), float("{" in text and "}" in text),
        _few(_ASSIGNMENT, text), float(_ENDS.search(folded) is not None), _repetition(words),
        min(1.0, 3 * len(_FOREIGN.findall(text)) / letters), _share_of_single_letters(words), _few(_LEET, text) / 2,
        min(1.0, len(_EMOJI.findall(text)) / 4), _symbols(text), min(1.0, reading.unseen / 5),
        min(1.0, len(reading.disguised) / 2), max((known_share(said) for said in reading.disguised), default=0.0),
        np.log1p(len(text)) / 4, float("?" in text), _capitals(text, letters),
        *(float(min(3, kinds[name])) for name in KINDS),
        *(float(min(2, kinds[one], kinds[other])) for one, other in PAIRS),
        *(float(rule in met) for rule in RULES), float(min(3, len(met))),
    ]  # fmt: skip
    return np.array(numbers, dtype=np.float64)


def _few(pattern: re.Pattern[str], text: str) -> float:
    return min(3.0, float(len(pattern.findall(text))))


def _repetition(words: list[str]) -> float:
    """How much of a text is one word, from eight words on."""
    if len(words) < 8:
        return 0.0
    return max(0.0, Counter(words[:400]).most_common(1)[0][1] / len(words[:400]) - 0.2)


def _share_of_single_letters(words: list[str]) -> float:
    return sum(len(word) == 1 for word in words) / len(words) if len(words) > 5 else 0.0


def _symbols(text: str) -> float:
    return sum(not (sign.isalnum() or sign.isspace()) for sign in text) / max(1, len(text))


def _capitals(text: str, letters: int) -> float:
    return sum(sign.isupper() for sign in text) / letters
