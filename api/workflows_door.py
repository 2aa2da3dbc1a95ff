"""The way to the workflows over Temporal. Its client connects when it is first needed and again after every loss."""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.intake import StartableQuery
from activities.starting import RPC_TIMEOUT, TASK_TIMEOUT, StartOptions, start_workflow
from api.ports import Where
from domain.decisions import Decision, Refusal
from domain.errors import DecisionRefused, NotFound, Unavailable
from domain.snapshots import ClaimRequest, DecisionAnswer, TakeOverInput

T = TypeVar("T")
DECISION_SECONDS = 12.0
"""How long a decision may take to be applied: an edit passes the guard on the way."""
PAUSE_SECONDS = 3.0
"""After a failed start Temporal is left alone for so long; what comes in meanwhile is started by the sweeper."""
STUCK = 'TemporalReportedProblems IS NOT NULL AND ExecutionStatus = "Running"'
AWAY = "Temporal does not answer; nothing was changed. Try again in a moment."
UNKNOWN = (
    "No worker answered in time; whether the decision was applied is not known yet. Look at the query before deciding "
    "again."
)


class TemporalDoor:
    """`WorkflowDoor` over a Temporal client."""

    def __init__(self, client: Client, options: StartOptions) -> None:
        self._client = client
        self._options = options
        self._away_until = 0.0

    async def start(self, query: StartableQuery) -> None:
        if time.monotonic() < self._away_until:
            raise Unavailable(AWAY)
        try:
            await start_workflow(self._client, query, self._options)
        except Unavailable:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            raise

    async def decide(self, where: Where, decision: Decision) -> DecisionAnswer:
        answer = await self._update(where, "decide", decision.model_dump(mode="json"), decision.decision_id or None)
        return DecisionAnswer.model_validate(answer)

    async def claim(self, where: Where, agent: str) -> None:
        await self._update(where, "claim", ClaimRequest(agent=agent).model_dump(mode="json"))

    async def release(self, where: Where, agent: str) -> None:
        await self._update(where, "release", ClaimRequest(agent=agent).model_dump(mode="json"))

    async def request_human(self, where: Where) -> None:
        await _asked(self._handle(where).signal("request_human", rpc_timeout=RPC_TIMEOUT))

    async def take_over_failed(self, request: TakeOverInput) -> None:
        where = Where(store=request.store, query_id=request.query_id, taken_over=True)
        starting = self._client.start_workflow(
            "TakeOver",
            request.model_dump(mode="json"),
            id=where.workflow_id,
            task_queue=self._options.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            static_summary="An agent answers a query whose own run has failed",
            task_timeout=TASK_TIMEOUT,
            rpc_timeout=RPC_TIMEOUT,
        )
        with suppress(WorkflowAlreadyStartedError):
            await _asked(starting)

    async def count_stuck(self) -> int:
        return (await _asked(self._client.count_workflows(STUCK, rpc_timeout=RPC_TIMEOUT))).count

    async def is_ready(self) -> bool:
        try:
            return await _asked(self._client.service_client.check_health(timeout=RPC_TIMEOUT))
        except (Unavailable, NotFound):
            return False

    def _handle(self, where: Where) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(where.workflow_id)

    async def _update(self, where: Where, name: str, argument: dict[str, Any], update_id: str | None = None) -> Any:
        updating = self._handle(where).execute_update(name, argument, id=update_id)
        try:
            return await _asked(updating, DECISION_SECONDS, UNKNOWN)
        except WorkflowUpdateFailedError as error:
            raise _refused(error) from error


def _refused(error: WorkflowUpdateFailedError) -> DecisionRefused:
    cause = error.cause
    if isinstance(cause, ApplicationError):
        try:
            refusal = Refusal.model_validate(cause.details[0] if cause.details else None)
        except ValidationError:
            return DecisionRefused(cause.message, code=cause.type or "refused")
        return DecisionRefused(refusal.message, code=refusal.code, findings=refusal.findings)
    return DecisionRefused("The query ended before the decision was applied.", code="closed")


async def _asked(call: Awaitable[T], seconds: float = RPC_TIMEOUT.total_seconds() + 1, away: str = AWAY) -> T:
    """The answer of a call to Temporal. Raises NotFound when no workflow of that id runs, Unavailable for no answer."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFound("No workflow of this query runs.") from error
        raise Unavailable(AWAY) from error
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise Unavailable(away) from error
    except RuntimeError as error:  # a lazy client that could not connect
        raise Unavailable(AWAY) from error
