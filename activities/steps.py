"""The five steps as they really run: a class that satisfies `graphs.steps.Steps` over clients given to it."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from activities.briefing import write_brief
from activities.classification.port import MessageClassifier
from activities.classification.signs import Sign
from activities.classified import classified
from activities.conversation.matters import as_asked
from activities.conversation.reading import (
    after_lookup,
    asked_in_vain,
    in_conversation,
    pointed_out,
    understood_in,
)
from activities.conversation.shaping import shaped
from activities.guarding.canaries import issue_canary
from activities.guarding.confidence import confidence_of, explained, shipped_weights
from activities.guarding.context import Context
from activities.guarding.guard import Guard, context_of, outcome_of
from activities.language import SURE, Heard, LanguageReader
from activities.lookups.looking_up import LookUps
from activities.own_orders import read_with, worth_reading
from activities.return_rule import with_return_rule
from activities.searching import searched
from activities.situation_rule import with_situation_rule
from domain.consequences import consequence_of
from domain.drafts import Citation, Draft, with_hash
from domain.errors import StepUnavailable, Unavailable
from domain.findings import Reason
from domain.knowledge import FoundPassage, Passage
from domain.messages import unanswered_text
from domain.ports import Generator, KnowledgeSearch
from domain.routing import held_back, strictest
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
from domain.vocabulary import Language

KEPT_PASSAGES = 500


class SupportSteps:
    """Satisfies `graphs.steps.Steps`. Each step raises StepUnavailable when something it calls gave up."""

    def __init__(
        self,
        *,
        classifier: MessageClassifier,
        languages: LanguageReader,
        knowledge: KnowledgeSearch,
        lookups: LookUps,
        generator: Generator,
        guard: Guard,
        top: int = 3,
        instructions: tuple[str, ...] = (),
    ) -> None:
        """`instructions`: what the generator's models are told, which no reply may repeat."""
        self._top = top
        self._classifier = classifier
        self._languages = languages
        self._knowledge = knowledge
        self._lookups = lookups
        self._generator = generator
        self._guard = guard
        self._instructions = instructions
        self._read: OrderedDict[tuple[str, str, str], Passage] = OrderedDict()

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what shapes an answer, to be pinned with a query's policy."""
        return {
            "classifier": self._classifier.version,
            "generator": self._generator.name,
            "guard": self._guard.version,
            "confidence": shipped_weights().version,
        }

    async def warm_up(self) -> None:
        """Loads the encoder, the language models and the date formats, some seconds, so that no customer waits."""
        await asyncio.gather(self._classifier.warm_up(), self._knowledge.warm_up())
        await asyncio.to_thread(self._languages.read, "hello")
        await self._guard.examine(Context(message="hello", reply="Hello, 1 May."))
        await asyncio.to_thread(self._guard.warm_up)

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        """What the customer wants, in which language, and who must answer."""
        case = request.case
        async with _gives_up_as("classify"):
            understood, taken = await understood_in(self._classifier, case)
        heard, known = await self._heard(case, understood.core)
        if worth_reading(understood, taken):
            understood, taken = read_with(understood, taken, await self._lookups.orders_of(case), heard.language)
        return in_conversation(classified(case, understood, heard), case, taken, language_known=known)

    async def signs_in(self, text: str) -> tuple[Sign, ...]:
        """The must-escalate categories met in a message, without a case around it. Raises StepUnavailable."""
        async with _gives_up_as("classify"):
            return await self._classifier.signs(text)

    async def _heard(self, case: Case, core: str) -> tuple[Heard, bool]:
        """The language, and whether the customer's record told it: it is asked where nothing else tells."""
        heard = await asyncio.to_thread(self._hear, case, core, case.query.language)
        if heard.confidence >= SURE or heard.foreign is not None or case.query.language is not None:
            return heard, False
        chosen = await self._lookups.language_of(case)
        return (heard, False) if chosen is None else (await asyncio.to_thread(self._hear, case, core, chosen), True)

    def _hear(self, case: Case, core: str, hint: Language | None) -> Heard:
        now = unanswered_text(case.thread)
        earlier = [turn.text for turn in case.thread if turn.role == "customer" and turn.text not in now][-4:]
        return self._languages.read_any(core, hint=hint, earlier=earlier)

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        """Passages, and what the store's systems say of orders and customer."""
        case, classification = request.case, request.classification
        async with _gives_up_as("retrieve"):
            found = await searched(self._knowledge, case, classification, self._top)
            lookup = pointed_out(await self._lookups.look_up(case, classification), classification)
            found = await with_return_rule(self._knowledge, case, classification, found, lookup)
            found = await with_situation_rule(self._knowledge, case, classification, found, lookup)
        tier, reasons = after_lookup(case, classification, lookup)
        return RetrieveResult(
            passages=found.passages, answerable=found.answerable, lookup=lookup, tier=tier, reasons=reasons
        )

    async def generate(self, request: GenerateInput) -> GenerateResult:
        """A draft with its hash."""
        case = request.case
        async with _gives_up_as("generate"):
            passages = await self._passages(case.query.store, request.retrieval.passages)
            asked = request.model_copy(update={"case": as_asked(case, request.classification.continues)})
            composed = shaped(await self._generator.compose(asked, passages), request)
        draft = Draft(
            text=composed.text,
            language=request.classification.language,
            kind=composed.kind,
            citations=composed.citations,
            facts=composed.facts,
            used=composed.used,
            proposal=composed.proposal,
            reasons=composed.reasons,
            answers=composed.answers,
            stand_in=composed.stand_in,
            attempt=request.attempt,
        )
        foreign = {p.language for p in passages if p.passage_id in {c.passage_id for c in composed.citations}}
        reasons: tuple[Reason, ...] = ()
        if foreign - {request.classification.language}:
            reasons = (Reason(code="other_language", text="The answer was found in another language only."),)
        return GenerateResult(
            draft=with_hash(draft, case.query.query_id, case.message_hash),
            coverage=min(1.0, max(0.0, composed.coverage)),
            provider=composed.provider,
            model=composed.model or self._generator.name,
            input_tokens=composed.input_tokens,
            output_tokens=composed.output_tokens,
            reasons=(*composed.reasons, *reasons),
        )

    async def guard(self, request: GuardInput) -> GuardResult:
        """What is wrong with a draft, how sure we are of it, and whether it may leave."""
        case, classification = request.case, request.classification
        async with _gives_up_as("guard"):
            cited = await self._passages(case.query.store, request.draft.citations)
            canaries = (issue_canary(case.query.store),) if self._instructions else ()
            context = context_of(request, cited, prompts=self._instructions, canaries=canaries)
            findings = await self._guard.examine(context)
        outcome, in_vain = asked_in_vain(request, outcome_of(findings))
        asked = request.model_copy(update={"case": as_asked(case, classification.continues)})
        confidence = confidence_of(asked, findings)
        reasons = request.draft.reasons + held_back(
            case.policy,
            case.query,
            intent=classification.intent,
            language=classification.language,
            tier=strictest(classification.tier, request.retrieval.tier, case.tier_floor),
            confidence=confidence,
            outcome=outcome,
            draft_kind=request.draft.kind,
            attempt=request.draft.attempt,
            agent_holds=case.held_by is not None,
            consequence=consequence_of((score.intent for score in classification.intents), request.draft.facts),
        )
        return GuardResult(
            outcome=outcome,
            findings=findings,
            confidence=confidence,
            send=not reasons and not request.edited,
            reasons=explained((*in_vain, *reasons), asked, findings),
        )

    async def escalate(self, request: EscalateInput) -> EscalateResult:
        """The brief for an agent. What cannot be looked up any more is left out of it."""
        found = request.retrieval.passages[:2] if request.retrieval else ()
        async with _gives_up_as("escalate"):
            passages = await self._passages(request.case.query.store, found)
        return EscalateResult(brief=write_brief(request, passages))

    async def _passages(self, store: str, wanted: Sequence[FoundPassage | Citation]) -> tuple[Passage, ...]:
        """The texts, in order; those that are gone are left out. Texts read lately are kept under their content hash,
        so a passage that has changed is read again."""
        keys = {each.passage_id: (store, each.passage_id, each.content_hash) for each in wanted}
        unknown = [passage_id for passage_id, key in keys.items() if key not in self._read]
        if unknown:
            for passage in await self._knowledge.passages(store, unknown):
                self._read[store, passage.passage_id, passage.content_hash] = passage
        found = tuple(self._read[key] for key in keys.values() if key in self._read)
        while len(self._read) > KEPT_PASSAGES:
            self._read.popitem(last=False)
        return found


@asynccontextmanager
async def _gives_up_as(step: str) -> AsyncIterator[None]:
    try:
        yield
    except StepUnavailable:
        raise
    except Unavailable as error:
        raise StepUnavailable(step, error.message, retry_after=error.retry_after) from error
