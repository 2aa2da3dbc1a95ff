"""The shape of a text: the sequence of kinds of words that orders to a machine are made of, the same in five languages.

“Ignore your earlier rules” and “vergiss deine bisherigen Regeln” both read: ignore, your, previous, rules. What is
learnt of one language holds in the others. The kinds and their words are in resources/injection/words.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.phrase_lists import read_lines
from activities.wording import RESOURCES, fold
from domain.vocabulary import Language

WORDS = RESOURCES / "injection" / "words"
BUCKETS = 1 << 14
NEAR = 7
"""Words that stand further apart than this many are no pair."""
MAX_TOKENS = 400
OTHER = "_"
"""Stands for a word of no kind, where these are asked for; small words are none."""
SMALL = frozenset(
    "the is are a an of to in for and el la los las es son lo un una de del le les l' est der die das den dem ein eine "
    "ist "
    "sind o os as e um uma do da du des c'est it its was now ja y et und lautet heisst".split()
)
SIGNS = {"?": "?", ":": ":", "\n": "/", "=": "=", "{": "{", "<": "<", '"': "q", "“": "q", "«": "q", "+": "+"}
_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|\n|[?:={<\"“«+]")

Indices = NDArray[np.int64]
Weights = NDArray[np.float64]


class Lexicon(NamedTuple):
    """Words of all five languages with their kinds."""

    exact: dict[str, str]
    stems: dict[str, str]
    phrases: dict[str, list[tuple[tuple[str, ...], str]]]
    """By their first word, longest first."""


@cache
def lexicon() -> Lexicon:
    """Read once a process. A word of two kinds has that which comes first."""
    exact: dict[str, str] = {}
    stems: dict[str, str] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for language in Language:
        for line in read_lines(WORDS / f"{language.value}.txt"):
            kind, _, words = line.partition(":")
            for word in (fold(each.strip()) for each in words.split(",")):
                if " " in word:
                    parts = tuple(word.split())
                    phrases.setdefault(parts[0], []).append((parts, kind))
                elif word.endswith("*"):
                    stems.setdefault(word[:-1], kind)
                elif word:
                    exact.setdefault(word, kind)
    for found in phrases.values():
        found.sort(key=lambda each: -len(each[0]))
    return Lexicon(exact, stems, phrases)


def kinds_of(text: str, *, others: bool = False) -> list[tuple[int, str]]:
    """The kinds in their order with the place of each word; words of no kind are left out, or are OTHER."""
    words = _TOKEN.findall(fold(text).replace("’", "'"))
    if len(words) > MAX_TOKENS:
        words = words[: MAX_TOKENS // 2] + words[-MAX_TOKENS // 2 :]
    known, found, at = lexicon(), [], 0
    while at < len(words):
        length, kind = _longest(known, words, at)
        if kind or (others and words[at] not in SMALL):
            found.append((at, kind or OTHER))
        at += length
    return found


def _longest(known: Lexicon, words: list[str], at: int) -> tuple[int, str | None]:
    word = words[at]
    for parts, kind in known.phrases.get(word, ()):
        if all(_is(part, said) for part, said in zip(parts, words[at : at + len(parts)], strict=False)) and len(
            words
        ) >= at + len(parts):
            return len(parts), kind
    return 1, SIGNS.get(word) or known.exact.get(word) or _by_stem(known, word)


def _is(part: str, said: str) -> bool:
    return said.startswith(part[:-1]) if part.endswith("*") else said == part


def _by_stem(known: Lexicon, word: str) -> str | None:
    return next((known.stems[word[:end]] for end in range(len(word), 2, -1) if word[:end] in known.stems), None)


def counts(text: str) -> tuple[Indices, Weights]:
    """Buckets that occur in a text, ascending, and 1 + ln of how often."""
    found = Counter(zlib.crc32(part.encode()) % BUCKETS for part in _parts(kinds_of(text)))
    buckets = np.array(sorted(found), dtype=np.int64)
    return buckets, 1.0 + np.log(np.array([found[bucket] for bucket in buckets.tolist()], dtype=np.float64))


def _parts(kinds: list[tuple[int, str]]) -> Iterator[str]:
    """Single kinds, two and three in a row, and pairs that stand near each other."""
    chain = [(-1, "^"), *kinds, (kinds[-1][0] + 1 if kinds else 0, "$")]
    for index, (place, kind) in enumerate(chain):
        yield kind
        for size in (2, 3):
            row = chain[index : index + size]
            if len(row) == size and row[-1][0] - place <= NEAR:
                yield " ".join(each for _, each in row)
        for other, near in chain[index + 1 : index + 6]:
            if other - place <= NEAR:
                yield f"{kind}~{near}"
