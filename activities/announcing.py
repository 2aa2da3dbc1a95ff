"""Tells whoever watches a query which step it has come to."""

import asyncio
import json
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from activities.language import LanguageReader
from activities.wording import RESOURCES
from domain.errors import Unavailable
from domain.messages import unanswered_text
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
from domain.vocabulary import Intent, Language
from graphs.steps import Steps
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("outbox.sql"))


TEXTS: dict[str, dict[str, str]] = json.loads((RESOURCES / "step_texts.json").read_text(encoding="utf-8"))
"""What customers are told of each step. It addresses nobody, so that it fits formal stores and others alike."""
ABOUT_ORDERS = frozenset({Intent.ORDER_STATUS, Intent.RETURN_REQUEST, Intent.REFUND, Intent.CANCEL})


class AnnouncedSteps:
    """`graphs.steps.Steps` around the real ones: one event a step, when it begins, with words for the customer."""

    def __init__(self, steps: Steps, database: Database) -> None:
        self._steps = steps
        self._database = database
        self._languages = LanguageReader()

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        case = request.case
        words = unanswered_text(case.thread)
        language = (await asyncio.to_thread(self._languages.read, words, hint=case.query.language)).language
        await self._announce("classify", case, language)
        return await self._steps.classify(request)

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        found = request.classification
        order = found.order_ids or ABOUT_ORDERS & {score.intent for score in found.intents}
        await self._announce("retrieve", request.case, found.language, told="look_up" if order else "retrieve")
        return await self._steps.retrieve(request)

    async def generate(self, request: GenerateInput) -> GenerateResult:
        await self._announce("generate", request.case, request.classification.language)
        return await self._steps.generate(request)

    async def guard(self, request: GuardInput) -> GuardResult:
        await self._announce("guard", request.case, request.classification.language)
        return await self._steps.guard(request)

    async def escalate(self, request: EscalateInput) -> EscalateResult:
        known = request.classification.language if request.classification else request.case.query.language
        await self._announce("escalate", request.case, known or Language.EN)
        return await self._steps.escalate(request)

    async def _announce(self, step: str, case: Case, language: Language, *, told: str | None = None) -> None:
        body = {"step": step, "text": TEXTS[told or step][language.value], "language": language.value}
        event: dict[str, Any] = {"store": case.query.store, "query_id": case.query.query_id}
        event |= {"kind": "step", "body": Jsonb(body)}
        try:
            await self._database.call(SQL["announce"], event)
        except Unavailable:
            return  # nobody is told; the step itself says what is wrong if it needs the database too
