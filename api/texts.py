"""The kinds of text that requests carry, with their limits."""

import re
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from domain.errors import NotFound
from domain.vocabulary import Language

MAX_MESSAGE_CHARACTERS = 20_000
_QUERY_ID = re.compile(r"[0-9a-f]{32}")
_TAG = re.compile(r"[a-zA-Z]{2,8}([-_][a-zA-Z0-9]{1,8}){0,5}")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty; write something")
    return text


def _language(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _TAG.fullmatch(value):
        raise ValueError("a language is a tag such as `en` or `pt-BR`")
    primary = re.split("[-_]", value)[0].lower()
    return primary if primary in set(Language) else None


def _each_once(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(ids)) < len(ids):
        raise ValueError("the same attachment stands there twice; name each once")
    return ids


def known_id(query_id: str) -> str:
    """The same id; raises NotFound for what can't be one."""
    if not _QUERY_ID.fullmatch(query_id):
        raise NotFound("There is no query of that id in this store.")
    return query_id


def known_attachment(attachment_id: str) -> str:
    """The same id; raises NotFound for what can't be one."""
    if not _QUERY_ID.fullmatch(attachment_id):
        raise NotFound("There is no attachment of that id in this store.")
    return attachment_id


MessageText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_MESSAGE_CHARACTERS), AfterValidator(_not_blank)
]
"""A customer's words: 1 to 20,000 characters, not all of them blank."""
Comment = Annotated[str, StringConstraints(max_length=2_000)]
StoreId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
MessageId = Annotated[str, StringConstraints(min_length=1, max_length=1_000), AfterValidator(_not_blank)]
ShortId = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_not_blank)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]
Attachments = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")], ...], AfterValidator(_each_once)
]
LanguageHint = Annotated[Language | None, BeforeValidator(_language)]
"""A language tag; one that Holdpoint does not answer in counts as no hint."""
QueryId = Annotated[
    str, Path(description="The query's id.", examples=["0f3c5d2a9b8e4c7d6a1b2c3d4e5f6071"]), AfterValidator(known_id)
]
"""Anything that can't be the id of a query is unknown (404), not malformed."""
