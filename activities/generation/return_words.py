"""What a sentence of a policy says on returns and refunds, and what a message says of the goods, by word lists.

Words are data, in resources/return_words.json; all five languages are looked through.
"""

import json
import re
from functools import cache
from typing import Literal

from activities.generation.telling_words import telling_stems
from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES, clean
from domain.vocabulary import Language

Matter = Literal["conditions", "exceptions", "deducted", "shipping", "refund", "never", "faulty"]


def speaks_of(text: str, matter: Matter) -> bool:
    """Whether a text holds a phrase of a list."""
    return _pattern(matter).search(comparable(clean(text))) is not None


def touches(sentence: str, language: Language, *texts: str) -> bool:
    """Whether a sentence shares a telling word with what the customer wrote or bought, beside those of returns."""
    named = {stem for text in texts for stem in telling_stems(text, language)}
    return bool((telling_stems(sentence, language) & named) - _common(language))


@cache
def _common(language: Language) -> frozenset[str]:
    """Of words that every sentence on returns may hold."""
    return telling_stems(" ".join(_lists()[language.value]["common"]), language)


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    lists: dict[str, dict[str, list[str]]] = json.loads((RESOURCES / "return_words.json").read_text(encoding="utf-8"))
    return lists


@cache
def _pattern(matter: Matter) -> re.Pattern[str]:
    return compiled(phrase for language in Language for phrase in _lists()[language.value][matter])
