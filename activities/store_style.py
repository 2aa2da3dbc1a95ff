"""The settings of a store's style: `tone`, `formality.LANGUAGE`, `forbidden`."""

from collections.abc import Mapping
from typing import Any, get_args

from domain.errors import BadInput
from domain.styles import Formality, Tone
from domain.vocabulary import Language

KEYS = ("tone", "formality.LANGUAGE", "forbidden")
MAX_WORDS = 100
MAX_WORD = 100
FORMAL = tuple(language for language in Language if language is not Language.EN)
"""Languages that address a stranger otherwise than a friend."""


def is_style(key: str) -> bool:
    """Whether a setting is one of the style's."""
    return key in {"tone", "forbidden"} or key.partition(".")[0] == "formality"


def with_style(style: Mapping[str, Any] | None, key: str, value: str) -> dict[str, Any] | None:
    """The style with one setting changed, an empty value: taken back to its default. None when nothing is left of it.
    Raises BadInput."""
    changed = dict(style or {})
    name, _, member = key.partition(".")
    if name == "tone":
        changed[name] = _one_of(key, value, get_args(Tone))
    elif name == "forbidden":
        changed[name] = _words(value)
    else:
        if member not in FORMAL:
            raise BadInput(f"`{key[:40]}`: the language has to be one of {', '.join(FORMAL)}; English knows one form.")
        spoken = {**changed.get(name, {}), member: _one_of(key, value, get_args(Formality))}
        changed[name] = {language: form for language, form in spoken.items() if form} or None
    return {name: value for name, value in changed.items() if value} or None


def _one_of(key: str, value: str, known: tuple[str, ...]) -> str | None:
    chosen = value.strip().lower()
    if chosen and chosen not in known:
        raise BadInput(f"`{key}` has to be one of {', '.join(known)}.")
    return chosen or None


def _words(value: str) -> list[str] | None:
    words = list(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
    unusable = any(len(word) > MAX_WORD or not word.isprintable() or not any(map(str.isalnum, word)) for word in words)
    if len(words) > MAX_WORDS or unusable:
        raise BadInput(f"`forbidden` takes up to {MAX_WORDS} words or phrases, separated by commas.")
    return words or None
