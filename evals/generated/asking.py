"""The generated questions, answered by the real graph in memory, and what became of each."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence

from activities.guarding.confidence_features import Features, features_of
from activities.orders import load_orders
from activities.returns import load_returns
from domain.errors import BadInput
from domain.findings import Finding
from domain.identifiers import query_id_of
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.policies import StorePolicy
from domain.steps import Case, GuardInput
from domain.values import Value
from domain.vocabulary import Intent, Language, Outcome
from evals.generated.cases import GeneratedCase, Reply, Split
from evals.generated.checking import is_judged, is_right
from evals.generated.earlier import earlier_confidence
from evals.generated.loading import DEMO_ORDERS, DEMO_RETURNS, shoppers
from evals.generated.orders import NOW
from evals.workbench import Say, Workbench
from graphs.state import SupportState
from retrieval.reports import LoadReport

STORE = "demo"
CHANNEL = "generated"
TELL_EVERY = 250
Run = Callable[[Case], Awaitable[SupportState]]
"""Takes a case through the graph until it ends or waits for a person."""


class Judged(Value):
    """An answer, whether it is right, and what the confidence is computed from."""

    id: str
    split: Split
    kind: str
    cluster: str
    language: Language
    intent: Intent
    answered_in: Language
    """What the classification took the language for."""
    right: bool
    passed: bool
    """The guard found nothing and the store's table lets it go out: only the threshold decides."""
    features: Features
    earlier: float
    """What the confidence was when it was a weighted mean of chances."""


class Answered(Value):
    """What became of some questions."""

    judged: tuple[Judged, ...]
    left_out: dict[str, int]
    """Drafts and queries that answer nothing automatically, counted by what they are."""


async def load_shoppers(bench: Workbench) -> None:
    """The demo store, its orders and returns as of the anchor, and the orders of made-up customers. Raises BadInput."""
    await bench.load_demo()
    path = bench.folder / "shoppers.jsonl"
    made_up = [order for shopper in shoppers() for order in shopper.orders]
    lines = [json.dumps(order.model_dump(mode="json", exclude_none=True), ensure_ascii=False) for order in made_up]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for file in (DEMO_ORDERS, path):
        _all_read(await load_orders(bench.database, STORE, file))
    _all_read(await load_returns(bench.database, STORE, DEMO_RETURNS))


def _all_read(report: LoadReport) -> None:
    if report.skipped:
        raise BadInput(f"{report.skipped[0].where}: {report.skipped[0].why}")


async def answer_all(run: Run, policy: StorePolicy, cases: Sequence[GeneratedCase], say: Say) -> Answered:
    """Asks every question, one after the other."""
    judged, left_out, begun = [], dict[str, int](), time.monotonic()
    for done, case in enumerate(cases, start=1):
        state = await run(case_of(case, policy))
        found = judged_of(case, state)
        if isinstance(found, Judged):
            judged.append(found)
        else:
            left_out[found] = left_out.get(found, 0) + 1
        if done % TELL_EVERY == 0 or done == len(cases):
            say(f"  {done} of {len(cases)} questions answered, {time.monotonic() - begun:.0f} s")
    return Answered(judged=tuple(judged), left_out=left_out)


def case_of(case: GeneratedCase, policy: StorePolicy) -> Case:
    """The question as the only message of its conversation."""
    query_id = query_id_of(policy.store, CHANNEL, case.id)
    thread = (Turn(role="customer", text=case.text),)
    return Case(
        query=QueryFacts(
            query_id=query_id,
            store=policy.store,
            conversation_id=query_id,
            channel=CHANNEL,
            customer=Customer(email=case.email, verified=case.email is not None),
            received_at=NOW,
        ),
        thread=thread,
        message_hash=message_hash(thread),
        policy=policy,
    )


def judged_of(case: GeneratedCase, state: SupportState) -> Judged | str:
    """The answer with its label, or what there is instead of one."""
    if "draft" not in state or "guard" not in state:
        return "no draft"
    request, findings = guarded(state)
    reply = reply_of(request)
    if not is_judged(reply):
        return reply.kind
    reasons = {reason["code"] for reason in state["guard"]["reasons"]}
    return Judged(
        id=case.id,
        split=case.split,
        kind=case.kind,
        cluster=case.cluster,
        language=case.language,
        intent=request.classification.intent,
        answered_in=request.classification.language,
        right=is_right(case, reply, case.language),
        passed=state["guard"]["outcome"] == Outcome.PASS and not reasons & {"tier", "guard", "no_answer"},
        features=features_of(request, findings),
        earlier=earlier_confidence(request, findings),
    )


def guarded(state: SupportState) -> tuple[GuardInput, tuple[Finding, ...]]:
    """What the guard was given, and what it found."""
    request = GuardInput.model_validate(
        {
            "case": state["case"],
            "classification": state["classification"],
            "retrieval": state["retrieval"],
            "draft": state["draft"],
            "coverage": state.get("coverage", 0.0),
        }
    )
    return request, tuple(Finding.model_validate(found) for found in state["guard"]["findings"])


def reply_of(request: GuardInput) -> Reply:
    """The draft as it is judged."""
    languages = {passage.passage_id: passage.language for passage in request.retrieval.passages}
    cited = [citation.passage_id for citation in request.draft.citations]
    return Reply(
        kind=request.draft.kind,
        text=request.draft.text,
        language=request.draft.language,
        documents=tuple(dict.fromkeys(citation.document_id for citation in request.draft.citations)),
        source_languages=frozenset(languages[passage] for passage in cited if passage in languages),
    )
