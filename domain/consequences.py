"""What an answer would do. The graver that is, the surer Holdpoint has to be before it leaves without a person."""

from collections.abc import Iterable
from enum import StrEnum

from domain.vocabulary import Intent


class Consequence(StrEnum):
    """Gravest last."""

    INFORM = "inform"
    CHANGE = "change"
    MOVE_MONEY = "move_money"

    @property
    def words(self) -> str:
        """As it stands in a sentence after “the answer would …”."""
        return {"inform": "inform", "change": "change something", "move_money": "move money"}[self.value]


NEVER = 1.0
"""A bar that no confidence passes."""
DEFAULT_BARS: dict[Consequence, float] = {
    Consequence.INFORM: 0.0,
    Consequence.CHANGE: 0.92,
    Consequence.MOVE_MONEY: NEVER,
}
"""Least confidence beside the threshold of the group. A store may raise them, not lower them."""

_BY_INTENT: dict[Intent, Consequence] = {
    Intent.ACCOUNT: Consequence.CHANGE,
    Intent.CANCEL: Consequence.CHANGE,
    Intent.TECHNICAL_ISSUE: Consequence.CHANGE,
    Intent.REFUND: Consequence.MOVE_MONEY,
}
_BY_FACT = (("refund/", Consequence.MOVE_MONEY), ("change/", Consequence.CHANGE))
"""Facts of a draft that propose to do something are named so."""


def consequence_of(intents: Iterable[Intent], facts: Iterable[str] = ()) -> Consequence:
    """The gravest thing that an answer to these intents, resting on facts of these names, would do."""
    order = list(Consequence)
    met = [_BY_INTENT.get(intent, Consequence.INFORM) for intent in intents]
    met += [consequence for name in facts for prefix, consequence in _BY_FACT if name.startswith(prefix)]
    return max(met, key=order.index, default=Consequence.INFORM)
