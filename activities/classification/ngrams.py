"""Character n-grams of a text, hashed: what the sentence encoder blurs, such as one word that decides."""

import re
import zlib
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from activities.wording import fold

BUCKETS = 1 << 15
SHORTEST, LONGEST = 2, 5
MAX_WORDS = 150
_WORD = re.compile(r"[^\W\d_]+|\d+|[?]")

Indices = NDArray[np.int64]
Weights = NDArray[np.float64]


def counts(text: str) -> tuple[Indices, Weights]:
    """Buckets that occur in a text, ascending, and 1 + ln of how often; digits count as one kind of word."""
    found: Counter[int] = Counter()
    for word in _WORD.findall(fold(text))[:MAX_WORDS]:
        padded = " 0 " if word.isdigit() else f" {word[:24]} "
        for size in range(SHORTEST, LONGEST + 1):
            for start in range(max(1, len(padded) - size + 1)):
                found[zlib.crc32(padded[start : start + size].encode()) % BUCKETS] += 1
    buckets = np.array(sorted(found), dtype=np.int64)
    return buckets, 1.0 + np.log(np.array([found[bucket] for bucket in buckets.tolist()], dtype=np.float64))
