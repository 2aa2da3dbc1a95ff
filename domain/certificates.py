"""Certificates: what was promised, from which labels, and what makes the promise void. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import Field

from domain.canonical import content_hash
from domain.certification import ALPHA, DELTA, Verdict, missing_labels, share_of_delta, starting_count
from domain.groups import Group, Level, Pool, Pooling, group_of, pools_of
from domain.policies import StorePolicy
from domain.values import Value
from domain.vocabulary import Intent, Language, SendMode, Tier

MONEY_BACK = frozenset({Intent.REFUND})


class Certificate(Value):
    """One promise, with all that it rests on."""

    certificate_id: str
    recalibration: int = Field(ge=1)
    group_key: str
    level: Level
    members: tuple[str, ...]
    alpha: float
    delta: float
    """This pool's part of the store's delta."""
    threshold: float
    labels: int
    n: int
    """Audited drafts at or above the threshold."""
    errors: int
    """Wrong ones among them."""
    bound: float
    data_hash: str
    versions: dict[str, str]
    policies: dict[str, str]
    documents: dict[str, str]
    """Policy documents that audited drafts cite, id to content hash."""
    knowledge_hash: str
    knowledge_at: datetime
    issued_at: datetime
    issued_by: str
    voided_at: datetime | None = None
    voided_because: str | None = None

    @property
    def pooled(self) -> bool:
        """Whether it states only the rate over several groups."""
        return len(self.members) > 1

    @property
    def valid(self) -> bool:
        """Whether nothing has made it void yet."""
        return self.voided_at is None

    @property
    def promise(self) -> str:
        """What it says, in one or two sentences."""
        what = f"Of the answers to {words_of(self.members)} with a confidence of {self.threshold:.2f} or more"
        said = f"{what} at least {1 - self.alpha:.0%} are right: of {self.n} audited ones {self.errors} were wrong."
        if not self.pooled:
            return said
        return f"{said} This is the rate over all of these groups together; of each by itself nothing is promised."


def words_of(members: Iterable[str]) -> str:
    """Groups as they stand in a sentence: `order status (en, es), shipping (de)`."""
    languages: dict[str, list[str]] = {}
    for key in members:
        group = group_of(key)
        languages.setdefault(group.intent.words, []).append(group.language.value)
    return ", ".join(f"{intent} ({', '.join(sorted(found))})" for intent, found in sorted(languages.items()))


def models_hash(versions: Mapping[str, str]) -> str:
    """Names everything that made a draft, its score and its guard's verdict."""
    return content_hash(["models", dict(versions)])


def policy_hash(policy: StorePolicy, intent: Intent) -> str:
    """Names the store's rules for one intent: who answers it, the confidence that its consequence asks for, what money
    goes to a person, what replies link to."""
    rules: dict[str, object] = {"tier": int(policy.table[intent])}
    rules["bars"] = {consequence.value: bar for consequence, bar in policy.bars.items()}
    if intent in MONEY_BACK:
        limits = {currency: str(limit.normalize()) for currency, limit in policy.refund_limits.items()}
        rules |= {"limit": str(policy.refund_limit.normalize()), "currency": policy.currency, "limits": limits}
    if intent is Intent.RETURN_REQUEST:
        rules["form"] = policy.return_form_url
    return content_hash(["policy", rules])


def policy_hashes(policy: StorePolicy) -> dict[str, str]:
    """The same for every intent that may leave by itself."""
    return {i.value: policy_hash(policy, i) for i, tier in policy.table.items() if tier is Tier.AUTOMATIC}


def why_void(certificate: Certificate, versions: Mapping[str, str], policy: StorePolicy) -> str | None:
    """Why a certificate no longer holds with what answers now; None while it does."""
    names = sorted(certificate.versions.keys() | versions.keys())
    changed = [name for name in names if certificate.versions.get(name) != versions.get(name)]
    if changed:
        told = (f"{name} ({certificate.versions.get(name, 'none')} → {versions.get(name, 'none')})" for name in changed)
        return f"What answers has changed since: {', '.join(told)}."
    now = policy_hashes(policy)
    intents = sorted({group_of(key).intent for key in certificate.members})
    altered = [intent.words for intent in intents if certificate.policies.get(intent.value) != now.get(intent.value)]
    return f"The store's rules for {', '.join(altered)} have changed since." if altered else None


class Plan(Value):
    """What a recalibration will test, settled by counts of labels alone."""

    recalibration: int
    pooling: Pooling
    delta: float
    """Of each pool."""
    start: int
    """Items that must lie above a threshold before it is tested."""

    @property
    def spent(self) -> float:
        """What all of it spends of the store's delta."""
        return share_of_delta(DELTA, self.recalibration)


def plan(counts: Mapping[str, int], recalibration: int) -> Plan:
    """The pools, and the delta that each of them gets: the recalibration's part in equal shares."""
    spent = share_of_delta(DELTA, recalibration)
    sharers = 1
    while True:
        start = starting_count(ALPHA, spent / sharers)
        pooling = pools_of(counts, enough=start)
        # More pools mean a smaller share, hence a larger start, hence no more pools: this comes to rest.
        if len(pooling.pools) <= sharers:
            return Plan(recalibration=recalibration, pooling=pooling, delta=spent / sharers, start=start)
        sharers = len(pooling.pools)


class PoolReport(Value):
    """What became of one pool, in words for the lead."""

    key: str
    level: Level
    members: tuple[str, ...]
    labels: int
    explanation: str
    verdict: Verdict | None = None
    """None in a dry run."""
    certificate_id: str | None = None


class CertifyReport(Value):
    """What one call of `holdpoint certify` did."""

    store: str
    dry_run: bool
    recalibration: int
    labels: int
    outdated: int
    """Labels that do not count, since something else answers now."""
    delta: float
    """Spent by this look; 0 when nothing was looked at."""
    pools: tuple[PoolReport, ...] = ()
    left_over: dict[str, int] = {}
    """Groups with too few labels for any pool."""
    needed: int = 0
    """Labels that a pool needs before it is tested."""


def explained(verdict: Verdict) -> str:
    """Why a pool is certified or is not, and how many labels would help."""
    if verdict.threshold is not None:
        return (
            f"Certified from a confidence of {verdict.threshold:.2f}: of {verdict.n} audited drafts at or above it "
            f"{verdict.errors} were wrong, so at most {verdict.bound:.1%} are."
        )
    if verdict.too_few:
        return (
            f"Not certified: no threshold has {verdict.start} labelled drafts at or above it; "
            f"label at least {missing_labels(verdict)} more."
        )
    first = verdict.steps[0]
    share = first.errors / first.n
    said = f"Not certified: of the {first.n} surest drafts {first.errors} were wrong ({share:.1%})"
    if share >= verdict.alpha:
        return f"{said}, more than the {verdict.alpha:.0%} that may be: better answers are needed, not more labels."
    return (
        f"{said}, which is not clearly below {verdict.alpha:.0%}; "
        f"at least {missing_labels(verdict)} more right ones as sure as these would be needed."
    )


def counted(pool: Pool, start: int) -> str:
    """The same before anybody has looked at right or wrong."""
    return f"{pool.labels} labels, {start} are needed: it would be tested."


def data_hash(rows: Sequence[tuple[str, str, float, bool]]) -> str:
    """Names the labels: query, draft hash, confidence and whether it was right, in any order."""
    return content_hash(["labels", [list(row) for row in sorted(rows)]])


def certifiable(policy: StorePolicy, intent: Intent, language: Language) -> bool:
    """Whether certificates decide for a group now."""
    return policy.mode_of(intent, language) is SendMode.CERTIFIED


def group_key(intent: Intent, language: Language) -> str:
    """`order_status/en`."""
    return Group(intent=intent, language=language).key
