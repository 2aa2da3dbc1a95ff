"""Steps for tests: they answer at once, from what the test says they should."""

from collections.abc import Sequence

from domain.drafts import Draft, with_hash
from domain.errors import StepUnavailable
from domain.findings import Finding, Reason
from domain.steps import (
    Brief,
    ClassifyInput,
    ClassifyResult,
    EscalateInput,
    EscalateResult,
    GenerateInput,
    GenerateResult,
    GuardInput,
    GuardResult,
    IntentScore,
    RetrieveInput,
    RetrieveResult,
)
from domain.vocabulary import Intent, Language, Outcome, Tier


class FakeSteps:
    """Scripted steps. `calls` lists the steps in the order in which they were called."""

    def __init__(
        self,
        *,
        tier: Tier = Tier.AUTOMATIC,
        nothing_to_answer: bool = False,
        send: bool = True,
        outcome: Outcome = Outcome.PASS,
        unavailable: Sequence[str] = (),
        edit_findings: Sequence[Finding] = (),
        same_redraft: bool = False,
    ) -> None:
        self.calls: list[str] = []
        self._tier, self._nothing, self._send, self._outcome = tier, nothing_to_answer, send, outcome
        self._unavailable, self._edit_findings = frozenset(unavailable), tuple(edit_findings)
        self._same_redraft = same_redraft

    def _enter(self, step: str) -> None:
        self.calls.append(step)
        if step in self._unavailable:
            raise StepUnavailable(step, "The fake was told to give up.")

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        self._enter("classify")
        return ClassifyResult(
            intent=Intent.SHIPPING,
            probability=0.9,
            intents=(IntentScore(intent=Intent.SHIPPING, probability=0.9),),
            language=request.case.query.language or Language.EN,
            language_confidence=1.0,
            tier=max(self._tier, request.case.tier_floor),
            nothing_to_answer=self._nothing,
        )

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        self._enter("retrieve")
        return RetrieveResult(answerable=True, tier=request.classification.tier)

    async def generate(self, request: GenerateInput) -> GenerateResult:
        self._enter("generate")
        attempt = 1 if self._same_redraft else request.attempt
        draft = Draft(text=f"Draft {attempt}.", language=request.classification.language, kind="answer")
        hashed = with_hash(draft, request.case.query.query_id, request.case.message_hash)
        return GenerateResult(draft=hashed, coverage=1.0, provider="fake", model="fake")

    async def guard(self, request: GuardInput) -> GuardResult:
        self._enter("guard")
        findings = self._edit_findings if request.edited else ()
        send = self._send and not request.edited and request.draft.attempt == 1 and request.case.held_by is None
        return GuardResult(outcome=self._outcome, findings=findings, confidence=0.9, send=send)

    async def escalate(self, request: EscalateInput) -> EscalateResult:
        self._enter("escalate")
        reasons = request.because or (Reason(code="none", text="None."),)
        return EscalateResult(
            brief=Brief(who="A customer", what="A question", tried=(), policy=(), suggestion="Answer.", because=reasons)
        )
