"""The checks, each named for the harm it catches. A finding sends a draft to a person; it never blocks the customer."""

import re
from collections.abc import Sequence

from activities.classification.danger import signs_in
from activities.classification.entities import OrderIdReader
from activities.classification.escalation_rules import ruled_signs
from activities.classification.signs import Sign, first_of_each
from activities.generation.phrases import phrases
from activities.guarding.contacts import UnknownContact
from activities.guarding.context import Context
from activities.guarding.contradictions import ContradictedSource
from activities.guarding.disguises import DisguisedText, UnfinishedText
from activities.guarding.findings import MAX_EXCERPT, Check
from activities.guarding.grounding import UngroundedSentence
from activities.guarding.lexicons import (
    CompetitorNamed,
    ForbiddenWord,
    HarmfulWords,
    LegalAdvice,
    MedicalAdvice,
    ToxicWords,
)
from activities.guarding.misplaced import MisplacedValue
from activities.guarding.passages import InjectionInPassage
from activities.guarding.personal_data import PersonalData
from activities.guarding.policy_terms import PolicyContradiction
from activities.guarding.promises import CommitmentWithoutPolicy, UngroundedValue, stated_in
from activities.guarding.prompt_leak import PromptLeak
from activities.guarding.tongue import is_plainly
from activities.guarding.values import values_of
from activities.injection.checks import InjectionInMessage, InjectionInReply
from activities.injection.detector import InjectionDetector
from activities.language import SURE, LanguageReader
from activities.wording import clean
from domain.decisions import MAX_REPLY_CHARACTERS
from domain.findings import Finding
from domain.vocabulary import Language

_QUOTED = re.compile(r"“.*”|«.*»|„.*[“”]|\"[^\"]*\"", re.DOTALL)
"""From the first mark to the last: a quoted passage may hold marks of its own."""


class LanguageMismatch:
    """A reply in another language than the customer's."""

    name = "language_mismatch"

    def __init__(self, reader: LanguageReader) -> None:
        self._reader = reader

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None or context.language is None:
            return []
        own_words = _QUOTED.sub(" ", clean(context.reply))
        if is_plainly(own_words, context.language):
            return []
        heard = self._reader.read(own_words, hint=context.language)
        if heard.language is context.language or heard.confidence < SURE:
            return []
        named = phrases(Language.EN).languages
        why = f"The reply is in {named[heard.language.value]}, the customer wrote in {named[context.language.value]}."
        return [Finding(check=self.name, on="reply", excerpt=context.reply[:80], why=why)]


class ForeignOrder:
    """An order number or address in the reply that is not this customer's."""

    name = "foreign_order"

    def __init__(self, order_ids: OrderIdReader) -> None:
        self._order_ids = order_ids

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        texts = (*context.passages, *context.facts, *context.frame, clean(context.message))
        given = values_of(*texts, hint=context.language)
        known = {order_id.upper() for order_id in (*context.order_ids, *self._order_ids.read(clean(context.message)))}
        strangers = [
            order_id
            for order_id in self._order_ids.formatted(clean(context.reply))
            if order_id not in known and ("code", order_id) not in given.keys
        ]
        own = {email.casefold() for email in context.emails}
        sentences = stated_in(context.reply, context.language)
        addresses = [value for _, values in sentences for value in values if value.kind == "email"]
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
            for sign in (context.signs if context.signs is not None else _signs(context.message))
        ]


def _signs(message: str) -> tuple[Sign, ...]:
    """By words and rules alone."""
    text = clean(message)
    return first_of_each((*signs_in(text), *ruled_signs(text)))


def every_check(
    reader: LanguageReader, order_ids: OrderIdReader, injections: InjectionDetector | None = None
) -> Sequence[Check]:
    """The checks of a draft, cheapest first."""
    return (
        EmptyOrHuge(),
        DisguisedText(),
        UnfinishedText(),
        InjectionInMessage(injections or InjectionDetector()),
        InjectionInReply(),
        CompetitorNamed(),
        ForbiddenWord(),
        ToxicWords(),
        HarmfulWords(),
        LegalAdvice(),
        MedicalAdvice(),
        PromptLeak(),
        OtherLanguage(),
        ForeignOrder(order_ids),
        UngroundedValue(),
        UnknownContact(),
        PersonalData(),
        PolicyContradiction(),
        CommitmentWithoutPolicy(),
        ContradictedSource(),
        MisplacedValue(),
        UngroundedSentence(),
        InjectionInPassage(),
        LanguageMismatch(reader),
    )
