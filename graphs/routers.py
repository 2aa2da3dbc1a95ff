"""Where to go next, from the state alone. Async, because LangGraph inside a workflow runs async routers only."""

from typing import Literal

from domain.vocabulary import Action, Outcome, Tier
from graphs.state import SupportState

End = Literal["__end__"]
END: End = "__end__"
"""LangGraph's own END, with its literal type (a test holds the two together)."""
MAX_ATTEMPTS = 2
"""The first draft and one redraft."""


async def after_classify(state: SupportState) -> Literal["escalate", "retrieve"] | End:
    if state.get("unavailable") or state.get("because"):
        return "escalate"
    if state["classification"]["tier"] == Tier.PERSON:
        return "escalate"
    return END if state["classification"]["nothing_to_answer"] else "retrieve"


async def after_retrieve(state: SupportState) -> Literal["generate", "escalate"]:
    return "escalate" if state.get("unavailable") or state["retrieval"]["tier"] == Tier.PERSON else "generate"


async def after_generate(state: SupportState) -> Literal["guard", "escalate"]:
    again = {rejected["hash"] for rejected in state.get("rejected", [])}
    return "escalate" if state.get("unavailable") or state["draft"]["hash"] in again else "guard"


async def after_guard(state: SupportState) -> Literal["escalate", "await_human_review"] | End:
    if state.get("unavailable"):
        return "escalate"
    if state.get("ending"):
        return END
    editing = (state.get("decision") or {}).get("action") == Action.EDIT
    if not editing and state["guard"]["outcome"] == Outcome.ESCALATE:
        return "escalate"
    return "await_human_review"


async def after_review(state: SupportState) -> Literal["generate", "guard", "escalate"] | End:
    if state.get("ending"):
        return END
    decision = state.get("decision") or {}
    if decision["action"] == Action.EDIT:
        return "guard"
    redraft = decision["action"] == Action.REJECT and len(state.get("rejected", [])) < MAX_ATTEMPTS
    return "generate" if redraft else "escalate"
