"""Messages that the classifier is asked once, written apart from what it learns from: one JSON object a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ConfigDict, ValidationError

from activities.classification.signs import CATEGORIES
from domain.errors import BadInput
from domain.values import Value
from domain.vocabulary import Intent, Language

RESOURCES = Path(__file__).parent / "resources"
INTENTS, ESCALATION, ORDINARY = RESOURCES / "intents", RESOURCES / "escalation.jsonl", RESOURCES / "ordinary.jsonl"
SEALED_FILES = (INTENTS, ESCALATION, ORDINARY)


class Named(Value):
    """What a message names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_ids: tuple[str, ...] = ()
    amounts: tuple[tuple[str, str], ...] = ()
    """Number with a decimal point, and ISO 4217 code."""
    dates: tuple[str, ...] = ()
    """ISO; the year is 0000 where none is written."""


class IntentMessage(Value):
    """A message with what it wants, the first thing first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    text: str
    intents: tuple[Intent, ...]
    sentiment: Literal["negative", "neutral", "positive"] | None = None
    urgency: Literal["high", "normal"] | None = None
    entities: Named | None = None


class DangerMessage(Value):
    """A message that belongs to a must-escalate category, or only sounds so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: Language
    category: str
    escalate: bool
    text: str


class OrdinaryMessage(Value):
    """A message that belongs to no category."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: Language
    text: str


T = TypeVar("T", bound=Value)


def intent_messages(language: Language) -> list[IntentMessage]:
    """Of one language; none where the file is absent. Raises BadInput for a line that cannot be used."""
    return list(_read(INTENTS / f"{language.value}.jsonl", IntentMessage))


def danger_messages() -> list[DangerMessage]:
    """Raises BadInput for a line that cannot be used or names no category."""
    found = list(_read(ESCALATION, DangerMessage))
    if strange := {each.category for each in found} - set(CATEGORIES):
        raise BadInput(f"{ESCALATION.name} names no category with {sorted(strange)[0]!r}; correct it.")
    return found


def ordinary_messages() -> list[OrdinaryMessage]:
    """Raises BadInput for a line that cannot be used."""
    return list(_read(ORDINARY, OrdinaryMessage))


def _read(path: Path, kind: type[T]) -> Iterator[T]:
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield kind.model_validate(json.loads(line))
        except (ValidationError, json.JSONDecodeError) as error:
            raise BadInput(f"{path.name}, line {number} is not a message as {kind.__name__} has it.") from error
