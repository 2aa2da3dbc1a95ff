"""One document from its fields, whether these come from a file, a line of JSON or a row of a table. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, StringConstraints, ValidationError

from domain.errors import BadInput
from domain.knowledge import Document
from domain.values import Value
from domain.vocabulary import Kind, Language
from retrieval.invisible import visible
from retrieval.parsing.letters import fault_of_letters
from retrieval.parsing.markup import without_hidden

DetectLanguage = Callable[[str], Language | None]
"""The language of a text, None when it is none of the five or not sure."""

MAX_TEXT_CHARACTERS = 500_000
MAX_TITLE_CHARACTERS = 300
MAX_ID_CHARACTERS = 200
MAX_LEVELS = 40
"""Quotations and lists inside each other; deeper ones are no text for readers."""
LANGUAGES = ", ".join(language.value for language in Language)

_MARK = r"(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))"
_BOTTOMLESS = re.compile(
    rf"^(?:[ \t]*{_MARK}){{{MAX_LEVELS},}}[ \t]*[^\s*>+-]|^[ ]{{{MAX_LEVELS * 2},}}[-+*][ \t]", re.MULTILINE
)


def _moment(value: object) -> object:
    """Dates without a time begin at midnight, times without an offset are UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("write a date such as 2026-01-31, or a time with an offset") from None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _texts(value: object) -> object:
    """Attributes are text: numbers and truth values are written out."""
    if isinstance(value, dict):
        return {str(key): item if isinstance(item, str) else _written(item) for key, item in value.items()}
    return value


def _written(value: object) -> object:
    return (
        ("true" if value else "false") if isinstance(value, bool) else value if isinstance(value, dict) else str(value)
    )


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_ID_CHARACTERS)]
Moment = Annotated[datetime | None, BeforeValidator(_moment), BeforeValidator(_blank_is_none)]


class _Record(Value):
    """The fields of a document, before its language is known. A misspelt field is a fault, not an omission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id
    kind: Kind
    language: Language | None = None
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE_CHARACTERS)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARACTERS)]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2_000)] | None = None
    effective_from: Moment = None
    effective_to: Moment = None
    attributes: Annotated[dict[str, str], BeforeValidator(_texts)] = {}


def document_of(fields: dict[str, Any], detect: DetectLanguage, hidden: str = "") -> Document:
    """The document that these fields make; `hidden` is what its file held and showed to nobody.

    Raises BadInput with the first thing that is wrong.
    """
    try:
        record = _Record.model_validate(fields)
    except ValidationError as error:
        raise BadInput(fault_of(error)) from error
    if fault := fault_of_letters(f"{record.title}\n{record.text}"):
        raise BadInput(fault)
    if _BOTTOMLESS.search(record.text):
        raise BadInput("its lists or quotations are nested too deeply; flatten them.")
    if record.effective_from and record.effective_to and record.effective_from >= record.effective_to:
        raise BadInput("`effective_to` has to be later than `effective_from`.")
    text, unseen = without_hidden(record.text)
    title = visible(record.title).strip()
    if not title or not visible(text).strip():
        raise BadInput("it holds no text that a reader sees.")
    language = record.language or detect(f"{title}\n{text}")
    if language is None:
        raise BadInput(f"its language is not recognised; set `language` to one of {LANGUAGES}.")
    pieces = (hidden, unseen, record.title if title != record.title else "")
    shown = {"title": title, "text": text, "language": language, "hidden": "\n".join(filter(None, pieces))}
    return Document.model_validate(record.model_dump() | shown)


def fault_of(error: ValidationError) -> str:
    """The first thing wrong with a record, as one sentence."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:100]
    if first["type"] == "missing":
        return f"the field `{field}` is missing."
    if first["type"] == "extra_forbidden":
        return f"the field `{field}` is not known; correct its name or leave it out."
    said = first["msg"].removeprefix("Value error, ")
    return f"the field `{field}` cannot be used: {said[:1].lower()}{said[1:200]}."
