"""Who answers, and what may leave by itself. Pure, from values that are pinned in the workflow."""

from collections.abc import Iterable

from domain.canonical import sha256_hex
from domain.consequences import NEVER, Consequence
from domain.findings import Reason
from domain.messages import QueryFacts
from domain.money import Money
from domain.policies import StorePolicy
from domain.rollout import place_of
from domain.vocabulary import Intent, Language, Outcome, SendMode, Tier


def strictest(*tiers: Tier) -> Tier:
    """The strictest of several tiers; tier 1 when there is none."""
    return max(tiers, default=Tier.AUTOMATIC)


def tier_of(policy: StorePolicy, intents: tuple[Intent, ...]) -> Tier:
    """Several intents in one message: the strictest tier of the store's table wins."""
    return strictest(*(policy.table[intent] for intent in intents))


def refund_tier(policy: StorePolicy, amounts: Iterable[Money]) -> Tier:
    """Tier of a refund, from the amounts named and the looked-up total, each against the limit of its currency."""
    return Tier.PERSON if above_limit(policy, amounts) else policy.table[Intent.REFUND]


def above_limit(policy: StorePolicy, amounts: Iterable[Money]) -> Money | None:
    """The first amount above the limit for refunds in its currency."""
    return next((amount for amount in amounts if amount.number > policy.refund_limit_in(amount.currency)), None)


def in_rollout(query: QueryFacts, share: int) -> bool:
    """Whether this customer belongs to the share (0 to 100) that is answered automatically; always the same answer
    for one customer."""
    return int(sha256_hex(f"rollout/{query.store}/{_who(query)}")[:8], 16) % 100 < share


def held_out(query: QueryFacts, share: int) -> bool:
    """Whether this customer belongs to those whose drafts always go to review; always the same answer for one."""
    return place_of("holdout", query.store, _who(query)) < share


def _who(query: QueryFacts) -> str:
    return (query.customer.id or query.customer.email or query.conversation_id).casefold()


NEVER_BY_ITSELF = frozenset({"tier", "guard", "no_answer", "redraft", "consequence", "attachment"})
"""Codes of the reasons that no threshold and no share takes away."""


def held_back(
    policy: StorePolicy,
    query: QueryFacts,
    *,
    intent: Intent,
    language: Language,
    tier: Tier,
    confidence: float,
    outcome: Outcome,
    draft_kind: str,
    attempt: int,
    agent_holds: bool,
    consequence: Consequence = Consequence.INFORM,
) -> tuple[Reason, ...]:
    """Every reason why a draft may not leave without a person. Empty: it may be sent."""
    rule, bar = policy.send_rule(intent, language), policy.bars[consequence]
    checks = (
        (
            tier is not Tier.AUTOMATIC,
            "tier",
            f"Queries with the intent “{intent.words}” are decided by a person here (tier {tier.value}).",
        ),
        (outcome is not Outcome.PASS, "guard", "The guard found something in the message or the draft."),
        (
            draft_kind == "holding",
            "no_answer",
            "Nothing found answers the question, so the draft only says that a person will look.",
        ),
        (attempt > 1, "redraft", "A redraft after a rejection is always decided by a person."),
        (
            bool(query.attachments),
            "attachment",
            "The customer sent files along: what they show decides, and a person has to look at them.",
        ),
        (agent_holds, "agent_holds", "An agent holds this conversation, so nothing leaves automatically."),
        (rule.mode is SendMode.SHADOW, "shadow", "The store is in shadow mode: every draft is reviewed."),
        (
            rule.mode is SendMode.CERTIFIED and rule.certificate is None,
            "no_certificate",
            "The store sends certified replies only, and this group has no valid certificate.",
        ),
        (
            confidence < rule.threshold,
            "below_threshold",
            f"Confidence {confidence:.2f} is below the threshold {rule.threshold:.2f}.",
        ),
        (
            bar >= NEVER or confidence < bar,
            "consequence",
            f"The answer would {consequence.words}: "
            + ("a person decides that here." if bar >= NEVER else f"that needs a confidence of {bar:.2f}."),
        ),
        (
            not in_rollout(query, rule.share),
            "rollout",
            f"This customer is outside the {rule.share}% that are answered automatically.",
        ),
        (
            held_out(query, rule.holdout),
            "holdout",
            f"This customer belongs to the {rule.holdout}% whose drafts are always reviewed, for comparison.",
        ),
    )
    return tuple(Reason(code=code, text=text) for failed, code, text in checks if failed)
