"""Numbers that a store's policy fixes, and replies that state others: whatever a cited passage happens to hold."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from activities.classification.entities import amounts_in
from activities.guarding.clauses import clauses_of
from activities.guarding.context import Context, PolicyTerm
from activities.guarding.findings import MAX_EXCERPT, MAX_SENTENCES
from activities.guarding.tongue import tongue_of
from activities.guarding.values import values_in
from activities.phrase_lists import comparable, compiled, phrase_pattern
from activities.wording import RESOURCES, clean, sentences_of
from domain.findings import Finding
from domain.policies import StorePolicy
from domain.vocabulary import Language

REFUND_LIMIT = "refund_limit"
"""A term of the store's settings: an amount, with its currency, above which a person decides."""

RETURN_WINDOW = "return_window"
"""A term of policies: the days within which an order may go back."""
MAX_CLAUSE = 400
"""Characters; a longer text speaks of many matters."""
_DAYS = re.compile(r"^(\d{1,4})-\1 day$")
_REFUND = re.compile("refund|money back|erstatt|rembours|reembols|devolver|devolu|zuruck")


class _Known(NamedTuple):
    """A term that documents may fix, and how a reply speaks of it."""

    kind: str
    unit: str
    attributes: tuple[str, ...]
    words: re.Pattern[str]
    others: re.Pattern[str]
    """Words of other matters with numbers of the same kind."""


class PolicyContradiction:
    """A clause that speaks of a term of the store's policy and gives it another number."""

    name = "policy_contradiction"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None or not context.terms:
            return []
        language = context.language or tongue_of(context.reply)
        found = []
        for clause in clauses_of(context.reply, language):
            if clause.spans or not any(map(str.isdigit, clause.text)):
                continue
            for term in context.terms:
                if _contradicts(clause.text, term):
                    why = f"{term.source} fixes {term.name.replace('_', ' ')} as {' or '.join(term.values)}."
                    found.append(Finding(check=self.name, on="reply", excerpt=clause.text[:MAX_EXCERPT], why=why))
        return found


def terms_of(policy: StorePolicy, attributes: Mapping[str, str], source: str = "The policy") -> tuple[PolicyTerm, ...]:
    """The terms of a store: the limit of its settings, and what the attributes of its policy documents fix, such as
    `return_window_days: 30` or `free_shipping_from: 75.00 EUR`. What is no number is left out."""
    limit = PolicyTerm(REFUND_LIMIT, (f"{policy.refund_limit} {policy.currency}",), "The store's setting")
    return (limit, *_from_attributes(attributes, policy.currency, source))


def days_fixed(name: str, attributes: Mapping[str, str]) -> int | None:
    """The days that the attributes of a policy fix for a term; None where they fix none, or several."""
    known = _known_terms()[name]
    stated = next((attributes[each] for each in known.attributes if each in attributes), None)
    numbers = set(re.findall(r"\d{1,4}", stated or ""))
    return int(numbers.pop()) if len(numbers) == 1 else None


def days_told(name: str, text: str, language: Language) -> frozenset[int]:
    """The days that the sentences of a text give a term: of those that speak of nothing else with such numbers, and not
    in a condition (`if you send all of it back within 14 days`)."""
    found = set()
    for sentence in sentences_of(clean(text), MAX_SENTENCES):
        clauses = clauses_of(sentence, language) if speaks_of_term(name, sentence) else ()
        if any(clause.conditional for clause in clauses):
            continue
        for clause in clauses:
            values = values_in(clause.text, language) if speaks_of_term(name, clause.text) else ()
            found |= {int(days[1]) for value in values if (days := _DAYS.match(value.key))}
    return frozenset(found)


def speaks_of_term(name: str, text: str) -> bool:
    """Whether a text speaks of a term; a clause that speaks of other matters with such numbers does not."""
    known, words = _known_terms()[name], comparable(text)
    whole = len(words) > MAX_CLAUSE
    return known.words.search(words) is not None and (whole or not known.others.search(words))


def _from_attributes(attributes: Mapping[str, str], currency: str, source: str) -> Iterator[PolicyTerm]:
    for name, known in _known_terms().items():
        stated = next((attributes[each] for each in known.attributes if each in attributes), None)
        keys = tuple(_keys(known, stated, currency)) if stated else ()
        if keys:
            yield PolicyTerm(name, keys, source)


def _keys(known: _Known, stated: str, currency: str) -> Iterator[str]:
    """The allowed values as keys; several may be given with commas, as shops in several countries have them."""
    for part in stated.split(","):
        if known.kind == "money":
            said = part if amounts_in(part) else f"{part} {currency}"
            yield from (value.key for value in values_in(said) if value.kind == "money")
        elif number := re.search(r"\d+", part):
            yield f"{number.group()}-{number.group()} {known.unit}"


def _contradicts(words: str, term: PolicyTerm) -> bool:
    if term.name == REFUND_LIMIT:
        return _above_limit(words, term.values[0])
    known = _known_terms().get(term.name)
    if known is None or not known.words.search(words) or known.others.search(words):
        return False
    stated = {value.key for value in values_in(words) if value.kind == known.kind}
    if known.kind == "duration":
        stated = {key for key in stated if key.endswith(("day", "week", "month", "year"))}
    return bool(stated) and not stated & set(term.values)


def _above_limit(words: str, limit: str) -> bool:
    if not phrase_pattern("commitments").search(words):
        return False
    number, _, currency = limit.partition(" ")
    amounts = (amount for amount in amounts_in(words) if amount.currency == currency)
    return _REFUND.search(words) is not None and any(amount.number > Decimal(number) for amount in amounts)


@cache
def _known_terms() -> dict[str, _Known]:
    terms: dict[str, dict[str, Any]] = json.loads((RESOURCES / "policy_terms.json").read_text(encoding="utf-8"))
    return {
        name: _Known(
            fields["kind"],
            fields["unit"],
            tuple(fields["attributes"]),
            compiled(fields["words"]),
            compiled(fields["not"]),
        )
        for name, fields in terms.items()
    }
