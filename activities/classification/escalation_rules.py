"""The must-escalate categories by rules: phrases with alternatives and gaps, and what takes a find back.

Written apart from the word lists of `danger`, which stay literal: these know what surrounds a word. All five languages
are looked through whatever the message's language, since people fall back on their own when it matters.
"""

import re

from activities.classification.signs import CATEGORIES, NEGATABLE, Sign, first_of_each
from activities.wording import RESOURCES, negated_before
from retrieval.disguises import plain_words
from retrieval.phrases import Phrases, phrases_of

FOLDER = RESOURCES / "escalation_rules"
_AROUND = 60
"""Characters before and after a find in which other words may take it back."""
_SHORTENED = re.compile(r" (?:don|doesn|didn|won|can|couldn|wouldn|shouldn|isn|wasn|aren|haven|hasn) t(?= |$)")
"""`don't` and its like, as plain words have them."""


def ruled_signs(text: str) -> tuple[Sign, ...]:
    """The categories whose rules match, at most one sign each, with the words that matched."""
    words = plain_words(text)
    known = frozenset(words.split())
    found: dict[str, Sign] = {}
    for category, pattern in ((phrase.section, phrase.pattern) for phrase in _rules().candidates(known)):
        if category not in found and (place := _find(category, pattern, words, known)):
            found[category] = Sign(category, place.group().replace(" | ", ". ").strip()[:120])
    return first_of_each(found.values())


def _rules() -> Phrases:
    return phrases_of(*CATEGORIES, folder=FOLDER)


def _find(category: str, pattern: re.Pattern[str], words: str, known: frozenset[str]) -> re.Match[str] | None:
    for match in pattern.finditer(words):
        if category in NEGATABLE and _negated(words[max(0, match.start() - _AROUND) : match.start()]):
            continue
        if not _taken_back(category, words, known, match):
            return match
    return None


def _negated(before: str) -> bool:
    """Whether one of the last four words of the clause negates. A comma ends a clause: `if you do not answer, …`."""
    clause = _SHORTENED.sub(" not ", re.split(r"[|,]", before)[-1]).strip()
    return negated_before(" ".join(clause.split()[-4:]), len(clause))


def _taken_back(category: str, words: str, known: frozenset[str], found: re.Match[str]) -> bool:
    begin, end = max(0, found.start() - _AROUND), found.end() + _AROUND
    return any(
        ordinary.start() < found.end() and ordinary.end() > found.start()
        for phrase in phrases_of(f"ordinary_{category}", folder=FOLDER).candidates(known)
        for ordinary in phrase.pattern.finditer(words, begin, end)
    )
