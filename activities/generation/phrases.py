"""Every sentence that the templates may say, one JSON file a language in resources; and the approved notices.

`es.json` speaks formally. `es.informal.json` holds what is said otherwise to somebody who is addressed with tú; English
has no such file.
"""

import json
from functools import cache
from typing import Any, NamedTuple

from activities.wording import RESOURCES
from domain.customers import ReturnStatus
from domain.orders import OrderStatus
from domain.policies import StorePolicy
from domain.styles import Formality
from domain.vocabulary import Language


class Phrases(NamedTuple):
    """The sentences of one language in one form; `{slots}` are filled by the caller."""

    greeting: str
    greeting_named: str
    thanks: str
    closing: str
    signature: str
    lead: str
    lead_again: str
    lead_product: str
    leads: dict[str, str]
    """By intent; `lead` for the others."""
    source: str
    other_language: str
    quotation: str
    languages: dict[str, str]
    order_dated: str
    status: dict[str, str]
    parcels: dict[str, str]
    """By the plural form that babel names for the number."""
    parcel: dict[str, str]
    expected: str
    expected_whole: str
    late: str
    late_whole: str
    carrier_tracking: str
    part_tracking: str
    carrier: str
    tracking: str
    delivered_by: str
    delivered_tracking: str
    several: str
    more_orders: str
    not_found: dict[str, str]
    """By plural form."""
    no_orders: str
    identity: str
    not_gone_yet: str
    gone_already: str
    not_received: str
    days: dict[str, str]
    """By plural form."""
    return_until: str
    return_over: str
    return_not_delivered: str
    return_form: str
    returns: dict[str, str]
    unanswered: str
    checked_by_person: str
    cancel_by_person: str
    refund_by_person: str
    holding: str
    holding_again: str
    greeting_alone: str = ""
    """Where nothing of the frame follows the greeting; empty: `greeting` does."""
    greeting_alone_named: str = ""


@cache
def phrases(language: Language, formality: Formality = "formal") -> Phrases:
    """The sentences of one language in one form, read once a process."""
    fields = _read("phrases", language.value)
    if formality == "informal" and (RESOURCES / "phrases" / f"{language.value}.informal.json").is_file():
        fields = _overlaid(fields, _read("phrases", f"{language.value}.informal"))
    found = Phrases(**fields)
    missing = {status.value for status in OrderStatus} - found.status.keys()
    missing |= {status.value for status in OrderStatus} - found.parcel.keys()
    missing |= {status.value for status in ReturnStatus} - found.returns.keys()
    if missing:
        raise ValueError(f"phrases/{language.value}.json lacks the states {sorted(missing)}")
    return found


def fixed_phrases(language: Language, formality: Formality = "formal") -> tuple[str, ...]:
    """The sentences that say nothing of an order by themselves, slots included."""
    words = phrases(language, formality)
    plain = (text for text in words if isinstance(text, str) and text)
    return (*plain, *words.leads.values(), *words.not_found.values(), *words.days.values())


def signature_of(policy: StorePolicy, language: Language) -> str:
    """The store's own signature in this language, else the usual one with the store's name."""
    usual = phrases(language, policy.style.formality_in(language)).signature
    return policy.signature.get(language) or usual.format(store=policy.name)


def notice_of(category: str, language: Language) -> str:
    """The approved notice: one of its own for `briefing.NOTICED`, else that a person will answer."""
    notices: dict[str, str] = _read_notices(language)
    return notices.get(category, notices["person"])


@cache
def _read_notices(language: Language) -> dict[str, str]:
    return {name: str(text) for name, text in _read("notices", language.value).items()}


def _read(folder: str, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((RESOURCES / folder / f"{name}.json").read_text(encoding="utf-8"))
    return fields


def _overlaid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """`below` with what `above` says otherwise. Raises ValueError for a key that `below` lacks: nobody would see it."""
    if strange := above.keys() - below.keys():
        raise ValueError(f"the informal phrases hold {sorted(strange)}, which the formal ones do not know")
    merged = {
        name: _overlaid(below[name], value) if isinstance(value, dict) else value for name, value in above.items()
    }
    return {**below, **merged}
