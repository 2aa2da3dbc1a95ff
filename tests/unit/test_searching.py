"""What is looked for to answer a message: all of it, each of its questions, and what stands around what was found."""

from activities.fakes import FixedKnowledge
from activities.generation.asking import questions_of
from activities.searching import FOR_A_PART, found_for
from domain.knowledge import Passage
from domain.vocabulary import Kind, Language

BOTH = "How heavy is the lamp? And how long does delivery take?"


def a_passage(name: str, document: str) -> Passage:
    return Passage(
        passage_id=name, document_id=document, kind=Kind.FAQ, language=Language.EN, title=name, text=name,
        content_hash=name,
    )  # fmt: skip


async def found(knowledge: FixedKnowledge, message: str, top: int = 1) -> list[tuple[str, float]]:
    questions = questions_of(message, Language.EN)
    result = await found_for(knowledge, "s", message, questions, language=Language.EN, top=top)
    return [(each.passage_id, each.score) for each in result.passages]


async def test_what_stands_around_a_found_passage_comes_last_with_the_score_of_its_document() -> None:
    knowledge = FixedKnowledge(
        (a_passage("lamp#0", "lamp"), 0.9), (a_passage("other#0", "other"), 0.8), (a_passage("lamp#1", "lamp"), 0.1)
    )
    assert await found(knowledge, "How heavy is the lamp?", top=2) == [
        ("lamp#0", 0.9),
        ("other#0", 0.8),
        ("lamp#1", 0.9),
    ]
    assert knowledge.asked == ["How heavy is the lamp?"]


async def test_each_of_several_questions_is_looked_for_too() -> None:
    knowledge = FixedKnowledge((a_passage("lamp#0", "lamp"), 0.9))
    assert await found(knowledge, BOTH) == [("lamp#0", 0.9)]
    assert knowledge.asked[0] == BOTH
    assert len(knowledge.asked) == 3


async def test_around_what_does_not_answer_nothing_is_read() -> None:
    unfit = FOR_A_PART - 0.01
    knowledge = FixedKnowledge((a_passage("lamp#0", "lamp"), unfit), (a_passage("lamp#1", "lamp"), 0.0))
    assert await found(knowledge, BOTH) == [("lamp#0", unfit)]
    assert knowledge.asked == [BOTH]
