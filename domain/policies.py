"""What a store allows, as one value that a step reads once and the workflow pins: routers read nothing else."""

from decimal import Decimal

from pydantic import Field, field_validator

from domain.consequences import DEFAULT_BARS, Consequence
from domain.customers import Proof
from domain.styles import StyleGuide
from domain.values import Value
from domain.vocabulary import Intent, Language, SendMode, Tier

COLD_START_THRESHOLD = 0.85

DEFAULT_TABLE: dict[Intent, Tier] = {
    Intent.ORDER_STATUS: Tier.AUTOMATIC,
    Intent.RETURN_REQUEST: Tier.AUTOMATIC,
    Intent.PRODUCT_QUESTION: Tier.AUTOMATIC,
    Intent.SHIPPING: Tier.AUTOMATIC,
    Intent.PAYMENT: Tier.AUTOMATIC,
    Intent.ACCOUNT: Tier.REVIEW,
    Intent.CANCEL: Tier.REVIEW,
    Intent.TECHNICAL_ISSUE: Tier.REVIEW,
    Intent.REFUND: Tier.REVIEW,
    Intent.COMPLAINT: Tier.PERSON,
    Intent.HUMAN_AGENT: Tier.PERSON,
    Intent.OTHER: Tier.REVIEW,
}


class SendRule(Value):
    """What decides whether a tier-1 reply of one intent and language leaves by itself."""

    mode: SendMode
    threshold: float = Field(ge=0, le=1)
    share: int = Field(ge=0, le=100)
    """Percentage of customers for whom replies leave by themselves."""
    certificate: str | None = None
    """Id of the valid certificate that gave the threshold."""
    holdout: int = Field(default=0, ge=0, le=100)
    """Percentage of customers whose drafts always go to review, whatever the share."""


class GroupRule(Value):
    """What holds for some groups of intent and language instead of the store's own threshold and share."""

    key: str
    """Of the pool, or `cold_start` for all that leaves without a certificate."""
    members: tuple[str, ...] = ()
    """Keys of the groups, such as `order_status/en`; none: all of the store."""
    threshold: float = Field(default=1.0, ge=0, le=1)
    share: int = Field(ge=0, le=100)
    certificate: str | None = None


COLD_START_KEY = "cold_start"


class StorePolicy(Value):
    """The settings of one store at one moment, with the versions of everything that shapes an answer."""

    store: str
    name: str
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    refund_limit: Decimal = Field(default=Decimal(500), ge=0)
    """Refunds above it, in the store's currency, go to a person."""
    refund_limits: dict[str, Decimal] = {}
    """The same for other currencies, by their ISO 4217 codes."""
    bars: dict[Consequence, float] = Field(default_factory=lambda: dict(DEFAULT_BARS))
    """Least confidence for what an answer would do, 0 to 1; 1: never without a person."""
    send_mode: SendMode = SendMode.SHADOW
    threshold: float = Field(default=COLD_START_THRESHOLD, ge=0, le=1)
    rollout_share: int = Field(default=10, ge=0, le=100)
    holdout_share: int = Field(default=3, ge=0, le=20)
    """Percentage of customers who are held out of what certificates let out, for ever."""
    audit_rate: int = Field(default=20, ge=0, le=100)
    """Percentage of drafts that is drawn for certification."""
    audit_sent_rate: int = Field(default=5, ge=1, le=100)
    """Percentage of automatic replies that is drawn, for ever."""
    fit_share: int = Field(default=0, ge=0, le=90)
    """Percentage of conversations whose labels may fit a scorer of the store's own; they never certify."""
    modes: dict[str, SendMode] = {}
    """Send modes of their own: `order_status/en`, `order_status/*` or `*/en` to mode; the narrowest counts."""
    groups: tuple[GroupRule, ...] = ()
    """What certificates and the rollout say now."""
    table: dict[Intent, Tier] = Field(default_factory=lambda: dict(DEFAULT_TABLE))
    signature: dict[Language, str] = {}
    competitors: tuple[str, ...] = ()
    """Names that no reply may speak of."""
    style: StyleGuide = StyleGuide()
    identify_by: tuple[Proof, ...] = (Proof.EMAIL_ORDER,)
    """What customers may give in the conversation to see their orders; none: only the channel says who they are."""
    model_budget: Decimal | None = Field(default=None, ge=0)
    """What language models may cost a day (UTC), in the currency of their prices; None: no limit."""
    return_form_url: str | None = None
    webhook_url: str | None = None
    versions: dict[str, str] = {}
    """Name to version or hash: classifier, generator, guard, prompts."""

    @field_validator("table")
    @classmethod
    def _complete(cls, table: dict[Intent, Tier]) -> dict[Intent, Tier]:
        return {**DEFAULT_TABLE, **table}

    @field_validator("bars")
    @classmethod
    def _all_bars(cls, bars: dict[Consequence, float]) -> dict[Consequence, float]:
        return {**DEFAULT_BARS, **bars}

    def refund_limit_in(self, currency: str) -> Decimal:
        """The limit for refunds in a currency. No rate is known here: where none is set, the store's own number
        counts."""
        return self.refund_limits.get(currency, self.refund_limit)

    def send_rule(self, intent: Intent, language: Language) -> SendRule:
        """The rule of one group: its mode, and the threshold and share that its certificate or the store gives."""
        mode = self.mode_of(intent, language)
        key = f"{intent.value}/{language.value}"
        certified = next((rule for rule in self.groups if rule.certificate and key in rule.members), None)
        if mode is SendMode.CERTIFIED and certified is not None:
            return SendRule(
                mode=mode,
                threshold=certified.threshold,
                share=certified.share,
                certificate=certified.certificate,
                holdout=self.holdout_share,
            )
        cold = next((rule for rule in self.groups if rule.key == COLD_START_KEY), None)
        return SendRule(mode=mode, threshold=self.threshold, share=cold.share if cold else self.rollout_share)

    def mode_of(self, intent: Intent, language: Language) -> SendMode:
        """The send mode of one group, the store's unless it has one of its own."""
        named = (f"{intent.value}/{language.value}", f"{intent.value}/*", f"*/{language.value}")
        return next((self.modes[name] for name in named if name in self.modes), self.send_mode)
