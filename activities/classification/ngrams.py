"""Word and character n-grams of a text, hashed: what the sentence encoder blurs, such as one word that decides."""

import re
import zlib
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from activities.wording import fold

BUCKETS = 1 << 18
SHORTEST, LONGEST = 2, 5
"""Lengths of the character n-grams, in characters, the spaces around a word included."""
MAX_WORDS = 150
_WORD = re.compile(r"[^\W\d_]+|\d+|[?]")

Indices = NDArray[np.int64]
Weights = NDArray[np.float64]


@lru_cache(maxsize=256)
def counts(text: str) -> tuple[Indices, Weights]:
    """Buckets that occur in a text, ascending, and 1 + ln of how often; digits count as one kind of word.

    Single words, pairs of words and the characters inside each word share the buckets. The arrays are shared too: they
    must not be changed.
    """
    words = ["0" if word.isdigit() else word[:24] for word in _WORD.findall(fold(text))[:MAX_WORDS]]
    found: Counter[int] = Counter()
    for word in words:
        found.update(_buckets_of(word))
    for first, second in pairwise(words):
        found[zlib.crc32(f"{first}\t{second}".encode()) % BUCKETS] += 1
    buckets = np.array(sorted(found), dtype=np.int64)
    often = 1.0 + np.log(np.array([found[bucket] for bucket in buckets.tolist()], dtype=np.float64))
    buckets.setflags(write=False)
    often.setflags(write=False)
    return buckets, often


@lru_cache(maxsize=20_000)
def _buckets_of(word: str) -> tuple[int, ...]:
    """Of a word itself and of the characters inside it."""
    padded = f" {word} "
    grams = [
        padded[start : start + size]
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(max(1, len(padded) - size + 1))
    ]
    return tuple(zlib.crc32(gram.encode()) % BUCKETS for gram in (f"\t{word}", *grams))
