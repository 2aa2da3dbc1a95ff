"""What a reply may quote of a passage: sentences, items of lists and rows of tables, each with what it stands under."""

import pytest

from activities.generation.pieces import MAX_PIECES, context_of, cut_pieces, subject_of
from domain.knowledge import Passage
from domain.vocabulary import Kind, Language


def a_passage(text: str, title: str = "Delivery › What it costs", kind: Kind = Kind.POLICY) -> Passage:
    return Passage(
        passage_id="p", document_id="d", kind=kind, language=Language.EN, title=title, text=text, content_hash="h"
    )


def texts(text: str, title: str = "Delivery › What it costs", kind: Kind = Kind.POLICY) -> list[str]:
    return [piece.text for piece in cut_pieces(a_passage(text, title, kind))]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Service: Storage; Price: €4.00 per day; Where: zone 1", "Storage – Price: €4.00 per day; Where: zone 1."),
        ("Zone: 2; Price: €7.95; Time: 3–6 days", "Zone: 2 – Price: €7.95; Time: 3–6 days."),
        ("Feature: Weight; Value: 4.8 kg", "Weight: 4.8 kg."),
        ("Merkmal: Pflege; Wert: feucht abwischen; nicht ölen", "Pflege: feucht abwischen; nicht ölen."),
        ("| Storage | €4.00 |", "Storage: €4.00."),
    ],
)
def test_a_row_of_a_table_is_told_with_the_names_of_its_columns(line: str, told: str) -> None:
    (piece,) = cut_pieces(a_passage(line))
    assert (piece.shape, piece.text) == ("row", told)


def test_items_and_rows_stand_under_the_sentence_that_leads_up_to_them_and_the_heading() -> None:
    pieces = cut_pieces(a_passage("We need two things. Please send us:\n- a photo,\n- the label.\n\nThank you."))
    assert [(piece.text, piece.lead, piece.shape) for piece in pieces] == [
        ("We need two things.", "", "sentence"),
        ("a photo.", "Please send us:", "item"),
        ("the label.", "Please send us:", "item"),
        ("Thank you.", "", "sentence"),
    ]
    assert context_of(pieces[1]) == "What it costs Please send us:"
    assert len({piece.block for piece in pieces}) == 3


def test_a_sentence_that_leads_to_nothing_is_no_piece() -> None:
    assert texts("Parcels go out at once. These are excepted:") == ["Parcels go out at once."]


def test_an_faq_stands_under_its_question_and_a_product_under_its_name() -> None:
    faq = a_passage("How long may I wait?\n\nThirty days.", "How long may I wait?", Kind.FAQ)
    (piece,) = cut_pieces(faq)
    assert (piece.text, context_of(piece), subject_of(faq)) == ("Thirty days.", "How long may I wait?", "")
    lamp = a_passage("- Weight: 4 kg", "Ember floor lamp", Kind.PRODUCT)
    assert (context_of(cut_pieces(lamp)[0]), subject_of(lamp)) == ("", "Ember floor lamp")


@pytest.mark.parametrize(
    ("second", "leans"),
    [
        ("It is free.", True),
        ("Sie ist kostenlos.", True),
        ("Elle est gratuite.", True),
        ("Después es gratis.", False),
        ("Isso é grátis.", True),
        ("Returns are free.", False),
    ],
)
def test_a_sentence_leans_on_the_one_before_when_it_begins_with_a_stand_in(second: str, leans: bool) -> None:
    assert cut_pieces(a_passage(f"The first parcel comes today. {second}"))[1].leans is leans


@pytest.mark.parametrize("text", ["", " \n\n ", "|---|---|", "...", "- \n- "])
def test_of_a_passage_without_words_nothing_can_be_quoted(text: str) -> None:
    assert texts(text) == []


def test_an_endless_passage_gives_only_so_many_pieces() -> None:
    assert len(texts("\n".join(f"- item number {number}" for number in range(500)))) == MAX_PIECES
