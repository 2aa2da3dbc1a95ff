"""Terms that a mistyped one may stand for. Pure; distances by rapidfuzz.

Measured on half of XQuAD (en, es, de; hit@1) with one wrong letter in each question's longest word: .908, .854, .878;
with the nearest similar term added for each term that no passage has: .942, .921, .941, with the two nearest .942,
.919, .934. On the questions as they were, from .951, .937, .950 to .950, .941, .953: one is enough and does no harm.
"""

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

MAX_SIMILAR = 8
_SHORTEST = 4
_LONG = 8


def similar_terms(term: str, vocabulary: Sequence[str]) -> list[str]:
    """The terms of the vocabulary that `term` may be a mistyping of, nearest first, at most eight, never itself.

    One wrong, missing, added or swapped letter, two from eight letters on. None for a term of fewer than four letters
    or with digits, and none with digits: another number is another thing, not a typo.
    """
    if not _mistypable(term):
        return []
    limit = 2 if len(term) >= _LONG else 1
    found = process.extract(term, vocabulary, scorer=OSA.distance, score_cutoff=limit, limit=None)
    near = [(distance, other[:1] != term[:1], place, other) for other, distance, place in found if distance]
    return [other for _, _, _, other in sorted(near) if other.isalpha()][:MAX_SIMILAR]


def grams(term: str) -> list[str]:
    """The trigrams of a term with its edges marked, each once: what a mistyping has in common with it, mostly.

    Empty where `similar_terms` finds nothing anyway.
    """
    if not _mistypable(term):
        return []
    marked = f"^^{term}$"
    return list(dict.fromkeys(marked[start : start + 3] for start in range(len(marked) - 2)))


def _mistypable(term: str) -> bool:
    return len(term) >= _SHORTEST and term.isalpha()
