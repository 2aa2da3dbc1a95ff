"""What a store allows, as one value that a step reads once and the workflow pins: routers read nothing else."""

from decimal import Decimal

from pydantic import Field, field_validator

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


class StorePolicy(Value):
    """The settings of one store at one moment, with the versions of everything that shapes an answer."""

    store: str
    name: str
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    refund_limit: Decimal = Field(default=Decimal(500), ge=0)
    """Refunds above it, in the store's currency, go to a person."""
    send_mode: SendMode = SendMode.SHADOW
    threshold: float = Field(default=COLD_START_THRESHOLD, ge=0, le=1)
    rollout_share: int = Field(default=10, ge=0, le=100)
    table: dict[Intent, Tier] = Field(default_factory=lambda: dict(DEFAULT_TABLE))
    signature: dict[Language, str] = {}
    return_form_url: str | None = None
    webhook_url: str | None = None
    versions: dict[str, str] = {}
    """Name to version or hash: classifier, generator, guard, prompts."""

    @field_validator("table")
    @classmethod
    def _complete(cls, table: dict[Intent, Tier]) -> dict[Intent, Tier]:
        return {**DEFAULT_TABLE, **table}

    def send_rule(self, intent: Intent, language: Language) -> SendRule:
        """The rule of one group. Today one rule a store; groups of intent and language take its place."""
        del intent, language
        return SendRule(mode=self.send_mode, threshold=self.threshold, share=self.rollout_share)
