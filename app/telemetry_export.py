"""What leaves as traces, and how: an allow-list in front of the collector, and no harm when the collector is away."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status, format_span_id, format_trace_id, get_current_span

EXPORT_SECONDS = 5.0
"""How long one batch may take, retries included; what does not leave in that time is dropped."""
DELAY_MILLISECONDS = 2_000
ATTRIBUTES = frozenset(
    "http.request.method http.response.status_code http.route url.scheme server.address error.type "
    "gen_ai.operation.name gen_ai.provider.name gen_ai.request.model gen_ai.response.model "
    "gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.embeddings.dimension.count "
    "temporalWorkflowID temporalRunID temporalActivityID temporalUpdateID".split()
)
"""All that may leave beside our own `holdpoint.*`. An instrumentation that learns to say more says it in vain."""
MAX_NAME = 200
log = structlog.get_logger(__name__)


class Reach:
    """Tells once that a collector is away, and once that it is back."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._away = False
        self._lock = threading.Lock()

    @property
    def away(self) -> bool:
        """Whether the last export failed."""
        return self._away

    def note(self, *, reached: bool) -> None:
        """Notes how an export ended."""
        with self._lock:
            changed, self._away = self._away is reached, not reached
        if changed and reached:
            log.info("collector_back", endpoint=self.endpoint)
        elif changed:
            log.warning("collector_away", endpoint=self.endpoint, effect="traces and metrics are dropped meanwhile")


class DiscreetExporter(SpanExporter):
    """Passes spans on with the attributes of the allow-list; of an exception only its kind."""

    def __init__(self, inner: SpanExporter, reach: Reach) -> None:
        self._inner = inner
        self._reach = reach

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """As the inner one."""
        result = self._inner.export([discreet(span) for span in spans])
        self._reach.note(reached=result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


def discreet(span: ReadableSpan) -> ReadableSpan:
    """The span without anything that was not foreseen."""
    return ReadableSpan(
        name=span.name[:MAX_NAME],
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes or {}),
        events=[_bare(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        # Temporal's interceptor describes a failure as "Kind: message"; the message is for the history alone.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name in ATTRIBUTES or name.startswith("holdpoint.")}


def _bare(event: Event) -> Event:
    kind = (event.attributes or {}).get("exception.type")
    return Event(event.name[:MAX_NAME], {"exception.type": kind} if kind else {}, event.timestamp)


def resource_of(service: str, version: str) -> Resource:
    """Who speaks: one instance of one of our processes."""
    return Resource.create(
        {
            "service.name": f"holdpoint-{service}",
            "service.namespace": "holdpoint",
            "service.version": version,
            "service.instance.id": str(uuid4()),
        }
    )


def trace_provider(resource: Resource, reach: Reach) -> TracerProvider:
    """A provider that sends spans to the collector's `/v1/traces` every two seconds, from a thread of its own.

    Headers for the collector, compression and sampling come from OpenTelemetry's own variables (OTEL_…).
    """
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{reach.endpoint}/v1/traces", timeout=EXPORT_SECONDS)
    provider.add_span_processor(
        BatchSpanProcessor(DiscreetExporter(exporter, reach), schedule_delay_millis=DELAY_MILLISECONDS)
    )
    return provider


def finish(endings: Sequence[Callable[[], None]], seconds: float) -> bool:
    """Calls all at once and waits at most this long; False when one was left behind, on a thread that does not keep
    the process."""
    threads = [threading.Thread(target=end, name="telemetry-end", daemon=True) for end in endings]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def current_ids() -> tuple[str, str] | None:
    """Trace and span id of the current span in hexadecimal; None outside any."""
    context = get_current_span().get_span_context()
    return (format_trace_id(context.trace_id), format_span_id(context.span_id)) if context.is_valid else None
