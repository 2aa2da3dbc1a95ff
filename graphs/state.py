"""The state of the graph: the one dict in the house. JSON types only, because it passes through Temporal and the
checkpointer; each node reads it back into frozen values at its door."""

from typing import Any, TypedDict

JSON = dict[str, Any]


class SupportState(TypedDict, total=False):
    """Keys are written by the node named in brackets. A missing key means that the node has not run."""

    case: JSON
    """[input] domain.steps.Case"""
    classification: JSON
    """[classify] domain.steps.ClassifyResult"""
    retrieval: JSON
    """[retrieve] domain.steps.RetrieveResult"""
    draft: JSON
    """[generate, await_human_review] domain.drafts.Draft: the draft that counts now"""
    coverage: float
    """[generate] share of the draft's sentences that rest on a source"""
    attempt: int
    """[await_human_review] 1, or 2 once a draft was rejected"""
    guard: JSON
    """[guard] domain.steps.GuardResult of `draft`"""
    edit: JSON | None
    """[await_human_review, guard] an agent's edit on its way through the guard: domain.drafts.Draft"""
    edit_findings: list[JSON]
    """[guard] why the last edit was refused: domain.findings.Finding"""
    rejected: list[JSON]
    """[await_human_review] {hash, text, reason} of each rejected draft"""
    unavailable: JSON | None
    """[any step] {step, reason}: the step gave up; a person takes over"""
    because: list[JSON]
    """[input, await_human_review] domain.findings.Reason: why a person must take it, beyond what the steps said"""
    brief: JSON
    """[escalate] domain.steps.Brief: the query waits for an agent's own reply"""
    decision: JSON | None
    """[await_human_review] domain.decisions.Decision that was applied last"""
    ending: JSON
    """[classify, guard, await_human_review] Ending: how the query ends"""
