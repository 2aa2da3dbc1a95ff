"""The questions of a message, each for itself: `How long do I have, and what does it cost?` asks two things. Pure.

Cut by rules, since a wrong cut costs little (both halves are answered from the same passages) and a missed one leaves
a question unanswered. Word lists are data, in resources/answering.json.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from activities.generation.answer_signs import ASKED, words_for
from activities.phrase_lists import compiled
from activities.wording import fold, gist_of, sentences_of
from domain.vocabulary import Language

MAX_QUESTIONS = 4
FEW = 4
"""A part of fewer words is read together with what it follows: `and until when` says nothing by itself."""
MAX_CHARACTERS = 400
MAX_SENTENCES = 20
_JOIN = re.compile(r"\s+(?:and|und|et|y|e|or|oder|ou|o)$", re.IGNORECASE)


class Question(NamedTuple):
    """One thing that is asked for."""

    own: str
    """As the customer wrote it: what kind of answer it wants is read from this alone."""
    text: str
    """With what it needs to be understood."""


def questions_of(message: str, language: Language) -> tuple[Question, ...]:
    """At most MAX_QUESTIONS, in their order. A message that asks nothing is one question: what it is about."""
    gist = gist_of(message)
    found: list[Question] = []
    before = ""
    for sentence in sentences_of(gist, MAX_SENTENCES):
        if _asks(sentence, language):
            found += _parts(sentence[-MAX_CHARACTERS:], before, language)
        before = sentence[-MAX_CHARACTERS:]
    distinct = {fold(question.own): question for question in found}
    return tuple(distinct.values())[:MAX_QUESTIONS] or (Question(gist, gist),)


def _asks(sentence: str, language: Language) -> bool:
    if "?" in sentence:
        return True
    plain = _folded(sentence)
    if _opening(language).match(plain) and not _polar(language).match(plain):
        return True
    # Who writes without full stops writes without question marks too.
    chatty = sentence[-1] not in ".!…:" and _polar(language).match(plain) is not None
    return chatty or _wanting(language).search(fold(sentence)) is not None


def _parts(sentence: str, before: str, language: Language) -> Iterator[Question]:
    """The clauses of a sentence that ask. What stands before the first belongs to it: `If I order today, when …`."""
    plain = _folded(sentence)
    starts = [0]
    for found in _cuts(language).finditer(plain):
        if _opening(language).search(plain[starts[-1] : found.start()]):
            starts.append(found.end())
    ends = [*starts[1:], len(sentence)]
    clauses = [sentence[start:end].strip(" ,;") for start, end in zip(starts, ends, strict=True)]
    clauses[:-1] = [_JOIN.sub("", clause) for clause in clauses[:-1]]
    lead = before
    for clause in clauses:
        leans = len(clause.split()) < FEW or _stand_ins(language).search(fold(clause)) is not None
        yield Question(clause, f"{lead} {clause}".strip() if leans else clause)
        lead = clauses[0]


def _folded(text: str) -> str:
    """Folded letter by letter, so that places in it are places in the text."""
    return "".join((fold(letter) or " ")[0] for letter in text)


@cache
def _opening(language: Language) -> re.Pattern[str]:
    """How a clause that asks begins: with an interrogative, after a preposition too, or with a verb."""
    inverted = r"¿|-(?:ils?|elles?|on|vous|je|tu|nous)\b"
    return re.compile(rf"{_interrogative(language)}|(?:^|[,.:;!]\s*)(?:{_any(language, 'yes_no')})\b|{inverted}")


@cache
def _polar(language: Language) -> re.Pattern[str]:
    """A question for yes or no, by how it begins; statements may begin so too."""
    joins = _any(language, "joins")
    return re.compile(rf"¿?\s*(?:(?:{joins})\s+)?(?:{_any(language, 'yes_no', 'statements_too')})\b")


@cache
def _cuts(language: Language) -> re.Pattern[str]:
    """What stands between two clauses of which the second asks."""
    joins = _any(language, "joins")
    asking = rf"(?:{_interrogative(language)}|¿?\s*(?:{_any(language, 'yes_no')})\b)"
    return re.compile(rf"(?:[,;:]\s*(?:(?:{joins})\s+)?|\s(?:{joins})\s+)(?={asking})")


def _interrogative(language: Language) -> str:
    before = _any(language, "prepositions")
    return rf"¿?\s*(?:\b(?:{before})\s)?\b(?:{_any(language, *ASKED)})\b"


def _any(language: Language, *names: str) -> str:
    words = sorted({fold(word) for name in names for word in words_for(language, name)}, key=len, reverse=True)
    return "|".join(re.escape(word).replace("\\ ", r"[\s-]") for word in words)


@cache
def _wanting(language: Language) -> re.Pattern[str]:
    return compiled(words_for(language, "wants"))


@cache
def _stand_ins(language: Language) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any(language, 'stand_ins')})\b")
