"""What the offline replies quote: each question for itself, from all that was found, and nothing that was not asked."""

import pytest

from activities.generation.asking import questions_of
from activities.generation.choosing import choose
from activities.generation.citations import citations_of
from activities.generation.judging import Judged
from activities.generation.pieces import cut_pieces
from activities.generation.quotes import QuoteFinder
from domain.knowledge import FoundPassage, Passage
from domain.vocabulary import Kind, Language
from retrieval.embedders import UniversalSentenceEmbedder

SHELF = (
    "The Falk shelf is made of solid oak.\n\n- Weight: 12 kg\n- Load: 30 kg a board\n- Height: 180 cm\n\n"
    "It is delivered in one parcel."
)


def a_passage(text: str, name: str = "a", kind: Kind = Kind.PRODUCT, language: Language = Language.EN) -> Passage:
    return Passage(
        passage_id=name, document_id=f"d-{name}", kind=kind, language=language, title=f"Title {name}", text=text,
        content_hash=name * 8,
    )  # fmt: skip


def found(passage: Passage, score: float = 0.8) -> FoundPassage:
    return FoundPassage(**passage.model_dump(exclude={"text", "attributes"}), score=score)


@pytest.fixture(scope="module")
def finder() -> QuoteFinder:
    return QuoteFinder(UniversalSentenceEmbedder())


@pytest.mark.parametrize(
    ("message", "language", "amount"),
    [
        ("How long does delivery take and what does it cost?", Language.EN, 2),
        ("Wie schwer ist das Regal? Und wie hoch ist es?", Language.DE, 2),
        ("¿Cuánto tarda el envío y cuánto cuesta?", Language.ES, 2),
        ("Est-ce que je peux payer par virement ?", Language.FR, 1),
        ("Posso devolver uma almofada usada?", Language.PT, 1),
        ("My lamp is too bright.", Language.EN, 1),
    ],
)
def test_each_question_of_a_message_is_asked_for_itself(message: str, language: Language, amount: int) -> None:
    assert len(questions_of(message, language)) == amount


async def test_both_questions_are_answered(finder: QuoteFinder) -> None:
    text = "Parcels are made of paper.\n\n- Delivery takes 3 to 5 working days.\n- Delivery costs €4.95.\n- We like it."
    passage = a_passage(text, kind=Kind.POLICY)
    message = "How long does delivery take and what does delivery cost?"
    quoted = await finder.find(message, [passage], [found(passage)], language=Language.EN)
    told = " ".join(quote.text for quote in quoted.quotes)
    assert "5 working days" in told
    assert "€4.95" in told


async def test_nothing_is_quoted_where_nothing_was_found_or_all_was_rejected(finder: QuoteFinder) -> None:
    passage = a_passage("It is made of oak.")
    assert (await finder.find("Which wood is it?", [], [], language=Language.EN)).quotes == ()
    again = await finder.find(
        "Which wood?", [passage], [found(passage)], language=Language.EN, avoid="It is made of oak."
    )
    assert again.quotes == ()


def test_a_question_that_nothing_answers_stays_open_beside_one_that_is() -> None:
    pieces = cut_pieces(a_passage(SHELF))
    first, second = questions_of("How heavy is it? Is it sold in Japan?", Language.EN)
    weight = next(place for place, piece in enumerate(pieces) if "12 kg" in piece.text)
    sure = tuple(0.9 if place == weight else 0.01 for place in range(len(pieces)))
    chosen = choose(pieces, [Judged(first, sure), Judged(second, (0.02,) * len(pieces))], answered=0.2)
    assert "Weight: 12 kg." in [piece.text for piece in chosen.pieces]
    assert chosen.unanswered == ("Is it sold in Japan?",)


async def test_the_spans_of_a_citation_are_the_quoted_sentences_in_the_text(finder: QuoteFinder) -> None:
    passage = a_passage(SHELF)
    quoted = await finder.find("How heavy is the Falk shelf?", [passage], [found(passage)], language=Language.EN)
    text = "Hello,\n\n" + "\n\n".join(quote.text for quote in quoted.quotes) + "\n\nBye"
    (citation,) = citations_of(quoted.quotes, text)
    told = [text[start:end] for start, end in citation.spans]
    assert told == list(quoted.quotes[0].parts)
    assert told


async def test_what_answers_in_the_customers_language_is_not_mixed_with_another(finder: QuoteFinder) -> None:
    own = a_passage("Das Regal wiegt 12 kg.", "b", language=Language.DE)
    other = a_passage("The shelf weighs 12 kg and is heavy.", "c")
    quoted = await finder.find(
        "Wie viel wiegt das Regal?", [own, other], [found(own), found(other, 0.79)], language=Language.DE
    )
    assert {quote.passage.language for quote in quoted.quotes} == {Language.DE}
