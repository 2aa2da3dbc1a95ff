"""What is looked for to answer a message: the message as a whole, each of its questions, and what stands around what
was found.

The search shows one passage a document, the one most like the question. The sentence that answers often stands next to
it: the price of a lamp is not where the lamp is described.
"""

from collections.abc import Sequence
from datetime import datetime

from activities.conversation.matters import question_of
from activities.generation.asking import Question, questions_of
from domain.knowledge import FoundPassage, Passage, SearchResult
from domain.messages import unanswered_text
from domain.ports import KnowledgeSearch
from domain.steps import Case, ClassifyResult
from domain.vocabulary import Intent, Language

AROUND = 2
"""Passages before and after a found one that are read too."""
NEARLY = 0.5
"""Of documents whose score reaches this share of the first one's, the surroundings are read too."""
FOR_A_PART = 0.35
"""From this score on, what is found for one of several questions is kept."""


async def searched(knowledge: KnowledgeSearch, case: Case, classification: ClassifyResult, top: int) -> SearchResult:
    """What is found for the unanswered messages of a case. Raises Unavailable."""
    return await found_for(
        knowledge,
        case.query.store,
        question_of(case),
        questions_of(unanswered_text(case.thread), classification.language),
        language=classification.language,
        intent=classification.intent,
        at=case.query.received_at,
        top=top,
    )


async def found_for(
    knowledge: KnowledgeSearch,
    store: str,
    text: str,
    questions: Sequence[Question],
    *,
    language: Language,
    intent: Intent | None = None,
    at: datetime | None = None,
    top: int = 3,
) -> SearchResult:
    """Best first what fits the whole text, then what fits one of several questions, then what stands around. Whether
    it is answerable says the whole text alone, and around what does not answer nothing is read. Raises Unavailable."""
    whole = await knowledge.search(store, text, language=language, intent=intent, at=at, top=top)
    if not whole.answerable:
        return whole
    found = list(whole.passages)
    for question in questions if len(questions) > 1 else ():
        part = await knowledge.search(store, question.text, language=language, at=at, top=1)
        found += _new(part.passages, found)
    around = await knowledge.around(store, [each.passage_id for each in _telling(found)], reach=AROUND)
    return whole.model_copy(update={"passages": (*found, *_scored(around, found))})


def _new(parts: Sequence[FoundPassage], found: Sequence[FoundPassage]) -> list[FoundPassage]:
    known = {each.passage_id for each in found}
    return [each for each in parts if each.score >= FOR_A_PART and each.passage_id not in known]


def _telling(found: Sequence[FoundPassage]) -> list[FoundPassage]:
    return [each for each in found if each.score >= NEARLY * found[0].score]


def _scored(around: Sequence[Passage], found: Sequence[FoundPassage]) -> list[FoundPassage]:
    """Each with the score of its document."""
    scores: dict[str, float] = {}
    for each in found:
        scores[each.document_id] = max(each.score, scores.get(each.document_id, 0.0))
    known = {each.passage_id for each in found}
    return [
        FoundPassage(**each.model_dump(exclude={"text", "attributes"}), score=scores[each.document_id])
        for each in around
        if each.passage_id not in known
    ]
