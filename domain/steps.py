"""What goes into each step of the graph and what comes out: frozen values, JSON on the wire.

Texts of passages stay in the database; steps carry ids and content hashes and read the texts again.
"""

from typing import Literal

from pydantic import Field

from domain.conversations import Continued, Digest
from domain.customers import CustomerRecord, Proof, Return
from domain.drafts import Draft
from domain.findings import Finding, Reason
from domain.knowledge import FoundPassage
from domain.messages import QueryFacts, Turn
from domain.money import Money
from domain.orders import Order
from domain.policies import StorePolicy
from domain.values import Value
from domain.vocabulary import Intent, Language, Outcome, Tier


class Case(Value):
    """What every step may know: the query, the conversation so far and the pinned policy."""

    query: QueryFacts
    thread: tuple[Turn, ...]
    """Oldest first; the last turns are the unanswered customer messages. Of a long conversation the newest turns."""
    message_hash: str
    policy: StorePolicy
    tier_floor: Tier = Tier.AUTOMATIC
    """The strictest tier of the queries this one superseded."""
    held_by: str | None = None
    """The agent who holds the conversation."""
    digest: Digest | None = None
    """What came before `thread`, told by rule; None where the thread is all there is."""


class IntentScore(Value):
    """One intent with its calibrated probability, 0 to 1."""

    intent: Intent
    probability: float = Field(ge=0, le=1)


class ClassifyInput(Value):
    """Input of `classify`."""

    case: Case


class ClassifyResult(Value):
    """What the customer wants, in which language, and who must answer."""

    intent: Intent
    probability: float = Field(ge=0, le=1)
    intents: tuple[IntentScore, ...]
    """Every intent recognised in the message, most probable first; holds at least `intent`."""
    language: Language
    language_confidence: float = Field(ge=0, le=1)
    tier: Tier
    nothing_to_answer: bool = False
    """Thanks, an out-of-office reply, a delivery failure: closes without a reply."""
    must_escalate: tuple[str, ...] = ()
    """Names of the must-escalate categories that were met."""
    order_ids: tuple[str, ...] = ()
    """Order ids named in the message, as the store writes them; of a message that names none those that it takes from
    earlier turns."""
    money: tuple[Money, ...] = ()
    """Amounts of money named in the message, in the currencies that the customer named."""
    dates: tuple[str, ...] = ()
    """ISO dates named in the message; the year is 0000 where none is written."""
    product_codes: tuple[str, ...] = ()
    """Codes of products named in the message."""
    sentiment: Literal["negative", "neutral", "positive"] = "neutral"
    urgency: Literal["normal", "high"] = "normal"
    familiarity: float = Field(default=1.0, ge=-1, le=1.001)
    """How near the message is to what the classifier has learnt from; low for what it has not seen the like of."""
    foreign_language: str | None = None
    """ISO 639-1 code of a language that is none of the five; `language` is then what a notice is written in."""
    continues: Continued | None = None
    """What the message takes from earlier turns; None: it stands for itself."""
    reasons: tuple[Reason, ...] = ()


class RetrieveInput(Value):
    """Input of `retrieve`."""

    case: Case
    classification: ClassifyResult


class OrderLookup(Value):
    """What the order system says to this customer. An order of somebody else is `missing`, like one that is not
    there."""

    orders: tuple[Order, ...] = ()
    missing: tuple[str, ...] = ()
    """Order ids that were named and not found for this customer."""
    needs_identity: bool = False
    """It is not known who the customer is, so nothing may be looked up."""
    proof: Proof | None = None
    """How it is known whose these orders are; None: it is not."""
    too_many_tries: bool = False
    """So much was given in the conversation that matches nothing that nothing more is looked up."""
    customer: CustomerRecord | None = None
    """What the store's record says of a verified customer."""
    returns: tuple[Return, ...] = ()
    """Returns of these orders, newest first."""


class RetrieveResult(Value):
    """Passages and looked-up orders for the answer."""

    passages: tuple[FoundPassage, ...] = ()
    answerable: bool = False
    lookup: OrderLookup = OrderLookup()
    tier: Tier
    """The classification's tier, or a stricter one after the look-up (a refund above the limit)."""
    reasons: tuple[Reason, ...] = ()


class GenerateInput(Value):
    """Input of `generate`."""

    case: Case
    classification: ClassifyResult
    retrieval: RetrieveResult
    attempt: int = 1
    rejection: str | None = None
    """The reviewer's reason, for the redraft."""
    rejected_text: str | None = None


class GenerateResult(Value):
    """The draft, hash included."""

    draft: Draft
    coverage: float = Field(ge=0, le=1)
    """Share of the reply's sentences that rest on a passage or a looked-up fact."""
    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    reasons: tuple[Reason, ...] = ()


class GuardInput(Value):
    """Input of `guard`: the draft of the AI, or an agent's edit of it."""

    case: Case
    classification: ClassifyResult
    retrieval: RetrieveResult
    draft: Draft
    coverage: float = Field(ge=0, le=1)
    edited: bool = False


class GuardResult(Value):
    """What the guard found and whether the draft may leave by itself."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    confidence: float = Field(ge=0, le=1)
    send: bool
    """True: the draft may leave without a person."""
    reasons: tuple[Reason, ...] = ()


class EscalateInput(Value):
    """Input of `escalate`: all that is known when a person must take it."""

    case: Case
    because: tuple[Reason, ...]
    classification: ClassifyResult | None = None
    retrieval: RetrieveResult | None = None
    draft: Draft | None = None
    findings: tuple[Finding, ...] = ()
    rejections: tuple[str, ...] = ()


class Brief(Value):
    """What an agent needs to take a query over, each a short text in English except for quotations."""

    who: str
    what: str
    tried: tuple[str, ...]
    policy: tuple[str, ...]
    """What the store's policy says, quoted with its title."""
    suggestion: str
    because: tuple[Reason, ...]
    notice: str | None = None
    """The fixed text that tells the customer, in their language, that a person will answer; None: no notice."""
    notice_language: Language | None = None


class EscalateResult(Value):
    """The brief."""

    brief: Brief
