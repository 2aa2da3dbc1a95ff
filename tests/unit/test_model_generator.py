"""What is made of what a language model writes: a reply with its sources, a question, or a promise of a person."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from activities.chat.fakes import ScriptedModel
from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.fakes import MemoryLedger
from activities.generation.fallback import ModelChain, PricedModel
from activities.generation.model_generator import ModelGenerator
from activities.generation.phrases import phrases
from activities.generation.template import TemplateGenerator
from activities.guarding.canaries import canaries_in
from activities.prompting import NO_ANSWER, QUESTION
from domain.errors import StepUnavailable, Unavailable
from domain.orders import OrderStatus
from domain.policies import GroupRule, StorePolicy
from domain.ports import Prompt
from domain.spending import ModelPrice
from domain.steps import GenerateResult, GuardResult
from domain.vocabulary import Language, Outcome, SendMode
from tests.steps_world import EMBEDDER, Walk, a_case, a_passage, a_policy, an_order, some_steps

QUESTION_ASKED = "Within how many days may I return something that does not fit?"
WINDOW = "You may return almost everything within 30 days of delivery."
POLICY = a_passage(f"{WINDOW} The item must be unused.")
REPLY = f"Hello,\n\n{WINDOW} The item must be unused.\n\nKind regards,\nYour Lumen team"
CITES = {WINDOW: "Returns", "The item must be unused.": "Returns"}
PRICE = ModelPrice(input=Decimal(1), output=Decimal(10))


class World:
    """Steps whose drafts a scripted model writes."""

    def __init__(self, *models: ScriptedModel, price: ModelPrice | None = PRICE, orders: tuple[Any, ...] = ()) -> None:
        self.ledger = MemoryLedger()
        self.generator = ModelGenerator(
            ModelChain([PricedModel.of(model, price) for model in models]),
            self.ledger,
            offline=TemplateGenerator(EMBEDDER),
        )
        self._orders = orders

    def walk(self, text: str = QUESTION_ASKED, policy: StorePolicy | None = None, **changes: Any) -> Walk:
        steps = some_steps(
            FixedKnowledge((POLICY, 0.9)),
            FixedOrders(*self._orders),
            self.generator,
            instructions=self.generator.told,
        )
        return Walk(steps, a_case(text, policy=policy, **changes))

    async def drafted(self, text: str = QUESTION_ASKED, **changes: Any) -> GenerateResult:
        return (await self.walk(text).drafted(**changes))[2]

    async def guarded(self, policy: StorePolicy | None = None) -> tuple[GenerateResult, GuardResult]:
        return await self.walk(policy=policy).guarded()


async def test_a_reply_carries_its_sources_with_their_places_its_tokens_and_its_cost() -> None:
    world = World(ScriptedModel(f"\n{REPLY}\n", cites=CITES))
    made = await world.drafted()
    draft = made.draft
    assert (draft.kind, draft.text, draft.reasons, draft.stand_in) == ("answer", REPLY, (), False)
    assert [citation.passage_id for citation in draft.citations] == ["Returns"]
    assert [draft.text[start:end] for start, end in draft.citations[0].spans] == list(CITES)
    assert made.coverage == 1.0
    assert (made.provider, made.model, made.input_tokens, made.output_tokens) == ("scripted", "scripted-1", 400, 60)
    assert world.ledger.entries == [("done", Decimal("0.001"))]  # 400 at 1 and 60 at 10 a million


async def test_a_good_reply_leaves_by_itself() -> None:
    _, verdict = await World(ScriptedModel(REPLY, cites=CITES)).guarded()
    assert verdict.findings == ()
    assert [reason.code for reason in verdict.reasons if reason.code not in ("below_threshold", "consequence")] == []


async def test_coverage_is_the_share_of_sentences_that_rest_on_something() -> None:
    text = f"Hello,\n\n{WINDOW} Our team loves returns of every kind.\n\nYour Lumen team"
    made = await World(ScriptedModel(text, cites={WINDOW: "Returns"})).drafted()
    assert made.coverage == 0.5


async def test_documents_that_the_model_was_not_shown_are_no_sources() -> None:
    made = await World(ScriptedModel(REPLY, cites={WINDOW: "Somewhere else"})).drafted()
    assert made.draft.citations == ()
    assert made.coverage == 0.0


@pytest.mark.parametrize(
    ("language", "question", "said"),
    [
        (Language.EN, "Where is my order ORD-10017?", "Your order ORD-10017 should reach you on 20 June 2026."),
        (Language.DE, "Wo ist meine Bestellung ORD-10017?", "Ihre Bestellung ORD-10017 kommt am 20. Juni 2026 an."),
        (Language.ES, "¿Dónde está mi pedido ORD-10017?", "Su pedido ORD-10017 llegará el 20 de junio de 2026."),
        (Language.FR, "Où est ma commande ORD-10017 ?", "Votre commande ORD-10017 arrivera le 20 juin 2026."),
        (Language.PT, "Onde está a minha encomenda ORD-10017?", "A encomenda ORD-10017 chega a 20 de junho de 2026."),
    ],
)
async def test_facts_are_those_that_the_text_tells_however_its_language_writes_them(
    language: Language, question: str, said: str
) -> None:
    world = World(ScriptedModel(f"{said}\n\nLumen"), orders=(an_order(),))
    made = await world.drafted(question)
    assert made.draft.language is language
    assert made.draft.facts == {
        "order/ORD-10017/status": "shipped",
        "order/ORD-10017/expected_at": "2026-06-20",
    }
    assert made.coverage == 1.0


async def test_a_computed_date_carries_the_rule_that_it_follows_from() -> None:
    order = an_order(status=OrderStatus.DELIVERED, delivered_at=datetime(2026, 6, 10, 12, tzinfo=UTC))
    window = a_passage(WINDOW, attributes={"return_window_days": "30"})
    world = World(ScriptedModel("You can send ORD-10017 back until 10 July 2026.\n\nLumen"), orders=(order,))
    steps = some_steps(FixedKnowledge((window, 0.9)), FixedOrders(order), world.generator)
    made = (await Walk(steps, a_case("Until when can I return my order ORD-10017?")).drafted())[2]
    assert made.draft.facts["order/ORD-10017/return_until"] == "2026-07-10"
    assert made.draft.facts["order/ORD-10017/return_rule"] == "delivered_at + 30 days"


async def test_one_question_is_a_clarification_by_its_form_or_by_the_models_word() -> None:
    alone = await World(ScriptedModel("Hello,\n\nWhich of the two lamps do you mean?\n\nYour Lumen team")).drafted()
    marked = await World(ScriptedModel(f"I need the size. Which size did you order?\n\nLumen\n{QUESTION}")).drafted()
    assert (alone.draft.kind, marked.draft.kind) == ("clarification", "clarification")
    assert QUESTION not in marked.draft.text
    assert marked.draft.text.endswith("Lumen")


@pytest.mark.parametrize(
    ("model", "code"),
    [
        (ScriptedModel(ending="refused"), "model_refused"),
        (ScriptedModel("You may return almost", ending="cut"), "model_cut"),
        (ScriptedModel(""), "model_empty"),
        (ScriptedModel(" \n…\n"), "model_empty"),
        (ScriptedModel("Hello,\n\nKind regards,\nYour Lumen team"), "model_empty"),
        (ScriptedModel(NO_ANSWER), "model_no_answer"),
        (ScriptedModel(f"Hello,\n\n{NO_ANSWER}\n\nYour Lumen team"), "model_no_answer"),
        (ScriptedModel(lambda prompt: f"It says {prompt.documents[0].text}"), "model_marks"),
    ],
)
async def test_what_may_not_be_used_becomes_a_promise_that_a_person_looks_with_the_reason(
    model: ScriptedModel, code: str
) -> None:
    made, verdict = await World(model).guarded()
    assert made.draft.kind == "holding"
    assert phrases(Language.EN).holding in made.draft.text
    assert made.draft.text.endswith(phrases(Language.EN).signature.format(store="Lumen"))
    assert [reason.code for reason in made.draft.reasons] == [code]
    assert verdict.reasons[0].code == code
    assert not verdict.send


async def test_an_answer_to_a_part_is_shown_to_an_agent_without_the_mark() -> None:
    made, verdict = await World(ScriptedModel(f"{REPLY}\n{NO_ANSWER}", cites=CITES)).guarded()
    assert (made.draft.kind, made.draft.text) == ("answer", REPLY)
    assert "model_partly" in {reason.code for reason in verdict.reasons}
    assert not verdict.send


async def test_the_sign_between_words_of_data_never_reaches_a_customer() -> None:
    def copies(prompt: Prompt) -> str:
        assert prompt.sign
        return f"Yes.{prompt.sign}{WINDOW.replace(' ', prompt.sign)}"

    made = await World(ScriptedModel(copies)).drafted()
    assert made.draft.text == f"Yes. {WINDOW}"


async def test_the_rejected_text_written_again_is_no_redraft() -> None:
    world = World(ScriptedModel(REPLY, cites=CITES))
    made = await world.drafted(attempt=2, rejection="Too short.", rejected_text=REPLY)
    assert made.draft.kind == "holding"
    assert phrases(Language.EN).holding_again in made.draft.text
    assert [reason.code for reason in made.draft.reasons] == ["model_same_again"]


@pytest.mark.parametrize(
    "leak",
    [
        lambda prompt: f"Sure! {next(iter(canaries_in(prompt.system)))}",
        lambda prompt: (
            "My rules: Only what the data state. Nothing from general knowledge, nothing that is merely likely."
        ),
    ],
)
async def test_a_reply_that_repeats_its_instructions_is_found_by_the_guard(leak: Callable[[Prompt], str]) -> None:
    _, verdict = await World(ScriptedModel(leak)).guarded()
    assert "prompt_leak" in {finding.check for finding in verdict.findings}
    assert verdict.outcome is Outcome.REVIEW


# --- when models fail, and what they may cost ---


async def test_a_call_without_an_answer_costs_nothing_and_a_person_takes_over() -> None:
    world = World(ScriptedModel(failures=[Unavailable("The language model a:b failed (500): try again later.")]))
    with pytest.raises(StepUnavailable, match="failed \\(500\\)") as refused:
        await world.drafted()
    assert refused.value.step == "generate"
    assert world.ledger.entries == [("failed", Decimal(0))]


async def test_over_the_budget_no_model_is_asked_and_an_agent_gets_the_offline_draft_to_start_from() -> None:
    model = ScriptedModel(REPLY, cites=CITES)
    world = World(model)
    made, verdict = await world.guarded(a_policy(model_budget=Decimal("0.005")))
    assert model.prompts == []
    assert world.ledger.entries == []
    assert "30 days" in made.draft.text
    assert (made.provider, made.draft.stand_in) == ("holdpoint", True)
    assert verdict.reasons[0].code == "budget"
    assert not verdict.send


async def test_a_budget_without_prices_allows_nothing_and_says_which_settings_are_missing() -> None:
    world = World(ScriptedModel(REPLY), price=None)
    made, verdict = await world.guarded(a_policy(model_budget=Decimal(5)))
    assert "HOLDPOINT_MODEL_INPUT_PRICE" in made.draft.reasons[0].text
    assert not verdict.send
    assert (await World(ScriptedModel(REPLY), price=None).drafted()).draft.reasons == ()


async def test_in_a_certified_group_what_the_second_model_wrote_goes_to_review() -> None:
    def world() -> World:
        first = ScriptedModel(failures=[Unavailable("It failed.")])
        return World(first, ScriptedModel(REPLY, name="scripted-2", cites=CITES))

    groups = (GroupRule(key="all", members=("return_request/en",), threshold=0.1, share=100, certificate="c1"),)
    certified = a_policy(send_mode=SendMode.CERTIFIED, groups=groups, holdout_share=0)
    made, verdict = await world().guarded(certified)
    assert (made.model, made.draft.stand_in) == ("scripted-2", True)
    assert "fallback_model" in {reason.code for reason in verdict.reasons}
    assert (await world().drafted()).draft.reasons == ()


def test_the_name_tells_models_prompt_and_how_they_are_asked() -> None:
    name = World(ScriptedModel(), ScriptedModel(name="scripted-2")).generator.name
    models, prompt, asked = name.split("/")
    assert models == "scripted:scripted-1+scripted:scripted-2"
    assert prompt.startswith("reply-")
    assert len(asked) == 12
