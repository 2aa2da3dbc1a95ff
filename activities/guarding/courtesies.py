"""The frame of a letter: greeting, thanks, apology, closing. Such sentences claim nothing and need no source."""

from functools import cache

from activities.guarding.clauses import content_of
from activities.phrase_lists import comparable, read_lines
from activities.wording import RESOURCES
from domain.vocabulary import Language


def is_courtesy(words: str, language: Language) -> bool:
    """Whether everything that the words tell is of the frame, such as `I am sorry for the delay`."""
    return content_of(comparable(words), language) <= courteous(language)


@cache
def courteous(language: Language) -> frozenset[str]:
    """The stems of the frame's words."""
    lines = read_lines(RESOURCES / "courtesies" / f"{language.value}.txt")
    return frozenset(stem for line in lines for stem in content_of(comparable(line), language))
