"""Replies written by language models: what is asked, what it may cost, and what is made of the answer."""

import secrets
from collections.abc import Sequence
from decimal import Decimal

from activities.generation.fallback import ModelChain
from activities.generation.model_reading import composed_of
from activities.guarding.canaries import issue_canary
from activities.prompt_files import prompt_file
from activities.prompting import render_reply
from activities.spending import Ledger, Reserved
from domain.attachments import PictureSource, PromptImage
from domain.canonical import content_hash
from domain.errors import Unavailable
from domain.findings import Reason
from domain.knowledge import Passage
from domain.ports import Composed, Generator, Prompt
from domain.spending import ModelCall
from domain.steps import GenerateInput
from domain.values import Value
from domain.vocabulary import SendMode

PROMPT = "reply"
SHOWN = 12
"""So many hex digits of a hash are kept in the name."""
FALLBACK = Reason(
    code="fallback_model",
    text="The second language model wrote it, while the first was away: the certificate speaks of the first.",
)
OVER_BUDGET = Reason(
    code="budget",
    text="The store's budget for language models is used up for today (UTC), so this draft was made without one.",
)
UNPRICED = Reason(
    code="budget",
    text="The store has a budget for language models and no price of one is set, so this draft was made without one: "
    "set HOLDPOINT_MODEL_INPUT_PRICE and HOLDPOINT_MODEL_OUTPUT_PRICE, and those of the fallback.",
)


class Writing(Value):
    """How replies are to be written."""

    max_tokens: int = 500
    temperature: float = 0.3


class ModelGenerator:
    """Satisfies `domain.ports.Generator`. Where the store's budget allows no call, `offline` makes a draft for an
    agent to start from."""

    remote = True

    def __init__(
        self,
        models: ModelChain,
        ledger: Ledger,
        *,
        offline: Generator,
        writing: Writing | None = None,
        pictures: PictureSource | None = None,
    ) -> None:
        """`pictures`: where the models can see; None where they cannot."""
        self._models = models
        self._ledger = ledger
        self._offline = offline
        self._writing = writing or Writing()
        self._pictures = pictures

    @property
    def name(self) -> str:
        """The models, the prompt and how they are asked: a certificate rests on all of it."""
        asked = content_hash(self._writing.model_dump(mode="json"))[:SHOWN]
        file = prompt_file(PROMPT)
        sees = "" if self._pictures is None else "/sees"
        return f"{self._models.name}/{PROMPT}-{file.version}-{file.hash[:SHOWN]}/{asked}{sees}"

    @property
    def models(self) -> ModelChain:
        return self._models

    @property
    def told(self) -> tuple[str, ...]:
        """What every model is told, without anything of a case: a reply must not repeat it."""
        sections = prompt_file(PROMPT).sections
        return (sections["system"], sections["citing"])

    async def compose(self, request: GenerateInput, passages: Sequence[Passage]) -> Composed:
        """As the port says."""
        token = secrets.token_hex(6)
        canary = issue_canary(request.case.query.store)
        images = await self._images(request)
        rendered = render_reply(request, passages, token=token, canary=canary, images=images)
        prompt = rendered.model_copy(update=self._writing.model_dump())
        reserved = await self._reserve(request, prompt)
        if isinstance(reserved, Reason):
            draft = await self._offline.compose(request, passages)
            return draft.model_copy(update={"reasons": (*draft.reasons, reserved), "stand_in": True})
        try:
            answered = await self._models.write(prompt)
        except Unavailable:
            first = self._models.first
            await self._ledger.release(reserved, provider=first.provider, model=first.name)
            raise
        await self._ledger.settle(reserved, answered.written, answered.cost)
        composed = composed_of(request, passages, prompt, answered.written, token=token)
        seen = tuple(f"The picture {image.name}, as a language model sees it." for image in images)
        composed = composed.model_copy(update={"used": (*composed.used, *seen)})
        if answered.place == 0:
            return composed
        reasons = (*composed.reasons, FALLBACK) if _certified(request) else composed.reasons
        return composed.model_copy(update={"reasons": reasons, "stand_in": True})

    async def _images(self, request: GenerateInput) -> tuple[PromptImage, ...]:
        query = request.case.query
        if self._pictures is None or not query.attachments:
            return ()
        return await self._pictures.pictures(query.store, query.attachments)

    async def _reserve(self, request: GenerateInput, prompt: Prompt) -> Reserved | Reason:
        budget: Decimal | None = request.case.policy.model_budget
        if budget is not None and self._models.unpriced:
            return UNPRICED
        query, first = request.case.query, self._models.first
        call = ModelCall(store=query.store, query_id=query.query_id)
        estimate = self._models.estimate(prompt)
        reserved = await self._ledger.reserve(call, estimate, budget, provider=first.provider, model=first.name)
        return reserved if reserved is not None else OVER_BUDGET


def _certified(request: GenerateInput) -> bool:
    rule = request.case.policy.send_rule(request.classification.intent, request.classification.language)
    return rule.mode is SendMode.CERTIFIED
