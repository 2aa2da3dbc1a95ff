"""What a sentence of a policy says on returns and refunds, and what a message says of the goods, by word lists.

Words are data, in resources/return_words.json; all five languages are looked through.
"""

import json
import re
from functools import cache
from typing import Literal

from activities.generation.order_hints import stems_of
from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES, clean
from domain.vocabulary import Language

Matter = Literal["conditions", "exceptions", "deducted", "shipping", "refund", "never", "faulty"]


def speaks_of(text: str, matter: Matter) -> bool:
    """Whether a text holds a phrase of a list."""
    return _pattern(matter).search(comparable(clean(text))) is not None


def touches(sentence: str, *texts: str) -> bool:
    """Whether a sentence shares a telling word with what the customer wrote or bought."""
    named = {stem for text in texts for stem in stems_of(text)}
    return bool(stems_of(sentence) & named)


@cache
def _pattern(matter: Matter) -> re.Pattern[str]:
    lists = json.loads((RESOURCES / "return_words.json").read_text(encoding="utf-8"))
    return compiled(phrase for language in Language for phrase in lists[language.value][matter])
