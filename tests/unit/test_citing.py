"""Numbers that models write behind sentences, and the citations that they become."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.citing import numbered, sentence_spans

IDS = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "plain", "cited"),
    [
        ("Within 30 days [1].", "Within 30 days.", {"Within 30 days.": ("a",)}),
        ("Within 30 days. [1]", "Within 30 days.", {"Within 30 days.": ("a",)}),
        ("Within 30 days.[1][3]", "Within 30 days.", {"Within 30 days.": ("a", "c")}),
        ("Within 30 days [1, 3].", "Within 30 days.", {"Within 30 days.": ("a", "c")}),
        ("Within 30 days 【2】.", "Within 30 days.", {"Within 30 days.": ("b",)}),
        ("Within 30 days 【2†source】.", "Within 30 days.", {"Within 30 days.": ("b",)}),
        ("Within 30 days [^2].", "Within 30 days.", {"Within 30 days.": ("b",)}),
        ("One [1] and two [2].", "One and two.", {"One and two.": ("a", "b")}),
        ("One [2]. Two [2]. Three.", "One. Two. Three.", {"One.": ("b",), "Two.": ("b",)}),
        ("- Red [1]\n- Blue [2]", "- Red\n- Blue", {"- Red": ("a",), "- Blue": ("b",)}),
        ("Within 30 days [7].", "Within 30 days.", {}),
        ("Within 30 days [0].", "Within 30 days.", {}),
        ("[1]", "", {}),
        ("[1] Within 30 days.", " Within 30 days.", {}),
        ("See [1](https://shop.test/a).", "See [1](https://shop.test/a).", {}),
        ("Size [M] fits.", "Size [M] fits.", {}),
        ("No marks.", "No marks.", {}),
        ("", "", {}),
    ],
)
def test_marks_are_taken_out_and_cite_the_sentence_before_them(
    text: str, plain: str, cited: dict[str, tuple[str, ...]]
) -> None:
    found, citations = numbered(text, IDS)

    assert found == plain
    assert {found[each.start : each.end]: each.documents for each in citations} == cited


@given(st.text(alphabet="ab .!?\n[]【】0123456789,;^†()", max_size=200))
def test_whatever_a_model_writes_citations_lie_within_the_text(text: str) -> None:
    plain, citations = numbered(text, IDS)

    assert all(0 <= each.start < each.end <= len(plain) for each in citations)
    assert all(set(each.documents) <= set(IDS) for each in citations)


@given(st.text(max_size=300))
def test_sentences_lie_in_order_and_within_the_text(text: str) -> None:
    spans = sentence_spans(text)

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
