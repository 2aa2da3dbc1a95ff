"""Hashed n-grams of words and of characters: the turns of phrase that a sentence encoder blurs."""

import re
import zlib
from collections import Counter
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from activities.wording import fold

BUCKETS = 1 << 17
MAX_TOKENS = 400
"""Of a longer text the beginning and the end are counted."""
_TOKEN = re.compile(r"[^\W\d_]+|\d+|<\||\|>|</?|\n+|[{}\[\]\"=:?!*`#>+|@~]")

Indices = NDArray[np.int64]
Weights = NDArray[np.float64]


def tokens_of(text: str) -> list[str]:
    """Folded words, numbers as `0`, and the signs that make up markup and protocols; at most MAX_TOKENS."""
    found = [_plain(token) for token in _TOKEN.findall(fold(text))]
    return found if len(found) <= MAX_TOKENS else found[: MAX_TOKENS // 2] + found[-MAX_TOKENS // 2 :]


def _plain(token: str) -> str:
    return "0" if token[0].isdigit() else "\n" if token[0] == "\n" else token[:20]


@lru_cache(maxsize=64)
def counts(text: str) -> tuple[Indices, Weights]:
    """Buckets that occur in a text, ascending, and 1 + ln of how often. The arrays are shared: never change them."""
    tokens = ["^", *tokens_of(text), "$"]
    found: Counter[int] = Counter()
    for at, token in enumerate(tokens):
        for size in (1, 2, 3):
            if at + size <= len(tokens):
                found[zlib.crc32(" ".join(tokens[at : at + size]).encode()) % BUCKETS] += 1
        if len(token) > 3:
            padded = f" {token} "
            for size in (4, 5):
                for start in range(len(padded) - size + 1):
                    found[zlib.crc32(b"\0" + padded[start : start + size].encode()) % BUCKETS] += 1
    buckets = np.array(sorted(found), dtype=np.int64)
    return buckets, 1.0 + np.log(np.array([found[bucket] for bucket in buckets.tolist()], dtype=np.float64))
