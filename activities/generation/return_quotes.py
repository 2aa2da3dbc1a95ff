"""What is quoted to somebody who wants to send something back: the rule, and of it what their case touches."""

from collections.abc import Sequence
from typing import NamedTuple

from activities.generation.order_hints import known_by
from activities.generation.quotes import Quote, answer_sentences
from activities.generation.return_words import speaks_of, touches
from activities.generation.returns_texts import is_named_for_returns
from activities.guarding.policy_terms import RETURN_WINDOW, days_told, speaks_of_term
from domain.knowledge import Passage
from domain.vocabulary import Kind, Language


class Wanted(NamedTuple):
    """Whose return it is."""

    message: str
    bought: str
    """Names of the goods that are at hand."""
    language: Language
    period: bool
    """Whether it has to be said until when and on what condition."""


def about_returns(passages: Sequence[Passage], wanted: Wanted) -> list[Passage]:
    """The passages without product pages that say nothing on returns, or are of another product: who sends a lamp back
    asks neither for a lamp nor for curtains."""
    spoken = known_by(f"{wanted.message}\n{wanted.bought}", wanted.language)
    return [
        passage
        for passage in passages
        if passage.kind is not Kind.PRODUCT
        or (
            known_by(passage.title, wanted.language) & spoken
            and any(speaks_of_term(RETURN_WINDOW, sentence) for sentence in answer_sentences(passage))
        )
    ]


def quotes_on_return(quotes: tuple[Quote, ...], passages: Sequence[Passage], wanted: Wanted) -> tuple[Quote, ...]:
    """The quotes; of the store's policy on returns what the message touches, exceptions that it or the goods touch and,
    where it is wanted or nothing else is left to quote, until when and on what condition something may go back."""
    rules = [each for each in passages if each.kind is Kind.POLICY and is_named_for_returns(each)]
    ids = {each.passage_id for each in rules}
    others = tuple(quote for quote in quotes if quote.passage.passage_id not in ids)
    in_own = [each for each in rules if each.language is wanted.language]
    if in_own:  # the store's own rule, in words that the customer reads, before anything in another language
        others = tuple(quote for quote in others if quote.passage.language is wanted.language)
    if others:
        rules = in_own
    own = {quote.passage.passage_id: quote for quote in quotes}
    ours = [_of_rule(rule, own.get(rule.passage_id), wanted) for rule in rules]
    if not others and not any(ours):
        ours = [_of_rule(rule, own.get(rule.passage_id), wanted._replace(period=True)) for rule in rules]
    found = tuple(quote for quote in ours if quote)
    if not found:
        return others or quotes
    first = any(quote.passage.passage_id in own for quote in found) or not others
    return (*found, *others) if first else (*others, *found)


def _of_rule(rule: Passage, own: Quote | None, wanted: Wanted) -> Quote | None:
    kept = [each for each in answer_sentences(rule) if _is_wanted(each, own.text if own else "", wanted)]
    return Quote(rule, " ".join(kept), len(kept), own.score if own else 0.0, tuple(kept)) if kept else None


def _is_wanted(sentence: str, picked: str, wanted: Wanted) -> bool:
    """Whether a sentence of the rule is quoted. What was picked by its likeness to the question has to share a word
    with it that not every sentence on returns holds."""
    if speaks_of(sentence, "exceptions"):
        return touches(sentence, wanted.language, wanted.message, wanted.bought)
    if wanted.period and days_told(RETURN_WINDOW, sentence, wanted.language):
        return True
    if wanted.period and speaks_of(sentence, "conditions") and not any(map(str.isdigit, sentence)):
        return True
    return sentence in picked and touches(sentence, wanted.language, wanted.message)
