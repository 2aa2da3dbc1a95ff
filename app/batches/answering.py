"""`batch answer`: the whole graph over one line, in memory."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from app.batches.cases import case_of
from app.batches.lines import AnswerLine
from app.wiring import Workshop
from domain.drafts import Draft
from domain.policies import StorePolicy
from domain.steps import Case, ClassifyResult, GuardResult
from domain.vocabulary import Disposition, Status
from graphs.state import SupportState
from graphs.steps import Steps
from graphs.support import RECURSION_LIMIT, build_graph
from workflows.readings import tier_of


class Answers:
    """The compiled graph over the real steps, used for one line after the other."""

    def __init__(self, workshop: Workshop, policy: StorePolicy, steps: Steps | None = None) -> None:
        """`steps` stand in for those of the workshop, around which they are, such as steps that are timed."""
        self._policy = policy
        self._saver = InMemorySaver()
        self._graph = build_graph(steps or workshop.steps).compile(checkpointer=self._saver)

    async def answer(self, line: AnswerLine) -> dict[str, Any]:
        """What the running stack would have done with this message."""
        return answer_of(await self.run(case_of(line, self._policy)))

    async def run(self, case: Case) -> SupportState:
        """The state of the graph where it ends or waits for a person."""
        thread_id = case.query.query_id
        config: RunnableConfig = {"configurable": {"thread_id": thread_id}, "recursion_limit": RECURSION_LIMIT}
        try:
            state: Any = await self._graph.ainvoke({"case": case.model_dump(mode="json")}, config)
        finally:
            await self._saver.adelete_thread(thread_id)
        found: SupportState = state
        return found


def answer_of(state: SupportState) -> dict[str, Any]:
    """The line that `batch answer` writes. Unsent: disposition null, and the reply is the draft."""
    classification = ClassifyResult.model_validate(state["classification"]) if "classification" in state else None
    draft = Draft.model_validate(state["draft"]) if "draft" in state else None
    guard = GuardResult.model_validate(state["guard"]) if "guard" in state else None
    tier = tier_of(state)
    status, disposition = _standing(state)
    return {
        "intent": classification.intent.value if classification else None,
        "language": classification.language.value if classification else None,
        "tier": tier.value if tier else None,
        "status": status.value,
        "disposition": disposition.value if disposition else None,
        "reply": draft.text if draft else None,
        "citations": [
            {"document_id": citation.document_id, "passage_id": citation.passage_id}
            for citation in (draft.citations if draft else ())
        ],
        "confidence": guard.confidence if guard else None,
        "findings": [finding.model_dump() for finding in guard.findings] if guard else [],
        "reasons": [reason.model_dump() for reason in guard.reasons] if guard else [],
        **_order_id(draft, classification),
    }


def _standing(state: SupportState) -> tuple[Status, Disposition | None]:
    ending = state.get("ending")
    if ending:
        disposition = Disposition(ending["disposition"])
        closed = disposition is Disposition.CLOSED_WITHOUT_REPLY
        return (Status.CLOSED if closed else Status.SENT), disposition
    return (Status.WAITING_AGENT if state.get("brief") else Status.WAITING_REVIEW), None


def _order_id(draft: Draft | None, classification: ClassifyResult | None) -> dict[str, str]:
    """The order that the reply speaks of, when it is one, else the one that the message names."""
    told = {name.split("/")[1] for name in draft.facts if name.startswith("order/")} if draft else set()
    named = classification.order_ids if classification else ()
    if len(told) == 1:
        return {"order_id": told.pop()}
    return {"order_id": named[0]} if len(named) == 1 else {}
