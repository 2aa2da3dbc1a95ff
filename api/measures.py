"""Our own metrics: requests as they are served, and what is open, looked at no more often than every 15 seconds."""

import asyncio
import time

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.access import list_stores
from activities.reading import read_load
from api.parts import ApiParts
from domain.errors import NotFound, Unavailable

REFRESH_SECONDS = 15.0
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
log = structlog.get_logger(__name__)


class Measures:
    """The registry of one web process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series for each, read by nobody
        self.registry = CollectorRegistry()
        self.requests = self._counter("holdpoint_http_requests", "Requests served.", ["method", "route", "status"])
        self.seconds = Histogram(
            "holdpoint_http_request_seconds",
            "Time until the head of the answer was sent.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.open = self._gauge("holdpoint_open_queries", "Queries whose customer waits.", ["status", "tier"])
        self.oldest = self._gauge("holdpoint_oldest_open_query_seconds", "Age of the oldest open query.")
        self.overdue = self._gauge("holdpoint_overdue_queries", "Open queries past their deadline.")
        self.unstarted = self._gauge("holdpoint_unstarted_queries", "Stored queries without a workflow yet.")
        self.pending = self._gauge("holdpoint_outbox_pending", "Replies and notices that have not left yet.")
        self.stuck = self._gauge(
            "holdpoint_stuck_workflows", "Workflows stopped by an error in their code; -1: unknown."
        )
        self.listeners = self._gauge("holdpoint_event_listeners", "Clients that follow events now.")
        self._looked_at = 0.0
        self._looking = asyncio.Lock()

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, text, labels or [], registry=self.registry)

    async def expose(self, parts: ApiParts) -> str:
        """Everything in Prometheus's text format, the workers' metrics included."""
        await self.refresh(parts)
        return self.own() + merge_workers(await parts.worker_metrics())

    def own(self) -> str:
        """This process's metrics as they stand. May be called from any thread."""
        return generate_latest(self.registry).decode()

    async def refresh(self, parts: ApiParts) -> None:
        """Looks at what is open, unless that was done a moment ago."""
        async with self._looking:
            if time.monotonic() - self._looked_at > REFRESH_SECONDS or not self._looked_at:
                await self._look(parts)
                self._looked_at = time.monotonic()
        self.listeners.set(parts.feed.subscribers)

    async def _look(self, parts: ApiParts) -> None:
        try:
            stores = await list_stores(parts.database)
            load = await read_load(parts.database, [store.store for store in stores])
        except Unavailable:
            log.warning("load_unknown")
        else:
            self.open.clear()
            for (status, tier), amount in load.open.items():
                self.open.labels(status, str(tier)).set(amount)
            self.oldest.set(load.oldest_seconds)
            self.overdue.set(load.overdue)
            self.unstarted.set(load.unstarted)
            self.pending.set(load.outbox_pending)
        try:
            self.stuck.set(await parts.door.count_stuck())
        except (Unavailable, NotFound):
            self.stuck.set(-1)


def merge_workers(texts: dict[str, str]) -> str:
    """The metrics of several workers as one text, each sample labelled with its worker."""
    families: dict[str, Metric] = {}
    for worker, text in texts.items():
        try:
            found = list(text_string_to_metric_families(text))
        except ValueError:
            log.warning("worker_metrics_unreadable", worker=worker)
            continue
        for family in found:
            mine = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                mine.add_sample(sample.name, {**sample.labels, "worker": worker}, sample.value)
    registry = CollectorRegistry()
    registry.register(_Fixed(list(families.values())))
    return generate_latest(registry).decode()


class _Fixed:
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


class MeasuredRequests:
    """Counts and times every request by its route, never by its path, which holds ids."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self.app = app
        self.measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self.measures.seconds.labels(_method(scope), _route(scope)).observe(time.perf_counter() - began)
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            self.measures.requests.labels(_method(scope), _route(scope), str(status)).inc()


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"} else "other"


def _route(scope: Scope) -> str:
    path: str | None = getattr(scope.get("route"), "path", None)
    return path or "none"
