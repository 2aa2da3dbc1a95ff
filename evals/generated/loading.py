"""The generated questions from the files in `resources/generated`, checked line by line."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from domain.canonical import content_hash
from domain.customers import Return
from domain.errors import BadInput
from domain.orders import Order
from domain.values import Value
from domain.vocabulary import Language
from evals.generated.cases import GeneratedCase, Split
from evals.generated.checking import plain, stated_in, states
from evals.generated.knowledge import (
    Attribute,
    Fact,
    Product,
    Unanswerable,
    Unstated,
    fact_cases,
    product_cases,
    unanswerable_cases,
    unstated_cases,
)
from evals.generated.order_cases import OrderWording, order_cases
from evals.generated.order_needs import Says
from evals.generated.orders import People, Shopper, shoppers_of, synthetic_shoppers
from evals.generated.wear import Manners
from evals.questions import KNOWLEDGE, languages_of

FOLDER = Path(__file__).parents[1] / "resources" / "generated"
DEMO_ORDERS = KNOWLEDGE.parent / "orders.jsonl"
DEMO_RETURNS = KNOWLEDGE.parent / "returns.jsonl"
LEAST = {"facts": 150, "status": 25, "return": 25}
"""Facts, and wordings of these kinds, that each language has at least."""
T = TypeVar("T", bound=Value)


@cache
def shoppers() -> tuple[Shopper, ...]:
    """All customers with orders: the made-up ones and the demo store's."""
    wares = [(product.id.rsplit("/", 1)[1], product.names[Language.EN]) for product in _read("products", Product)]
    lines = DEMO_ORDERS.read_text(encoding="utf-8").splitlines()
    demo = [Order.model_validate(json.loads(line)) for line in lines if line.strip()]
    returns = [Return.model_validate_json(line) for line in DEMO_RETURNS.read_text(encoding="utf-8").splitlines()]
    return (*synthetic_shoppers(_read("people", People), wares), *shoppers_of(demo, returns))


@cache
def generated_cases() -> tuple[GeneratedCase, ...]:
    """Every question. Raises BadInput naming the file and line that is wrong."""
    manners = {each.language: each for each in _read("manners", Manners)}
    phrases = {(each.language, each.state): each.says for each in _read("states", Says)}
    facts, products, attributes = _read("facts", Fact), _read("products", Product), _read("attributes", Attribute)
    learnt = _read("facts_learnt", Fact)
    _check_facts([*facts, *learnt], products)
    wordings = _read("order_wordings", OrderWording)
    _check_enough(facts, products, wordings)
    found = [
        *order_cases(wordings, shoppers(), phrases, manners),
        *fact_cases(facts, manners),
        *product_cases(products, attributes, manners),
        *unanswerable_cases(_read("unanswerable", Unanswerable), manners),
        *unstated_cases(_read("unstated", Unstated), attributes, manners),
        *fact_cases(learnt, manners, split="fit"),
        *unanswerable_cases(_read("unanswerable_learnt", Unanswerable), manners, split="fit"),
    ]
    return tuple(_asked_once(found))


def cases_of(*splits: Split) -> list[GeneratedCase]:
    """The questions of these splits, in an order that mixes what they are about."""
    found = [case for case in generated_cases() if case.split in splits]
    return sorted(found, key=lambda case: content_hash(["order", case.id]))


def hash_of_cases(cases: Sequence[GeneratedCase]) -> str:
    """Names the questions with all that a right answer says, in whatever order they are."""
    return content_hash([case.model_dump(mode="json") for case in sorted(cases, key=lambda case: case.id)])


def _read(name: str, kind: type[T]) -> list[T]:
    path, found = FOLDER / f"{name}.jsonl", []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(kind.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"{path.name}, line {number}: {where or 'line'}: {first['msg']}.") from error
    return found


def _check_facts(facts: Sequence[Fact], products: Sequence[Product]) -> None:
    """Each fact has to stand in a document, in every language that it is asked in."""
    known = languages_of(KNOWLEDGE)
    for fact in facts:
        if unknown := [document for document in fact.documents if document not in known]:
            raise BadInput(f"{fact.id}: there is no document {unknown[0]}.")
        for language in fact.questions:
            texts = [_text(document, language) for document in fact.documents if language in known[document]]
            if not any(_holds(text, fact, language) for text in texts):
                raise BadInput(f"{fact.id}: no document states it in {language.value}.")
    for product in products:
        for language in product.names:
            stated = stated_in(_text(product.id, language), language)
            for name, values in product.values.items():
                if not all(states(stated, value) for value in values):
                    raise BadInput(f"products.jsonl: {product.id}: {name} is not stated in {language.value}.")


def _holds(text: str, fact: Fact, language: Language) -> bool:
    stated, folded = stated_in(text, language), plain(text)
    valued = all(any(states(stated, value) for value in group) for group in fact.values)
    phrases = fact.phrases.get(language, ())
    return valued and (not phrases or any(phrase in folded for phrase in phrases))


def _text(document: str, language: Language) -> str:
    path = KNOWLEDGE / f"{document}.{language.value}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _check_enough(facts: Sequence[Fact], products: Sequence[Product], wordings: Sequence[OrderWording]) -> None:
    for language in Language:
        counts = {
            "facts": sum(language in fact.questions for fact in facts)
            + sum(len(product.values) for product in products if language in product.names),
            "status": sum(each.kind == "status" and each.language is language for each in wordings),
            "return": sum(each.kind == "return" and each.language is language for each in wordings),
        }
        if few := [name for name, least in LEAST.items() if counts[name] < least]:
            raise BadInput(f"There are {counts[few[0]]} of {few[0]} in {language.value}, {LEAST[few[0]]} are wanted.")


def _asked_once(cases: Sequence[GeneratedCase]) -> list[GeneratedCase]:
    """Without what was asked before by the same customer: it would count twice."""
    seen: dict[tuple[str | None, str], GeneratedCase] = {}
    for case in cases:
        seen.setdefault((case.email, case.text.casefold()), case)
    return list(seen.values())
