"""Metrics over OTLP: what `/metrics` shows, sent to the collector as well.

Temporal's SDK can expose its metrics either to Prometheus or over OTLP, not both. So there is one source, the
Prometheus text that a process shows, and this translates it: both ways out tell the same numbers under the same names.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from app.telemetry_export import EXPORT_SECONDS, Reach

EVERY_SECONDS = 30.0
CUMULATIVE = AggregationTemporality.CUMULATIVE
log = structlog.get_logger(__name__)


class MetricsPush:
    """Sends `read()`, a text in Prometheus's format, to `{endpoint}/v1/metrics` every 30 s and once at the end."""

    def __init__(
        self, reach: Reach, resource: Resource, read: Callable[[], str], *, every: float = EVERY_SECONDS
    ) -> None:
        self._exporter = OTLPMetricExporter(f"{reach.endpoint}/v1/metrics", timeout=EXPORT_SECONDS)
        self._resource, self._reach, self._read, self._every = resource, reach, read, every
        self._began = time.time_ns()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics-push", daemon=True)
        self._thread.start()

    def shutdown(self) -> None:
        """Sends a last time and ends the thread."""
        self._stop.set()
        self._thread.join()
        self._exporter.shutdown()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._push()
        self._push()

    def _push(self) -> None:
        try:
            text = self._read()
        except OSError as error:  # our own port does not answer: the runtime starts, or has ended
            log.debug("own_metrics_unread", reason=type(error).__name__)
            return
        metrics = list(translate(text, self._began, time.time_ns()))
        if metrics:
            result = self._exporter.export(_data(self._resource, metrics))
            self._reach.note(reached=result is MetricExportResult.SUCCESS)


def translate(text: str, began: int, now: int) -> Iterator[Metric]:
    """Prometheus's text as OTLP metrics. `began` and `now` are nanoseconds since 1970. Raises ValueError."""
    for family in text_string_to_metric_families(text):
        data = _data_of(family, began, now)
        if data is not None:
            yield Metric(family.name, family.documentation, family.unit, data)


def _data_of(family: Family, began: int, now: int) -> Any:
    if family.type == "histogram":
        return Histogram(list(_distributions(family, began, now)), CUMULATIVE)
    if family.type == "counter":
        values = [sample for sample in family.samples if not sample.name.endswith("_created")]
        return Sum([_number(sample, began, now) for sample in values], CUMULATIVE, is_monotonic=True)
    if family.type in {"gauge", "unknown"}:
        return Gauge([_number(sample, began, now) for sample in family.samples])
    return None  # summaries: nothing of ours makes any


def _number(sample: Any, began: int, now: int) -> NumberDataPoint:
    return NumberDataPoint(dict(sample.labels), began, now, sample.value)


def _distributions(family: Family, began: int, now: int) -> Iterator[HistogramDataPoint]:
    series: dict[frozenset[tuple[str, str]], list[Any]] = {}
    for sample in family.samples:
        labels = frozenset((name, value) for name, value in sample.labels.items() if name != "le")
        series.setdefault(labels, []).append(sample)
    for labels, samples in series.items():
        bounds, counts = _buckets(sample for sample in samples if sample.name.endswith("_bucket"))
        total = next((sample.value for sample in samples if sample.name.endswith("_sum")), 0.0)
        extremes: dict[str, Any] = {"min": None, "max": None}  # Prometheus does not keep them
        yield HistogramDataPoint(dict(labels), began, now, sum(counts), total, counts, bounds, **extremes)


def _buckets(samples: Iterable[Any]) -> tuple[list[float], list[int]]:
    """Upper bounds without the last, infinite one, and how many fell into each."""
    rising = sorted((float(sample.labels["le"]), int(sample.value)) for sample in samples)
    before = [0, *(amount for _, amount in rising)]
    return [bound for bound, _ in rising[:-1]], [amount - before[place] for place, (_, amount) in enumerate(rising)]


def _data(resource: Resource, metrics: list[Metric]) -> MetricsData:
    scope = ScopeMetrics(InstrumentationScope("holdpoint"), metrics, "")
    return MetricsData([ResourceMetrics(resource, [scope], "")])
