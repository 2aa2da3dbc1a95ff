"""Which of the five languages a customer writes in, with how sure that is."""

import re
import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from activities.foreign import foreign_language
from activities.wording import clean, fold, wording
from domain.vocabulary import Language

if TYPE_CHECKING:
    from lingua import LanguageDetector

SURE = 0.7
"""Below this the hint or the earlier turns decide."""
_LEANS = 0.4
_NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|\b\w*\d\w*(?:[-/.]\w+)*|[#_*<>|\[\](){}]")
_LETTERS = ((frozenset("ãõ"), Language.PT), (frozenset("ñ"), Language.ES), (frozenset("ß"), Language.DE))
_BUILDING = threading.Lock()


class Heard(NamedTuple):
    """A language and how sure it is, 0 to 1."""

    language: Language
    confidence: float
    foreign: str | None = None
    """ISO 639-1 code of the language when it is none of the five; `language` is then the best guess among them."""


class LanguageReader:
    """Reads the language of a text with lingua, restricted to the five; loads it at the first call (0.3 s)."""

    def read(self, text: str, *, hint: Language | None = None, earlier: Sequence[str] = ()) -> Heard:
        """The language of `text`; when that is unclear the hint, then the language of the earlier texts, then what
        it looks most like, and English when it looks like nothing."""
        heard = _hear(text)
        if heard.confidence >= SURE:
            return heard
        if hint is not None:
            return Heard(hint, heard.confidence if heard.language is hint and heard.confidence > 0.8 else 0.8)
        before = _hear(" ".join(earlier)) if earlier else None
        if before is not None and before.confidence >= SURE:
            return Heard(before.language, min(before.confidence, 0.8))
        return heard if heard.confidence >= _LEANS else Heard(Language.EN, heard.confidence)

    def read_any(self, text: str, *, hint: Language | None = None, earlier: Sequence[str] = ()) -> Heard:
        """The same, and whether the text is in a sixth language: then `language` is the hint, that of the earlier
        texts, or English, and nothing is sure."""
        foreign = foreign_language(_NOT_WORDS.sub(" ", clean(text)).strip())
        if foreign is None:
            return self.read(text, hint=hint, earlier=earlier)
        before = _hear(" ".join(earlier)) if earlier and hint is None else None
        known = before.language if before is not None and before.confidence >= SURE else Language.EN
        return Heard(hint or known, 0.0, foreign)

    def read_surely(self, text: str) -> Language | None:
        """The language of a text that says nothing of it; None when it is not clear."""
        heard = self.read(text)
        return heard.language if heard.confidence >= SURE else None


def _hear(text: str) -> Heard:
    words = _NOT_WORDS.sub(" ", clean(text)).strip()
    if not re.search(r"[^\W\d_]", words):
        return Heard(Language.EN, 0.0)
    with _BUILDING:
        detector = _detector()
    values = {
        Language(value.language.iso_code_639_1.name.lower()): value.value
        for value in detector.compute_language_confidence_values(words[:600])
    }
    best = max(values, key=lambda language: values[language])
    told = _told_by_marks(words) or _told_by_words(words) or _told_by_letters(words) if values[best] < 0.9 else None
    if told is not None:
        return Heard(told, max(0.85, values[told]))
    return Heard(best, values[best])


def _told_by_marks(text: str) -> Language | None:
    """Of the five only Spanish opens a question or an exclamation."""
    return Language.ES if "¿" in text or "¡" in text else None


def _told_by_letters(text: str) -> Language | None:
    """The language that alone has one of the letters. Last, since names of people and places cross borders."""
    found = {language for letters, language in _LETTERS if letters & set(text.casefold())}
    return found.pop() if len(found) == 1 else None


def _told_by_words(text: str) -> Language | None:
    """The language that alone has the most everyday words in the text: lingua is unsure of one or two words."""
    words = set(re.findall(r"[\w']+", text.casefold()))
    hits = {language: len(words & known) for language, known in _everyday().items()}
    ranked = sorted(hits.values(), reverse=True)
    return max(hits, key=lambda language: hits[language]) if ranked[0] > ranked[1] else None


@cache
def _everyday() -> dict[Language, frozenset[str]]:
    return {
        language: frozenset(wording(language).words) | {fold(word) for word in wording(language).words}
        for language in Language
    }


@cache
def _detector() -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, language.name) for language in Language]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    return builder.with_preloaded_language_models().build()
