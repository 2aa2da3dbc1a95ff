"""How customers write: a plain question with greeting and thanks, in haste, without accents, with a slip."""

import re
from collections.abc import Mapping, Sequence
from random import Random

from activities.wording import fold
from domain.values import Value
from domain.vocabulary import Language

STORIES = 0.25
"""Share of the unhurried questions that somebody leads up to."""
_WORD = re.compile(r"\b[^\W\d_]{5,}\b")


class Manners(Value):
    """Ways to begin and to end."""

    language: Language
    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    stories: tuple[str, ...]
    """Sentences that lead up to a question and say nothing about it."""


def worn(text: str, language: Language, manners: Mapping[Language, Manners], chance: Random) -> str:
    """The question as somebody may have sent it. Order ids stay as they are."""
    dice = chance.random()
    if dice < 0.12:
        return _hurried(text)
    if dice < 0.2:
        return _slipped(text, chance)
    own = manners[language]
    if chance.random() < STORIES:
        text = f"{chance.choice(own.stories)} {text}"
    if dice < 0.35:
        text = f"{chance.choice(own.greetings)}\n{text}" if chance.random() < 0.5 else _greeted(text, own, chance)
    if dice < 0.28 or dice > 0.9:
        text = f"{text}\n{chance.choice(own.closings)}"
    return text


def _greeted(text: str, own: Manners, chance: Random) -> str:
    return f"{chance.choice(own.greetings)} {text}"


def _hurried(text: str) -> str:
    """Lower case, no accents, nothing at the end; codes keep their capitals."""
    words = [word if _is_code(word) else fold(word) for word in text.split(" ")]
    return " ".join(words).rstrip(".!?¿ ").lstrip("¿¡")


def _slipped(text: str, chance: Random) -> str:
    """Two letters of one longer word in the wrong order."""
    found: Sequence[re.Match[str]] = [match for match in _WORD.finditer(text) if match.group().islower()]
    if not found:
        return text
    match = chance.choice(found)
    place = match.start() + chance.randrange(1, len(match.group()) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _is_code(word: str) -> bool:
    return any(letter.isdigit() for letter in word)
