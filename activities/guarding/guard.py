"""The guard: every check over a message and its draft, then the outcome."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from activities.classification.entities import OrderIdReader
from activities.classification.signs import CATEGORIES
from activities.conversation.words import own_texts
from activities.generation.greeting import name_to_greet
from activities.generation.order_part import looked_up_texts
from activities.generation.order_texts import facts_of
from activities.generation.phrases import fixed_phrases, signature_of
from activities.guarding.checks import DangerInMessage, EmptyOrHuge, every_check
from activities.guarding.context import Context
from activities.guarding.findings import Check
from activities.guarding.policy_terms import RETURN_WINDOW, days_fixed, terms_of
from activities.guarding.values import values_of
from activities.injection.detector import InjectionDetector
from activities.language import LanguageReader
from domain.decisions import MAX_REPLY_CHARACTERS
from domain.findings import Finding
from domain.knowledge import Passage
from domain.messages import unanswered_text
from domain.orders import Order
from domain.steps import GuardInput
from domain.styles import Formality
from domain.vocabulary import Kind, Language, Outcome

VERSION = "guard-2"
MAX_FINDINGS = 20
MAX_PASSAGE = 8_000
"""Characters of a passage."""
MAX_PASSAGES = 20
_SLOT = re.compile(r"\{\w+\}")
_RULE = re.compile(r"^delivered_at \+ (\d{1,3}) days$")


class Guard:
    """Runs the checks. Pure computation, a few milliseconds."""

    def __init__(self, checks: Sequence[Check], injections: InjectionDetector | None = None) -> None:
        self._checks = checks
        self._injections = injections

    @classmethod
    def usual(
        cls, reader: LanguageReader, order_ids: OrderIdReader, injections: InjectionDetector | None = None
    ) -> "Guard":
        """With every check of this version. A detector with an embedder lets `examine` read what a message means."""
        injections = injections or InjectionDetector()
        return cls(every_check(reader, order_ids, injections), injections)

    @property
    def version(self) -> str:
        """Of the checks and of the injection model."""
        return VERSION if self._injections is None else f"{VERSION} {self._injections.version}"

    async def examine(self, context: Context) -> tuple[Finding, ...]:
        """The same as `inspect`, and the message's meaning is read for injections. Raises Unavailable when the
        embedder is remote and does not answer."""
        return await asyncio.to_thread(self.inspect, await self._read(context))

    async def examine_alone(self, context: Context) -> tuple[Finding, ...]:
        """The same as `inspect_alone`, with the message's meaning."""
        return await asyncio.to_thread(self.inspect_alone, await self._read(context))

    async def _read(self, context: Context) -> Context:
        if self._injections is None:
            return context
        return context._replace(suspicion=await self._injections.suspect(context.message))

    def inspect(self, context: Context) -> tuple[Finding, ...]:
        """The findings of the checks in their order, at most MAX_FINDINGS of each. Of a reply that is too long to be
        sent nothing else is told: it costs nothing, whatever it holds."""
        context = _bounded(context)
        if context.reply is not None and len(context.reply) > MAX_REPLY_CHARACTERS:
            too_long = EmptyOrHuge().check(context)
            return (*too_long, *self._findings(context._replace(reply=None)))
        return self._findings(context)

    def _findings(self, context: Context) -> tuple[Finding, ...]:
        return tuple(finding for check in self._checks for finding in check.check(context)[:MAX_FINDINGS])

    def warm_up(self) -> None:
        """Loads what the checks import on first use (3 s, 100 MB), so that no customer waits for it."""
        sample = "Hello, on 1 May you wrote from +44 20 7946 0958."
        self.inspect(Context(message=sample, reply=sample, language=Language.EN, passages=(sample[:12],)))

    def inspect_alone(self, context: Context) -> tuple[Finding, ...]:
        """The same without a classification before it: the must-escalate categories are looked for as well."""
        return (*DangerInMessage().check(context), *self.inspect(context))


def _bounded(context: Context) -> Context:
    """The same with passages of a length that is read in a moment; those of a store are far shorter."""
    passages = tuple(passage[:MAX_PASSAGE] for passage in context.passages[:MAX_PASSAGES])
    return context if passages == context.passages else context._replace(passages=passages)


def outcome_of(findings: Sequence[Finding]) -> Outcome:
    """Escalate for a must-escalate category, review for any other finding, else pass."""
    if any(finding.check in CATEGORIES for finding in findings):
        return Outcome.ESCALATE
    return Outcome.REVIEW if findings else Outcome.PASS


def context_of(
    request: GuardInput,
    cited: Sequence[Passage],
    *,
    prompts: Sequence[str] = (),
    canaries: Sequence[str] = (),
) -> Context:
    """What supports a draft: the cited passages, the looked-up orders and the store's own fixed texts.

    What cited policies fix is held against the reply; `prompts` are what the generator was told, without
    passages, and `canaries` the marks in it.
    """
    language, policy = request.classification.language, request.case.policy
    orders = request.retrieval.lookup.orders
    texts = tuple(f"{passage.title}\n{passage.text}" for passage in cited)
    facts = [value for order in orders for value in (order.order_id, *_stated(order))]
    facts += [f"{item.name} {item.sku} {item.price} {order.currency}" for order in orders for item in order.items]
    links = [passage.url for passage in cited if passage.url] + [policy.return_form_url or ""]
    email = request.case.query.customer.email
    formality = policy.style.formality_in(language)
    told = looked_up_texts(request.retrieval.lookup, language, request.case.query.received_at, formality)
    return Context(
        message=unanswered_text(request.case.thread),
        reply=request.draft.text,
        language=language,
        passages=texts,
        facts=(*facts, *links, *_computed(request, cited, texts)),
        frame=(signature_of(policy, language), name_to_greet(orders, request.retrieval.lookup.customer) or "", *told),
        phrases=fixed_texts(language, formality),
        order_ids=tuple(order.order_id for order in orders),
        emails=(email,) if email else (),
        cited_languages=frozenset(passage.language for passage in cited),
        competitors=policy.competitors,
        forbidden=policy.style.forbidden,
        terms=terms_of(policy, _fixed_by(cited)),
        prompts=tuple(prompts),
        canaries=tuple(canaries),
    )


def _fixed_by(cited: Sequence[Passage]) -> dict[str, str]:
    """The attributes of the cited policies; of two that fix the same the better one counts, which is cited first."""
    return {
        name: value
        for passage in reversed(cited)
        if passage.kind is Kind.POLICY
        for name, value in passage.attributes.items()
    }


def _stated(order: Order) -> Iterable[str]:
    """The looked-up values of an order; once it is delivered no reply speaks of when it was expected."""
    known = facts_of(order)
    over = order.delivered_at is not None
    return (value for name, value in known.items() if not (over and name.endswith("/expected_at")))


def _computed(request: GuardInput, cited: Sequence[Passage], texts: Sequence[str]) -> list[str]:
    """Dates that follow from a looked-up date by a rule whose number a cited passage states, in its text or its
    attributes; others do not count."""
    fixed = days_fixed(RETURN_WINDOW, _fixed_by(cited))
    periods = values_of(*texts, *([f"{fixed} days"] if fixed else [])).keys
    good = []
    for order in request.retrieval.lookup.orders:
        until = request.draft.facts.get(f"order/{order.order_id}/return_until", "")
        rule = _RULE.match(request.draft.facts.get(f"order/{order.order_id}/return_rule", ""))
        if rule is None or order.delivered_at is None or ("duration", f"{rule[1]}-{rule[1]} day") not in periods:
            continue
        if until == _plus(order.delivered_at.date(), int(rule[1])):
            good += [until, f"{rule[1]} days"]
    return good


def _plus(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


def fixed_texts(language: Language, formality: Formality = "formal") -> tuple[str, ...]:
    """The phrases, those with slots without them: they promise nothing that is not meant."""
    texts = (*fixed_phrases(language, formality), *own_texts(language, formality))
    return tuple(_SLOT.sub("", text) for text in texts)
