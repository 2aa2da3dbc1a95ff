"""Every sentence that the templates may say, one JSON file a language in resources; and the approved notices."""

import json
from functools import cache
from typing import Any, NamedTuple

from activities.wording import RESOURCES
from domain.orders import OrderStatus
from domain.policies import StorePolicy
from domain.vocabulary import Language


class Phrases(NamedTuple):
    """The sentences of one language; `{slots}` are filled by the caller."""

    greeting: str
    greeting_named: str
    thanks: str
    closing: str
    signature: str
    lead: str
    lead_again: str
    source: str
    other_language: str
    quotation: str
    languages: dict[str, str]
    status: dict[str, str]
    expected: str
    expected_whole: str
    late: str
    carrier_tracking: str
    part_tracking: str
    carrier: str
    tracking: str
    several: str
    more_orders: str
    not_found: str
    not_found_many: str
    no_orders: str
    identity: str
    not_gone_yet: str
    gone_already: str
    return_until: str
    return_over: str
    return_not_delivered: str
    return_form: str
    return_running: str
    checked_by_person: str
    holding: str
    holding_again: str


@cache
def phrases(language: Language) -> Phrases:
    """The sentences of one language, read once a process."""
    found = Phrases(**_read("phrases", language))
    missing = {status.value for status in OrderStatus} - found.status.keys()
    if missing:
        raise ValueError(f"phrases/{language.value}.json lacks the order states {sorted(missing)}")
    return found


def signature_of(policy: StorePolicy, language: Language) -> str:
    """The store's own signature in this language, else the usual one with the store's name."""
    return policy.signature.get(language) or phrases(language).signature.format(store=policy.name)


def notice_of(category: str, language: Language) -> str:
    """The approved notice: one of its own for `briefing.NOTICED`, else that a person will answer."""
    notices: dict[str, str] = _read_notices(language)
    return notices.get(category, notices["person"])


@cache
def _read_notices(language: Language) -> dict[str, str]:
    return {name: str(text) for name, text in _read("notices", language).items()}


def _read(folder: str, language: Language) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((RESOURCES / folder / f"{language.value}.json").read_text(encoding="utf-8"))
    return fields
