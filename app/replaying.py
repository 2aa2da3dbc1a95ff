"""Replays one query's history from Temporal against the code of this checkout."""

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from app.settings import Settings
from app.temporal_client import connect
from app.temporal_worker import DATA_CONVERTER, WORKFLOWS, langgraph_plugin, workflow_runner
from domain.errors import Conflict, NotFound, Unavailable
from domain.identifiers import takeover_id_of, workflow_id_of


async def replay_query(settings: Settings, store: str, query_id: str) -> list[str]:
    """One line for each run that was replayed: the query's own, and its takeover where there is one.

    Raises NotFound when Temporal knows no run, Conflict when today's code goes another way than the history.
    """
    client = await connect(settings)
    found = [await _replayed(client, maker(store, query_id)) for maker in (workflow_id_of, takeover_id_of)]
    lines = [line for line in found if line is not None]
    if not lines:
        raise NotFound(f"Temporal knows no run of query {query_id} in the store {store}; it may be past retention.")
    return lines


async def _replayed(client: Client, workflow_id: str) -> str | None:
    try:
        history = await client.get_workflow_handle(workflow_id).fetch_history()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise Unavailable("Temporal does not answer; start the stack with `holdpoint up`.") from error
    replayer = Replayer(
        workflows=list(WORKFLOWS),
        plugins=[langgraph_plugin()],
        data_converter=DATA_CONVERTER,
        workflow_runner=workflow_runner(),
    )
    try:
        await replayer.replay_workflow(history)
    except NondeterminismError as error:
        raise Conflict(f"Today's code goes another way than {workflow_id} went: {error}") from error
    return f"{workflow_id}: {len(history.events)} events replay as recorded."
