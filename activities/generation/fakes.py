"""Generators for tests and drills, beside the real ones: they stand for a model that is away, slow or wrong. And a
ledger that keeps what it books in memory."""

from collections.abc import Sequence
from decimal import Decimal

from activities.spending import Reserved
from domain.errors import Unavailable
from domain.knowledge import Passage
from domain.ports import Composed, Written
from domain.spending import ModelCall
from domain.steps import GenerateInput


class FlakyGenerator:
    """Raises Unavailable the first `failures` times (None: always), then composes `text`."""

    def __init__(
        self, failures: int | None = None, *, text: str = "This is a composed reply.", remote: bool = True
    ) -> None:
        self.calls = 0
        self._failures = failures
        self._text = text
        self._remote = remote

    @property
    def name(self) -> str:
        return "flaky-1"

    @property
    def remote(self) -> bool:
        return self._remote

    async def compose(self, request: GenerateInput, passages: Sequence[Passage]) -> Composed:
        """Raises Unavailable while it is away."""
        del request, passages
        self.calls += 1
        if self._failures is None or self.calls <= self._failures:
            raise Unavailable("The model does not answer; a person takes over.")
        return Composed(text=self._text, kind="answer", coverage=1.0, provider="fake", model=self.name)


class MemoryLedger:
    """Satisfies `activities.spending.Ledger` for one day. `entries`: what became of each call, with its cost."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Decimal]] = []

    @property
    def spent(self) -> Decimal:
        return sum((cost for _, cost in self.entries), Decimal(0))

    async def reserve(
        self, call: ModelCall, estimate: Decimal | None, budget: Decimal | None, *, provider: str, model: str
    ) -> Reserved | None:
        """As the port says."""
        del provider, model
        cost = estimate or Decimal(0)
        if budget is not None and self.spent + cost > budget:
            return None
        self.entries.append(("reserved", cost))
        return Reserved(store=call.store, usage_id=len(self.entries) - 1)

    async def settle(self, reserved: Reserved, written: Written, cost: Decimal | None) -> None:
        """As the port says."""
        del written
        self.entries[reserved.usage_id] = ("done", cost or Decimal(0))

    async def release(self, reserved: Reserved, *, provider: str, model: str) -> None:
        """As the port says."""
        del provider, model
        self.entries[reserved.usage_id] = ("failed", Decimal(0))
