"""What a draft proposes to do. Money stays with people: a proposal does nothing by itself."""

from domain.money import Money
from domain.values import Value


class RefundProposal(Value):
    """A refund that an agent may grant, with how it was reckoned."""

    order_id: str
    amount: Money
    calculation: tuple[str, ...]
    """One line an item or deduction, in English, such as `2 × Costa cushion at 24.50 EUR = 49.00 EUR`."""
    to_check: tuple[str, ...] = ()
    """What the agent has to look at before granting it, each a short English text."""
    clause: str
    """The sentence of the policy that it rests on, quoted; empty where no policy was found."""
    passage_id: str | None = None
