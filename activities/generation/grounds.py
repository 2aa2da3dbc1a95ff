"""What a text that a model wrote rests on: the looked-up facts that it tells, and how much of it has a source."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from activities.citing import sentence_spans
from activities.guarding.courtesies import is_courtesy
from activities.guarding.values import Values, values_in, values_of
from domain.vocabulary import Language

_WRITTEN_OTHERWISE = frozenset({"date", "month", "money"})
"""Kinds of values that a text writes as its language does."""
_STATUS, _UNTIL, _RULE = "/status", "/return_until", "/return_rule"


class Sentence(NamedTuple):
    """A sentence that says something, and where it stands."""

    text: str
    start: int
    end: int


def told_sentences(text: str, language: Language) -> list[Sentence]:
    """The sentences without greeting, thanks, closing and other courtesies, in order."""
    placed = (Sentence(text[start:end], start, end) for start, end in sentence_spans(text))
    return [each for each in placed if not is_courtesy(each.text, language)]


def facts_used(
    text: str, known: Mapping[str, str], cited_orders: Collection[str], language: Language
) -> dict[str, str]:
    """Of the facts known, `order/{order_id}/{field}` to value, those whose values the text states, however it writes
    them. The state of an order, which is told in other words, counts where something else of the order is told or the
    order is cited; the rule behind a date where the date is told."""
    told = {name: value for name, value in known.items() if states(text, value, language)}
    orders = {name.rpartition("/")[0] for name in told} | {f"order/{order_id}" for order_id in cited_orders}
    orders |= {name.rpartition("/")[0] for name in known if states(text, _order_of(name), language)}
    for name, value in known.items():
        place = name.rpartition("/")[0]
        follows = name.endswith(_RULE) and f"{place}{_UNTIL}" in told
        if follows or (name.endswith(_STATUS) and place in orders):
            told[name] = value
    return told


def states(text: str, value: str, language: Language) -> bool:
    """Whether a text states a looked-up value, as it is or as a date or an amount is written in the language."""
    if value.casefold() in text.casefold():
        return True
    known = Values(frozenset(key for key in values_of(value).keys if key[0] in _WRITTEN_OTHERWISE))
    stated = (each for each in values_in(text, language) if each.kind in _WRITTEN_OTHERWISE)
    return bool(known.keys) and any(known.support(each) for each in stated)


def coverage(
    sentences: Sequence[Sentence],
    spans: Sequence[tuple[int, int]],
    facts: Mapping[str, str],
    language: Language,
) -> float:
    """Share of the sentences that a cited span touches or that state one of the facts, 0 to 1; 0 without any."""
    values = {value for name, value in facts.items() if not name.endswith(_STATUS)} | {
        _order_of(name) for name in facts
    }
    good = [each for each in sentences if _is_cited(each, spans) or _states_any(each.text, values, language)]
    return len(good) / len(sentences) if sentences else 0.0


def _is_cited(sentence: Sentence, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < sentence.end and sentence.start < end for start, end in spans)


def _states_any(text: str, values: Collection[str], language: Language) -> bool:
    return any(states(text, value, language) for value in values)


def _order_of(name: str) -> str:
    """The order's id in the name of one of its facts."""
    return name.removeprefix("order/").rpartition("/")[0]
