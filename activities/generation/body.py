"""The middle of a reply: paragraphs with what they rest on, put together from parts."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from activities.generation.order_texts import Told
from activities.generation.quotes import Quote
from domain.findings import Reason
from domain.proposals import RefundProposal

Kind = Literal["answer", "clarification", "holding"]


class Body(NamedTuple):
    """What stands between greeting and closing."""

    paragraphs: list[str]
    kind: Kind = "answer"
    facts: dict[str, str] = {}
    quotes: tuple[Quote, ...] = ()
    grounded: int = 0
    """Sentences that rest on a passage or a looked-up fact."""
    ungrounded: int = 0
    reasons: tuple[Reason, ...] = ()
    """Why a person has to see it before it leaves."""
    proposal: RefundProposal | None = None
    answers: float | None = None
    """As in `domain.drafts.Draft`."""

    @property
    def coverage(self) -> float:
        """Share of the sentences that rest on something, 0 to 1."""
        told = self.grounded + self.ungrounded
        return self.grounded / told if told else 0.0


def told_body(told: Sequence[Told]) -> Body:
    """A part that says what was looked up."""
    facts = {name: value for each in told for name, value in each.facts.items()}
    texts = [each.text for each in told if each.text]
    return Body(texts, "answer", facts, (), sum(each.sentences for each in told))


def joined(parts: Sequence[Body]) -> Body:
    """The parts one after the other, as one answer."""
    return Body(
        [paragraph for part in parts for paragraph in part.paragraphs],
        "answer",
        {name: value for part in parts for name, value in part.facts.items()},
        tuple(quote for part in parts for quote in part.quotes),
        sum(part.grounded for part in parts),
        sum(part.ungrounded for part in parts),
        tuple(dict.fromkeys(reason for part in parts for reason in part.reasons)),
    )
