"""Sentences that nothing stands behind: neither a passage, a looked-up fact, the customer's words nor the frame."""

import re

from activities.guarding.clauses import content_of
from activities.guarding.context import Context
from activities.guarding.courtesies import is_courtesy
from activities.guarding.findings import MAX_EXCERPT, MAX_SENTENCES
from activities.guarding.sources import Sources, sources_of
from activities.phrase_lists import comparable
from activities.wording import clean, sentences_of
from domain.findings import Finding

COVERED = 0.45
"""Least share of a sentence's telling words that the sources have."""
_VALUES = re.compile(r"\S*[@\d/]\S*")
"""Addresses, links and numbers: other checks answer for them."""
FEWEST = 4
"""A sentence of fewer telling words is too short to be measured."""


class UngroundedSentence:
    """A sentence most of whose words no source has: it may be made up, though it holds no number."""

    name = "ungrounded_sentence"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None or not (context.passages or context.facts):
            return []
        sources = sources_of(context)
        if not sources.comparable:
            return []
        known = sources.stems | content_of(comparable(clean(context.message)), sources.language)
        found = []
        for sentence in sentences_of(clean(context.reply), MAX_SENTENCES):
            if not is_courtesy(sentence, sources.language) and not _is_covered(sentence, known, sources):
                why = "Most of what this sentence says stands in no cited passage and no looked-up fact."
                found.append(Finding(check=self.name, on="reply", excerpt=sentence[:MAX_EXCERPT], why=why))
        return found


def _is_covered(sentence: str, known: frozenset[str], sources: Sources) -> bool:
    told = content_of(comparable(_VALUES.sub(" ", sentence)), sources.language)
    return len(told) < FEWEST or len(told & known) >= COVERED * len(told)
