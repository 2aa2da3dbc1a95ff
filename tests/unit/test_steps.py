"""The steps together: tiers after the look-up, unavailability, briefs and notices."""

from decimal import Decimal

import pytest

from activities.embedding import RememberingEmbedder
from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.fakes import FlakyGenerator
from activities.steps import SupportSteps
from domain.errors import StepUnavailable
from domain.findings import Reason
from domain.ports import Generator, KnowledgeSearch, OrderDesk
from domain.steps import Brief, EscalateInput, GenerateInput
from domain.vocabulary import Language, SendMode, Tier
from graphs.steps import Steps
from retrieval.embedders import HashEmbedder
from tests.steps_world import EMBEDDER, Walk, a_case, a_passage, a_policy, an_order, some_steps

WHY = (Reason(code="policy", text="It is so."),)


def test_the_class_satisfies_the_graphs_protocol_and_names_its_versions() -> None:
    steps: Steps = some_steps()
    assert isinstance(steps, SupportSteps)
    assert set(steps.versions) == {"classifier", "generator", "guard", "confidence"}


@pytest.mark.parametrize(
    ("text", "total", "tier"),
    [
        ("I want a refund of 600 € please", "20", Tier.PERSON),
        ("I want a refund of 400 € please", "20", Tier.REVIEW),
        ("I want a refund for order ORD-10017", "499.99", Tier.REVIEW),
        ("I want a refund for order ORD-10017", "500.01", Tier.PERSON),
    ],
)
async def test_a_refund_above_the_limit_goes_to_a_person_after_the_look_up(text: str, total: str, tier: Tier) -> None:
    orders = FixedOrders(an_order(total=Decimal(total)))
    _, found = await Walk(some_steps(orders=orders), a_case(text)).retrieved()
    assert found.tier is tier
    assert ([reason.code for reason in found.reasons] == ["refund_limit"]) is (tier is Tier.PERSON)


@pytest.mark.parametrize(
    ("step", "knowledge", "orders", "generator"),
    [
        ("retrieve", FixedKnowledge(away=True), None, None),
        ("retrieve", None, FixedOrders(away=True), None),
        ("generate", None, None, FlakyGenerator()),
    ],
)
async def test_what_is_away_is_named_as_the_step_that_gave_up(
    step: str, knowledge: KnowledgeSearch | None, orders: OrderDesk | None, generator: Generator | None
) -> None:
    walk = Walk(some_steps(knowledge, orders, generator), a_case("Where is my order ORD-10017?"))
    with pytest.raises(StepUnavailable) as raised:
        await walk.drafted()
    assert raised.value.step == step


async def test_a_flaky_generator_comes_back() -> None:
    generator = FlakyGenerator(failures=2)
    walk = Walk(some_steps(generator=generator), a_case("Do you ship to Spain?"))
    for _ in range(2):
        with pytest.raises(StepUnavailable):
            await walk.drafted()
    _, _, made = await walk.drafted()
    assert (made.provider, made.model, generator.remote) == ("fake", "flaky-1", True)


async def test_a_passage_is_read_again_once_its_content_has_changed() -> None:
    before = a_passage("Delivery takes 3 days.", title="Delivery")
    walk = Walk(some_steps(FixedKnowledge((before, 0.9))), a_case("How long does delivery take?"))
    found, retrieval, first = await walk.drafted()
    after = a_passage("Delivery takes 4 days.", title="Delivery")
    walk.steps._knowledge = FixedKnowledge((after, 0.9))
    _, _, second = await walk.drafted()
    assert "3 days" in first.draft.text
    assert "4 days" in second.draft.text
    stale = await walk.steps.generate(GenerateInput(case=walk.case, classification=found, retrieval=retrieval))
    assert "3 days" in stale.draft.text


async def brief_of(text: str, **changes: object) -> Brief:
    policy = a_passage("You may return items within 30 days. Labels are free.", title="Returns")
    orders = FixedOrders(an_order(total=Decimal("900")))
    case = a_case(text, **changes)  # type: ignore[arg-type]
    walk = Walk(some_steps(FixedKnowledge((policy, 0.9)), orders), case)
    found, retrieval = await walk.retrieved()
    request = EscalateInput(case=case, because=WHY, classification=found, retrieval=retrieval)
    return (await walk.steps.escalate(request)).brief


async def test_a_brief_says_who_what_tried_policy_and_what_to_do() -> None:
    brief = await brief_of("I want a refund for ORD-10017. " + "I want my money back, please. " * 40)
    assert "ana@example.com (verified)" in brief.who
    assert "ORD-10017: shipped" in brief.who
    assert "900" in brief.who
    assert "refund" in brief.what
    assert len(brief.what) < 800
    assert brief.tried[0].startswith("Searched the knowledge: 1 passages")
    assert brief.policy == ("Returns: “You may return items within 30 days. Labels are free.”",)
    assert "refund" in brief.suggestion
    assert brief.because == WHY


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Ich möchte mit einem Menschen sprechen", Language.DE, "Team"),
        ("Quiero hablar con una persona", Language.ES, "equipo"),
        ("Je veux parler à un humain", Language.FR, "équipe"),
        ("Quero falar com um atendente", Language.PT, "equipa"),
        ("I want to die", Language.EN, "emergency"),
        ("Je veux mourir", Language.FR, "112"),
    ],
)
async def test_the_notice_is_in_the_customers_language(text: str, language: Language, words: str) -> None:
    brief = await brief_of(text)
    assert brief.notice_language is language
    assert words in (brief.notice or "")


async def test_a_store_in_shadow_mode_sends_no_notice() -> None:
    brief = await brief_of("I want to talk to a human", policy=a_policy(send_mode=SendMode.SHADOW))
    assert brief.notice is None


async def test_a_brief_can_be_written_knowing_nothing() -> None:
    case = a_case("Hello", email=None)
    brief = (await some_steps().escalate(EscalateInput(case=case, because=()))).brief
    assert brief.because
    assert brief.notice_language is Language.EN


async def test_one_embedding_serves_all_steps_of_a_query() -> None:
    inner = HashEmbedder()
    remembering = RememberingEmbedder(inner, size=3)
    one = await remembering.embed(["a", "b", "a"])
    two = await remembering.embed(["b", "a"])
    assert inner.embedded == ["a", "b"]
    assert one[:2] == two[::-1]
    await remembering.embed(["c", "d"])
    await remembering.embed(["b"])
    assert inner.embedded == ["a", "b", "c", "d", "b"]
    assert remembering.name == inner.name
    assert EMBEDDER.dimensions == 512
