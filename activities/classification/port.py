"""What the steps need of whatever classifies messages."""

from typing import Protocol

from activities.classification.classifier import Understood
from activities.classification.signs import Sign


class MessageClassifier(Protocol):
    """Says what a customer wants."""

    @property
    def version(self) -> str:
        """Of everything that shapes its answer: certificates hold for one version."""
        ...

    @property
    def remote(self) -> bool:
        """True when it calls something outside this process: its step then runs as an activity of its own."""
        ...

    async def warm_up(self) -> None:
        """Loads what is slow to load, and asks nothing outside."""
        ...

    async def signs(self, text: str) -> tuple[Sign, ...]:
        """The must-escalate categories alone; asks nothing outside but an embedder. Raises Unavailable."""
        ...

    async def understand(self, text: str) -> Understood:
        """Raises Unavailable when a model does not answer, ModelUnusable (one too) when a setting has to be
        corrected."""
        ...
