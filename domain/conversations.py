"""What the turns before a message have come to: told by rule when they are many, and taken up by a short message."""

from typing import Literal

from domain.values import Value

Asked = Literal["order_number", "email", "confirmation", "other"]
"""What a question of ours wants to know. `confirmation`: a yes or no to an order that it names."""


class OurQuestion(Value):
    """A question that we put to the customer."""

    asked: tuple[Asked, ...]
    text: str
    answered: bool


class Digest(Value):
    """The turns of a long conversation that no longer go along word for word."""

    turns: int
    """How many they are."""
    order_ids: tuple[str, ...] = ()
    """Every order id in them, in the order of first mention."""
    products: tuple[str, ...] = ()
    """Codes of products named in them, and titles of products that our replies rested on."""
    questions: tuple[OurQuestion, ...] = ()
    open_questions: tuple[str, ...] = ()
    """What the customer asked and nothing but questions, promises or silence followed."""
    told: tuple[str, ...] = ()
    """First words of our replies that told something, oldest first."""
    promised: tuple[str, ...] = ()
    """What agents promised."""
    text: str = ""
    """All of it as one English text for agents and prompts."""


class Pointer(Value):
    """Which of the customer's orders a message means without naming it: settled once the orders are looked up."""

    kind: Literal["newest", "other", "items"]
    """`newest`: their last order; `other`: all but `others_than`; `items`: the one with what the message speaks of."""
    others_than: tuple[str, ...] = ()
    text: str = ""
    """The customer's words, for `items`."""


class Continued(Value):
    """What a message takes from the conversation before it."""

    matter: str | None = None
    """Earlier words of the customer whose intent counts, where the message only answers us or points at something."""
    order_ids: tuple[str, ...] = ()
    """Order ids that it takes from earlier turns."""
    pointer: Pointer | None = None
    used: tuple[str, ...] = ()
    """The same for the agent, each a short English text."""
