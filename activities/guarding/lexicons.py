"""Words that a store does not write: insults, competitors, what its style rules out, a lawyer's advice, harm.

Lists are data, one file a language, matched at word boundaries: French `retard` is a delay and English `spinner` a toy,
so that only the list of the reply's language counts.
"""

import re
from functools import cache, lru_cache

from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT
from activities.phrase_lists import comparable, compiled, phrase_pattern, read_lines
from activities.wording import RESOURCES, clean
from domain.findings import Finding
from domain.vocabulary import Language


class _ListedWords:
    """A phrase of a list in the reply."""

    name: str
    folder: str
    why: str
    unless_cited = False
    """A phrase that a cited passage holds too is the store's own."""

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        match = _list(self.folder, context.language).search(comparable(clean(context.reply)))
        if match is None or (self.unless_cited and self._is_cited(match.group(), context)):
            return []
        return [Finding(check=self.name, on="reply", excerpt=match.group()[:MAX_EXCERPT], why=self.why)]

    def _is_cited(self, phrase: str, context: Context) -> bool:
        return any(phrase in _plain(text) for text in (*context.passages, *context.frame, *context.phrases))


class ToxicWords(_ListedWords):
    """An insult or a swear word."""

    name = "toxic_words"
    folder = "toxic"
    why = "The reply holds an insult or a swear word."


class HarmfulWords(_ListedWords):
    """A threat, or words that push somebody towards harming themselves."""

    name = "harmful_words"
    folder = "harmful"
    why = "The reply threatens somebody or speaks of harming oneself; only the approved notices may."


class LegalAdvice(_ListedWords):
    """Advice on rights, claims or courts beyond what the store's documents say."""

    name = "legal_advice"
    folder = "advice/legal"
    why = "The reply gives legal advice that no cited passage says."
    unless_cited = True


class MedicalAdvice(_ListedWords):
    """Advice on symptoms, doses or treatment beyond what the store's documents say."""

    name = "medical_advice"
    folder = "advice/medical"
    why = "The reply gives medical advice that no cited passage says."
    unless_cited = True


class CompetitorNamed:
    """The name of another shop that the store's settings list."""

    name = "competitor_named"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None or not context.competitors:
            return []
        match = _names(context.competitors).search(comparable(clean(context.reply)))
        if match is None:
            return []
        why = "The reply names a competitor of the store."
        return [Finding(check=self.name, on="reply", excerpt=match.group()[:MAX_EXCERPT], why=why)]


class ForbiddenWord:
    """A word or phrase that the store's style rules out, wherever in the reply it stands."""

    name = "forbidden_word"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None or not context.forbidden:
            return []
        match = _names(context.forbidden).search(comparable(clean(context.reply)))
        if match is None:
            return []
        why = "The store's style forbids these words."
        return [Finding(check=self.name, on="reply", excerpt=match.group()[:MAX_EXCERPT], why=why)]


@cache
def _list(folder: str, language: Language | None) -> re.Pattern[str]:
    """The list of one language; of all where the language is not known."""
    if language is None:
        return phrase_pattern(folder)
    return compiled(read_lines(RESOURCES / folder / f"{language.value}.txt"))


@lru_cache(maxsize=128)
def _names(listed: tuple[str, ...]) -> re.Pattern[str]:
    return compiled(name for name in listed if comparable(name))


@lru_cache(maxsize=1_024)
def _plain(text: str) -> str:
    return comparable(clean(text))
