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


def test_a_long_list_begins_each_piece_with_what_led_to_it() -> None:
    items = [f"- part number {number} in a bag of its own " + "word " * 15 for number in range(20)]
    passages = passages_of(document("You need:\n\n" + "\n".join(items)))
    assert len(passages) > 2
    assert all(passage.text.startswith("You need:\n- part number") for passage in passages)


@pytest.mark.parametrize("lead", ["You need:", "Can I return worn shoes?", "**Returns abroad**"])
def test_what_leads_to_a_block_stays_with_it(lead: str) -> None:
    text = (
        "Words of a paragraph. " * 25 + f"\n\n{lead}\n\n- first of the things\n- second of the things\n" + "- more " * 6
    )
    passages = passages_of(document(text))
    assert [passage.text.startswith("Words") for passage in passages] == [True, False]
    assert passages[1].text.startswith(lead.strip("*") + "\n- first")


def test_a_long_table_is_cut_between_rows_that_name_their_columns() -> None:
    rows = "\n".join(
        f"| Country {number} | {number} days by road | {number},90 € each parcel |" for number in range(60)
    )
    passages = passages_of(document(f"Our rates:\n\n| Where | When | Price |\n|---|---|---|\n{rows}"))
    lines = [line for passage in passages for line in passage.text.splitlines() if line != "Our rates:"]
    assert all(passage.text.startswith("Our rates:\nWhere: Country") for passage in passages)
    assert lines == [f"Where: Country {n}; When: {n} days by road; Price: {n},90 € each parcel" for n in range(60)]
    assert min(len(passage.text) for passage in passages) > MAX_CHARACTERS / 3


def test_items_stay_below_the_item_they_belong_to() -> None:
    inner = "\n".join(f"  - inner number {number} " + "word " * 12 for number in range(12))
    passages = passages_of(document(f"- Germany\n{inner}\n- Spain\n  - none"))
    assert len(passages) > 1
    assert all("- Germany\n  - inner" in passage.text for passage in passages)
    assert passages[-1].text.endswith("- Spain\n  - none")


def test_definition_lists_and_tables_of_names_and_values_are_lines() -> None:
    text = "Weight\n: 2 kg\n\nColour\n: red\n: or blue\nSize\n: M\n\n| | |\n|---|---|\n| Height | 40 cm |"
    assert passages_of(document(text))[0].text == (
        "- Weight: 2 kg\n\n- Colour: red or blue\n- Size: M\n\nHeight: 40 cm"
    )


def test_html_inside_markdown_is_read_as_html() -> None:
    text = (
        "Before.\n\n<table><tr><th>Zone</th><th>Days</th></tr><tr><td>1</td><td>2</td></tr></table>\n\n"
        "<!-- a comment\nof two lines -->\n\n<details><summary>Why?</summary>\n\nBecause *so*.\n\n</details>"
    )
    assert passages_of(document(text))[0].text == "Before.\n\nZone: 1; Days: 2\n\nWhy?\nBecause so."


def test_the_last_heading_is_kept_when_a_title_is_too_long() -> None:
    (passage,) = passages_of(document(f"# {'Long ' * 40}\n\n## {'Middle ' * 30}\n\n### Is it free?\n\nYes."))
    assert passage.title.startswith("Returns › ")
    assert passage.title.endswith(" › Is it free?")


def test_characters_that_nobody_sees_are_gone() -> None:
    (passage,) = passages_of(
        document("Free\u200b ship\u00adping\U000e0041 \U0001f469\u200d\U0001f467", title="Re\u200bturns")
    )
    assert (passage.title, passage.text) == ("Returns", "Free shipping \U0001f469\u200d\U0001f467")


@pytest.mark.parametrize(
    "text", ["> " * 10_000 + "x", "- " * 10_000 + "x", "[" * 20_000, "<div>" * 20_000 + "x", "*a_" * 9_000]
)
def test_no_depth_is_too_deep(text: str) -> None:
    assert passages_of(document(text))


@pytest.mark.parametrize("text", ["x" * 5_000, "word " * 2_000, "A sentence of some length. " * 300, "ß" * 601])
def test_no_passage_is_too_long_and_nothing_is_lost(text: str) -> None:
    passages = passages_of(document(text))
    assert all(len(passage.text) <= MAX_CHARACTERS for passage in passages)
    assert "".join("".join(passage.text for passage in passages).split()) == "".join(text.split())


def test_a_long_paragraph_is_cut_between_sentences_and_not_after_abbreviations() -> None:
    sentence = "Bitte senden Sie uns z. B. das Formular Nr. 5 bis zum 24. Dezember, d. h. rechtzeitig, zu."
    passages = passages_of(document(" ".join([sentence] * 20)))
    assert len(passages) > 2
    assert all(passage.text.startswith("Bitte") and passage.text.endswith("zu.") for passage in passages)


def test_a_document_of_a_title_alone_is_one_passage() -> None:
    assert [(passage.title, passage.text) for passage in passages_of(document("# Returns"))] == [("Returns", "Returns")]


@given(st.text(alphabet=st.sampled_from("#-*|>` \n1.ab[]()<&\\~_\t"), max_size=300))
def test_whatever_the_markdown_the_passages_are_numbered_and_not_blank(text: str) -> None:
    passages = passages_of(document(text))
    assert [passage.passage_id.rpartition("#")[2] for passage in passages] == [str(n) for n in range(len(passages))]
    assert all(passage.text.strip() and len(passage.text) <= MAX_CHARACTERS for passage in passages)
