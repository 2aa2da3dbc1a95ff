"""Replies that turn their source around, in five languages, and replies that only say it otherwise."""

import pytest

from domain.vocabulary import Language
from tests.guard_world import checks_of

EN, DE, FR, ES, PT = Language.EN, Language.DE, Language.FR, Language.ES, Language.PT
FOUND = "contradicted_source"


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        (EN, "We can take back opened oils."),
        (EN, "You cannot return it within 30 days of delivery."),
        (EN, "You can return almost everything within 30 days before delivery."),
        (EN, "Returning a faulty item is at your own expense."),
        (EN, "The charger is included."),
        (DE, "Geöffnete Öle nehmen wir zurück."),
        (DE, "Sie können fast alles innerhalb von 30 Tagen nach der Lieferung nicht zurückgeben."),
        (DE, "Die Rückgabe eines defekten Artikels ist kostenpflichtig."),
        (FR, "Nous reprenons les huiles ouvertes."),
        (FR, "Vous ne pouvez pas retourner l'article dans les 30 jours suivant la livraison."),
        (FR, "Le retour d'un article défectueux est à vos frais."),
        (ES, "Aceptamos aceites abiertos y ropa de cama usada."),
        (ES, "No puedes devolver el artículo en 30 días desde la entrega."),
        (ES, "La devolución de un artículo defectuoso corre a tu cargo."),
        (PT, "Aceitamos óleos abertos e roupa de cama usada."),
        (PT, "Não pode devolver o artigo no prazo de 30 dias após a entrega."),
        (PT, "A devolução de um artigo defeituoso fica a seu cargo."),
    ],
)
def test_the_opposite_of_a_source_is_found(language: Language, reply: str) -> None:
    assert FOUND in checks_of(reply, language)


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        (EN, "You don't need to give a reason. We can't take back oils that have been opened."),
        (EN, "Returning a faulty item won't cost you anything."),
        (EN, "Please don't hesitate to write to us. There is no rush."),
        (EN, "The cable is included, but the charger is not."),
        (DE, "Einen Grund müssen Sie nicht nennen. Geöffnete Öle können wir leider nicht zurücknehmen."),
        (DE, "Die Rückgabe eines defekten Artikels kostet Sie nichts."),
        (FR, "Vous n'avez pas à donner de motif. Nous ne pouvons malheureusement pas reprendre les huiles ouvertes."),
        (FR, "Le retour d'un article défectueux ne vous coûte rien."),
        (ES, "No hace falta indicar el motivo. Lo sentimos, pero no podemos aceptar aceites abiertos."),
        (ES, "El cable está incluido, pero el cargador no."),
        (PT, "Não precisa de indicar o motivo. Infelizmente não podemos aceitar óleos abertos."),
        (PT, "A devolução de um artigo defeituoso não tem custos."),
    ],
)
def test_the_same_in_other_words_passes(language: Language, reply: str) -> None:
    assert FOUND not in checks_of(reply, language)


def test_a_denial_that_follows_from_only_passes() -> None:
    express = "Express\nExpress delivery is available in zone 1 only, for €14.90."
    reply = "Express delivery is available in zone 1 only, so we cannot offer it in Spain."
    assert FOUND not in checks_of(reply, passages=(express,))


def test_a_table_denies_cell_by_cell() -> None:
    table = "Shipping\n| Countries | Cost | Free from |\n|---|---|---|\n| Switzerland, Norway | €19.95 | never |"
    assert checks_of("Shipping to Switzerland costs €19.95.", passages=(table,)) == set()
    assert FOUND in checks_of("Shipping to Switzerland does not cost €19.95.", passages=(table,))


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        (EN, "Our lamps are produced by artisans using recycled ocean plastic from Norway."),
        (DE, "Unsere Lampen entstehen in Handarbeit aus recyceltem Meeresplastik."),
        (FR, "Nos lampes sont fabriquées par des artisans avec du plastique océanique."),
        (ES, "Nuestras lámparas están hechas por artesanos con plástico reciclado del océano."),
        (PT, "Os nossos candeeiros são feitos por artesãos com plástico reciclado do oceano."),
    ],
)
def test_a_sentence_that_nothing_stands_behind_is_found(language: Language, reply: str) -> None:
    assert "ungrounded_sentence" in checks_of(reply, language)


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        (EN, "Hello Ana,\n\nThank you for your message. I am sorry for the delay.\n\nKind regards,\nYour team"),
        (DE, "Guten Tag,\n\nvielen Dank für Ihre Nachricht. Das tut uns leid.\n\nFreundliche Grüße\nIhr Team"),
        (FR, "Bonjour,\n\nMerci pour votre message. Nous en sommes vraiment désolés.\n\nCordialement,\nl'équipe"),
        (ES, "Hola:\n\nGracias por escribirnos. Sentimos mucho las molestias.\n\nUn saludo,\nel equipo"),
        (PT, "Olá,\n\nObrigado pela sua mensagem. Lamentamos muito.\n\nCom os melhores cumprimentos,\na equipa"),
    ],
)
def test_the_frame_of_a_letter_needs_no_source(language: Language, reply: str) -> None:
    assert checks_of(reply, language) == set()
