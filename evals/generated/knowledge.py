"""Questions about what the demo store's documents state, and about what none of them does.

Files in `resources/generated`, one object a line: `facts` (a fact with its documents, its values and its wordings;
those of `facts_learnt` and `unanswerable_learnt` are for fitting alone, so that more of them change no figure's set),
`products` (what sheets state) with `attributes` (wordings of a question about each), `unanswerable` (questions that
nothing in the store answers) and `unstated` (attributes that a sheet does not state, and products of other shops).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated

from pydantic import ConfigDict, Field

from domain.values import Value
from domain.vocabulary import Language
from evals.generated.cases import GeneratedCase, Need, Split, chance_of, split_of
from evals.generated.wear import Manners, worn

Wordings = Mapping[Language, tuple[str, ...]]
A_FACT = 2
"""Wordings of the question about one attribute of one product, in one language."""


class _Line(Value):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=80)]


class Fact(_Line):
    """Something that documents state."""

    documents: tuple[str, ...] = Field(min_length=1)
    values: tuple[tuple[str, ...], ...] = ()
    """Groups: one value of each has to be said."""
    phrases: Mapping[Language, tuple[str, ...]] = {}
    questions: Wordings


class Product(_Line):
    """A document about a product. `id` is the document's."""

    names: Mapping[Language, str]
    values: Mapping[str, tuple[str, ...]]
    """Attribute to the values that have to be said, all of them."""


class Attribute(_Line):
    """Something that is asked of products; `{p}` stands for the name."""

    documents: tuple[str, ...] = ()
    """Documents that state it of every product, besides the product's own."""
    questions: Wordings


class Unanswerable(_Line):
    """A question that nothing in the store answers."""

    questions: Wordings


class Unstated(_Line):
    """Attributes that no document states of a product, or products that another shop sells."""

    names: Mapping[Language, str]
    attributes: tuple[str, ...]


def fact_cases(
    facts: Sequence[Fact], manners: Mapping[Language, Manners], split: Split | None = None
) -> Iterator[GeneratedCase]:
    """Each fact in each of its wordings. The wordings are the fact's own: both share one split."""
    for fact in facts:
        for language, texts in fact.questions.items():
            phrases = fact.phrases.get(language, ())
            needs = tuple(Need(values=group) for group in fact.values) + ((Need(phrases=phrases),) if phrases else ())
            for place, text in enumerate(texts, start=1):
                key = f"fact/{fact.id}/{language.value}/{place}"
                yield GeneratedCase(
                    id=key,
                    split=split or split_of(f"fact/{fact.id}"),
                    kind="knowledge/fact",
                    cluster=f"fact/{fact.id}",
                    language=language,
                    text=worn(text, language, manners, chance_of(key)),
                    needs=needs,
                    documents=fact.documents,
                    elsewhere=fact.phrases,
                )


def product_cases(
    products: Sequence[Product], attributes: Sequence[Attribute], manners: Mapping[Language, Manners]
) -> Iterator[GeneratedCase]:
    """What sheets state, at most A_FACT wordings each."""
    asked = {attribute.id: attribute for attribute in attributes}
    for product in products:
        for name, values in product.values.items():
            for language in product.names:
                for key, text in islice(_asked(product.id, product.names, asked[name], language), A_FACT):
                    yield GeneratedCase(
                        id=key,
                        split=split_of(product.id),
                        kind=f"knowledge/{name}",
                        cluster=f"{product.id}/{name}",
                        language=language,
                        text=worn(text, language, manners, chance_of(key)),
                        needs=tuple(Need(values=(value,)) for value in values),
                        documents=(product.id, *asked[name].documents),
                    )


def unanswerable_cases(
    questions: Sequence[Unanswerable], manners: Mapping[Language, Manners], split: Split | None = None
) -> Iterator[GeneratedCase]:
    """Questions to which every answer is wrong; of their own split, or of the given one."""
    for question in questions:
        for language, texts in question.questions.items():
            for place, text in enumerate(texts, start=1):
                key = f"none/{question.id}/{language.value}/{place}"
                yield _without_answer(
                    key,
                    cluster=f"none/{question.id}",
                    kind="none/topic",
                    language=language,
                    text=text,
                    manners=manners,
                    split=split,
                )


def unstated_cases(
    unstated: Sequence[Unstated], attributes: Sequence[Attribute], manners: Mapping[Language, Manners]
) -> Iterator[GeneratedCase]:
    """What no sheet states, in the words of what sheets do state: every answer is wrong."""
    asked = {attribute.id: attribute for attribute in attributes}
    for each in unstated:
        for language in each.names:
            for name in each.attributes:
                for key, text in islice(_asked(each.id, each.names, asked[name], language), A_FACT):
                    yield _without_answer(
                        key,
                        cluster=each.id,
                        kind=f"none/{each.id.split('-')[0]}",
                        language=language,
                        text=text,
                        manners=manners,
                    )


def _without_answer(
    key: str,
    *,
    cluster: str,
    kind: str,
    language: Language,
    text: str,
    manners: Mapping[Language, Manners],
    split: Split | None = None,
) -> GeneratedCase:
    return GeneratedCase(
        id=key,
        split=split or split_of(cluster),
        kind=kind,
        cluster=cluster,
        language=language,
        text=worn(text, language, manners, chance_of(key)),
        answerable=False,
    )


def _asked(
    of: str, names: Mapping[Language, str], attribute: Attribute, language: Language
) -> Iterator[tuple[str, str]]:
    """The wordings that fell into the same split as what they ask about, in an order of their own."""
    keyed = [
        (f"attribute/{attribute.id}/{language.value}/{place}", text)
        for place, text in enumerate(attribute.questions[language], start=1)
    ]
    fitting = [(key, text) for key, text in keyed if split_of(key) == split_of(of)]
    chance_of(f"{of}/{attribute.id}/{language.value}").shuffle(fitting)
    for key, text in fitting:
        yield f"{of}/{key}", text.replace("{p}", names[language])
