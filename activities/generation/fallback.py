"""Models in their order: the first that answers writes; one that keeps failing is left alone for a while."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import structlog

from activities.generation.circuit import Circuit
from domain.errors import ModelUnusable, Unavailable
from domain.ports import Prompt, ReplyModel, Written
from domain.spending import ModelPrice

TOKEN_BYTES = 2
"""A token stands for about four bytes of text, and in data marked by signs between the words for two."""
FRAME_TOKENS = 200
"""What a protocol puts around the texts, at most about."""
IMAGE_TOKENS = 3_000
"""A picture, at most about: what is large is made smaller by those who read it."""
WORTH_WAITING = 8.0
"""Seconds of a pause that the next attempt waits for; of a longer one a person hears sooner."""
log = structlog.get_logger(__name__)


class PricedModel(NamedTuple):
    """A model with what it costs. `price` None: not known."""

    model: ReplyModel
    price: ModelPrice | None
    circuit: Circuit

    @classmethod
    def of(cls, model: ReplyModel, price: ModelPrice | None = None) -> "PricedModel":
        """With a circuit of its own."""
        return cls(model, price, Circuit(model.provider, model.name))


class Answered(NamedTuple):
    """What was written, and which of the models wrote it (0: the first)."""

    written: Written
    place: int
    cost: Decimal | None


class ModelChain:
    """One to several models. Each call tries those that are not paused, in order, once."""

    def __init__(self, models: Sequence[PricedModel]) -> None:
        self._models = tuple(models)

    @property
    def name(self) -> str:
        """All of them, in order."""
        return "+".join(f"{each.model.provider}:{each.model.name}" for each in self._models)

    @property
    def first(self) -> ReplyModel:
        """The model that is asked first."""
        return self._models[0].model

    @property
    def circuits(self) -> tuple[Circuit, ...]:
        return tuple(each.circuit for each in self._models)

    @property
    def unpriced(self) -> bool:
        """Whether the price of one of them is not known."""
        return any(each.price is None for each in self._models)

    def estimate(self, prompt: Prompt) -> Decimal | None:
        """About the most that an answer may cost; None when no price is known."""
        tokens = _tokens_of(prompt)
        costs = [each.price.cost(tokens, prompt.max_tokens) for each in self._models if each.price is not None]
        return max(costs, default=None)

    async def write(self, prompt: Prompt) -> Answered:
        """Raises Unavailable, with what is wrong with each, when none answers."""
        errors: list[Unavailable] = []
        for place, (model, price, circuit) in enumerate(self._models):
            if not circuit.admits():
                errors.append(_paused(circuit))
                continue
            try:
                written = _counted(await model.write(prompt), prompt)
            except Unavailable as error:
                circuit.failed(error.message, for_good=isinstance(error, ModelUnusable))
                log.warning("model_failed", provider=model.provider, model=model.name, reason=error.message)
                errors.append(error)
            except BaseException:
                circuit.forget()
                raise
            else:
                circuit.succeeded()
                cost = price.cost(written.input_tokens, written.output_tokens) if price is not None else None
                return Answered(written, place, cost)
        raise _together(errors)


def _paused(circuit: Circuit) -> Unavailable:
    """What a model that is left alone says of itself. A short pause is worth waiting for where something may change."""
    left = circuit.seconds_left
    why = circuit.why.removesuffix(".")
    return Unavailable(
        f"{why} (it is left alone for {left:.0f} s).",
        retry_after=left if 0 < left <= WORTH_WAITING and not circuit.for_good else None,
    )


def _together(errors: Sequence[Unavailable]) -> Unavailable:
    """One sentence on all of them."""
    said = [error.message.removesuffix(".") for error in errors]
    waits = [error.retry_after for error in errors if error.retry_after is not None]
    return Unavailable(
        "; ".join([said[0], *(f"{each[:1].lower()}{each[1:]}" for each in said[1:])]) + ".",
        retry_after=min(waits, default=None),
    )


def _counted(written: Written, prompt: Prompt) -> Written:
    """With its tokens, estimated where the server has counted none: what is free would have no budget."""
    if written.input_tokens or written.output_tokens:
        return written
    tokens = {"input_tokens": _tokens_of(prompt), "output_tokens": len(written.text.encode()) // TOKEN_BYTES}
    return written.model_copy(update=tokens)


def _tokens_of(prompt: Prompt) -> int:
    """About the most tokens that a prompt has."""
    texts = [prompt.system, prompt.citing, *(turn.text for turn in prompt.turns)]
    texts += [f"{document.title}\n{document.text}" for document in prompt.documents]
    words = sum(len(text.encode()) for text in texts) // TOKEN_BYTES
    return FRAME_TOKENS + words + IMAGE_TOKENS * len(prompt.images)
