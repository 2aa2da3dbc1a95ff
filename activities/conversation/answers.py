"""Messages that want nothing by themselves: a number, an address, a yes, “I don't have it”, “the other one”."""

import re
from functools import cache

from activities.conversation.mentions import emails_in, order_ids_in
from activities.conversation.pointers import without_pointer
from activities.conversation.words import any_of, starts_with, words_of
from activities.wording import clean, core_of, fold, wording
from domain.vocabulary import Language

FEW_WORDS = 12
"""Of a message that only reacts to what we said."""
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NO_WORDS = re.compile(r"\S+@\S+|(?<!\w)(?:[a-z]{1,4}-?)?\d[\w-]*")


def content_of(text: str) -> list[str]:
    """The folded words of a message that are more than a frame around an answer."""
    folded = starts_with("follow_ups").sub(" ", fold(core_of(clean(text))), count=1)
    return [word for word in _WORDS.findall(_NO_WORDS.sub(" ", folded)) if word not in _frame()]


def says_yes(text: str) -> bool | None:
    """True for a yes, False for a no, None for what is neither or more than that."""
    if "?" in text or len(content_of(text)) > 1:
        return None
    folded = fold(core_of(text))
    if starts_with("no").match(folded):
        return False
    return True if starts_with("yes").match(folded) else None


def reacts(text: str, name: str) -> bool:
    """Whether a short message without a question says what the list `name` holds: `lacking` or `unhelped`."""
    return "?" not in text and len(text.split()) <= FEW_WORDS and any_of(name).search(fold(text)) is not None


def only_answers(text: str) -> bool:
    """Whether a message wants nothing by itself."""
    if reacts(text, "lacking") or reacts(text, "unhelped"):
        return True
    folded = fold(text)
    bare = without_pointer(folded)
    points = bare != folded or starts_with("yes").match(folded) or starts_with("no").match(folded)
    return bool(points or order_ids_in(text, bare=True) or emails_in(text)) and not content_of(bare)


@cache
def _frame() -> frozenset[str]:
    named = {word for language in Language for each in wording(language).order_words for word in fold(each).split()}
    courtesies = {
        word
        for language in Language
        for each in (*wording(language).greetings, *wording(language).farewells)
        for word in re.findall(r"\w+", fold(each))
    }
    lists = (words_of(name) for name in ("fillers", "yes", "no", "follow_ups"))
    return frozenset(named | courtesies).union(*lists)
