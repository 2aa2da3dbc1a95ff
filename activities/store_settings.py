"""Settings of a store that have members, such as `table.INTENT`: what each may be."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from domain.consequences import DEFAULT_BARS, NEVER, Consequence
from domain.customers import Proof
from domain.errors import BadInput
from domain.groups import ANY
from domain.policies import DEFAULT_TABLE
from domain.vocabulary import Intent, Language, SendMode

MAX_SIGNATURE = 500
MAX_LIMIT = 10_000_000
MAX_COMPETITORS = 100
MAX_NAME = 200


def signature_in(member: str, value: str) -> tuple[str, str | None]:
    """A language with its signature, None to take it out. Raises BadInput."""
    if member not in set(Language):
        raise BadInput(f"`signature.{member[:20]}`: the language has to be one of {', '.join(Language)}.")
    if len(value) > MAX_SIGNATURE or "\0" in value:
        raise BadInput(f"A signature may have up to {MAX_SIGNATURE} characters.")
    return member, value.strip() or None


def row_of_table(member: str, value: str) -> tuple[str, int | None]:
    """An intent with its tier, which may only be stricter than the usual one; None: the usual one. Raises BadInput."""
    if member not in set(Intent):
        raise BadInput(f"`table.{member[:40]}`: the intent has to be one of {', '.join(Intent)}.")
    if not value.strip():
        return member, None
    least = DEFAULT_TABLE[Intent(member)]
    if value.strip() not in {"1", "2", "3"} or int(value) < least:
        raise BadInput(f"`table.{member}` may only be made stricter: a tier from {least.value} to 3.")
    return member, int(value)


def mode_of_group(member: str, value: str) -> tuple[str, str | None]:
    """A group with its send mode, None to take it out. Raises BadInput."""
    intent, _, language = member.partition("/")
    if intent not in {*Intent, ANY} or language not in {*Language, ANY} or member == f"{ANY}/{ANY}":
        raise BadInput(f"`mode.{member[:40]}`: name a group such as order_status/en, order_status/* or */en.")
    mode = value.strip().lower()
    if mode and mode not in set(SendMode):
        raise BadInput(f"`mode.{member}` has to be one of {', '.join(SendMode)}.")
    return member, mode or None


def names_in(value: str) -> list[str] | None:
    """Names between commas, None for none. Raises BadInput."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    if len(names) > MAX_COMPETITORS or any(len(name) > MAX_NAME or not name.isprintable() for name in names):
        raise BadInput(f"`competitors` takes up to {MAX_COMPETITORS} names, separated by commas.")
    return names or None


def proofs_in(value: str) -> list[str] | None:
    """What customers may give to say who they are, between commas; `channel` alone for nothing at all, None for the
    usual. Raises BadInput."""
    named = dict.fromkeys(name.strip().lower() for name in value.split(",") if name.strip())
    if not set(named) <= set(Proof):
        raise BadInput(f"`identify_by` takes {Proof.EMAIL_ORDER} and {Proof.NAME_POSTCODE}, or {Proof.CHANNEL} alone.")
    return [name for name in named if name != Proof.CHANNEL] if named else None


def limit_in(member: str, value: str) -> tuple[str, str | None]:
    """A currency with its limit for refunds, None to take it out. Raises BadInput."""
    currency = member.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise BadInput(f"`refund_limit.{member[:20]}`: name the currency by its three letters, such as USD.")
    if not value.strip():
        return currency, None
    try:
        limit = Decimal(value.strip())
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite() or not 0 <= limit <= MAX_LIMIT:
        raise BadInput(f"`refund_limit.{currency}` has to be a number from 0 to {MAX_LIMIT}.")
    return currency, str(limit)


def bar_of(member: str, value: str) -> tuple[str, float | None]:
    """A consequence with its bar, which may only be raised; None: the usual one. Raises BadInput."""
    if member not in set(Consequence):
        raise BadInput(f"`bar.{member[:40]}`: the consequence has to be one of {', '.join(Consequence)}.")
    if not value.strip():
        return member, None
    least = DEFAULT_BARS[Consequence(member)]
    try:
        bar = float(value)
    except ValueError:
        bar = -1.0
    if not least <= bar <= NEVER:
        raise BadInput(f"`bar.{member}` may only be raised: a confidence from {least} to {NEVER}, which means never.")
    return member, bar


LISTS: dict[str, Callable[[str], list[str] | None]] = {"competitors": names_in, "identify_by": proofs_in}
"""Settings that are several values between commas."""
GROUPS: dict[str, tuple[str, Callable[[str, str], tuple[str, object]]]] = {
    "signature": ("signature", signature_in),
    "table": ("table", row_of_table),
    "mode": ("modes", mode_of_group),
    "refund_limit": ("refund_limits", limit_in),
    "bar": ("bars", bar_of),
}
"""Settings with members: the field of `StorePolicy` that holds them, and what reads one member."""
