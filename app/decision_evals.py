"""The parts of `evals decisions` over the real steps: what each of them needs is built here."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from app.batches.answering import Answers
from app.batches.cases import case_of
from app.batches.lines import AnswerLine
from app.settings import load_settings
from app.wiring import Workshop, build_workshop
from app.workbenches import graph_over
from domain.drafts import Draft
from domain.findings import Finding
from domain.policies import StorePolicy
from domain.steps import Case, ClassifyInput, ClassifyResult, GuardInput, RetrieveResult
from evals.certification import measure_certificate
from evals.confidence import measure_confidence
from evals.escalation import measure_escalation
from evals.guard import measure_guard
from evals.injection import measure_injection
from evals.public_intents import measure_banking, measure_clinc
from evals.reading_speed import measure_speed
from evals.tables import Part
from evals.understanding import measure_understanding
from evals.workbench import Workbench
from graphs.state import SupportState

STORE = "demo"
MESSAGES = Path(__file__).parent / "demo" / "messages.jsonl"
WARM = 10
"""Messages that are read before the clock counts."""
Measure = Callable[[], Awaitable[Part]]


async def decisions_over(bench: Workbench, names: Sequence[str]) -> dict[str, Measure]:
    """What measures each of these parts, in order."""
    measures: dict[str, Measure] = {
        "intents": partial(measure_understanding, bench.embedder),
        "escalation": partial(measure_escalation, bench.embedder),
        "guard": partial(_guard, bench),
        "injection": partial(measure_injection, bench),
        "confidence": partial(_confidence, bench),
        "certificate": partial(asyncio.to_thread, measure_certificate),
        "banking77": partial(measure_banking, bench.embedder, bench.data),
        "clinc_oos": partial(measure_clinc, bench.embedder, bench.data),
        "speed": partial(_speed, bench),
    }
    return {name: measures[name] for name in names}


async def _guard(bench: Workbench) -> Part:
    await bench.load_demo()
    run, policy = await graph_over(bench, STORE)

    async def findings_of(text: str, email: str | None) -> Sequence[Finding]:
        state: Any = await run(_case(text, email, policy))
        return tuple(Finding.model_validate(each) for each in state.get("guard", {}).get("findings", []))

    return await measure_guard(build_workshop(load_settings(), bench.database).guard, findings_of)


async def _confidence(bench: Workbench) -> Part:
    await bench.load_demo()
    run, policy = await graph_over(bench, STORE)
    return await measure_confidence(bench, run, policy)


async def _speed(bench: Workbench) -> Part:
    """The demo store's messages, by steps that have not read them: what the first pass remembers is thrown away."""
    await bench.load_demo()
    first, policy = await _workshop(bench)
    run = Answers(first, policy).run
    cases = [_case(each["text"], each.get("email"), policy) for each in _messages()]
    pairs = [(case, drafted) for case in cases if (drafted := _drafted(case, await run(case))) is not None]
    second, _ = await _workshop(bench)
    for case, drafted in pairs[:WARM]:
        await second.steps.classify(ClassifyInput(case=case))
        await second.steps.guard(drafted)

    async def classify(case: Case) -> ClassifyResult:
        return await second.steps.classify(ClassifyInput(case=case))

    async def inspect(drafted: GuardInput) -> Sequence[Finding]:
        return (await second.steps.guard(drafted)).findings

    return await measure_speed(pairs[WARM:], classify, inspect)


async def _workshop(bench: Workbench) -> tuple[Workshop, StorePolicy]:
    workshop = build_workshop(load_settings(), bench.database)
    await workshop.steps.warm_up()
    return workshop, await workshop.policy(STORE)


def _case(text: str, email: str | None, policy: StorePolicy) -> Case:
    return case_of(AnswerLine(id=text[:200], text=text, email=email), policy)


def _drafted(case: Case, state: SupportState) -> GuardInput | None:
    """What the guard was given; None for a query that got no draft."""
    if "draft" not in state:
        return None
    return GuardInput(
        case=case,
        classification=ClassifyResult.model_validate(state["classification"]),
        retrieval=RetrieveResult.model_validate(state["retrieval"]),
        draft=Draft.model_validate(state["draft"]),
        coverage=state.get("coverage", 0.0),
    )


def _messages() -> list[dict[str, Any]]:
    return [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
