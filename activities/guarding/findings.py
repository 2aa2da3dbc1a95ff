"""What every check keeps to: the protocol, and how long an excerpt may be."""

from typing import Protocol

from activities.guarding.context import Context
from domain.findings import Finding

MAX_EXCERPT = 200
MAX_SENTENCES = 10_000
"""More than a reply that may be sent can hold: every one is read."""


class Check(Protocol):
    """One check. `name` is what findings carry."""

    name: str

    def check(self, context: Context) -> list[Finding]: ...
