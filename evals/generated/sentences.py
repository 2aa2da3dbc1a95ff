"""Generated questions with which pieces of what is found for them answer: what the choice of sentences learns from."""

import numpy as np

from activities.generation.answer_training import LabelledQuestion
from activities.generation.asking import questions_of
from activities.generation.judging import MAX_PIECES, rows_of
from activities.generation.pieces import Piece, cut_pieces
from activities.searching import found_for
from activities.wording import gist_of
from domain.ports import Embedder, KnowledgeSearch
from domain.vocabulary import Language
from evals.generated.cases import GeneratedCase, Need
from evals.generated.checking import meets

STORE = "demo"


async def pieces_for(case: GeneratedCase, knowledge: KnowledgeSearch) -> tuple[list[Piece], dict[str, float]]:
    """The pieces of all that the search finds, and the score of each passage."""
    questions = questions_of(case.text, case.language)
    found = await found_for(knowledge, STORE, gist_of(case.text), questions, language=case.language)
    passages = await knowledge.passages(STORE, [each.passage_id for each in found.passages])
    pieces = [piece for passage in passages for piece in cut_pieces(passage)][:MAX_PIECES]
    return pieces, {each.passage_id: each.score for each in found.passages}


async def labelled(case: GeneratedCase, knowledge: KnowledgeSearch, embedder: Embedder) -> LabelledQuestion | None:
    """The question with a row a piece; None where nothing is found. A piece of a document that states the fact answers
    when it says one of the things that are needed."""
    pieces, scores = await pieces_for(case, knowledge)
    if not pieces:
        return None
    question = questions_of(case.text, case.language)[-1]
    rows = await rows_of(embedder, [question], pieces, scores, case.language, whole=gist_of(case.text))
    answers = [
        case.answerable
        and piece.passage.document_id in case.documents
        and any(meets(need, piece.text, piece.passage.language) for need in needs_in(case, piece.passage.language))
        for piece in pieces
    ]
    return LabelledQuestion(rows[0], np.array(answers), case.answerable, case.cluster)


def needs_in(case: GeneratedCase, language: Language) -> tuple[Need, ...]:
    """What has to be said, as a document of this language says it."""
    if language is case.language:
        return case.needs
    said = case.elsewhere.get(language, ())
    return tuple(Need(values=need.values, phrases=said) if need.phrases else need for need in case.needs)
