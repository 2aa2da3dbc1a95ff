"""What nothing answers is written down once, read with the customer's words, and closed by a person."""

from typing import Any

import pytest

from activities.gaps import GapGroup, KnowledgeGap, PostgresGaps, close_gap, gap_groups, gap_of, note_gap
from domain.errors import NotFound, Unavailable
from domain.knowledge import FoundPassage
from domain.steps import ClassifyResult, OrderLookup, RetrieveInput, RetrieveResult
from domain.vocabulary import Intent, Kind, Language, Tier
from graphs.fakes import FakeSteps
from retrieval.database import Database
from tests.conftest import Stack
from tests.desk_fixtures import a_shop
from tests.steps_world import a_case, an_order

NEAR = FoundPassage(
    passage_id="wrapping.en#0",
    document_id="wrapping",
    kind=Kind.FAQ,
    language=Language.EN,
    title="Gift wrapping",
    content_hash="h",
    score=0.12,
)


def a_request(intent: Intent = Intent.SHIPPING, **classified: Any) -> RetrieveInput:
    usual = {"intent": intent, "probability": 0.9, "intents": (), "language": Language.DE, "language_confidence": 1.0}
    found = ClassifyResult.model_validate(usual | {"tier": Tier.AUTOMATIC} | classified)
    return RetrieveInput(case=a_case("Can you deliver to the moon?"), classification=found)


def a_result(*, answerable: bool = False, **changes: Any) -> RetrieveResult:
    return RetrieveResult.model_validate({"passages": (NEAR,), "answerable": answerable, "tier": 1} | changes)


@pytest.mark.parametrize(
    ("request_", "result", "is_gap"),
    [
        (a_request(), a_result(), True),
        (a_request(), a_result(answerable=True), False),
        (a_request(nothing_to_answer=True), a_result(), False),
        (a_request(must_escalate=("legal_threat",)), a_result(), False),
        (a_request(Intent.HUMAN_AGENT), a_result(), False),
        (a_request(Intent.COMPLAINT), a_result(), False),
        (a_request(Intent.OTHER), a_result(), True),
        (a_request(Intent.ORDER_STATUS), a_result(), False),
        (a_request(Intent.REFUND, order_ids=("ORD-1",)), a_result(lookup=OrderLookup(orders=(an_order(),))), False),
        (a_request(Intent.REFUND, order_ids=("ORD-1",)), a_result(lookup=OrderLookup(missing=("ORD-1",))), True),
        (a_request(Intent.REFUND), a_result(lookup=OrderLookup(orders=(an_order(),))), True),
    ],
)
def test_a_gap_is_what_knowledge_should_have_answered(
    request_: RetrieveInput, result: RetrieveResult, is_gap: bool
) -> None:
    assert (gap_of(request_, result) is not None) == is_gap


def test_a_gap_names_the_nearest_passage_and_its_chance() -> None:
    gap = gap_of(a_request(), a_result())
    assert gap is not None
    assert (gap.passage_id, gap.score, gap.language, gap.intent) == ("wrapping.en#0", 0.12, "de", "shipping")
    empty = gap_of(a_request(), a_result(passages=()))
    assert empty is not None
    assert (empty.passage_id, empty.score) == (None, 0.0)


async def test_a_book_that_is_away_costs_no_customer_an_answer() -> None:
    class Away:
        async def note(self, gap: KnowledgeGap) -> None:
            raise Unavailable("The database does not answer.")

    await note_gap(Away(), a_request(), a_result())


class Ignorant(FakeSteps):
    """Finds nothing that answers."""

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        await super().retrieve(request)
        return a_result(passages=(), tier=request.classification.tier)


async def test_a_query_that_nothing_answers_leaves_one_gap_with_its_words(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, Ignorant(send=False)) as shop:
        asked = await shop.ask("Do you deliver to the moon?")
        await asked.until("waiting_review")
        (group,) = await gap_groups(shop.database, shop.store)
        (gap,) = group.latest
        assert (gap.query_id, gap.text) == (asked.given.query_id, "Do you deliver to the moon?")
        assert (group.language, group.intent, group.gaps) == (Language.EN, Intent.SHIPPING, 1)


async def test_what_is_answered_leaves_none(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        await asked.until("waiting_review")
        assert await gap_groups(shop.database, shop.store) == ()


async def noted(database: Database, store: str, query_id: str, **changes: Any) -> None:
    fields = {"store": store, "query_id": query_id, "language": "en", "intent": "shipping", "score": 0.1}
    await PostgresGaps(database).note(KnowledgeGap.model_validate(fields | changes))


def shape(groups: tuple[GapGroup, ...]) -> list[tuple[str, str, int, list[str]]]:
    return [(one.language, one.intent, one.gaps, [gap.query_id for gap in one.latest]) for one in groups]


async def test_gaps_are_grouped_noted_once_and_closed_once(stack: Stack) -> None:
    async with (
        a_shop(stack.settings, stack.app_url, FakeSteps()) as shop,
        a_shop(stack.settings, stack.app_url, FakeSteps()) as other,
    ):
        for query_id in ("q1", "q2", "q2"):
            await noted(shop.database, shop.store, query_id)
        await noted(shop.database, shop.store, "q3", language="de")
        await noted(other.database, other.store, "q4")
        groups = shape(await gap_groups(shop.database, shop.store))
        assert groups == [("en", "shipping", 2, ["q2", "q1"]), ("de", "shipping", 1, ["q3"])]
        assert await close_gap(shop.database, shop.store, "q2", "Ana")
        assert not await close_gap(shop.database, shop.store, "q2", "Ben")
        await noted(shop.database, shop.store, "q2", score=0.3)  # the step ran again
        assert [one[2] for one in shape(await gap_groups(shop.database, shop.store))] == [1, 1]
        groups_too = await gap_groups(shop.database, shop.store, closed_too=True)
        closed = [gap for group in groups_too for gap in group.latest if gap.closed_at]
        assert [(gap.query_id, gap.closed_by, gap.score) for gap in closed] == [("q2", "Ana", 0.1)]
        with pytest.raises(NotFound, match="no knowledge gap 'q4'"):
            await close_gap(shop.database, shop.store, "q4", "Ana")


async def test_a_query_that_a_newer_message_answers_for_is_no_gap_of_its_own(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps()) as shop:
        asked = await shop.ask(start=False)
        await noted(shop.database, shop.store, asked.given.query_id)
        assert len(await gap_groups(shop.database, shop.store)) == 1
        await shop.rows(
            "UPDATE queries SET superseded_by = 'later' WHERE store = %(store)s AND query_id = %(query_id)s",
            store=shop.store,
            query_id=asked.given.query_id,
        )
        assert await gap_groups(shop.database, shop.store) == ()
