"""Terms as the inverted index holds them: 64-bit hashes that contain the store and the language.

One GIN index then serves every store without ever reading another one's postings. Two terms share a hash once in some
10^19 / n pairs: never in practice, and then a passage is a candidate too many, which ranking throws out.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from domain.values import Value
from domain.vocabulary import Language

MAX_FREQUENCY = 32_767


def term_hash(store: str, language: Language, term: str) -> int:
    """The signed 64-bit hash of a term, or of a trigram, in a store and a language."""
    digest = hashlib.blake2b(f"{store}\0{language.value}\0{term}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Postings(Value):
    """The terms of one passage, each once: what `passages.terms`, `frequencies` and `length` hold."""

    terms: tuple[str, ...]
    frequencies: tuple[int, ...]
    length: int
    """Terms in all, repeated ones counted again."""


def postings_of(terms: Iterable[str]) -> Postings:
    """Counts the terms of a passage."""
    counts = Counter(terms)
    return Postings(
        terms=tuple(counts),
        frequencies=tuple(min(count, MAX_FREQUENCY) for count in counts.values()),
        length=sum(counts.values()),
    )


def hashes(store: str, language: Language, terms: Sequence[str]) -> list[int]:
    """The hash of each term, in order."""
    return [term_hash(store, language, term) for term in terms]
