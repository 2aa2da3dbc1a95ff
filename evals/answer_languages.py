"""Whether a reply is in a language, by a detector of its own over the words that are the reply's own."""

import re
from functools import cache
from typing import TYPE_CHECKING

from domain.vocabulary import Language

if TYPE_CHECKING:
    from lingua import LanguageDetector

_QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|\"[^\"\n]*\"|‹[^›]*›")
_NO_WORDS = re.compile(r"https?://\S+|\S+@\S+|\b\w*\d\w*(?:[-/.]\w+)*|[|*_#>]")
ENOUGH = 20
"""Fewer letters than this say nothing of a language."""


def own_words(text: str) -> str:
    """A text without what it quotes, addresses, codes and numbers."""
    return re.sub(r"\s+", " ", _NO_WORDS.sub(" ", _QUOTED.sub(" ", text))).strip()


def is_in(text: str, language: Language) -> bool:
    """Whether the likeliest of seven languages is this one; true for a text that is too short to say."""
    words = own_words(text)
    if sum(letter.isalpha() for letter in words) < ENOUGH:
        return True
    found = _detector().detect_language_of(words)
    return found is not None and found.iso_code_639_1.name.casefold() == language.value


@cache
def _detector() -> "LanguageDetector":
    from lingua import Language as Known
    from lingua import LanguageDetectorBuilder

    known = (Known.ENGLISH, Known.SPANISH, Known.FRENCH, Known.GERMAN, Known.PORTUGUESE, Known.ITALIAN, Known.DUTCH)
    return LanguageDetectorBuilder.from_languages(*known).build()
