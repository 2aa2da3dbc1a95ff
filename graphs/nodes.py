"""The nodes that call a step: read the state, call, write what came out. Unavailability is a value in the state."""

from typing import Any, TypeVar

from domain.drafts import Draft
from domain.errors import StepUnavailable
from domain.findings import Finding, Reason
from domain.steps import (
    Brief,
    Case,
    ClassifyInput,
    ClassifyResult,
    EscalateInput,
    GenerateInput,
    GuardInput,
    GuardResult,
    RetrieveInput,
    RetrieveResult,
)
from domain.values import Value
from domain.vocabulary import Disposition, Tier
from graphs.endings import Ending
from graphs.state import JSON, SupportState
from graphs.steps import Steps

T = TypeVar("T", bound=Value)


def to_json(value: Value) -> JSON:
    """A value as it is kept in the state."""
    return value.model_dump(mode="json")


def case_of(state: SupportState) -> Case:
    """The case of this run. Every run has one."""
    return Case.model_validate(state["case"])


def read(kind: type[T], found: Any) -> T | None:
    """A value from the state, None where its node has not run."""
    return None if found is None else kind.model_validate(found)


def gave_up(error: StepUnavailable) -> JSON:
    """What the state keeps of a step that gave up."""
    return {"unavailable": {"step": error.step, "reason": error.message}}


class Nodes:
    """The step-calling nodes over one implementation of the steps."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def classify(self, state: SupportState) -> JSON:
        try:
            found = await self._steps.classify(ClassifyInput(case=case_of(state)))
        except StepUnavailable as error:
            return gave_up(error)
        update: JSON = {"classification": to_json(found)}
        if found.nothing_to_answer and found.tier is not Tier.PERSON:
            update["ending"] = to_json(Ending(disposition=Disposition.CLOSED_WITHOUT_REPLY))
        return update

    async def retrieve(self, state: SupportState) -> JSON:
        request = RetrieveInput(
            case=case_of(state), classification=ClassifyResult.model_validate(state["classification"])
        )
        try:
            return {"retrieval": to_json(await self._steps.retrieve(request))}
        except StepUnavailable as error:
            return gave_up(error)

    async def generate(self, state: SupportState) -> JSON:
        rejected = state.get("rejected", [])
        last: JSON = rejected[-1] if rejected else {}
        request = GenerateInput(
            case=case_of(state),
            classification=ClassifyResult.model_validate(state["classification"]),
            retrieval=RetrieveResult.model_validate(state["retrieval"]),
            attempt=state.get("attempt", 1),
            rejection=last.get("reason"),
            rejected_text=last.get("text"),
        )
        try:
            made = await self._steps.generate(request)
        except StepUnavailable as error:
            return gave_up(error)
        return {"draft": to_json(made.draft), "coverage": made.coverage}

    async def guard(self, state: SupportState) -> JSON:
        edit = read(Draft, state.get("edit"))
        request = GuardInput(
            case=case_of(state),
            classification=ClassifyResult.model_validate(state["classification"]),
            retrieval=RetrieveResult.model_validate(state["retrieval"]),
            draft=edit or Draft.model_validate(state["draft"]),
            coverage=state.get("coverage", 0.0),
            edited=edit is not None,
        )
        try:
            verdict = await self._steps.guard(request)
        except StepUnavailable as error:
            return _guard_gave_up(error, editing=edit is not None)
        return _edit_guarded(state, edit, verdict) if edit is not None else _draft_guarded(request.draft, verdict)

    async def escalate(self, state: SupportState) -> JSON:
        request = EscalateInput(
            case=case_of(state),
            because=why_a_person(state),
            classification=read(ClassifyResult, state.get("classification")),
            retrieval=read(RetrieveResult, state.get("retrieval")),
            draft=read(Draft, state.get("draft")),
            findings=tuple(Finding.model_validate(found) for found in state.get("guard", {}).get("findings", [])),
            rejections=tuple(each["reason"] for each in state.get("rejected", [])),
        )
        try:
            brief = (await self._steps.escalate(request)).brief
        except StepUnavailable as error:
            brief = _bare_brief(request, error)
        return {"brief": to_json(brief), "edit": None}


def why_a_person(state: SupportState) -> tuple[Reason, ...]:
    """Every reason that led to a person, from the state alone."""
    reasons = [Reason.model_validate(reason) for reason in state.get("because", [])]
    unavailable = state.get("unavailable")
    if unavailable:
        reasons.append(
            Reason(code="unavailable", text=f"The step `{unavailable['step']}` gave up: {unavailable['reason']}")
        )
    for node in ("classification", "retrieval", "guard"):
        part: JSON = state.get(node, {})  # type: ignore[assignment]  # a literal key, but mypy sees the union of all
        reasons += [Reason.model_validate(reason) for reason in part.get("reasons", [])]
    if (state.get("classification") or {}).get("nothing_to_answer") and not reasons:
        text = "The message asks for nothing: it says thanks, or was sent by a machine."
        reasons.append(Reason(code="nothing_to_answer", text=text))
    rejected = state.get("rejected", [])
    if len(rejected) > 1:
        reasons.append(Reason(code="rejected", text="Two drafts were rejected."))
    return tuple(dict.fromkeys(reasons)) or (Reason(code="policy", text="The store's policy asks for a person."),)


def _draft_guarded(draft: Draft, verdict: GuardResult) -> JSON:
    update: JSON = {"guard": to_json(verdict)}
    if verdict.send:
        update["ending"] = to_json(Ending(disposition=Disposition.SENT_AUTOMATICALLY, reply=draft))
    return update


def _edit_guarded(state: SupportState, edit: Draft, verdict: GuardResult) -> JSON:
    """An edit with findings goes back to the agent, unless they have read and confirmed them."""
    decision: JSON = state.get("decision") or {}
    if verdict.findings and not decision.get("confirm_findings", False):
        return {"edit": None, "edit_findings": [to_json(finding) for finding in verdict.findings]}
    ending = Ending(disposition=Disposition.SENT_AFTER_EDIT, reply=edit, agent=decision.get("agent"))
    return {"edit": None, "edit_findings": [], "ending": to_json(ending)}


def _guard_gave_up(error: StepUnavailable, *, editing: bool) -> JSON:
    if not editing:
        return gave_up(error)
    finding = Finding(
        check="guard_unavailable", on="reply", excerpt="", why=f"The guard gave no answer: {error.message}"
    )
    return {"edit": None, "edit_findings": [to_json(finding)]}


def _bare_brief(request: EscalateInput, error: StepUnavailable) -> Brief:
    """What can be said without looking anything up: better than making the agent wait."""
    customer = request.case.query.customer
    return Brief(
        who=customer.email or customer.id or "An unknown customer.",
        what="See the conversation.",
        tried=(f"The brief could not be written: {error.message}",),
        policy=(),
        suggestion="Read the conversation and answer the customer yourself.",
        because=request.because,
    )
