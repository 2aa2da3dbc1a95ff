"""Values in a reply: words for numbers, times, measures, and values that a source states about something else."""

import pytest

from activities.guarding.values import values_in, values_of
from domain.vocabulary import Language
from tests.guard_world import checks_of

EN, DE, FR, ES, PT = Language.EN, Language.DE, Language.FR, Language.ES, Language.PT


@pytest.mark.parametrize(
    ("language", "said", "stated"),
    [
        (EN, "within thirty days", "30 days"),
        (DE, "innerhalb von dreißig Tagen", "30 Tage"),
        (FR, "sous trente jours", "30 jours"),
        (ES, "en treinta días", "30 días"),
        (PT, "em trinta dias", "30 dias"),
        (EN, "twenty-five euros", "€25"),
        (DE, "fünfundzwanzig Euro", "25,00 €"),
        (FR, "dix pour cent", "10 %"),
        (EN, "within a week", "one week"),
        (PT, "durante uma hora", "uma hora"),
        (EN, "before 2 pm", "14:00"),
        (FR, "avant 14 h", "14:00"),
        (DE, "bis 14.00 Uhr", "14:00"),
        (EN, "at 80 °C", "60, 80, 90 and 100 °C"),
        (DE, "1,7 Liter", "0,5 bis 1,7 l"),
        (EN, "in June 2026", "12 June 2026"),
        (EN, "2–4 working days", "2–4 days\nTimes are working days."),
    ],
)
def test_a_value_in_words_or_in_another_notation_is_the_same(language: Language, said: str, stated: str) -> None:
    values = values_in(said, language)
    assert values
    assert all(values_of(stated, hint=language).support(value) for value in values)


@pytest.mark.parametrize(
    ("language", "said", "stated"),
    [
        (EN, "within forty days", "30 days"),
        (DE, "innerhalb von vierzig Tagen", "30 Tage"),
        (FR, "sous quarante jours", "30 jours"),
        (ES, "en cuarenta días", "30 días"),
        (PT, "em quarenta dias", "30 dias"),
        (EN, "30 weeks", "30 days"),
        (EN, "3 working days", "3 days"),
        (EN, "25 g", "25 kg"),
        (EN, "15:00", "14:00"),
        (EN, "on Tuesday", "on Monday"),
        (EN, "tomorrow", "on Monday"),
        (EN, "July 2026", "12 June 2026"),
        (EN, "the code WELCOME", "the code WINTER"),
        (EN, "£25", "€25"),
    ],
)
def test_another_value_is_not(language: Language, said: str, stated: str) -> None:
    supported = values_of(stated, hint=language)
    assert not all(supported.support(value) for value in values_in(said, language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (FR, "un article neuf"),
        (DE, "Guten Morgen"),
        (ES, "por la mañana"),
        (EN, "one of these, the two of them"),
        (PT, "segunda deslocação, de uma só vez"),
        (DE, "eine Lampe"),
    ],
)
def test_words_that_only_look_like_numbers_are_none(language: Language, text: str) -> None:
    assert [value for value in values_in(text, language) if value.kind != "code"] == []


def test_a_value_that_belongs_to_something_else_is_found() -> None:
    policy = (
        "Returns\nYou can return unused items within 30 days of delivery. Drop the parcel off within 14 days of "
        "requesting the label."
    )
    assert checks_of("You can return unused items within 30 days of delivery.", passages=(policy,)) == set()
    assert "misplaced_value" in checks_of("You can return unused items within 14 days of delivery.", passages=(policy,))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("The shelf is 1,5 cm thick.", ["1.5 cm"]),
        ("It draws 1,800 W.", ["1800 w"]),
        ("Es gibt 10, 20 und 30 cm.", ["10 cm", "20 cm", "30 cm"]),
    ],
)
def test_a_comma_inside_a_number_parts_no_list_of_measures(text: str, keys: list[str]) -> None:
    assert [value.key for value in values_in(text)] == keys
