"""The confidence of a draft: what it is for each kind, what moves it, and how it is explained to an agent."""

import pytest

from activities.fakes import FixedKnowledge, FixedOrders
from activities.guarding.confidence import confidence_of, explained
from activities.guarding.confidence_features import NAMES, features_of
from activities.guarding.confidence_reasons import WORDS
from activities.guarding.confidence_weights import (
    CLARIFICATION,
    HOLDING,
    UNCLEAR,
    WEIGHTS,
    Calibration,
    Weights,
    read_weights,
    shipped_weights,
    sigmoid,
)
from activities.guarding.confidence_words import asked_kinds
from domain.drafts import Draft
from domain.findings import Finding, Reason
from domain.orders import OrderStatus
from domain.steps import ClassifyResult, GuardInput, IntentScore, RetrieveResult
from domain.vocabulary import Intent, Language, Tier
from tests.steps_world import Walk, a_case, a_passage, a_policy, an_order, some_steps

SECRET = "my cat Mirabelle sat on the parcel"
BELOW = Reason(code="below_threshold", text="Confidence 0.40 is below the threshold 0.85.")
A_FINDING = Finding(check="ungrounded_value", on="reply", excerpt="3 days", why="Nothing states it.")


def a_request(kind: str = "answer", text: str = "Where is my order?", probability: float = 0.95) -> GuardInput:
    intent = IntentScore(intent=Intent.ORDER_STATUS, probability=probability)
    return GuardInput(
        case=a_case(text),
        classification=ClassifyResult(
            intent=intent.intent,
            probability=probability,
            intents=(intent,),
            language=Language.EN,
            language_confidence=0.99,
            tier=Tier.AUTOMATIC,
        ),
        retrieval=RetrieveResult(tier=Tier.AUTOMATIC),
        draft=Draft.model_validate({"text": "It is on its way.", "language": "en", "kind": kind}),
        coverage=1.0,
    )


def some_weights(**changes: float) -> Weights:
    return Weights(
        version="test",
        features=NAMES,
        weights=tuple(changes.get(name, 0.0) for name in NAMES),
        bias=0.0,
        usual=(0.0,) * len(NAMES),
        calibration=Calibration(method="platt"),
    )


def test_what_answers_nothing_has_a_fixed_number() -> None:
    assert confidence_of(a_request("holding"), ()) == HOLDING
    assert confidence_of(a_request("clarification"), ()) == CLARIFICATION
    assert confidence_of(a_request("clarification", probability=0.4), ()) == UNCLEAR
    assert confidence_of(a_request("clarification"), (A_FINDING,)) == UNCLEAR


def test_an_answer_gets_the_calibrated_chance_of_its_features() -> None:
    assert confidence_of(a_request(), (), some_weights()) == 0.5
    assert confidence_of(a_request(), (A_FINDING,), some_weights(findings=-6.0)) == round(sigmoid(-2.0), 4)
    assert confidence_of(a_request(), (), some_weights(verified=2.0)) == round(sigmoid(2.0), 4)


def test_agreement_of_a_model_counts_where_there_is_one() -> None:
    weights = some_weights(agreement=4.0)
    assert confidence_of(a_request(), (), weights) == 0.5
    assert confidence_of(a_request(), (), weights, agreement=1.0) == round(sigmoid(2.0), 4)


def test_a_group_brings_its_prior() -> None:
    weights = some_weights().model_copy(update={"prior_weight": 1.0, "priors": {"order_status/en": 1.0}})
    assert confidence_of(a_request(), (), weights) == round(sigmoid(1.0), 4)


def test_the_shipped_weights_belong_to_todays_features() -> None:
    found = shipped_weights()
    assert found.features == NAMES
    assert found.card.fitted_on >= 500 and found.card.calibrated_on >= 500
    assert {"classifier", "generator", "guard"} <= set(found.card.data)


def test_weights_of_other_features_are_refused() -> None:
    whole = read_weights(WEIGHTS).model_dump(mode="json")
    with pytest.raises(ValueError, match="train confidence"):
        Weights.model_validate(whole | {"features": [*NAMES[:-1], "something_else"]})
    with pytest.raises(ValueError, match="one weight"):
        Weights.model_validate(whole | {"weights": whole["weights"][:-1]})


@pytest.mark.parametrize(
    ("odds", "chance"), [(-9.0, 0.1), (-1.0, 0.1), (0.0, 0.3), (1.0, 0.5), (2.0, 0.9), (50.0, 0.9)]
)
def test_calibration_by_steps_runs_along_lines_between_them(odds: float, chance: float) -> None:
    steps = Calibration(method="isotonic", at=(-1.0, 1.0, 2.0), chances=(0.1, 0.5, 0.9))
    assert steps.chance(odds) == pytest.approx(chance)


def test_platts_calibration_never_overflows() -> None:
    platt = Calibration(method="platt", slope=2.0, offset=-1.0)
    assert platt.chance(0.5) == 0.5
    assert (platt.chance(-1e6), platt.chance(1e6)) == (0.0, 1.0)


def test_what_pulled_it_down_is_told_without_the_customers_words() -> None:
    request = a_request(text=f"{SECRET}, how much is the ZX-900 please?")
    request = request.model_copy(
        update={"classification": request.classification.model_copy(update={"probability": 0.4})}
    )
    weights = some_weights(findings=-3.0, intent=1.0, terse=-0.5).model_copy(
        update={"usual": tuple(1.0 if name == "intent" else 0.0 for name in NAMES)}
    )
    (reason,) = explained((BELOW,), request, (A_FINDING,), weights)
    assert reason.code == "below_threshold"
    assert reason.text.startswith("Confidence 0.40 is below the threshold 0.85: ")
    assert "has a probability of 0.40 only; the guard found something" in reason.text
    assert not [word for word in ("Mirabelle", "ZX-900", "parcel") if word in reason.text]


def test_the_best_source_is_told_with_its_score_and_its_rival() -> None:
    assert WORDS.keys() <= set(NAMES)
    request = a_request()
    other = Reason(code="tier", text="A person decides.")
    assert explained((other,), request, (), some_weights(intent=-9.0)) == (other,)
    assert explained((BELOW,), a_request("holding"), (), some_weights(intent=-9.0)) == (BELOW,)
    assert explained((BELOW,), request, (), some_weights()) == (BELOW,)


async def test_the_step_tells_why_the_confidence_holds_an_answer_back() -> None:
    passage = a_passage("Delivery takes 3 days.", title="Delivery")
    case = a_case("How long does delivery take?", policy=a_policy(threshold=0.9999))
    _, verdict = await Walk(some_steps(FixedKnowledge((passage, 0.61))), case).guarded()
    assert [reason.code for reason in verdict.reasons] == ["below_threshold"]
    assert verdict.reasons[0].text.startswith(f"Confidence {verdict.confidence:.2f} is below the threshold 1.00")


@pytest.mark.parametrize(
    ("question", "lower"),
    [
        ("What does the Brisa lamp cost?", "money_missing"),
        ("How long does the battery of the lamp last?", "period_missing"),
        ("How heavy is the lamp?", "measure_missing"),
        ("Do you have the ZX-900 in red?", "codes_missing"),
        ("Is there a version by Tavolino for the wall?", "names_missing"),
    ],
)
async def test_what_was_asked_for_and_is_not_told_shows_in_the_features(question: str, lower: str) -> None:
    passage = a_passage("The lamp stands on three oak feet.", title="Oak lamp")
    walk = Walk(some_steps(FixedKnowledge((passage, 0.9))), a_case(question, email=None))
    found, retrieval, made = await walk.drafted()
    draft = made.draft.model_copy(update={"kind": "answer"})
    request = GuardInput(case=walk.case, classification=found, retrieval=retrieval, draft=draft, coverage=1.0)
    row = features_of(request, ())
    assert set(row) == set(NAMES)
    assert not draft.citations or row[lower] > 0


async def test_orders_show_in_the_features_by_how_they_were_found() -> None:
    one, lost = an_order(), an_order("ORD-10018", status=OrderStatus.LOST)
    for orders, text, expected in (
        ((one,), "Where is my order ORD-10017?", {"order_named": 1.0, "order_in_trouble": 0.0}),
        ((one,), "Where is my order?", {"order_only": 1.0, "order_list": 0.0}),
        ((one, lost), "Where is my order?", {"order_list": 1.0, "order_in_trouble": 1.0}),
    ):
        walk = Walk(some_steps(orders=FixedOrders(*orders)), a_case(text))
        found, retrieval, made = await walk.drafted()
        request = GuardInput(
            case=walk.case, classification=found, retrieval=retrieval, draft=made.draft, coverage=made.coverage
        )
        row = features_of(request, ())
        assert {name: row[name] for name in expected} == expected
        assert row["tells_order"] == 1.0


@pytest.mark.parametrize(
    ("language", "question", "kinds"),
    [
        (Language.EN, "How long do I have to send the Costa cushions back?", {"period"}),
        (Language.EN, "What does it cost, and how heavy is it?", {"money", "measure"}),
        (Language.DE, "Wie teuer ist der Versand, und wann kommt er?", {"money", "period"}),
        (Language.FR, "Quel est le délai de retour ?", {"period"}),
        (Language.ES, "¿Qué descuento hacen a los estudiantes?", {"percentage"}),
        (Language.PT, "Quanto pesa a mesa?", {"measure"}),
        (Language.PT, "Olá, obrigado!", set()),
    ],
)
def test_what_a_question_asks_for_is_read_from_whole_words(language: Language, question: str, kinds: set[str]) -> None:
    assert asked_kinds(question, language) == kinds
