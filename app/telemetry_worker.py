"""What a worker tells of its work: the context of its logs, and our own metrics on the SDK's meter."""

import time
from collections.abc import Iterable
from typing import Any

import structlog
from temporalio import activity, workflow
from temporalio.common import MetricCounter, MetricHistogramFloat, MetricMeter
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from activities.generation.circuit import Circuit, CircuitState
from domain.records import DeliverInput, SendInput
from domain.vocabulary import Action

STEPS = frozenset({"classify", "retrieve", "generate", "guard", "escalate"})
STEP_SECONDS = "holdpoint_step_seconds"
STEP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CIRCUIT = "holdpoint_model_circuit"
CIRCUIT_VALUES = {CircuitState.CLOSED: 0, CircuitState.HALF_OPEN: 1, CircuitState.OPEN: 2}
log = structlog.get_logger(__name__)
_ACTIONS = frozenset(action.value for action in Action)
_REFUSED = {"BadInput": "refused", "NotFound": "refused", "Unavailable": "unanswered"}


def show_circuits(meter: MetricMeter, circuits: Iterable[Circuit]) -> None:
    """Shows whether each language model is asked, from now on."""
    gauge = meter.create_gauge(CIRCUIT, "Whether a model is asked: 0 yes, 1 one call tries it, 2 it is left alone.")

    def show(circuit: Circuit) -> None:
        gauge.set(CIRCUIT_VALUES[circuit.state], {"provider": circuit.provider, "model": circuit.model})

    for circuit in circuits:
        circuit.watch(show)


class ObservedWork(Interceptor):
    """Worker interceptor. Put it before the one that translates failures, so that it sees what Temporal will see."""

    def __init__(self, meter: MetricMeter) -> None:
        self._steps = meter.create_histogram_float(STEP_SECONDS, "Time that a step took.")
        self._outbox = meter.create_counter("holdpoint_outbox", "Replies and notices, by what became of each try.")

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Observing(next, self._steps, self._outbox)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return CountedDecisions


class _Observing(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, steps: MetricHistogramFloat, outbox: MetricCounter) -> None:
        super().__init__(next)
        self._steps = steps
        self._outbox = outbox

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info, request = activity.info(), input.args[0] if input.args else None
        context = {"activity": info.activity_type, "attempt": info.attempt, **ids_of(request)}
        began, failure = time.perf_counter(), ""
        with structlog.contextvars.bound_contextvars(**context):
            try:
                result = await super().execute_activity(input)
            except ApplicationError as error:
                failure = error.type or "ApplicationError"
                log.warning("activity_failed", kind=failure)
                self._count(request, None, failure)
                raise
            else:
                self._count(request, result, "")
                return result
            finally:
                if info.activity_type in STEPS:
                    seconds = time.perf_counter() - began
                    self._steps.record(seconds, {"step": info.activity_type, "outcome": failure or "done"})
                    log.debug("step", seconds=round(seconds, 4), outcome=failure or "done")

    def _count(self, request: Any, result: Any, failure: str) -> None:
        if isinstance(request, SendInput) and not failure:
            self._left(request.purpose, "conversation", "delivered" if result.outcome == "sent" else result.outcome)
        elif isinstance(request, DeliverInput):
            self._left(request.purpose, "webhook", _REFUSED.get(failure, "failed") if failure else "delivered")

    def _left(self, purpose: str, helpdesk: str, outcome: str) -> None:
        tags = {"purpose": purpose, "helpdesk": helpdesk, "outcome": outcome}
        self._outbox.add(1, tags)
        log.info("outbox", **tags)


def ids_of(request: Any) -> dict[str, str]:
    """Store and query that an activity works for, as its input names them; empty when it names none."""
    places = (request, getattr(getattr(request, "case", None), "query", None))
    for place in (*places, getattr(request, "snapshot", None), getattr(request, "delivery", None)):
        store, query_id = getattr(place, "store", None), getattr(place, "query_id", None)
        if isinstance(store, str) and isinstance(query_id, str):
            return {"store": store, "query_id": query_id}
    return {}


class CountedDecisions(WorkflowInboundInterceptor):
    """Counts decisions and endings where they happen. The workflow's own meter keeps still during a replay."""

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        # An evicted run, or a task that fails and is tried again, leaves by other exceptions: it has not ended.
        try:
            result = await super().execute_workflow(input)
        except FailureError:
            _ended("failed")
            raise
        _ended(str(getattr(result, "disposition", None) or "none"))
        return result

    async def handle_signal(self, input: HandleSignalInput) -> None:
        if input.signal in _ACTIONS:
            _decided(input.signal, "signalled")
        await super().handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        try:
            super().handle_update_validator(input)
        except ApplicationError as error:
            if input.update == "decide":
                _decided(_action(input), error.type or "refused")
            raise

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        if input.update != "decide":
            return await super().handle_update_handler(input)
        try:
            answer = await super().handle_update_handler(input)
        except FailureError as error:
            _decided(_action(input), getattr(error, "type", None) or "refused")
            raise
        _decided(_action(input), "applied")
        return answer


def _ended(disposition: str) -> None:
    counter = workflow.metric_meter().create_counter("holdpoint_queries_ended", "Runs that ended, by disposition.")
    counter.add(1, {"disposition": disposition})


def _decided(action: str, outcome: str) -> None:
    counter = workflow.metric_meter().create_counter("holdpoint_decisions", "Decisions, by action and outcome.")
    counter.add(1, {"action": action, "outcome": outcome})


def _action(input: HandleUpdateInput) -> str:
    request = input.args[0] if len(input.args) == 1 else None
    action = request.get("action") if isinstance(request, dict) else None
    return action if action in _ACTIONS else "other"
