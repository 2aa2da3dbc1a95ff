"""Tells whoever watches a query which step it has come to."""

from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from domain.errors import Unavailable
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
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("outbox.sql"))


class AnnouncedSteps:
    """`graphs.steps.Steps` around the real ones: one event a step, when it begins."""

    def __init__(self, steps: Steps, database: Database) -> None:
        self._steps = steps
        self._database = database

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        await self._announce("classify", request.case)
        return await self._steps.classify(request)

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        await self._announce("retrieve", request.case)
        return await self._steps.retrieve(request)

    async def generate(self, request: GenerateInput) -> GenerateResult:
        await self._announce("generate", request.case)
        return await self._steps.generate(request)

    async def guard(self, request: GuardInput) -> GuardResult:
        await self._announce("guard", request.case)
        return await self._steps.guard(request)

    async def escalate(self, request: EscalateInput) -> EscalateResult:
        await self._announce("escalate", request.case)
        return await self._steps.escalate(request)

    async def _announce(self, step: str, case: Case) -> None:
        event: dict[str, Any] = {"store": case.query.store, "query_id": case.query.query_id}
        event |= {"kind": "step", "body": Jsonb({"step": step})}
        try:
            await self._database.call(SQL["announce"], event)
        except Unavailable:
            return  # nobody is told; the step itself says what is wrong if it needs the database too
