"""The parts of `evals answers` over the real steps: what each of them needs is built here."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from activities.orders import PostgresOrders
from app.bad_input_evals import measure_bad_inputs
from app.batches.answering import Answers
from app.batches.cases import case_of
from app.batches.lines import AnswerLine, Said
from app.settings import load_settings
from app.wiring import Workshop, build_workshop
from domain.drafts import Draft
from domain.orders import Order
from domain.policies import StorePolicy
from evals.answer_facts import Shop
from evals.answer_outcomes import AnswerOutcome, outcome_of
from evals.answer_questions import CUSTOMERS, DEVELOPMENT, SEALED, AnswerQuestion, read_answer_questions
from evals.answers import MODULES
from evals.answers_demo import measure_answers
from evals.answers_speed import TimedSteps, measure_speed
from evals.tables import Part
from evals.workbench import Workbench

STORE = "demo"
ORDERS = Path(__file__).parent / "demo" / "orders.jsonl"
MESSAGES = Path(__file__).parent / "demo" / "messages.jsonl"
WARM = 10
"""Messages that are answered before the clock counts."""
Measure = Callable[[], Awaitable[Part]]


async def answers_over(bench: Workbench, names: Sequence[str], *, sealed: bool) -> dict[str, Measure]:
    """What measures each of these parts, in order."""
    measures: dict[str, Measure] = {
        "demo": partial(_questions, bench, "demo", *(("sealed", SEALED) if sealed else ("development", DEVELOPMENT))),
        "customers": partial(_questions, bench, "customers", "customers' (development)", CUSTOMERS),
        "speed": partial(_speed, bench),
        "bad": partial(measure_bad_inputs, bench),
    }
    for name, module in MODULES.items():
        measures[name] = partial(_elsewhere, bench, name, module)
    return {name: measures[name] for name in names}


async def _questions(bench: Workbench, part: str, name: str, path: Path) -> Part:
    questions = read_answer_questions(path)
    await bench.load_demo()
    desk = await AnsweringDesk.open(bench)
    return await measure_answers(questions, desk.ask, bench.say, part=part, name=name, sealed=path == SEALED)


async def _speed(bench: Workbench) -> Part:
    """The development questions and the demo store's messages, by steps that have read none of them."""
    await bench.load_demo()
    workshop = build_workshop(load_settings(), bench.database)
    policy = await workshop.policy(STORE)
    await workshop.steps.warm_up()
    lines = _different_lines()
    first, cases = [case_of(line, policy) for line in lines[:WARM]], [case_of(line, policy) for line in lines[WARM:]]
    timed = TimedSteps(workshop.steps)
    answers = Answers(workshop, policy, timed)

    async def run(number: int) -> None:
        await answers.run(cases[number] if number < len(cases) else first[number - len(cases)])

    return await measure_speed(len(cases), range(len(cases), len(lines)), run, timed)


def _different_lines() -> list[AnswerLine]:
    """Messages first, since they are the shorter list and some of them only warm up."""
    records = [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
    messages = [AnswerLine(id=each["id"], text=each["text"], email=each["email"]) for each in records]
    return [*messages, *(line_of(question) for question in read_answer_questions(DEVELOPMENT))]


async def _elsewhere(bench: Workbench, name: str, module: str) -> Part:
    """A part over public data: `measure_NAME(bench)` of its module."""
    measure = getattr(import_module(module), f"measure_{name}")
    found: Part = await measure(bench)
    return found


class AnsweringDesk:
    """The graph in memory over the demo store, and what a checker has to know of the store."""

    def __init__(self, workshop: Workshop, policy: StorePolicy, orders: dict[str, Order]) -> None:
        self.workshop = workshop
        self.policy = policy
        self.answers = Answers(workshop, policy)
        self.shop = Shop(orders, policy.return_form_url, datetime.now(UTC).date())

    @classmethod
    async def open(cls, bench: Workbench) -> "AnsweringDesk":
        """Over a bench on which the demo store is loaded; the models are loaded too."""
        workshop = build_workshop(load_settings(), bench.database)
        policy = await workshop.policy(STORE)
        await workshop.steps.warm_up()
        return cls(workshop, policy, await _loaded_orders(bench))

    async def ask(self, question: AnswerQuestion) -> AnswerOutcome:
        """The question through the whole graph, judged."""
        state = await self.answers.run(case_of(line_of(question), self.policy))
        draft = Draft.model_validate(state["draft"]) if "draft" in state else None
        wanted = [citation.passage_id for citation in draft.citations] if draft else []
        cited = await self.workshop.knowledge.passages(self.policy.store, wanted) if wanted else ()
        return outcome_of(question, state, cited, self.shop)


def line_of(question: AnswerQuestion) -> AnswerLine:
    """The question as `batch answer` takes it; nobody tells it the language."""
    said = tuple(Said(role=turn.role, text=turn.text) for turn in question.conversation)
    return AnswerLine(id=question.id, text=question.text, email=question.email, conversation=said)


async def _loaded_orders(bench: Workbench) -> dict[str, Order]:
    """Every order of the demo store as it was loaded: moved in time with today."""
    records: list[dict[str, Any]] = [json.loads(line) for line in ORDERS.read_text(encoding="utf-8").splitlines()]
    desk = PostgresOrders(bench.database)
    found: dict[str, Order] = {}
    for email in dict.fromkeys(record["email"] for record in records):
        found |= {order.order_id: order for order in await desk.orders_of(STORE, email, limit=100)}
    return found
