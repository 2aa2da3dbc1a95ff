"""Questions of customers with what a right and complete reply has to say, written down before anything was answered.

`answers.jsonl` is for developing. `answers_sealed.jsonl` is asked once: **nobody looks at single questions of it, or at
what became of them, before the end.**
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, model_validator

from domain.canonical import content_hash
from domain.errors import BadInput
from domain.values import Value
from domain.vocabulary import Intent, Language, Tier

RESOURCES = Path(__file__).parent / "resources"
DEVELOPMENT, SEALED = RESOURCES / "answers.jsonl", RESOURCES / "answers_sealed.jsonl"
CUSTOMERS = RESOURCES / "answers_customers.jsonl"
"""Further development questions, by writers who saw no reply: harder than the first."""
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
_KINDS = ("any", "order", "url", "link")


class Fact(Value):
    """One thing that a reply says or does not say. Exactly one of `any`, `order`, `url` and `link` is set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any: tuple[Text, ...] = ()
    """Wordings of which one has to occur, in the language of the question."""
    order: str | None = None
    """Id of an order whose `field` has to be told."""
    field: (
        Literal["status", "expected_at", "delivered_at", "placed_at", "carrier", "tracking", "total", "return_until"]
        | None
    ) = None
    days: int | None = Field(default=None, ge=1, le=3_650)
    """With `return_until`: the return period."""
    url: str | None = None
    link: Literal[True] | None = None
    """Any link to the return form."""

    @model_validator(mode="after")
    def _is_one_fact(self) -> "Fact":
        given = [name for name in _KINDS if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("a fact is exactly one of any, order, url and link")
        if (self.order is None) != (self.field is None):
            raise ValueError("order and field belong together")
        if (self.field == "return_until") != (self.days is not None):
            raise ValueError("days and return_until belong together")
        return self

    def told(self) -> str:
        """In short, for a person."""
        if self.order:
            return f"{self.order} {self.field}"
        return self.any[0] if self.any else self.url or "return form"


class Turn(Value):
    """What was said before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["customer", "assistant"]
    text: Text


class AnswerQuestion(Value):
    """A question with its facts. A misspelt field is a fault, not an omission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[ds]-(en|es|fr|de|pt)-\d{3}$")]
    language: Language
    intent: Intent
    text: Text
    email: Annotated[str, Field(min_length=3, max_length=320)] | None
    """The verified address; None: the customer is not known."""
    conversation: tuple[Turn, ...] = ()
    tier: Tier
    """Who should handle it by the table that a store begins with."""
    clarify: bool = False
    """The only sensible reply is one question back."""
    unanswerable: bool = False
    """Nothing that the store knows answers it: a reply has to leave it to a person."""
    facts: tuple[Fact, ...]
    wrong: tuple[Fact, ...] = ()
    """What would make a reply false."""

    @model_validator(mode="after")
    def _is_in_its_language(self) -> "AnswerQuestion":
        if self.id.split("-")[1] != self.language.value:
            raise ValueError("the id names another language")
        return self


def read_answer_questions(path: Path) -> list[AnswerQuestion]:
    """The questions in the order of the file. Raises BadInput that names the line and the field, and never what the
    line says: the file may be sealed."""
    if not path.is_file():
        raise BadInput(f"There is no file {path.name} with questions.")
    questions: list[AnswerQuestion] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        question = _question(line, f"{path.name}, line {number}")
        again = {question.id, " ".join(question.text.casefold().split())} & seen if not question.conversation else set()
        if again or question.id in seen:
            raise BadInput(f"{path.name}, line {number}: its id or its text is given twice.")
        seen |= {question.id, " ".join(question.text.casefold().split())}
        questions.append(question)
    if not questions:
        raise BadInput(f"{path.name} holds no question.")
    return questions


def hash_of_answer_questions(questions: list[AnswerQuestion]) -> str:
    """SHA-256 that does not depend on their order."""
    ordered = sorted(questions, key=lambda question: question.id)
    return content_hash([question.model_dump(mode="json") for question in ordered])


def _question(line: str, where: str) -> AnswerQuestion:
    try:
        record: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where} is not JSON; correct it.") from error
    try:
        return AnswerQuestion.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{where}: {place or 'line'}: {first['msg']}.") from None
