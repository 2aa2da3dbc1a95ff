"""What the web process tells of each request: a span, a line in the log, and the context of other lines."""

import re
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/static/", "/console/static/")
"""Asked for again and again by machines: neither traced nor logged."""
METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
_QUERY_ID = re.compile(r"/([0-9a-f]{32})(?=/|$)")
_OURS = ("store", "query_id")
log = structlog.get_logger(__name__)


class ObservedRequests:
    """ASGI middleware, the outermost. It names a request by its route and never shows its path, query or headers.

    A caller's `traceparent` is taken over, its baggage is not: that would travel on into Temporal's history.
    """

    def __init__(self, app: ASGIApp, tracer: "Tracer | None") -> None:
        self.app = app
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(QUIET_PATHS):
            await self.app(scope, receive, send)
            return
        with structlog.contextvars.bound_contextvars(**_named(scope["path"])):
            try:
                await self._observe(scope, receive, send)
            finally:
                structlog.contextvars.unbind_contextvars(*_OURS)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 500
        seconds: float | None = None

        async def noted(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - began
            await send(message)

        with self._span(scope) as span:
            try:
                await self.app(scope, receive, noted)
            finally:
                if span is not None:
                    _complete(span, scope, status)
                # Until the head of the answer: streams, and work that is left for after the answer, go on for longer.
                took = round(seconds if seconds is not None else time.perf_counter() - began, 4)
                tell = _telling(_method(scope), status)
                tell("request", method=_method(scope), route=_route(scope), status=status, seconds=took)

    def _span(self, scope: Scope) -> Any:
        if self.tracer is None:
            return nullcontext()
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        return self.tracer.start_as_current_span(
            _method(scope),
            context=TraceContextTextMapPropagator().extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": _method(scope), "url.scheme": scope.get("scheme", "http")},
            record_exception=False,
            set_status_on_exception=False,
        )


def _complete(span: Any, scope: Scope, status: int) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.update_name(f"{_method(scope)} {_route(scope)}")
    span.set_attribute("http.route", _route(scope))
    span.set_attribute("http.response.status_code", status)
    for name, value in structlog.contextvars.get_contextvars().items():
        if name in _OURS:
            span.set_attribute(f"holdpoint.{name}", value)
    if status >= 500:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))


def _telling(method: str, status: int) -> Any:
    if status >= 500:
        return log.warning
    # Whoever waits for an answer reads again and again: that is only worth a line to somebody who looks for a fault.
    return log.debug if method in {"GET", "HEAD"} and status < 400 else log.info


def _named(path: str) -> dict[str, str]:
    found = _QUERY_ID.search(path)
    return {"query_id": found.group(1)} if found else {}


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "OTHER"


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or "none"
