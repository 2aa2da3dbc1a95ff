"""Decisions on their way to the workflow: one way for the API and the console."""

import uuid
from collections.abc import Mapping
from typing import Any, Literal, NoReturn

from activities.intake import note_takeover
from activities.reading import QueryRecord, find_query
from api.parts import ApiParts
from api.views import where_of
from domain.canonical import content_hash
from domain.decisions import Decision, Refusal, Standing, read_decision, refusal_of
from domain.errors import BadInput, DecisionRefused, NotFound
from domain.snapshots import DecisionAnswer, TakeOverInput
from domain.vocabulary import Action, Status

ENDED_OR_REPEATED = frozenset({"closed", "repeated"})


class Incomplete(BadInput):
    """A decision that misses a field or holds an unusable one."""

    title = "Bad input"


def decision_id_of(actor: str, idempotency_key: str | None) -> str:
    """The id under which a decision counts once: from the request's key where it has one, else a new one."""
    return content_hash(["decision", actor, idempotency_key])[:32] if idempotency_key else uuid.uuid4().hex


async def decide(
    parts: ApiParts,
    record: QueryRecord,
    fields: Mapping[str, Any],
    *,
    agent: str,
    via: Literal["api", "cli", "console"],
    decision_id: str,
) -> DecisionAnswer:
    """Applies a decision. The author is the proven one, whatever the fields say.

    The same decision again is answered as the first time. Raises Incomplete for an unusable decision, DecisionRefused
    for one that changes nothing, Unavailable when the workflows do not answer.
    """
    decision = read_decision({**fields, "agent": agent, "via": via, "proven": True, "decision_id": decision_id})
    if isinstance(decision, Refusal):
        raise Incomplete(decision.message)
    if record.closed_at is not None:
        return _answer_again(decision, record) or _refuse(decision, record)
    if record.status is Status.FAILED:
        return await _take_over_failed(parts, record, decision)
    try:
        return await parts.door.decide(where_of(record), decision)
    except NotFound:  # it ended a moment ago, failed, or has not started yet
        now = await find_query(parts.database, record.store, record.query_id)
        return _answer_again(decision, now) or _refuse(decision, now)
    except DecisionRefused as refusal:
        if refusal.code not in ENDED_OR_REPEATED:
            raise
        again = _answer_again(decision, await find_query(parts.database, record.store, record.query_id))
        if again is None:
            raise
        return again


def _answer_again(decision: Decision, record: QueryRecord) -> DecisionAnswer | None:
    """The answer to a decision that was applied before: whoever sends it again has not heard the first one."""
    known = record.snapshot.decisions if record.snapshot is not None else ()
    if not any(each.refusal is None and each.decision.decision_id == decision.decision_id for each in known):
        return None
    return DecisionAnswer(status=record.status, disposition=record.disposition, draft_hash=record.draft_hash)


async def _take_over_failed(parts: ApiParts, record: QueryRecord, decision: Decision) -> DecisionAnswer:
    if decision.action is not Action.TAKE_OVER:
        raise DecisionRefused(
            "This query's own run has failed; take it over first, then reply to it or close it.", code="failed"
        )
    # Noted first: should the start fail, the query is still shown as failed, and taking it over again starts it.
    await note_takeover(parts.database, record.store, record.query_id, decision.agent)
    await parts.door.take_over_failed(
        TakeOverInput(
            store=record.store,
            query_id=record.query_id,
            conversation_id=record.conversation_id,
            agent=decision.agent,
            deadline_at=record.deadline_at,
            claim_seconds=parts.options.claim_seconds,
        )
    )
    return DecisionAnswer(status=Status.WAITING_AGENT)


def _refuse(decision: Decision, record: QueryRecord) -> NoReturn:
    status = Status.CLOSED if record.closed_at is not None else record.status
    refusal = refusal_of(decision, Standing(status=status, draft_hash=record.draft_hash))
    if refusal is None:
        raise DecisionRefused("The query is not waiting for this decision now; look at it again.", code="not_running")
    raise DecisionRefused(refusal.message, code=refusal.code, findings=refusal.findings)
