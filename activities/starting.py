"""Starts the workflow of a stored query: by the web process at once, by the sweeper when Temporal was away."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.intake import StartableQuery
from domain.errors import Unavailable
from domain.identifiers import TASK_QUEUE, WORKFLOW_TYPE, workflow_id_of
from domain.snapshots import StepModes, SupportQueryInput
from domain.values import Value

RPC_TIMEOUT = timedelta(seconds=2)
TASK_TIMEOUT = timedelta(seconds=5)
"""A workflow task whose worker was killed is given to another after this long."""
PATIENCE = 3.0
"""Seconds until a start is left to the sweeper, connecting included."""
STORE_ATTRIBUTE = SearchAttributeKey.for_keyword("HoldpointStore")
STATUS_ATTRIBUTE = SearchAttributeKey.for_keyword("HoldpointStatus")


class StartOptions(Value):
    """What every started query gets from the settings."""

    task_queue: str = TASK_QUEUE
    gather_seconds: float = 2.0
    step_modes: StepModes = StepModes()


def step_modes_of(model: str | None, classifier: str = "trained", *, remote_lookups: bool = False) -> StepModes:
    """Which steps run as which: only the offline default (no model) and the trained classifier, which stay in the
    process, may run locally, and so may look-ups in our own tables."""
    return StepModes(
        classify="local" if classifier == "trained" else "activity",
        retrieve="activity" if remote_lookups else "local",
        generate="local" if model is None else "activity",
    )


async def start_workflow(client: Client, query: StartableQuery, options: StartOptions) -> None:
    """Starts the workflow of a query unless it exists. Raises Unavailable; nothing is lost then, the row waits."""
    try:
        async with asyncio.timeout(PATIENCE):
            await _start(client, query, options)
    except WorkflowAlreadyStartedError:
        return
    except (RPCError, TimeoutError, RuntimeError) as error:  # RuntimeError: a lazy client that could not connect
        raise Unavailable("Temporal does not answer; the query is stored and starts when it is back.") from error


async def _start(client: Client, query: StartableQuery, options: StartOptions) -> None:
    await client.start_workflow(
        WORKFLOW_TYPE,
        SupportQueryInput(
            store=query.store,
            query_id=query.query_id,
            conversation_id=query.conversation_id,
            remind_at=query.remind_at,
            deadline_at=query.deadline_at,
            gather_seconds=options.gather_seconds if query.gather else 0.0,
            step_modes=options.step_modes,
        ).model_dump(mode="json"),
        id=workflow_id_of(query.store, query.query_id),
        task_queue=options.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        static_summary=f"A customer of {query.store} asks" + (" for a person" if query.wants_person else ""),
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(STORE_ATTRIBUTE, query.store), SearchAttributePair(STATUS_ATTRIBUTE, "received")]
        ),
        task_timeout=TASK_TIMEOUT,
        rpc_timeout=RPC_TIMEOUT,
    )
