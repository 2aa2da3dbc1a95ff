"""The checks, each named for the harm it catches. A finding sends a draft to a person; it never blocks the customer."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from activities.classification.danger import signs_in
from activities.classification.entities import OrderIdReader
from activities.generation.phrases import phrases
from activities.generation.quotes import stems
from activities.guarding.context import Context
from activities.guarding.values import Stated, values_in, values_of
from activities.language import SURE, LanguageReader
from activities.phrase_lists import comparable, phrase_pattern
from activities.wording import clean, sentences_of
from domain.decisions import MAX_REPLY_CHARACTERS
from domain.findings import Finding
from domain.vocabulary import Language

MAX_EXCERPT = 200
MAX_SENTENCES = 10_000
"""More than a reply of MAX_REPLY_CHARACTERS can hold: every one is read."""


def _named(value: Stated) -> str:
    return "amount" if value.kind == "money" else value.kind


class Check(Protocol):
    """One check. `name` is what findings carry."""

    name: str

    def check(self, context: Context) -> list[Finding]: ...


class UngroundedValue:
    """A value that neither a cited passage nor a looked-up fact states. The customer's own values may be echoed, but
    not in a sentence that promises something."""

    name = "ungrounded_value"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        supported = values_of(*context.passages, *context.facts, *context.frame)
        echoed = values_of(clean(context.message))
        found = []
        for sentence in sentences_of(clean(context.reply), MAX_SENTENCES):
            promises = phrase_pattern("commitments").search(comparable(sentence)) is not None
            for value in values_in(sentence):
                if supported.support(value) or (echoed.support(value) and not promises):
                    continue
                found.append(self._finding(value, echoed=echoed.support(value)))
        return found

    def _finding(self, value: Stated, *, echoed: bool) -> Finding:
        why = (
            f"The reply turns the customer's own {_named(value)} into a promise that no passage or look-up supports."
            if echoed
            else f"No cited passage and no looked-up fact states this {_named(value)}."
        )
        return Finding(check=self.name, on="reply", excerpt=value.excerpt[:MAX_EXCERPT], why=why)


class CommitmentWithoutPolicy:
    """A promise (money back, a replacement, a discount, a guarantee) that nothing cited says."""

    name = "commitment_without_policy"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        sources = [_source(text) for text in (*context.passages, *context.frame)]
        found = []
        for sentence in sentences_of(clean(context.reply), MAX_SENTENCES):
            spoken = comparable(sentence)
            if phrase_pattern("commitments").search(spoken) and not self._is_backed(spoken, sources):
                why = "The reply commits the store to something that no cited passage says."
                found.append(Finding(check=self.name, on="reply", excerpt=sentence[:MAX_EXCERPT], why=why))
        return found

    def _is_backed(self, spoken: str, sources: list[str]) -> bool:
        """Said in these words by a source, or by a source that promises the same with nearly all of the words."""
        own = spoken.strip(" .!?„“”\"'«»-•")
        if any(own in source for source in sources):
            return True
        asked = stems(own)
        promise = phrase_pattern("commitments")
        return any(promise.search(source) and len(asked & stems(source)) >= 0.8 * len(asked) for source in sources)


@lru_cache(maxsize=1_024)
def _source(text: str) -> str:
    return comparable(clean(text))


class LanguageMismatch:
    """A reply in another language than the customer's."""

    name = "language_mismatch"

    def __init__(self, reader: LanguageReader) -> None:
        self._reader = reader

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None or context.language is None:
            return []
        own_words = re.sub(r"“[^”]*”|«[^»]*»|„[^“”]*[“”]|\"[^\"]*\"", " ", clean(context.reply))
        heard = self._reader.read(own_words, hint=context.language)
        if heard.language is context.language or heard.confidence < SURE:
            return []
        named = phrases(Language.EN).languages
        why = f"The reply is in {named[heard.language.value]}, the customer wrote in {named[context.language.value]}."
        return [Finding(check=self.name, on="reply", excerpt=context.reply[:80], why=why)]


class InjectionInMessage:
    """Words that give orders to the machine rather than ask the store something."""

    name = "injection_in_message"

    def check(self, context: Context) -> list[Finding]:
        match = phrase_pattern("injection").search(comparable(clean(context.message)))
        if match is None:
            return []
        why = "The message gives instructions to the system that answers; read it before anything leaves."
        return [Finding(check=self.name, on="message", excerpt=match.group()[:MAX_EXCERPT], why=why)]


class ForeignOrder:
    """An order number or address in the reply that is not this customer's."""

    name = "foreign_order"

    def __init__(self, order_ids: OrderIdReader) -> None:
        self._order_ids = order_ids

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        given = values_of(*context.passages, *context.facts, *context.frame, clean(context.message))
        known = {order_id.upper() for order_id in (*context.order_ids, *self._order_ids.read(clean(context.message)))}
        strangers = [
            order_id
            for order_id in self._order_ids.formatted(clean(context.reply))
            if order_id not in known and ("code", order_id) not in given.keys
        ]
        own = {email.casefold() for email in context.emails}
        addresses = [value for value in values_in(clean(context.reply)) if value.kind == "email"]
        strangers += [value.key for value in addresses if value.key not in own and not given.support(value)]
        why = "This order number or address is not known to belong to this customer."
        return [Finding(check=self.name, on="reply", excerpt=each[:MAX_EXCERPT], why=why) for each in strangers]


class EmptyOrHuge:
    """A reply that says nothing, or more than can be sent."""

    name = "empty_or_huge"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        if not re.search(r"\w", context.reply):
            return [Finding(check=self.name, on="reply", excerpt="", why="The reply holds no words.")]
        if len(context.reply) > MAX_REPLY_CHARACTERS:
            why = f"The reply is longer than {MAX_REPLY_CHARACTERS} characters."
            return [Finding(check=self.name, on="reply", excerpt=context.reply[:80], why=why)]
        return []


class OtherLanguage:
    """A source in another language than the customer's: a person decides whether to translate it."""

    name = "other_language"

    def check(self, context: Context) -> list[Finding]:
        others = context.cited_languages - {context.language}
        if context.reply is None or context.language is None or not others:
            return []
        named = phrases(Language.EN).languages
        names = ", ".join(sorted(named[language.value] for language in others))
        why = f"The answer is quoted from a source in {names}; the customer writes in {named[context.language.value]}."
        return [Finding(check=self.name, on="passage", excerpt="", why=why)]


class DangerInMessage:
    """A message that a person must answer, whatever a draft says. Its findings carry the category's name."""

    name = "danger_in_message"

    def check(self, context: Context) -> list[Finding]:
        why = "Messages of this kind always go to a person."
        return [
            Finding(check=sign.category, on="message", excerpt=sign.excerpt[:MAX_EXCERPT], why=why)
            for sign in signs_in(clean(context.message))
        ]


def every_check(reader: LanguageReader, order_ids: OrderIdReader) -> Sequence[Check]:
    """The checks of a draft, cheapest first."""
    return (
        EmptyOrHuge(),
        InjectionInMessage(),
        UngroundedValue(),
        CommitmentWithoutPolicy(),
        ForeignOrder(order_ids),
        OtherLanguage(),
        LanguageMismatch(reader),
    )
