"""Values that a source states about something else: 14 days of one rule told as the 30 days of another."""

from functools import lru_cache

from activities.guarding.clauses import Clause, clauses_of
from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT, MAX_SENTENCES
from activities.guarding.promises import named
from activities.guarding.sources import Sources, sources_of
from activities.guarding.values import Kind, Stated, Values, values_in
from activities.wording import clean, sentences_of
from domain.findings import Finding
from domain.vocabulary import Language

CHECKED: frozenset[Kind] = frozenset({"money", "percentage", "date", "duration", "time"})
ALIKE = 0.5
"""From this likeness on, a clause with another value speaks of the same thing."""
SHARE = 0.55
"""The clauses that do state the value have to be at least so much as alike as that one."""


class MisplacedValue:
    """A value that is stated somewhere, while the clause that speaks of the same thing states another one."""

    name = "misplaced_value"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        sources = sources_of(context)
        if not sources.comparable:
            return []
        found = []
        for sentence in sentences_of(clean(context.reply), MAX_SENTENCES):
            clauses = clauses_of(sentence, sources.language)
            whole = Clause(sentence, frozenset().union(*(each.stems for each in clauses)))
            for clause in clauses:
                stated = values_of_clause(clause.text, sources.language)
                wrong = [
                    value
                    for value in stated
                    if all(_elsewhere(each, value, stated, sources) for each in (clause, whole))
                ]
                found += [self._finding(clause, value) for value in wrong]
        return found

    def _finding(self, clause: Clause, value: Stated) -> Finding:
        why = f"Sources state this {named(value)} about something else, and another one here."
        return Finding(check=self.name, on="reply", excerpt=clause.text[:MAX_EXCERPT], why=why)


def _elsewhere(clause: Clause, value: Stated, stated: tuple[Stated, ...], sources: Sources) -> bool:
    """Whether the clauses that state the value are less alike than one that states another and not those here."""
    here = other = 0.0
    own = {(one.kind, one.key) for one in stated}
    for alike, each in sources.near(clause):
        values = values_of_clause(each.text, sources.language)
        keys = {(one.kind, one.key) for one in values if one.kind == value.kind}
        if not keys:
            continue
        if Values(frozenset(keys)).support(value):
            here = max(here, alike)
        elif not keys <= own:
            other = max(other, alike)
    return 0 < here < SHARE * other and other >= ALIKE


@lru_cache(maxsize=8_192)
def values_of_clause(words: str, language: Language) -> tuple[Stated, ...]:
    """The values of a clause, of the kinds that are compared."""
    return (
        tuple(value for value in values_in(words, language) if value.kind in CHECKED)
        if any(map(str.isdigit, words))
        else ()
    )
