"""A question as the search takes it: pieces, and terms in each of the five languages. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.vocabulary import Language
from retrieval.alignment import AskedPieces, asked_pieces
from retrieval.analysis import fold, question_terms
from retrieval.analysis.stopwords import stop_words
from retrieval.postings import term_hash

MAX_CHARACTERS = 2_000
FOREIGN_WORDS = 0.3
"""Share of its rarity that a word counts for in a language that is not the customer's, though the customer's knows it.
Plain fusion of both searches loses a third of the hits across languages."""
_WORD = re.compile(r"\w[\w'’-]*")


@dataclass(frozen=True)
class AskedTerm:
    """A term of the question as the passages of one language would hold it."""

    term: str
    language: Language
    hash: int
    trust: float = 1.0
    """Below 1 where the term is a guess for one that the store does not know."""
    own: tuple[int, ...] = ()
    """Where the language is not the customer's: hashes of the same word as passages in the customer's would hold it."""


@dataclass(frozen=True)
class Question:
    """What was asked, read once."""

    store: str
    text: str
    """At most MAX_CHARACTERS, without what PostgreSQL cannot take."""
    content: str
    """What is left of it without stop words."""
    language: Language
    pieces: AskedPieces
    terms: tuple[AskedTerm, ...]

    @property
    def codes_alone(self) -> tuple[int, ...]:
        """Where the question is nothing but codes and numbers: the hashes of each in one piece, in every language."""
        words = self.content.split()
        if not words or not all(any(letter.isdigit() for letter in word) for word in words):
            return ()
        whole = {"".join(letter for letter in fold(word) if letter.isalnum()) for word in words}
        return tuple(term_hash(self.store, language, code) for language in Language for code in whole)

    @property
    def is_empty(self) -> bool:
        """There is nothing in it to search for: emoji or punctuation alone."""
        return not self.terms


def read_question(store: str, text: str, language: Language) -> Question:
    """Words are stemmed as each language would: a passage is searched in its own, whatever the customer's."""
    usable = text[:MAX_CHARACTERS].replace("\0", " ").encode("utf-8", errors="replace").decode("utf-8")
    words = list(dict.fromkeys(telling_words(usable, language)))
    terms = [
        AskedTerm(term, language, term_hash(store, language, term))
        for term in question_terms(usable, language, language)
    ]
    for other in Language:
        if other is not language:
            terms += _foreign_terms(store, usable, words, language, other)
    return Question(store, usable, " ".join(words) or usable, language, asked_pieces(usable, words), tuple(terms))


def _foreign_terms(
    store: str, text: str, words: Sequence[str], language: Language, other: Language
) -> Iterator[AskedTerm]:
    """The terms as passages in another language would hold them, each with what stands for its word in its own."""
    own: dict[str, set[int]] = {}
    for word in words:
        hashes = {term_hash(store, language, term) for term in question_terms(word, language, language)}
        for term in question_terms(word, language, other):
            own.setdefault(term, set()).update(hashes)
    for term in question_terms(text, language, other):
        yield AskedTerm(term, other, term_hash(store, other, term), own=tuple(sorted(own.get(term, ()))))


def telling_words(text: str, language: Language) -> list[str]:
    """The words of a text that are no stop words, in order."""
    silent = stop_words(language)
    return [word for word in _WORD.findall(text) if word.casefold() not in silent]


@dataclass(frozen=True)
class Vocabulary:
    """What is known of a store's words in one language."""

    passages: int
    """Live passages in it."""
    average_length: float
    """Terms in a passage."""


@dataclass(frozen=True)
class WeightedTerms:
    """The question's terms with their inverse document frequencies, for the languages the store has."""

    terms: tuple[AskedTerm, ...]
    frequencies: tuple[int, ...]
    """In how many live passages each occurs."""
    weights: tuple[float, ...]
    """Inverse document frequency, after BM25, times trust."""
    average_lengths: tuple[float, ...]
    totals: Mapping[Language, float]
    """Sum of the weights in each language."""

    @cached_property
    def known(self) -> list[int]:
        """Places of the terms that some live passage holds: the others can be found nowhere."""
        return [place for place, frequency in enumerate(self.frequencies) if frequency > 0]

    @cached_property
    def codes(self) -> Counter[Language]:
        """How many codes and numbers the question has, in each language."""
        return Counter(term.language for place, term in enumerate(self.terms) if self.is_code(place))

    def is_code(self, place: int) -> bool:
        """Whether the term holds a digit."""
        return any(letter.isdigit() for letter in self.terms[place].term)

    def rare(self, budget: int) -> list[int]:
        """Hashes of the rarest terms that together occur in at most `budget` passages."""
        chosen: list[int] = []
        left = budget
        for frequency, term in self._known():
            left -= frequency
            if left < 0:
                break
            chosen.append(term.hash)
        return chosen

    def together(self, language: Language) -> list[int]:
        """Where no term is rare: the two rarest of the customer's language, of which a passage must have both."""
        known = [term.hash for _, term in self._known() if term.language is language]
        return known[:2]

    def _known(self) -> list[tuple[int, AskedTerm]]:
        pairs = ((self.frequencies[place], self.terms[place]) for place in self.known)
        return sorted(pairs, key=lambda pair: (pair[0], pair[1].hash))


def unknown_terms(question: Question, frequencies: Mapping[int, int]) -> list[AskedTerm]:
    """Terms of the customer's language that no passage of it has, and that may be misspelt: five letters at least."""
    return [
        term
        for term in question.terms
        if term.language is question.language
        and frequencies.get(term.hash, 0) == 0
        and len(term.term) >= 5
        and term.term.isalpha()
    ]


def weigh(
    terms: Sequence[AskedTerm],
    frequencies: Mapping[int, int],
    vocabularies: Mapping[Language, Vocabulary],
    *,
    foreign: float = FOREIGN_WORDS,
) -> WeightedTerms:
    """Gives each term its inverse document frequency in its language (Robertson and Zaragoza, 2009, formula 3.3,
    kept positive). Languages that the store has no passages in are left out.

    A word that passages in the customer's language know counts for less in another language: it meets there by chance.
    One that only the others know is a name, and counts in full.
    """
    kept = [term for term in terms if term.language in vocabularies]
    found = [frequencies.get(term.hash, 0) for term in kept]
    weights = [
        term.trust
        * (foreign if any(frequencies.get(own, 0) for own in term.own) else 1.0)
        * inverse_document_frequency(n, vocabularies[term.language].passages)
        for term, n in zip(kept, found, strict=True)
    ]
    totals: dict[Language, float] = {}
    for term, weight in zip(kept, weights, strict=True):
        totals[term.language] = totals.get(term.language, 0.0) + weight
    lengths = tuple(vocabularies[term.language].average_length for term in kept)
    return WeightedTerms(tuple(kept), tuple(found), tuple(weights), lengths, totals)


def inverse_document_frequency(frequency: int, passages: int) -> float:
    """How much a term says, in nats: about ln(passages) for one that is nowhere, near 0 for one that is everywhere."""
    known = min(frequency, passages)
    return math.log1p((passages - known + 0.5) / (known + 0.5))
