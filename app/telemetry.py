"""Telemetry of a process: Temporal's runtime with its metrics, and traces and metrics over OTLP where an endpoint is
set. Where none is, nothing of OpenTelemetry is built or even imported.
"""

import logging
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from app.settings import Settings
from domain.errors import SetupError
from domain.ports import OURS, ChatModel, Embedder, Generator, Helpdesk
from graphs.steps import Steps
from retrieval.reranking.port import Reranker

if TYPE_CHECKING:
    from fastapi import FastAPI
    from opentelemetry.trace import Tracer
    from temporalio.client import Interceptor as ClientInterceptor
    from temporalio.worker import Interceptor as WorkerInterceptor

    from app.telemetry_export import Reach

METRICS_ADDRESS = "127.0.0.1"
READ_SECONDS = 2.0
FLUSH_SECONDS = 2.0
"""How long a process waits at its end for a collector to take what is left."""
GIVE_UP_SECONDS = 0.3
"""The same where the collector did not answer the last time."""


def temporal_runtime(settings: Settings, metrics_port: int | None) -> Runtime:
    """A runtime for clients and workers. The SDK's own logs go to Python's logger `temporalio`, never to standard
    output; its metrics, and ours on its meter, to `http://127.0.0.1:{metrics_port}/metrics`, None: nowhere.

    Build one a process. Raises SetupError when the port is taken.
    """
    level = "INFO" if settings.log_level == "debug" else "WARN"
    metrics = None if metrics_port is None else _prometheus(metrics_port)
    try:
        return Runtime(telemetry=TelemetryConfig(logging=_logging(level), metrics=metrics, attach_service_name=False))
    except (RuntimeError, ValueError) as error:
        raise SetupError(
            f"The metrics of this worker cannot be shown on port {metrics_port}, most likely because it is taken: "
            "set HOLDPOINT_METRICS_PORT, one port for each worker."
        ) from error


@cache
def quiet_runtime() -> Runtime:
    """The runtime of a process that shows no metrics and was given no other: one for all its clients."""
    return Runtime(telemetry=TelemetryConfig(logging=_logging("WARN")))


def _logging(level: str) -> LoggingConfig:
    # Fields are not appended: those of a failure hold its message, which may quote a customer. app/logs.py picks some.
    forwarding = LogForwardingConfig(logging.getLogger("temporalio"), append_log_fields_to_message=False)
    return LoggingConfig(TelemetryFilter(core_level=level, other_level="ERROR"), forwarding)


def _prometheus(port: int) -> PrometheusConfig:
    from app.telemetry_worker import STEP_BUCKETS, STEP_SECONDS

    return PrometheusConfig(
        f"{METRICS_ADDRESS}:{port}",
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides={STEP_SECONDS: STEP_BUCKETS},
    )


def worker_interceptors(runtime: Runtime) -> "tuple[WorkerInterceptor, ...]":
    """What every worker has, whether or not anything is exported: context for its logs, metrics on the meter."""
    from app.telemetry_worker import ObservedWork

    return (ObservedWork(runtime.metric_meter),)


@dataclass(frozen=True)
class Tracing:
    """Traces of one process. Without an endpoint it is empty, and everything given to it comes back as it was."""

    tracer: "Tracer | None" = None
    client_interceptors: "tuple[ClientInterceptor, ...]" = ()
    """For `connect`. A worker over that client traces too: do not give it these again."""
    worker_interceptors: "tuple[WorkerInterceptor, ...]" = ()
    """For a worker over a client that has none of the above."""
    _endings: list[Callable[[], None]] = field(default_factory=list)
    _reach: "Reach | None" = None

    def steps(self, steps: Steps) -> Steps:
        """The steps with a span each."""
        if self.tracer is None:
            return steps
        from activities.tracing import TracedSteps

        return TracedSteps(steps, self.tracer)

    def generator(self, generator: Generator) -> Generator:
        """The generator with a span a call."""
        if self.tracer is None:
            return generator
        from activities.tracing import TracedGenerator

        return TracedGenerator(generator, self.tracer)

    def chat(self, model: ChatModel, provider: str = "openai") -> ChatModel:
        """The language model with a span a call; `provider` is whose protocol it speaks."""
        if self.tracer is None:
            return model
        from activities.tracing import TracedChat

        return TracedChat(model, self.tracer, provider=provider)

    def embedder(self, embedder: Embedder, provider: str = OURS) -> Embedder:
        """The embedder with a span a call; `provider` is who runs it."""
        if self.tracer is None:
            return embedder
        from activities.tracing import TracedEmbedder

        return TracedEmbedder(embedder, self.tracer, provider=provider)

    def reranker(self, reranker: Reranker, provider: str = OURS) -> Reranker:
        """The reranker with a span a call; `provider` is who runs it."""
        if self.tracer is None:
            return reranker
        from activities.tracing import TracedReranker

        return TracedReranker(reranker, self.tracer, provider=provider)

    def helpdesk(self, helpdesk: Helpdesk) -> Helpdesk:
        """The helpdesk with a span a call."""
        if self.tracer is None:
            return helpdesk
        from activities.tracing import TracedHelpdesk

        return TracedHelpdesk(helpdesk, self.tracer)

    def shutdown(self) -> None:
        """Sends what is left, for at most two seconds. Blocks: call it on a thread, or after the event loop."""
        if self._endings:
            from app.telemetry_export import finish

            finish(self._endings, FLUSH_SECONDS if self._reach is None or not self._reach.away else GIVE_UP_SECONDS)
            self._endings.clear()


def tracing(settings: Settings, service: str, metrics: Callable[[], str] | None = None) -> Tracing:
    """Traces of this process, of the `service` worker or web, to the settings' OTLP endpoint; empty when none is set.

    `metrics` reads what the process shows on `/metrics`, from a thread of its own, and may raise OSError; it is sent
    there as well.
    """
    if settings.otlp_endpoint is None:
        return Tracing()
    from temporalio.contrib.opentelemetry import TracingInterceptor

    from app.logs import link_traces
    from app.telemetry_export import Reach, current_ids, resource_of, trace_provider
    from app.telemetry_metrics import MetricsPush

    resource, reach = resource_of(service, version("holdpoint")), Reach(settings.otlp_endpoint)
    provider = trace_provider(resource, reach)
    tracer = provider.get_tracer("holdpoint", version("holdpoint"))
    interceptor = TracingInterceptor(tracer)
    link_traces(current_ids)
    endings: list[Callable[[], None]] = [provider.shutdown]
    if metrics is not None:
        endings.append(MetricsPush(reach, resource, metrics).shutdown)
    return Tracing(tracer, (interceptor,), (interceptor,), endings, reach)


def read_metrics(port: int) -> Callable[[], str]:
    """Reads what a worker of this machine shows on its metrics port. Raises OSError when it does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def read() -> str:
        with opener.open(f"http://{METRICS_ADDRESS}:{port}/metrics", timeout=READ_SECONDS) as answer:
            text: str = answer.read().decode()
            return text

    return read


def instrument_web(app: "FastAPI", traces: Tracing) -> None:
    """Makes every request of the application tell of itself. Call it before the first request."""
    from app.telemetry_web import ObservedRequests

    app.add_middleware(ObservedRequests, tracer=traces.tracer)
