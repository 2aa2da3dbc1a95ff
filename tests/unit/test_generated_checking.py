"""What a reply states in other words than the fact was written down in, as generated questions are checked."""

import pytest

from domain.vocabulary import Language
from evals.generated.cases import Need
from evals.generated.checking import meets

TWO = "1-2 working days"


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        (Language.EN, "A card takes another 3–5 working days, a transfer 1–2; PayPal is instant.", TWO),
        (Language.DE, "Bei Karten dauert es weitere 3–5 Werktage, bei Überweisungen 1–2; bei PayPal nicht.", TWO),
        (Language.FR, "Une carte demande ensuite 3 à 5 jours ouvrés, un virement 1 à 2 ; avec PayPal, rien.", TWO),
        (Language.ES, "La tarjeta tarda de 3 a 5 días laborables más y la transferencia de 1 a 2; PayPal, nada.", TWO),
        (Language.PT, "O cartão demora mais 3 a 5 dias úteis e a transferência 1 a 2; com PayPal, nada.", TWO),
        (Language.ES, "Dura 3 años para todo, 5 para el roble macizo y 10 para la sartén Bruna.", "10 years"),
        (Language.DE, "Es sind 3 Jahre für alles, 5 für Eiche und 10 für die Pfanne.", "5 years"),
    ],
)
def test_a_number_is_read_with_the_unit_that_its_sentence_named_before(
    language: Language, text: str, value: str
) -> None:
    assert meets(Need(values=(value,)), text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.EN, "One to two working days later the carrier calls."),
        (Language.DE, "Ein bis zwei Werktage später ruft die Spedition an."),
        (Language.FR, "Un ou deux jours ouvrés plus tard, on vous appelle."),
        (Language.ES, "Uno o dos días laborables después te llaman."),
        (Language.PT, "Um a dois dias úteis depois telefonam-lhe."),
    ],
)
def test_a_range_in_words_is_the_same_range(language: Language, text: str) -> None:
    assert meets(Need(values=(TWO,)), text, language)


@pytest.mark.parametrize(
    "text",
    [
        "Delivery takes 3 days in zones 1 and 2. Lamps come in boxes of 5.",
        "It takes 3–5 working days. Choose from sizes 1–2.",
        "The kettles K1 and K2 are guaranteed for 3 years.",
    ],
)
def test_a_number_of_something_else_gets_no_unit(text: str) -> None:
    values = ("2 days", "5 days", "2 years", "1 year", TWO)
    assert not any(meets(Need(values=(value,)), text, Language.EN) for value in values)
