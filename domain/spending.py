"""What language models cost."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from domain.values import Value

MILLION = Decimal(1_000_000)


class ModelPrice(Value):
    """Price of a million tokens, in a currency that is the same for all models and budgets."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)

    def cost(self, input_tokens: int, output_tokens: int) -> Decimal:
        """What so many tokens cost."""
        return (self.input * input_tokens + self.output * output_tokens) / MILLION


class ModelCall(Value):
    """One call of a language model, and for what."""

    store: str
    query_id: str
    step: str = "generate"


class ModelUse(Value):
    """What one model did."""

    provider: str
    model: str
    calls: int = 0
    """Answered ones."""
    failed: int = 0
    """Calls that led to no answer. A call that was broken off may still be on the provider's bill."""
    pending: int = 0
    """Calls that run now, or whose process was killed meanwhile: counted at their estimate."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    """None: no price was set when it was called."""


class DayUse(ModelUse):
    """The same on one day."""

    day: date
    """UTC."""
