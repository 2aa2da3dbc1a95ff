"""What we asked the customer: read from our own words, whoever wrote them, by patterns in five languages."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from activities.classification.entities import OrderIdReader
from activities.conversation.turns import OURS, Turns
from activities.conversation.words import any_of, starts_with
from activities.wording import clean, fold, sentences_of
from domain.conversations import Asked

_SENTENCES = 40
_READER = OrderIdReader()
_QUOTED = re.compile(r"[“«„\"][^”»“\"]{0,300}[”»“\"]")


class Question(NamedTuple):
    """One sentence of ours that asks something."""

    text: str
    asked: frozenset[Asked]
    order_ids: tuple[str, ...] = ()
    """Orders that it names: they are meant, or were not found."""


def questions_in(text: str) -> tuple[Question, ...]:
    """What a text of ours asks. An offer (“if you mean another order …”) and a courtesy (“anything else?”) ask
    nothing."""
    return tuple(_questions(text))


def offers_number(text: str) -> bool:
    """Whether a text of ours leaves it to the customer to name another order."""
    folded = [fold(sentence) for sentence in sentences_of(clean(text), _SENTENCES)]
    return any(starts_with("conditions").match(each) and any_of("order_topics").search(each) for each in folded)


def open_questions(thread: Turns) -> tuple[Question, ...]:
    """What our last turns before the customer's unanswered ones asked."""
    return tuple(question for text in _last_run(thread) for question in questions_in(text))


def asking_run(thread: Turns) -> int:
    """How many of our last turns in a row only asked: each of them is an attempt that brought no answer."""
    count = 0
    for turn in reversed(thread):
        if turn.role not in OURS:
            continue
        if not questions_in(turn.text):
            break
        count += 1
    return count


def _questions(text: str) -> Iterator[Question]:
    for sentence in sentences_of(clean(text), _SENTENCES):
        folded = _QUOTED.sub(" ", fold(sentence))
        if starts_with("conditions").match(folded) or any_of("pleasantries").search(folded):
            continue
        questioning = "?" in folded
        if not questioning and not any_of("requests").search(folded):
            continue
        topics: set[Asked] = set()
        if any_of("order_topics").search(folded):
            topics.add("order_number")
        if any_of("email_topics").search(folded):
            topics.add("email")
        ids = _READER.read(sentence)
        if not topics and questioning:
            topics.add("confirmation" if ids else "other")
        if topics:
            yield Question(sentence, frozenset(topics), ids)


def _last_run(thread: Turns) -> list[str]:
    found: list[str] = []
    for turn in reversed(thread):
        if turn.role in OURS:
            found.append(turn.text)
        elif turn.role == "customer" and found:
            break
    return found[::-1]
