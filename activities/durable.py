"""The activities of a support query, under the names that operators read in the Temporal UI."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity

from activities.gaps import GapBook, note_gap
from activities.outbox import Outbox
from activities.records import Records
from domain.records import (
    BeginInput,
    BeginResult,
    DeliverInput,
    DeliverResult,
    DeliveryFailure,
    Recorded,
    RecordInput,
    SendInput,
    SendResult,
    SupersedeInput,
)
from domain.steps import (
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


class QueryActivities:
    """Bound to the real steps, records, outbox and gaps, which the wiring builds once a process."""

    def __init__(self, steps: Steps, records: Records, outbox: Outbox, gaps: GapBook | None = None) -> None:
        self._steps = steps
        self._records = records
        self._outbox = outbox
        self._gaps = gaps

    def all(self) -> list[Callable[..., Awaitable[Any]]]:
        """Everything to register with a worker."""
        return [
            self.begin,
            self.classify,
            self.retrieve,
            self.generate,
            self.guard,
            self.escalate,
            self.record,
            self.mark_superseded,
            self.write_outbox,
            self.deliver,
            self.give_up_delivery,
        ]

    @activity.defn
    async def begin(self, request: BeginInput) -> BeginResult:
        return await self._records.begin(request, _run_id())

    @activity.defn
    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        return await self._steps.classify(request)

    @activity.defn
    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        result = await self._steps.retrieve(request)
        if self._gaps is not None:
            await note_gap(self._gaps, request, result)
        return result

    @activity.defn
    async def generate(self, request: GenerateInput) -> GenerateResult:
        return await self._steps.generate(request)

    @activity.defn
    async def guard(self, request: GuardInput) -> GuardResult:
        return await self._steps.guard(request)

    @activity.defn
    async def escalate(self, request: EscalateInput) -> EscalateResult:
        return await self._steps.escalate(request)

    @activity.defn
    async def record(self, request: RecordInput) -> Recorded:
        return Recorded(written=await self._records.record(request.snapshot))

    @activity.defn
    async def mark_superseded(self, request: SupersedeInput) -> Recorded:
        return Recorded(written=await self._records.supersede(request))

    @activity.defn
    async def write_outbox(self, request: SendInput) -> SendResult:
        return await self._outbox.write(request, _run_id())

    @activity.defn
    async def deliver(self, request: DeliverInput) -> DeliverResult:
        return await self._outbox.deliver(request, activity.info().attempt)

    @activity.defn
    async def give_up_delivery(self, request: DeliveryFailure) -> None:
        await self._outbox.give_up(request)


def _run_id() -> str:
    return activity.info().workflow_run_id or ""
