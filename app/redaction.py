"""What must not reach a log: customers' words and addresses, keys, passwords, and whatever an exception quotes of them.

Two nets: values under a name that may hold such things are dropped whatever they are, and every text that is left is
searched for the shapes of secrets and e-mail addresses. Texts are not read for customers' words, which have no shape:
nothing of ours logs them, and exceptions of others are logged without their messages, which may quote them.
"""

import re
import traceback
from collections.abc import Iterator, Mapping
from enum import Enum
from types import TracebackType
from typing import Any

from domain.errors import HoldpointError

REDACTED = "[redacted]"
MAX_TEXT = 2_000
"""Characters of one value; a log is no store."""
MAX_DEPTH = 6
MAX_FRAMES = 30
SECRET_NAMES = ("password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "cookie", "signature")
"""Names that end like this hold secrets."""
WORD_NAMES = frozenset(
    "text body message question answer reply draft notice brief content prompt completion comment excerpt subject "
    "customer email e_mail mail phone address postcode thread turns passages rejection rejected_text payload input "
    "args kwargs headers".split()
)
"""Names that hold what a customer said, or who they are."""
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(://[^\s:/@]*):[^\s@]+@"), rf"\1:{REDACTED}@"),
    (re.compile(r"(?i)\b((?:\w+_)?(?:password|secret|token|api_key))(\s*=\s*)('[^']*'|[^\s&;,]+)"), rf"\1\2{REDACTED}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {REDACTED}"),
    (re.compile(r"\bhp_[a-z]+_[\w-]+"), f"hp_{REDACTED}"),
    (re.compile(r"\bwhsec_[\w+/=-]+"), f"whsec_{REDACTED}"),
    (re.compile(r"\bsk-[\w-]{16,}"), f"sk-{REDACTED}"),
    (re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+\.[^\W\d_]{2,}"), "[e-mail]"),
)
_FACTS = (OSError, ImportError, AttributeError, NameError, TypeError)
"""Whose messages are about the machine or the code, never about a customer."""
_FACTS_BY_NAME = frozenset({"psycopg.OperationalError", "psycopg_pool.PoolTimeout", "temporalio.service.RPCError"})


def redact_text(text: str, limit: int = MAX_TEXT) -> str:
    """The text without secrets and e-mail addresses, at most `limit` characters of it."""
    text = text if len(text) <= limit else f"{text[:limit]}…"
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def redact(values: Mapping[str, Any], *, depth: int = 0) -> dict[str, Any]:
    """A copy of named values that may be logged: plain JSON, sensitive names emptied, texts searched."""
    return {
        redact_text(str(name), 100): REDACTED if _is_sensitive(str(name)) else _plain(value, depth)
        for name, value in values.items()
    }


def _is_sensitive(name: str) -> bool:
    name = name.lower().replace("-", "_")
    return name in WORD_NAMES or name.endswith(SECRET_NAMES)


def _plain(value: Any, depth: int) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if depth >= MAX_DEPTH:
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping):
        return redact(value, depth=depth + 1)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth + 1) for item in value]
    # The repr of a value of ours quotes what it holds; its kind is all that is safe to say.
    return value.isoformat() if hasattr(value, "isoformat") else f"<{type(value).__name__}>"


def describe_exception(error: BaseException) -> str:
    """What happened and where, cause first, as a traceback does, but without messages that may quote a customer."""
    told = [f"{_headline(link)}\n{_frames(link.__traceback__)}".rstrip() for link in _chain(error)]
    return "\n-> ".join(reversed(told))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _headline(error: BaseException) -> str:
    kind = type(error)
    name = kind.__name__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__name__}"
    if isinstance(error, HoldpointError):
        return f"{name}: {redact_text(error.message)}"
    known = any(f"{base.__module__}.{base.__qualname__}" in _FACTS_BY_NAME for base in kind.__mro__)
    if known or (isinstance(error, _FACTS) and not isinstance(error, UnicodeError)):
        return f"{name}: {redact_text(str(error))}"
    return name


def _frames(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-MAX_FRAMES:]
    return "\n".join(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
