"""Intents named by a language model that was shown no example. All else stays with the trained classifier.

Must-escalate categories, entities, feeling, haste and what needs no answer are decided without the model, so nothing
that a customer writes to it can take them away.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from activities.classification.classifier import WHOLE_VOTE, Understood
from activities.classification.port import MessageClassifier
from activities.classification.signs import Sign
from activities.injection.spotlighting import spotlight
from activities.wording import RESOURCES, gist_of
from domain.canonical import content_hash
from domain.ports import ChatAnswer, ChatModel
from domain.steps import IntentScore
from domain.vocabulary import Intent

PROMPT = RESOURCES / "prompts" / "classify.txt"
MOST_CHARACTERS = 6_000
"""So much of a message is sent; of a longer one its two ends, since a long story asks at the end."""
SHOWN = 12
"""So many hex digits of the prompt's hash are kept in the version."""
CLASSIFY_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "intents": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "intent": {"type": "string", "enum": [intent.value for intent in Intent]},
                    "probability": {"type": "number"},
                },
                "required": ["intent", "probability"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["intents"],
    "additionalProperties": False,
}
"""What the model is held to, in the part of JSON Schema that every server understands. _Named holds it to more."""

log = structlog.get_logger(__name__)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _NamedIntent(_Strict):
    intent: Intent
    probability: float = Field(ge=0, le=1, strict=True, allow_inf_nan=False)


class _Named(_Strict):
    intents: tuple[_NamedIntent, ...] = Field(min_length=1, max_length=len(Intent))

    @field_validator("intents")
    @classmethod
    def _each_once(cls, intents: tuple[_NamedIntent, ...]) -> tuple[_NamedIntent, ...]:
        if len({each.intent for each in intents}) < len(intents):
            raise ValueError("an intent is named twice")
        return intents


class ZeroShotClassifier:
    """Satisfies MessageClassifier: the trained one, with the intents of a language model.

    Where the model refuses, or answers something other than what it was asked for, the trained intents stand.
    """

    remote = True

    def __init__(self, model: ChatModel, trained: MessageClassifier) -> None:
        self._model = model
        self._trained = trained
        self._prompt = PROMPT.read_text(encoding="utf-8").strip()

    @cached_property
    def version(self) -> str:
        """Names the model, all that it is told, and the trained classifier that decides the rest."""
        told = content_hash([self._prompt, dict(CLASSIFY_SCHEMA), MOST_CHARACTERS, WHOLE_VOTE])[:SHOWN]
        return f"llm:{self._model.name}/{told}+{self._trained.version}"

    async def warm_up(self) -> None:
        """Warms the trained one up. The model is not asked: it may be away while the process starts."""
        await self._trained.warm_up()

    async def signs(self, text: str) -> tuple[Sign, ...]:
        """Those of the trained one, which decides them: the model is not asked."""
        return await self._trained.signs(text)

    async def understand(self, text: str) -> Understood:
        """Raises Unavailable when the model does not answer, ModelUnusable when a setting has to be corrected."""
        seen = await self._trained.understand(text)
        if seen.settled or seen.nothing_to_answer:
            return seen
        lit = spotlight([_shortened(gist_of(text))])
        prompt = self._prompt.replace("{token}", lit.token).replace("{sign}", lit.sign)
        answer = await self._model.answer(prompt, lit.passages[0], CLASSIFY_SCHEMA)
        intents, why = _intents_in(answer)
        if why:
            # Neither the message nor the answer, which may quote it.
            log.warning("zero_shot_not_usable", model=self._model.name, why=why, instead="trained")
        return seen._replace(intents=intents or seen.intents)


def _intents_in(answer: ChatAnswer) -> tuple[tuple[IntentScore, ...], str]:
    """The intents, most probable first, and why there are none. Runners-up count as they do for the trained model: an
    intent in the list is one that the customer has, and the strictest decides who answers."""
    if answer.ending != "complete":
        return (), answer.ending
    if not answer.text.strip():
        return (), "empty"
    try:
        named = _Named.model_validate_json(answer.text).intents
    except ValidationError as error:
        return (), _fault(error)
    first, *others = sorted(named, key=lambda each: -each.probability)
    kept = [each for each in others if each.probability >= WHOLE_VOTE and each.intent is not Intent.OTHER]
    return tuple(IntentScore(intent=each.intent, probability=each.probability) for each in (first, *kept)), ""


def _fault(error: ValidationError) -> str:
    """The kind of the first fault, without the value."""
    kind = error.errors(include_input=False, include_url=False, include_context=False)[0]["type"]
    return {"json_invalid": "malformed", "enum": "unknown_intent"}.get(kind, kind)


def _shortened(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    half = MOST_CHARACTERS // 2
    return f"{text[:half]}\n…\n{text[-half:]}"
