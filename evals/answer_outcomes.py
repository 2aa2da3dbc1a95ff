"""What became of a question: what was drafted, whether it left, whether it is right, and what it rests on. Pure."""

from collections.abc import Sequence

from domain.drafts import Draft
from domain.knowledge import Passage
from domain.messages import Turn
from domain.policies import StorePolicy
from domain.steps import Case, ClassifyResult, GuardResult, RetrieveResult
from domain.values import Value
from domain.vocabulary import Disposition, Intent, Language, Tier
from evals.answer_facts import Shop, false_facts, missing_facts
from evals.answer_grounding import Sources, ungrounded
from evals.answer_languages import is_in
from evals.answer_questions import AnswerQuestion
from graphs.nodes import why_a_person
from graphs.state import SupportState


class AnswerOutcome(Value):
    """One question with what came of it."""

    id: str
    language: Language
    intent: Intent
    tier: Tier
    """Who should handle it."""
    clarify: bool
    unanswerable: bool
    kind: str | None
    """Of the draft: answer, clarification, holding; None where there is none."""
    sent: bool
    """It left without a person."""
    right: bool
    missing: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    read_as: Intent | None = None
    read_in: Language | None = None
    read_tier: Tier | None = None
    codes: tuple[str, ...] = ()
    """Why a person is asked; empty when it left."""
    checks: tuple[str, ...] = ()
    """Of the guard's findings."""
    confidence: float | None = None
    strange: tuple[str, ...] = ()
    """Values of the reply that are in no source."""
    in_language: bool = True
    cited: tuple[str, ...] = ()
    """Documents."""
    text: str = ""

    @property
    def automated(self) -> bool:
        """An answer that left by itself. A question back, a notice and a holding reply answer nothing."""
        return self.sent and self.kind == "answer"

    @property
    def may_leave(self) -> bool:
        """The store's table lets it leave, and there is something to answer without asking back."""
        return self.tier is Tier.AUTOMATIC and not self.clarify and not self.unanswerable

    @property
    def clarified_rightly(self) -> bool:
        """A question was asked back where that is the only sensible reply."""
        return self.clarify and self.kind == "clarification"


def outcome_of(question: AnswerQuestion, state: SupportState, cited: Sequence[Passage], shop: Shop) -> AnswerOutcome:
    """The outcome of a question that went through the graph; `cited` are the passages that its draft cites."""
    draft = Draft.model_validate(state["draft"]) if "draft" in state else None
    guard = GuardResult.model_validate(state["guard"]) if "guard" in state else None
    read = ClassifyResult.model_validate(state["classification"]) if "classification" in state else None
    sent = (state.get("ending") or {}).get("disposition") == Disposition.SENT_AUTOMATICALLY
    text = draft.text if draft else ""
    missing = missing_facts(question, text, shop) if draft else question.facts
    false = false_facts(question, text, shop) if draft else ()
    return AnswerOutcome(
        id=question.id,
        language=question.language,
        intent=question.intent,
        tier=question.tier,
        clarify=question.clarify,
        unanswerable=question.unanswerable,
        kind=draft.kind if draft else None,
        sent=sent,
        right=draft is not None and not missing and not false and not _made_up(question, draft),
        missing=tuple(fact.told() for fact in missing),
        false=tuple(fact.told() for fact in false),
        read_as=read.intent if read else None,
        read_in=read.language if read else None,
        read_tier=read.tier if read else None,
        codes=() if sent else tuple(dict.fromkeys(reason.code for reason in why_a_person(state))),
        checks=tuple(dict.fromkeys(each.check for each in guard.findings)) if guard else (),
        confidence=guard.confidence if guard else None,
        strange=ungrounded(text, question.language, sources_of(state, draft, cited)) if draft else (),
        in_language=is_in(text, question.language) if draft else True,
        cited=tuple(dict.fromkeys(each.document_id for each in draft.citations)) if draft else (),
        text=text,
    )


def _made_up(question: AnswerQuestion, draft: Draft) -> bool:
    """An answer where there is none, of which the question does not say what a good reply would hold."""
    return question.unanswerable and not question.facts and draft.kind == "answer"


def sources_of(state: SupportState, draft: Draft, cited: Sequence[Passage]) -> Sources:
    """What the draft may rest on: its passages, the looked-up orders and facts, the settings, the conversation."""
    case = Case.model_validate(state["case"])
    lookup = RetrieveResult.model_validate(state["retrieval"]).lookup if "retrieval" in state else None
    return Sources(
        texts=(
            *(f"{passage.title}\n{passage.text}\n{passage.url or ''}" for passage in cited),
            *draft.facts.values(),
            *_settings(case.policy),
            *_said(case.thread),
            *((lookup.customer.model_dump_json(),) if lookup and lookup.customer else ()),
            *(each.model_dump_json() for each in (lookup.returns if lookup else ())),
        ),
        orders=lookup.orders if lookup else (),
        today=case.query.received_at.date(),
    )


def _settings(policy: StorePolicy) -> tuple[str, ...]:
    return (policy.name, *policy.signature.values(), policy.return_form_url or "")


def _said(thread: Sequence[Turn]) -> tuple[str, ...]:
    return tuple(turn.text for turn in thread)
