"""What the guard saw, and why a decision was taken: both written for an agent to read."""

from typing import Literal

from domain.values import Value


class Finding(Value):
    """One thing the guard objects to."""

    check: str
    """Name of the check, for the harm it catches, such as `ungrounded_value`."""
    on: Literal["message", "passage", "reply"]
    excerpt: str
    """The offending words, at most 200 characters."""
    why: str
    """One sentence for the agent."""


class Reason(Value):
    """One reason behind a tier, a route or a refusal to send."""

    code: str
    """Stable machine name, such as `below_threshold`."""
    text: str
    """One sentence for the agent, in English."""
