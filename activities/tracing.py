"""Spans around what a query goes through: each step of the graph, and each call of a model or a helpdesk.

Wrappers that satisfy the same protocols as what they wrap, so they work inside Temporal and in memory alike, and cost
nothing where the wiring leaves them out. Attributes are ids, counts and closed vocabularies, never what anybody wrote:
names and meanings follow OpenTelemetry's conventions for generative AI and HTTP where there are any.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from domain.knowledge import Passage
from domain.ports import (
    OURS,
    ChatAnswer,
    ChatModel,
    Composed,
    Embedder,
    EmbeddingRole,
    Generator,
    Helpdesk,
    Outbound,
    Receipt,
)
from domain.steps import (
    Case,
    ClassifyInput,
    ClassifyResult,
    EscalateInput,
    EscalateResult,
    GenerateInput,
    GenerateResult,
    GuardInput,
    GuardResult,
    RetrieveInput,
    RetrieveResult,
)
from graphs.steps import Steps
from retrieval.reranking.port import Reranker


@contextmanager
def span_of(
    tracer: Tracer, name: str, attributes: Mapping[str, Any], kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """A span that becomes the current one. What is raised marks it with its kind; the message stays out of it."""
    with tracer.start_as_current_span(
        name, kind=kind, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


class TracedSteps:
    """`graphs.steps.Steps` around the real ones: one span a step, with what it decided."""

    def __init__(self, steps: Steps, tracer: Tracer) -> None:
        self._steps = steps
        self._tracer = tracer

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        with self._span("classify", request.case) as span:
            found = await self._steps.classify(request)
            _set(span, intent=found.intent.value, language=found.language.value, tier=found.tier.value)
            _set(span, probability=found.probability, nothing_to_answer=found.nothing_to_answer)
            _set(span, must_escalate=found.must_escalate)
            return found

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        with self._span("retrieve", request.case) as span:
            found = await self._steps.retrieve(request)
            _set(span, answerable=found.answerable, passages=len(found.passages), orders=len(found.lookup.orders))
            _set(span, tier=found.tier.value, needs_identity=found.lookup.needs_identity)
            return found

    async def generate(self, request: GenerateInput) -> GenerateResult:
        with self._span("generate", request.case) as span:
            found = await self._steps.generate(request)
            _set(span, draft_kind=found.draft.kind, attempt=request.attempt, coverage=found.coverage)
            _set(span, citations=len(found.draft.citations))
            return found

    async def guard(self, request: GuardInput) -> GuardResult:
        with self._span("guard", request.case) as span:
            found = await self._steps.guard(request)
            _set(span, outcome=found.outcome.value, confidence=found.confidence, send=found.send, edited=request.edited)
            _set(span, findings=tuple(finding.check for finding in found.findings))
            _set(span, reasons=tuple(reason.code for reason in found.reasons))
            return found

    async def escalate(self, request: EscalateInput) -> EscalateResult:
        with self._span("escalate", request.case) as span:
            found = await self._steps.escalate(request)
            _set(span, because=tuple(reason.code for reason in request.because))
            _set(span, notice=found.brief.notice is not None)
            return found

    @contextmanager
    def _span(self, step: str, case: Case) -> Iterator[Span]:
        attributes = {
            "holdpoint.step": step,
            "holdpoint.store": case.query.store,
            "holdpoint.query_id": case.query.query_id,
        }
        with span_of(self._tracer, f"step {step}", attributes) as span:
            yield span


class TracedGenerator:
    """`domain.ports.Generator` around another one: `chat {model}` for a model outside, `compose {name}` for ours."""

    def __init__(self, inner: Generator, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def remote(self) -> bool:
        return self._inner.remote

    async def compose(self, request: GenerateInput, passages: Sequence[Passage]) -> Composed:
        """As the inner one."""
        remote = self._inner.remote
        attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": self._inner.name} if remote else {}
        kind = SpanKind.CLIENT if remote else SpanKind.INTERNAL
        with span_of(self._tracer, f"{'chat' if remote else 'compose'} {self._inner.name}", attributes, kind) as span:
            composed = await self._inner.compose(request, passages)
            if remote:
                model = composed.model or self._inner.name
                span.update_name(f"chat {model}")
                span.set_attribute("gen_ai.request.model", model)
                span.set_attribute("gen_ai.usage.input_tokens", composed.input_tokens)
                span.set_attribute("gen_ai.usage.output_tokens", composed.output_tokens)
            span.set_attribute("gen_ai.provider.name", composed.provider)
            return composed


class TracedChat:
    """`domain.ports.ChatModel` around another one: `chat {model}`. `provider` is whose protocol it speaks."""

    def __init__(self, inner: ChatModel, tracer: Tracer, *, provider: str = "openai") -> None:
        self._inner = inner
        self._tracer = tracer
        self._provider = provider

    @property
    def name(self) -> str:
        return self._inner.name

    async def answer(self, instructions: str, question: str, schema: Mapping[str, Any]) -> ChatAnswer:
        """As the inner one."""
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self._provider,
            "gen_ai.request.model": self._inner.name,
        }
        with span_of(self._tracer, f"chat {self._inner.name}", attributes, SpanKind.CLIENT) as span:
            answer = await self._inner.answer(instructions, question, schema)
            span.set_attribute("gen_ai.usage.input_tokens", answer.input_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", answer.output_tokens)
            _set(span, ending=answer.ending)
            return answer


class TracedEmbedder:
    """`domain.ports.Embedder` around another one: `embeddings {model}`.

    Put it inside an embedder that remembers, so that only what is really computed is shown.
    """

    def __init__(self, inner: Embedder, tracer: Tracer, *, provider: str = OURS) -> None:
        self._inner = inner
        self._tracer = tracer
        self._provider = provider

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """As the inner one."""
        attributes = {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": self._provider,
            "gen_ai.request.model": self._inner.name,
            "gen_ai.embeddings.dimension.count": self._inner.dimensions,
            "holdpoint.texts": len(texts),
        }
        kind = SpanKind.INTERNAL if self._provider == OURS else SpanKind.CLIENT
        with span_of(self._tracer, f"embeddings {self._inner.name}", attributes, kind):
            return await self._inner.embed(texts, role=role)


class TracedReranker:
    """`retrieval.reranking.port.Reranker` around another one: `rerank {model}`."""

    def __init__(self, inner: Reranker, tracer: Tracer, *, provider: str = OURS) -> None:
        self._inner = inner
        self._tracer = tracer
        self._provider = provider

    @property
    def name(self) -> str:
        return self._inner.name

    async def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """As the inner one."""
        attributes = {
            "gen_ai.operation.name": "rerank",
            "gen_ai.provider.name": self._provider,
            "gen_ai.request.model": self._inner.name,
            "holdpoint.texts": len(passages),
        }
        kind = SpanKind.INTERNAL if self._provider == OURS else SpanKind.CLIENT
        with span_of(self._tracer, f"rerank {self._inner.name}", attributes, kind):
            return await self._inner.score(question, passages)


class TracedHelpdesk:
    """`domain.ports.Helpdesk` around another one. Of the receiver's address only the host is shown: a path may hold
    a key."""

    def __init__(self, inner: Helpdesk, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    @property
    def name(self) -> str:
        return self._inner.name

    async def deliver(self, outbound: Outbound, settings: Mapping[str, str]) -> Receipt:
        """As the inner one."""
        with self._span("deliver", "POST", outbound, settings):
            return await self._inner.deliver(outbound, settings)

    async def find(self, outbound: Outbound, settings: Mapping[str, str]) -> Receipt | None:
        """As the inner one."""
        with self._span("look up", "GET", outbound, settings) as span:
            receipt = await self._inner.find(outbound, settings)
            _set(span, found=receipt is not None)
            return receipt

    @contextmanager
    def _span(self, verb: str, method: str, outbound: Outbound, settings: Mapping[str, str]) -> Iterator[Span]:
        attributes = {
            "holdpoint.store": outbound.store,
            "holdpoint.query_id": outbound.query_id,
            "holdpoint.purpose": outbound.purpose,
            "holdpoint.helpdesk": self._inner.name,
        }
        host = urlsplit(settings.get("url", "")).hostname
        if host:
            attributes |= {"http.request.method": method, "server.address": host}
        with span_of(self._tracer, f"{verb} {self._inner.name}", attributes, SpanKind.CLIENT) as span:
            yield span


def _set(span: Span, **attributes: Any) -> None:
    for name, value in attributes.items():
        if value == ():
            continue  # an empty list has no type on the wire
        span.set_attribute(f"holdpoint.{name}", value)
