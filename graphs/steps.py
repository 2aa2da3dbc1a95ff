"""The steps of the graph as a Protocol. A class in `activities` does the work; a proxy in `workflows` schedules it."""

from typing import Protocol

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


class Steps(Protocol):
    """Each step raises `domain.errors.StepUnavailable` when it gave up on something outside; a person takes over."""

    async def classify(self, request: ClassifyInput) -> ClassifyResult: ...

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult: ...

    async def generate(self, request: GenerateInput) -> GenerateResult: ...

    async def guard(self, request: GuardInput) -> GuardResult: ...

    async def escalate(self, request: EscalateInput) -> EscalateResult: ...
