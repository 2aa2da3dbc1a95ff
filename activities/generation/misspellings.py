"""Words of a question as they were meant: a slip of the finger hides the one word that says what is asked. Pure.

Only words that the encoder does not know whole are doubted, and only what is offered as an answer, or a word list of
questions, says what was meant: a name that the store uses is right as it stands.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from activities.generation.answer_signs import ASKED, VALUED, words_for
from activities.generation.topics import words_of_topics
from activities.wording import fold, wording
from domain.vocabulary import Language
from retrieval.alignment import is_whole
from retrieval.analysis.stopwords import stop_words

SHORTEST = 5
"""Letters: below, too many words are one slip apart."""
LONG = 6
"""Letters from which on a wrong, missing or added letter is mended, and a swap that makes a word which is only known to
the encoder: shorter words are often right ones that stand near another."""
LONGEST = 30
"""Letters: beyond, it is no word, and trying each pair of its letters the other way round would take seconds."""
MOST = 40
"""Words of a text that are looked at: whoever misspells more writes no question."""
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
"""Not the letters of a model number."""
_STEM = re.compile(r"([^\W\d_]+)\*")


def mended(question: str, language: Language, offered: Iterable[str]) -> str:
    """The question with each word that is one slip (a letter wrong, missing, added, or two swapped) away from a known
    one in that one's place."""
    words = dict.fromkeys(_WORD.findall(question))
    able = [word for word in words if SHORTEST <= len(word) <= LONGEST and word.islower() and not is_whole(word)]
    doubtful = set(able[:MOST])
    if not doubtful:
        return question
    known = _asking(language).union(*(_words(text) for text in offered))
    right = {
        word for word in doubtful if {word, fold(word)} & (known | _common(language)) or _goes_on(word, language, known)
    }
    meant = {word: _meant(word, known, _common(language)) for word in doubtful - right}
    return _WORD.sub(lambda found: meant.get(found.group(), found.group()), question)


def _goes_on(word: str, language: Language, known: frozenset[str]) -> bool:
    """Whether a word is a known one with another ending: `salido` beside `salida` is no slip."""
    plain = fold(word)
    if plain.startswith(_stems(language)):
        return True
    return any(plain[:-1] == other[: len(plain) - 1] and abs(len(other) - len(plain)) < 2 for other in known) or (
        plain[:-1] in known
    )


def _meant(word: str, known: frozenset[str], common: frozenset[str]) -> str:
    """The known word that was most likely meant; the word itself where none is near enough."""
    plain = fold(word)
    near = [
        other for other in known if abs(len(other) - len(plain)) < 2 and OSA.distance(plain, other, score_cutoff=1) == 1
    ]
    if swapped := [other for other in near if sorted(other) == sorted(plain)]:
        return min(swapped)
    for other in _swaps(word):
        if other in common or (len(word) >= LONG and is_whole(other)):
            return other
    alike = [other for other in near if other[0] == plain[0]] if len(word) >= LONG else []
    return min(alike, default=word)


def _swaps(word: str) -> Iterable[str]:
    for place, (first, second) in enumerate(pairwise(word)):
        if first != second:
            yield word[:place] + second + first + word[place + 2 :]


@lru_cache(maxsize=8_192)
def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(fold(text)) if len(word) >= SHORTEST - 1)


@cache
def _asking(language: Language) -> frozenset[str]:
    """The words by which questions are known."""
    return frozenset().union(*(_words(phrase) for phrase in _phrases(language)))


@cache
def _common(language: Language) -> frozenset[str]:
    """Words that everybody uses: right as they stand."""
    return stop_words(language) | frozenset(wording(language).words)


@cache
def _stems(language: Language) -> tuple[str, ...]:
    """What stands before a `*` in them: a word that goes on from it is known too."""
    found = {fold(stem) for phrase in _phrases(language) for stem in _STEM.findall(phrase)}
    return tuple(sorted(stem for stem in found if len(stem) >= SHORTEST - 1))


def _phrases(language: Language) -> tuple[str, ...]:
    asking = (word for name in (*ASKED, *VALUED) for word in words_for(language, name))
    return (*asking, *words_of_topics(language))
