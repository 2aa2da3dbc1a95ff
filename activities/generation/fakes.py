"""Generators for tests and drills, beside the real ones: they stand for a model that is away, slow or wrong."""

from collections.abc import Sequence

from domain.errors import Unavailable
from domain.knowledge import Passage
from domain.ports import Composed
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
