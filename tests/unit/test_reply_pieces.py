"""A reply in pieces is the reply, whatever it holds; each step has words for the customer in every language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.announcing import TEXTS
from api.events import pieces_of
from domain.vocabulary import Language

REPLIES = (
    "Your order is on its way. It should arrive on 3 May.\n\nKind regards,\nLumen",
    "Guten Tag, Frau Dr. Weiß,\n\nIhre Bestellung Nr. 5 kommt am 3. Mai, z. B. vormittags. Sie kostet 12,50 €!\n",
    "¿Puede decirnos el número? Lo buscamos.  Gracias …",
    "One.Two. Three\r\nfour\tfive. \n\n\n  Six",
    "• a\n• b\n1. c\n2. d",
    "no end",
    "...",
    "   \n  \n",
    "",
    "a\u2028b. C\x0bd. E",
    "The same. The same. The same.",
    "x" * 20_000,
    "Ab. " * 5_000,
)


@pytest.mark.parametrize("text", REPLIES, ids=range(len(REPLIES)))
def test_pieces_put_together_are_the_reply(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    assert all(pieces)


@given(st.text(st.sampled_from("aB 1.!?…\n\r\t\u2028«»)-•"), max_size=60))
def test_pieces_of_any_text_put_together_are_the_text(text: str) -> None:
    assert "".join(pieces_of(text)) == text


def test_a_piece_is_a_sentence_with_what_stands_between_it_and_the_next() -> None:
    assert pieces_of("Hello Ana,\n\nYour order left on 3. Mai. It costs 12.50 EUR. Thanks!\n\nLumen") == [
        "Hello Ana,\n\n",
        "Your order left on 3. Mai. ",
        "It costs 12.50 EUR. ",
        "Thanks!\n\n",
        "Lumen",
    ]


def test_every_step_has_words_in_every_language() -> None:
    assert set(TEXTS) == {"classify", "look_up", "retrieve", "generate", "guard", "escalate"}
    for words in TEXTS.values():
        assert set(words) == {language.value for language in Language}
        assert all(0 < len(text) <= 40 for text in words.values())
