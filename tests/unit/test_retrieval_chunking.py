"""Documents are cut into passages of a readable size that keep together what belongs together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.knowledge import Document
from domain.vocabulary import Kind, Language
from retrieval.chunking import MAX_CHARACTERS, passages_of


def document(text: str, title: str = "Returns") -> Document:
    return Document(id="policies/returns", kind=Kind.POLICY, language=Language.EN, title=title, text=text)


def test_each_heading_begins_a_passage_whose_title_holds_the_path() -> None:
    passages = passages_of(
        document("# Returns\n\nIntro.\n\n## Costs\n\nFree.\n\n### Abroad\n\nNot free.\n\n## Form\n\nHere.")
    )
    assert [passage.title for passage in passages] == [
        "Returns",
        "Returns › Costs",
        "Returns › Costs › Abroad",
        "Returns › Form",
    ]
    assert [passage.text for passage in passages] == ["Intro.", "Free.", "Not free.", "Here."]


def test_ids_and_hashes_are_the_same_every_time_and_change_with_the_text() -> None:
    first, again, other = (passages_of(document(text))[0] for text in ("One.", "One.", "Two."))
    assert first == again
    assert first.passage_id == other.passage_id == "policies/returns.en#0"
    assert first.content_hash != other.content_hash


def test_markup_is_gone_and_words_stay() -> None:
    text = (
        "Pay **only** `5 €` via [our form](https://a.example) <b>today</b>.<br>~~No~~ more \\* stars, 5*3, snake_case."
    )
    assert passages_of(document(text))[0].text == "Pay only 5 € via our form today. No more * stars, 5*3, snake_case."


def test_a_list_is_lines_and_a_table_row_names_its_columns() -> None:
    text = "- one\n- two\n  - inner\n\n1. first\n2. second\n\n| Zone | Days |\n|---|---|\n| 1 | 2–4 |\n| 2 | |\n"
    assert passages_of(document(text))[0].text == (
        "- one\n- two\n  - inner\n\n1. first\n2. second\n\nZone: 1; Days: 2–4\nZone: 2"
    )


def test_a_list_that_fits_a_passage_is_not_torn() -> None:
    items = "\n".join(f"- item number {number} of the list" for number in range(20))
    passages = passages_of(document("A paragraph. " * 40 + "\n\n" + items + "\n\n" + "Another paragraph. " * 30))
    assert sum("item number 0 " in passage.text and "item number 19 " in passage.text for passage in passages) == 1


def test_a_list_longer_than_a_passage_is_cut_between_items() -> None:
    items = [f"- item {number} " + "word " * 20 for number in range(30)]
    lines = [line for passage in passages_of(document("\n".join(items))) for line in passage.text.splitlines()]
    assert [line.split()[2] for line in lines] == [str(number) for number in range(30)]


@pytest.mark.parametrize("text", ["x" * 5_000, "word " * 2_000, "A sentence of some length. " * 300, "ß" * 601])
def test_no_passage_is_too_long_and_nothing_is_lost(text: str) -> None:
    passages = passages_of(document(text))
    assert all(len(passage.text) <= MAX_CHARACTERS for passage in passages)
    assert "".join("".join(passage.text for passage in passages).split()) == "".join(text.split())


def test_a_document_of_a_title_alone_is_one_passage() -> None:
    assert [(passage.title, passage.text) for passage in passages_of(document("# Returns"))] == [("Returns", "Returns")]


@given(st.text(alphabet=st.sampled_from("#-*|>` \n1.ab[]()<&\\~_\t"), max_size=300))
def test_whatever_the_markdown_the_passages_are_numbered_and_not_blank(text: str) -> None:
    passages = passages_of(document(text))
    assert [passage.passage_id.rpartition("#")[2] for passage in passages] == [str(n) for n in range(len(passages))]
    assert all(passage.text.strip() and len(passage.text) <= MAX_CHARACTERS for passage in passages)
