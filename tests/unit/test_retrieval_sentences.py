"""A passage is cut into sentences, list items and table rows, each long enough to mean something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sentences import MAX_UNITS, MIN_CHARACTERS, sentences_of


@pytest.mark.parametrize(
    "sentences",
    [
        ["Returns are free within 30 days.", "After that we charge 3.50 € for each parcel."],
        ["Write to Mr. J. R. Smith, e.g. by e-mail.", "He answers within approx. 2 days!", "Is it too late then?"],
        ["Wählen Sie lieber z. B. Größe M.", "Umtausch bis zum 24. Dezember, d. h. auch nach dem 1. Advent."],
        ["Die Nr. 3.5 kostet inkl. MwSt. 20 €, zzgl. Versand.", "Artikel usw. finden Sie im 2. Stock."],
        ["Puede pagar p. ej. con tarjeta.", "La Sra. Núñez atiende en la c/ Mayor, núm. 5, de lunes a viernes."],
        ["¿Puedo devolverlo hoy?", "¡Sí, claro que puede devolverlo!", "Guarde el ticket y el embalaje."],
        ["Le délai est de 3 à 5 jours, p. ex. pour Mme. Durand.", "« Est-ce possible ? » est une bonne question."],
        ["A loja fica na av. Central, n.º 12, tel. 21 000.", "Aceitamos cartão, MB Way, etc.", "E também PayPal aqui."],
        ["The answer to this is no.", "It has been sold out.", "See art. 5 and fig. 3 on p. 12."],
        ["See https://a.example/x?y=1.2 for the form you need.", "Version 2.0.1 of the manual is on page 3."],
    ],
)  # fmt: skip
def test_abbreviations_ordinals_and_decimals_end_no_sentence(sentences: list[str]) -> None:
    assert sentences_of(" ".join(sentences)) == sentences


def test_list_items_and_table_rows_are_units_without_their_marks() -> None:
    text = (
        "You need for this shelf:\n- a cross-head screwdriver\n  - and a spirit level too\n"
        "12. a second person to hold it\n\nCountry: Spain; Days: 3; Price: 5 €"
    )
    assert sentences_of(text) == [
        "You need for this shelf:", "a cross-head screwdriver", "and a spirit level too",
        "a second person to hold it", "Country: Spain; Days: 3; Price: 5 €",
    ]  # fmt: skip


def test_short_neighbours_are_joined() -> None:
    assert sentences_of("We sell:\n- red\n- green\n- yellow and blue\n\nAsk.") == [
        "We sell: red; green; yellow and blue; Ask."
    ]
    assert sentences_of("Yes. You can return it within thirty days. Free.") == [
        "Yes. You can return it within thirty days. Free."
    ]


def test_more_than_twelve_units_are_gathered() -> None:
    text = "\n".join(f"- item number {number} of a long list" for number in range(30))
    units = sentences_of(text)
    assert len(units) <= MAX_UNITS
    assert all(f"number {number} of" in " ".join(units) for number in range(30))
    assert max(map(len, units)) < 3 * min(map(len, units))


@given(
    st.text(alphabet=st.sampled_from('ab Z.!?…\n-1*:;|"“)'), min_size=1, max_size=700).filter(
        lambda text: bool(text.strip())
    )
)
def test_nothing_is_lost_none_is_blank_and_they_are_few(text: str) -> None:
    units = sentences_of(text)
    assert 1 <= len(units) <= MAX_UNITS
    assert all(unit.strip() for unit in units)
    assert len(units) == 1 or min(map(len, units)) >= MIN_CHARACTERS or len(text) > MIN_CHARACTERS * MAX_UNITS
    letters = [character for character in text if character.isalpha()]
    assert [character for character in "".join(units) if character.isalpha()] == letters
