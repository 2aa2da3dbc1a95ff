"""What a snapshot shows of the graph's state. Pure."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.drafts import Draft
    from domain.findings import Finding, Reason
    from domain.steps import Brief, ClassifyResult
    from domain.vocabulary import Tier
    from graphs.nodes import read, why_a_person
    from graphs.review import waiting_hash, waiting_status
    from graphs.state import SupportState


def shown(state: SupportState) -> dict[str, Any]:
    """The snapshot's fields that the state tells, as far as the graph has come."""
    fields: dict[str, Any] = {"tier": tier_of(state), "reasons": reasons_of(state)}
    classification = read(ClassifyResult, state.get("classification"))
    if classification is not None:
        fields |= {
            "intent": classification.intent,
            "intents": classification.intents,
            "language": classification.language,
        }
    guard = state.get("guard") or {}
    fields |= {
        "draft": read(Draft, state.get("draft")),
        "brief": read(Brief, state.get("brief")),
        "confidence": guard.get("confidence"),
        "findings": tuple(Finding.model_validate(found) for found in guard.get("findings", [])),
    }
    return fields


def waiting(state: SupportState) -> dict[str, Any]:
    """The snapshot's fields of a query that waits."""
    return {**shown(state), "status": waiting_status(state), "waiting_hash": waiting_hash(state)}


def tier_of(state: SupportState) -> Tier | None:
    """The tier in the end: what the steps said, raised to what really happened."""
    found = [part["tier"] for part in (state.get("classification"), state.get("retrieval")) if part]
    if state.get("brief"):
        return Tier.PERSON
    if (state.get("guard") or {"send": True})["send"] is False:
        found.append(Tier.REVIEW)
    return Tier(max(found)) if found else None


def reasons_of(state: SupportState) -> tuple[Reason, ...]:
    """Why a person is asked; empty for a reply that leaves by itself."""
    ending = state.get("ending") or {}
    return () if ending.get("disposition") == "sent_automatically" else why_a_person(state)
