"""The closed vocabularies of docs/glossary.md. Their values are stored and sent: they never change meaning."""

from enum import IntEnum, StrEnum


class Language(StrEnum):
    """The five languages Holdpoint answers in."""

    EN = "en"
    ES = "es"
    FR = "fr"
    DE = "de"
    PT = "pt"


class Intent(StrEnum):
    """What a customer wants."""

    ORDER_STATUS = "order_status"
    RETURN_REQUEST = "return_request"
    PRODUCT_QUESTION = "product_question"
    SHIPPING = "shipping"
    PAYMENT = "payment"
    ACCOUNT = "account"
    CANCEL = "cancel"
    TECHNICAL_ISSUE = "technical_issue"
    REFUND = "refund"
    COMPLAINT = "complaint"
    HUMAN_AGENT = "human_agent"
    OTHER = "other"

    @property
    def words(self) -> str:
        """As it stands in a sentence."""
        return self.value.replace("_", " ")


class Tier(IntEnum):
    """Who answers: 1 the AI, 2 the AI drafts and a person decides, 3 a person with a brief. Larger is stricter."""

    AUTOMATIC = 1
    REVIEW = 2
    PERSON = 3


class Status(StrEnum):
    """Where a query stands."""

    RECEIVED = "received"
    WORKING = "working"
    WAITING_REVIEW = "waiting_review"
    WAITING_AGENT = "waiting_agent"
    SENT = "sent"
    CLOSED = "closed"
    FAILED = "failed"


class Disposition(StrEnum):
    """How a query ended."""

    SENT_AUTOMATICALLY = "sent_automatically"
    SENT_AFTER_REVIEW = "sent_after_review"
    SENT_AFTER_EDIT = "sent_after_edit"
    HANDLED_BY_AGENT = "handled_by_agent"
    SUPERSEDED = "superseded"
    CLOSED_WITHOUT_REPLY = "closed_without_reply"


class SendMode(StrEnum):
    """What may leave without a person: nothing, what reaches 0.85, or what a certificate allows."""

    SHADOW = "shadow"
    COLD_START = "cold_start"
    CERTIFIED = "certified"


class Action(StrEnum):
    """What a reviewer can do with a query."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    TAKE_OVER = "take_over"
    REPLY = "reply"
    CLOSE = "close"


class Kind(StrEnum):
    """The three kinds of knowledge."""

    PRODUCT = "product"
    POLICY = "policy"
    FAQ = "faq"


class Scope(StrEnum):
    """What an API key may do: the customer's side, the agents' side, or vouching for who the customer is."""

    CUSTOMER = "customer"
    AGENT = "agent"
    VERIFY = "verify"


class Outcome(StrEnum):
    """What the guard says of a message and its draft."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    REVIEW = "review"
    ESCALATE = "escalate"


class Harm(StrEnum):
    """What was wrong with a draft that an auditor judged."""

    FALSE_FACT = "false_fact"
    FALSE_PROMISE = "false_promise"
    POLICY = "policy"
    INCOMPLETE = "incomplete"
    OFF_TOPIC = "off_topic"
    PRIVACY = "privacy"
    TONE = "tone"
    LANGUAGE = "language"
    OTHER = "other"
