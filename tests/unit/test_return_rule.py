"""The rule on returns is looked for beside what the message asks, and counts for no more than it answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from activities.fakes import FixedKnowledge
from activities.return_rule import with_return_rule
from domain.errors import Unavailable
from domain.knowledge import FoundPassage, Passage, SearchResult
from domain.steps import ClassifyResult
from domain.vocabulary import Intent, Kind, Language
from tests.steps_world import a_case, a_passage, read

LAMP = a_passage("It gives 800 lumen.", title="Ember lamp", kind=Kind.PRODUCT)
RULE = a_passage("You can return it within 30 days.", title="Returns policy › Period")
CARDS = a_passage("Cards can be returned within 14 days.", title="Gift cards › Returns")
GERMAN = a_passage("Rückgabe innerhalb von 30 Tagen.", title="Rückgabe", language=Language.DE)


def scored(passage: Passage, score: float) -> FoundPassage:
    return FoundPassage(**passage.model_dump(exclude={"text", "attributes"}), score=score)


class Shelf(FixedKnowledge):
    """Remembers the kinds that were asked for."""

    def __init__(self, *scored: tuple[Passage, float], **options: Any) -> None:
        super().__init__(*scored, **options)
        self.kinds: list[tuple[Kind, ...]] = []

    async def search(
        self, store: str, text: str, *, language: Language, intent: Intent | None = None,
        kinds: Sequence[Kind] = (), at: datetime | None = None, top: int = 3,
    ) -> SearchResult:  # fmt: skip
        self.kinds.append(tuple(kinds))
        return await super().search(store, text, language=language, intent=intent, kinds=kinds, at=at, top=top)


async def ids(
    shelf: Shelf, found: SearchResult, classification: ClassifyResult, text: str = "I return it."
) -> list[str]:
    result = await with_return_rule(shelf, a_case(text), classification, found)
    return [each.title for each in result.passages]


NOTHING = SearchResult()
ANSWERED = SearchResult(passages=(scored(LAMP, 0.8),), answerable=True)


async def test_where_nothing_answers_the_rule_does() -> None:
    shelf = Shelf((CARDS, 0.99), (RULE, 0.98))
    result = await with_return_rule(shelf, a_case("I return it."), read(Intent.RETURN_REQUEST), NOTHING)
    assert [(each.title, each.score) for each in result.passages] == [(RULE.title, 0.5)]
    assert result.answerable
    assert shelf.kinds == [(Kind.POLICY,)]


async def test_it_comes_first_where_an_order_goes_back_and_last_elsewhere() -> None:
    shelf = Shelf((RULE, 0.98))
    named = read(Intent.RETURN_REQUEST, order_ids=("ORD-1",))
    assert await ids(shelf, ANSWERED, named) == [RULE.title, LAMP.title]
    assert await ids(shelf, ANSWERED, read(Intent.RETURN_REQUEST)) == [LAMP.title, RULE.title]
    assert await ids(shelf, ANSWERED, read(Intent.PRODUCT_QUESTION, Intent.RETURN_REQUEST)) == [LAMP.title, RULE.title]


async def test_it_counts_for_no_more_than_what_the_message_found() -> None:
    result = await with_return_rule(Shelf((RULE, 0.98)), a_case("x"), read(Intent.RETURN_REQUEST), ANSWERED)
    assert [round(each.score, 2) for each in result.passages] == [0.8, 0.4]


async def test_what_the_message_found_itself_keeps_its_score() -> None:
    found = SearchResult(passages=(scored(CARDS, 0.44), scored(RULE, 0.2)), answerable=False)
    named = read(Intent.RETURN_REQUEST, order_ids=("ORD-1",))
    result = await with_return_rule(Shelf((RULE, 0.98)), a_case("x"), named, found)
    assert [(each.title, each.score) for each in result.passages] == [(RULE.title, 0.2), (CARDS.title, 0.44)]
    assert result.answerable


async def test_beside_a_refund_it_answers_nothing_by_itself() -> None:
    result = await with_return_rule(Shelf((RULE, 0.98)), a_case("x"), read(Intent.REFUND), NOTHING)
    assert [each.title for each in result.passages] == [RULE.title]
    assert not result.answerable


async def test_where_goods_were_opened_exceptions_are_looked_for_as_well() -> None:
    shelf = Shelf((RULE, 0.98))
    await ids(shelf, NOTHING, read(Intent.RETURN_REQUEST), "I opened the candle.")
    assert len(shelf.asked) == 2 and "opened" in shelf.asked[0]


async def test_a_rule_in_the_customers_language_comes_before_a_better_one_in_another() -> None:
    shelf = Shelf((RULE, 0.98), (GERMAN, 0.6))
    assert await ids(shelf, NOTHING, read(Intent.RETURN_REQUEST, language=Language.DE)) == [GERMAN.title]
    assert await ids(shelf, NOTHING, read(Intent.RETURN_REQUEST, language=Language.FR)) == [RULE.title]


@pytest.mark.parametrize(
    "intent", [intent for intent in Intent if intent not in (Intent.RETURN_REQUEST, Intent.REFUND)]
)
async def test_nobody_else_is_looked_up_the_rule(intent: Intent) -> None:
    shelf = Shelf((RULE, 0.98))
    assert await with_return_rule(shelf, a_case("x"), read(intent), ANSWERED) == ANSWERED
    assert shelf.asked == []


async def test_a_store_without_such_a_policy_answers_as_before() -> None:
    assert await with_return_rule(Shelf((CARDS, 0.98)), a_case("x"), read(Intent.RETURN_REQUEST), NOTHING) == NOTHING
    with pytest.raises(Unavailable):
        await with_return_rule(Shelf(away=True), a_case("x"), read(Intent.RETURN_REQUEST), NOTHING)
