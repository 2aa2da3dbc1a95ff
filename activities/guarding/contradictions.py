"""Replies that say the opposite of their source: a negation dropped or added, `free` for `at your expense`."""

import re
from collections.abc import Iterator
from functools import lru_cache

from activities.guarding.clauses import Clause, clauses_of, content_of, polarity
from activities.guarding.context import Context
from activities.guarding.courtesies import is_courtesy
from activities.guarding.findings import MAX_EXCERPT
from activities.guarding.misplaced import values_of_clause
from activities.guarding.sources import Sources, sources_of
from domain.findings import Finding
from domain.vocabulary import Language

ALIKE = 0.4
"""From this likeness on, a clause of a source speaks of the same thing."""
MARGIN = 0.2
"""By so much the clause that says the opposite has to be more alike than any that says the same."""
WIDE_MARGIN = 0.25
"""The same where a clause that says the same speaks of the same thing too."""
SUPPORTED = 0.15
"""A denial needs a clause of a source that denies and is at least so much alike, where any source speaks of it."""
SPOKEN_OF = 0.35
"""From this likeness on, a source speaks of what is denied."""
CONDITION = 0.75
"""The same for a clause that is a condition: it affirms nothing by itself."""
VERBATIM = 0.85
"""So much alike is what repeats a fixed phrase."""
LIMITED = 0.6
"""How much a clause with `only` or `unless` says for its opposite."""
SPANNED = 0.85
"""How much a clause counts that spans a colon, beside its parts."""
FEWEST = 2
"""So many words a denial has to speak of to be recognised inside a longer clause."""
AT_WHOSE_COST = 0
"""The pair of opposites that no reply may use a side of, unless some source does."""
NEAR = 3
"""So many words behind a contrary word belong to it, such as `before delivery`."""
_WORD = re.compile(r"[\w']+")


class ContradictedSource:
    """A clause whose nearest source clause denies what it affirms, affirms what it denies, or has the contrary word.

    A denial that follows from an `only` right before it (`only in zone 1, so not in Spain`) is not compared."""

    name = "contradicted_source"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        sources = sources_of(context)
        if not sources.comparable or not sources.clauses:
            return []
        found = []
        told = [clause for clause in clauses_of(context.reply, sources.language) if clause.stems and not clause.spans]
        for before, clause in zip([None, *told], told, strict=False):
            if is_courtesy(clause.text, sources.language):
                continue
            follows = clause.negated and before is not None and before.limited and not before.negated
            why = ("" if follows else _denied(clause, sources)) or _turned(clause, sources)
            if why:
                found.append(Finding(check=self.name, on="reply", excerpt=clause.text[:MAX_EXCERPT], why=why))
        return found


def _denied(clause: Clause, sources: Sources) -> str:
    """Why the clause cannot stand beside what the sources deny and affirm; empty when it can."""
    same = opposite = spoken_of = 0.0
    for likeness, other in sources.near(clause):
        if not other.asserts:  # a heading, or a fixed phrase: it supports what repeats it
            same = max(same, likeness if likeness >= VERBATIM and other.negated == clause.negated else 0.0)
            continue
        spoken_of = max(spoken_of, likeness)
        alike = likeness * (SPANNED if other.spans else 1.0)
        if other.negated == clause.negated or (other.limited and clause.limited):
            same = max(same, alike)
        elif len(clause.stems & other.stems) < min(FEWEST, len(clause.stems)):
            continue
        elif other.limited:
            same = max(same, LIMITED * alike)
            opposite = max(opposite, alike)
        else:
            opposite = max(opposite, alike)
    least = CONDITION if clause.conditional else ALIKE
    if clause.conditional and len(clause.stems) < FEWEST:
        return ""
    if opposite >= least and opposite > same + (MARGIN if same < ALIKE else WIDE_MARGIN):
        return "A source says the opposite: one of the two negates what the other affirms."
    unsupported = same < SUPPORTED and spoken_of >= SPOKEN_OF
    if clause.negated and not clause.conditional and (unsupported or _denies_value(clause, sources)):
        return "The reply denies something, and no source denies it."
    if not clause.negated and _holds_denied(clause, sources):
        return "The reply affirms what a source denies."
    return ""


def _denies_value(clause: Clause, sources: Sources) -> bool:
    """Whether the clause denies a value that sources only affirm, about anything that the clause speaks of."""
    stated = values_of_clause(clause.text, sources.language)
    if not stated:
        return False
    near = [(values_of_clause(other.text, sources.language), other) for _, other in sources.near(clause)]
    same = [
        other for values, other in near if {(one.kind, one.key) for one in values} & {(v.kind, v.key) for v in stated}
    ]
    return bool(same) and not any(other.negated or other.limited for other in same)


def _holds_denied(clause: Clause, sources: Sources) -> bool:
    """Whether the clause holds all that a short denial of a source speaks of, which no other source clause affirms."""
    return any(
        other.negated
        and not other.limited
        and len(other.stems) >= FEWEST
        and other.stems <= clause.stems
        and not any(other.stems <= each.stems for _, each in sources.near(other) if not each.negated)
        for _, other in sources.near(clause)
    )


def _turned(clause: Clause, sources: Sources) -> str:
    """Whether a contrary word stands where the nearest sources have its opposite, and none of them has the word."""
    for index, side in clause.sides:
        sides = {each for other in _nearest(clause, index, sources) for each in other.sides}
        spoken = clause.stems - polarity(sources.language).contrary[index]
        speaks = len(spoken) >= (1 if _charges(clause, index, side) else FEWEST)
        only_other = (index, 1 - side) in sides and (index, side) not in sides
        whole = speaks and only_other and (index, 1 - side) not in clause.sides
        if _charges(clause, index, side) and not any((index, side) in other.sides for other in sources.clauses):
            return "No source says that the customer pays for this."
        if whole or _turned_here(clause, index, side, sources):
            return "A source says the opposite: it uses the contrary word."
    return ""


def _charges(clause: Clause, index: int, side: int) -> bool:
    return (index, side) == (AT_WHOSE_COST, 1) and (index, 0) not in clause.sides and not clause.negated


def _turned_here(clause: Clause, index: int, side: int, sources: Sources) -> bool:
    """The same by the few words behind the contrary word, so that other words of the clause do not matter."""
    own = _behind(clause.text, index, side, sources.language)
    if not own:
        return False
    meant, contrary = (
        {words for other in sources.clauses for words in _behind(other.text, index, each, sources.language)}
        for each in (side, 1 - side)
    )
    return any(words in contrary and words not in meant for words in own)


@lru_cache(maxsize=16_384)
def _behind(text: str, index: int, side: int, language: Language) -> frozenset[frozenset[str]]:
    """The first word of content behind each occurrence of one side of a pair, with the number before it."""
    found = set()
    for match in polarity(language).opposites[index][side].finditer(text):
        words = _WORD.findall(text[match.end() :])[:NEAR]
        content = [stem for word in words for stem in content_of(word, language)][:1] or words[:1]
        number = re.findall(r"\d+", text[: match.start()])[-1:]
        if content:
            found.add(frozenset([*content, *number]))
    return frozenset(found)


def _nearest(clause: Clause, index: int, sources: Sources) -> Iterator[Clause]:
    """The clauses that speak of the same apart from the contrary words, all that are nearly as alike as the best."""
    apart = polarity(sources.language).contrary[index]
    likeness = [(sources.likeness(clause, other, apart), other) for other in sources.clauses]
    best = max((alike for alike, _ in likeness), default=0.0)
    return (other for alike, other in likeness if alike >= max(ALIKE, 0.7 * best))
