"""A Temporal worker for the support queries: which workflows, activities, interceptors and limits."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.langgraph import LangGraphPlugin
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities.durable import QueryActivities
from activities.failures import FailureTranslation
from activities.heartbeats import Heartbeats
from domain.identifiers import TASK_QUEUE
from graphs.support import NAME, build_graph
from workflows.refresh_knowledge import RefreshKnowledge
from workflows.reindexing import ReindexKnowledge
from workflows.schedule import ScheduledSteps
from workflows.support_query import SupportQuery
from workflows.take_over import TakeOver

DATA_CONVERTER: DataConverter = pydantic_data_converter
"""Of every client, worker and replayer: messages are frozen Pydantic values."""
WORKFLOWS = (SupportQuery, TakeOver, ReindexKnowledge, RefreshKnowledge)
MAX_CACHED_WORKFLOWS = 500
"""About 0.1 MiB each while a draft waits; an evicted one is replayed when something happens to it."""


def langgraph_plugin() -> LangGraphPlugin:
    """The plugin over a fresh graph: one graph object serves one plugin."""
    return LangGraphPlugin(graphs={NAME: build_graph(ScheduledSteps())})


def workflow_runner() -> WorkflowRunner:
    """Without the sandbox: it polices neither routers nor what is passed through, and imports `workflows` anew for each
    query, a fifth of the worker's time. A test that reads the code, and the replay of every recorded path, keep
    workflows deterministic instead (docs/adr/0009-no-sandbox.md)."""
    return UnsandboxedWorkflowRunner()


def build_worker(
    client: Client,
    activities: QueryActivities,
    *,
    others: Sequence[Callable[..., Awaitable[Any]]] = (),
    task_queue: str = TASK_QUEUE,
    interceptors: tuple[Interceptor, ...] = (),
    max_cached_workflows: int = MAX_CACHED_WORKFLOWS,
) -> Worker:
    """A worker that is not yet running. `others` are activities beside those of the support queries."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=list(WORKFLOWS),
        activities=[*activities.all(), *others],
        plugins=[langgraph_plugin()],
        interceptors=[*interceptors, FailureTranslation(), Heartbeats()],
        workflow_runner=workflow_runner(),
        max_cached_workflows=max_cached_workflows,
        # A killed worker's sticky queue holds its next tasks back this long; ten seconds are too long for a customer.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        graceful_shutdown_timeout=timedelta(seconds=5),
    )
