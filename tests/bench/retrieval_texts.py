"""Sentences, names and codes of stores that do not exist, in five languages, and the questions that go with them."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.vocabulary import Kind, Language

Ranks = npt.NDArray[np.int64]
WORDS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("retrieval_words.json").read_text(encoding="utf-8")
)
SLOTS = ("material", "part", "danger", "colour", "place")
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "or", "is")]
RAREST = 50_000_000
"""Names are drawn by Zipf's law up to this rank: a vocabulary that goes on growing, as that of a real store does."""


@dataclass(frozen=True)
class Sentence:
    """Something a store says of a thing, and how a customer would ask for it."""

    language: Language
    kind: Kind
    thing: int
    text: str
    question: str


def things(language: Language) -> list[str]:
    """What is sold, with its article."""
    return str(WORDS[language.value]["thing"]).split("|")


def sentences(language: Language, count: int, seed: int) -> list[Sentence]:
    """That many sentences, all different, products and policies alike spread over all things."""
    draw = random.Random(f"{seed} {language.value}")
    words = WORDS[language.value]
    names = things(language)
    found: dict[str, Sentence] = {}
    while len(found) < count:
        thing = draw.randrange(len(names))
        kind = draw.choice((Kind.PRODUCT, Kind.PRODUCT, Kind.POLICY))
        said, asked = draw.choice(words[kind.value])
        filled = _fill(words, names[thing], draw)
        text = said.format_map(filled)
        found.setdefault(text, Sentence(language, kind, thing, text, asked.format_map(filled)))
    return list(found.values())


def _fill(words: dict[str, Any], thing: str, draw: random.Random) -> dict[str, str]:
    filled = {"thing": thing, "Thing": thing[:1].upper() + thing[1:]}
    for slot in SLOTS:
        one, other = draw.sample(str(words[slot]).split("|"), 2)
        filled |= {slot: one, slot + "2": other}
    return filled | {"n": str(draw.randint(2, 90)), "n2": str(draw.randint(3, 200))}


def name(rank: int) -> str:
    """The made-up word of a rank, from 1: short ones are the most frequent."""
    letters, left = "", rank
    while left or len(letters) < 4:
        left, place = divmod(left, len(SYLLABLES))
        letters += SYLLABLES[place]
    return letters.capitalize()


def ranks(draw: np.random.Generator, shape: tuple[int, ...]) -> Ranks:
    """Ranks by Zipf's law, none beyond RAREST."""
    found: Ranks = np.minimum(draw.zipf(1.25, size=shape), RAREST).astype(np.int64)
    return found


def code(number: int) -> str:
    """A product code, one for each number below 20 million."""
    return f"{SYLLABLES[number % 19][0].upper()}{'XKLMPQRT'[number % 8]}-{1000 + number // 8}"


@dataclass(frozen=True)
class Asked:
    """A question as a customer puts it, and whence it comes."""

    text: str
    language: Language
    kind: Kind
    passage_id: str
    by_intent: bool
    """Whether the search is told what the customer wants, and so where to look."""


def ask(question: str, language: Language, named: str, coded: str, draw: random.Random) -> str:
    """A question about a passage: with a greeting, the name or the code of the thing now and then, and typos."""
    greeting = draw.choice(str(WORDS[language.value]["greeting"]).split("|"))
    words = [greeting + ",", question] if greeting else [question]
    chance = draw.random()
    if chance < 0.5:
        words.append(f"({named})")
    elif chance < 0.65:
        words.append(coded)
    text = " ".join(words)
    return mistyped(text, draw) if draw.random() < 0.25 else text


def mistyped(text: str, draw: random.Random) -> str:
    """Two neighbouring letters swapped in the longest word."""
    words = text.split(" ")
    place = max(range(len(words)), key=lambda at: (words[at].isalpha(), len(words[at])))
    word = words[place]
    if len(word) < 5:
        return text
    at = draw.randrange(1, len(word) - 2)
    words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
