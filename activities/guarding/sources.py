"""What stands behind a reply, cut into clauses and weighed: which of them speaks of what a clause of the reply says."""

import math
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from activities.guarding.clauses import Clause, clauses_of
from activities.guarding.context import Context
from activities.guarding.courtesies import courteous
from activities.guarding.tongue import tongue_of
from domain.vocabulary import Language

MAX_WEIGHED = 1_200
UNKNOWN = 0.5
"""Weight of a stem that no source has."""


class Sources(NamedTuple):
    """The clauses of passages, facts and frame, in the reply's language."""

    language: Language
    clauses: tuple[Clause, ...]
    weights: dict[str, float]
    """How much a stem tells: the rarer among the clauses, the more."""
    comparable: bool
    """Whether any passage is written in the reply's language: words can be compared only then."""
    stems: frozenset[str]
    holding: dict[str, tuple[int, ...]]
    """From a stem to the clauses that hold it."""

    def near(self, clause: Clause) -> list[tuple[float, Clause]]:
        """Every clause that shares anything with this one, with how much it is alike, 0 to 1."""
        whole = sum(self.weight(stem) for stem in clause.stems)
        shared: dict[int, float] = {}
        for stem in clause.stems:
            for index in self.holding.get(stem, ()):
                shared[index] = shared.get(index, 0.0) + self.weights[stem]
        return [(weight / whole, self.clauses[index]) for index, weight in shared.items()]

    def weight(self, stem: str) -> float:
        """Weight of a stem: half for one that no source has, nothing for a courtesy's."""
        if stem in self.weights:
            return self.weights[stem]
        return 0.0 if stem in courteous(self.language) else UNKNOWN

    def likeness(self, clause: Clause, other: Clause, apart: frozenset[str] = frozenset()) -> float:
        """Share of what `clause` tells that `other` tells too, 0 to 1; the stems `apart` do not count."""
        shared = (clause.stems & other.stems) - apart
        if not shared:
            return 0.0
        whole = sum(self.weight(stem) for stem in clause.stems - apart)
        return sum(self.weight(stem) for stem in shared) / whole if whole else 0.0


def sources_of(context: Context) -> Sources:
    """The sources of a reply; read once for all checks of one draft."""
    language = context.language or tongue_of(context.reply or "")
    found = _sources(context.passages, context.facts, context.frame, context.phrases, language)
    foreign = bool(context.cited_languages) and language not in context.cited_languages
    return found._replace(comparable=found.comparable and not foreign)


@lru_cache(maxsize=64)
def _sources(
    passages: tuple[str, ...],
    facts: tuple[str, ...],
    frame: tuple[str, ...],
    phrases: tuple[str, ...],
    language: Language,
) -> Sources:
    readable = tuple(text for text in passages if tongue_of(text, language) is language)
    clauses = [clause for text in (*readable, *facts, *frame) for clause in clauses_of(text, language)][:MAX_WEIGHED]
    clauses += [clause._replace(asserts=False) for text in phrases for clause in clauses_of(text, language)]
    counted = Counter(stem for clause in clauses for stem in clause.stems)
    weights = {stem: 1 / (1 + math.log(count)) for stem, count in counted.items()}
    holding: dict[str, list[int]] = {}
    for index, clause in enumerate(clauses):
        for stem in clause.stems:
            holding.setdefault(stem, []).append(index)
    return Sources(
        language,
        tuple(clauses),
        weights,
        bool(readable) or not passages,
        frozenset(counted),
        {stem: tuple(indexes) for stem, indexes in holding.items()},
    )
