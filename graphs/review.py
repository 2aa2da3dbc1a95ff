"""What a decision does to the state. The decision was checked by `domain.decisions` before it came here."""

from domain.decisions import Decision
from domain.drafts import Draft, with_hash
from domain.findings import Reason
from domain.vocabulary import Action, Disposition, Language, Status
from graphs.endings import Ending
from graphs.nodes import case_of, to_json
from graphs.state import JSON, SupportState


def waiting_status(state: SupportState) -> Status:
    """What the query waits for: a decision on its draft, or an agent's own reply."""
    return Status.WAITING_AGENT if state.get("brief") else Status.WAITING_REVIEW


def waiting_hash(state: SupportState) -> str | None:
    """Hash of the draft that waits for a decision; None where an agent's own reply is awaited."""
    if waiting_status(state) is Status.WAITING_AGENT:
        return None
    found: str = state["draft"]["hash"]
    return found


def waiting_payload(state: SupportState) -> JSON:
    """What the interrupt says of itself."""
    return {"status": waiting_status(state).value, "draft_hash": waiting_hash(state)}


def apply_decision(state: SupportState, found: JSON) -> JSON:
    """The change that a decision makes to the state."""
    decision = Decision.model_validate(found)
    change: JSON = {"decision": to_json(decision), "edit_findings": []}
    match decision.action:
        case Action.APPROVE:
            change["ending"] = to_json(
                Ending(
                    disposition=Disposition.SENT_AFTER_REVIEW,
                    reply=Draft.model_validate(state["draft"]),
                    agent=decision.agent,
                )
            )
        case Action.EDIT:
            change["edit"] = to_json(_in_agents_words(state, decision, kept=True))
        case Action.REJECT:
            draft = state["draft"]
            rejected = {"hash": draft["hash"], "text": draft["text"], "reason": decision.reason}
            change["rejected"] = [*state.get("rejected", []), rejected]
            change["attempt"] = state.get("attempt", 1) + 1
        case Action.TAKE_OVER:
            reason = Reason(code="taken_over", text=f"{decision.agent} took the query over.")
            change["because"] = [*state.get("because", []), to_json(reason)]
        case Action.REPLY:
            reply = _in_agents_words(state, decision, kept=False)
            ending = Ending(disposition=Disposition.HANDLED_BY_AGENT, reply=reply, agent=decision.agent)
            change["ending"] = to_json(ending)
        case Action.CLOSE:
            ending = Ending(disposition=Disposition.CLOSED_WITHOUT_REPLY, agent=decision.agent)
            change["ending"] = to_json(ending)
    return change


def _in_agents_words(state: SupportState, decision: Decision, *, kept: bool) -> Draft:
    """The agent's text as a draft: an edit keeps the sources of the draft it changes, a reply has none."""
    case = case_of(state)
    language = Language((state.get("classification") or {}).get("language") or case.query.language or Language.EN)
    text = decision.text or ""
    if kept:
        draft = Draft.model_validate(state["draft"]).model_copy(update={"text": text})
    else:
        draft = Draft(text=text, language=language, kind="answer", attempt=state.get("attempt", 1))
    return with_hash(draft, case.query.query_id, case.message_hash)
