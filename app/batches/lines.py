"""The lines that `batch` takes. Fields it does not know are left alone: measuring files carry what they expect."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from domain.vocabulary import Kind, Language

MAX_TEXT = 100_000
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class Line(BaseModel):
    """What every line has."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, StringConstraints(max_length=500)] | int


class ClassifyLine(Line):
    """A message to understand."""

    text: Text
    language: Language | None = None


class RetrieveLine(ClassifyLine):
    """A question to find passages for."""

    kinds: tuple[Kind, ...] = ()


class GivenPassage(BaseModel):
    """A passage that a reply may rest on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: Text


class GuardLine(Line):
    """A message, and perhaps a reply to it with its sources."""

    message: Text
    reply: Text | None = None
    passages: tuple[GivenPassage, ...] = ()
    language: Language | None = None


class Said(BaseModel):
    """An earlier turn."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Literal["customer", "agent", "assistant", "notice"]
    text: Text


class AnswerLine(ClassifyLine):
    """A message to answer. `email` counts as verified."""

    email: Annotated[str, StringConstraints(max_length=320)] | None = None
    received_at: AwareDatetime | None = None
    conversation: Annotated[tuple[Said, ...], Field(max_length=200)] = ()
