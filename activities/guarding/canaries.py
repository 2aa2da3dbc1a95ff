"""Marks that a prompt carries so that a reply which repeats it gives itself away."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from functools import cache

_MARK = re.compile(r"hp\W{0,3}([0-9a-f]{12})\W{0,3}([0-9a-f]{4})(?![0-9a-f])", re.I)


def issue_canary(store: str, secret: bytes | None = None) -> str:
    """The mark of a store's prompts, such as `hp-3f9a0c…-71d2`: the same for one process, or for one `secret`.

    Its last four letters are a checksum, so that any process knows a mark, whichever made it.
    """
    body = hmac.new(secret or _process_secret(), store.encode(), hashlib.sha256).hexdigest()[:12]
    return f"hp-{body}-{_checksum(body)}"


def canaries_in(text: str) -> Iterator[str]:
    """The marks in a text, however they are spaced."""
    return (match.group() for match in _MARK.finditer(text) if _checksum(match[1].lower()) == match[2].lower())


def _checksum(body: str) -> str:
    return hashlib.sha256(f"holdpoint/canary/{body}".encode()).hexdigest()[:4]


@cache
def _process_secret() -> bytes:
    return secrets.token_bytes(16)
