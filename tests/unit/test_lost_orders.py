"""An order that was lost: the reply says what the store does then, and waits for a person."""

import pytest

from activities.fakes import FixedKnowledge, FixedOrders
from activities.generation.phrases import phrases
from domain.orders import OrderStatus
from domain.vocabulary import Kind, Language
from tests.steps_world import Walk, a_case, a_passage, an_order, some_steps

SAID = {
    Language.EN: "If a parcel is confirmed as lost by the carrier, you choose between a new delivery and a refund.",
    Language.ES: "Si el transportista confirma que un paquete se ha perdido, puedes elegir entre un nuevo envío y el "
    "reembolso.",
    Language.FR: "Si le transporteur confirme la perte du colis, vous choisissez entre un nouvel envoi et un "
    "remboursement.",
    Language.DE: "Ist ein Paket laut Versanddienst verloren, wählen Sie zwischen neuer Lieferung und Erstattung.",
    Language.PT: "Se a transportadora confirmar que um volume se perdeu, escolhe entre um novo envio e o reembolso.",
}
ASKED = {
    Language.EN: "Where is my order ORD-10017?",
    Language.ES: "¿Dónde está mi pedido ORD-10017?",
    Language.FR: "Où est ma commande ORD-10017 ?",
    Language.DE: "Wo ist meine Bestellung ORD-10017?",
    Language.PT: "Onde está a minha encomenda ORD-10017?",
}


@pytest.mark.parametrize("language", list(Language))
async def test_what_the_store_does_about_a_loss_is_quoted_and_a_person_sees_it_first(language: Language) -> None:
    policy = a_passage(f"Refunds go to the card. {SAID[language]}", title="Refunds", language=language)
    knowledge = FixedKnowledge((policy, 0.95))
    steps = some_steps(knowledge, FixedOrders(an_order(status=OrderStatus.LOST)))
    made, guarded = await Walk(steps, a_case(ASKED[language], hint=language)).guarded()
    assert phrases(language).status["lost"].split("{")[0] in made.draft.text
    assert SAID[language] in made.draft.text
    assert [citation.passage_id for citation in made.draft.citations] == [policy.passage_id]
    assert "Refunds go to the card." not in made.draft.text
    assert not guarded.send and guarded.findings == ()


async def test_nothing_is_quoted_that_speaks_of_no_loss_or_in_another_language() -> None:
    other = a_passage("Parcels leave within two days.", title="Shipping")
    product = a_passage("These parts get lost: a parcel was lost.", title="Screws", kind=Kind.PRODUCT)
    german = a_passage(SAID[Language.DE], title="Erstattungen", language=Language.DE)
    knowledge = FixedKnowledge((other, 0.9), (product, 0.8), (german, 0.7))
    steps = some_steps(knowledge, FixedOrders(an_order(status=OrderStatus.LOST)))
    _, _, made = await Walk(steps, a_case(ASKED[Language.EN])).drafted()
    assert made.draft.citations == ()


async def test_of_an_order_that_is_on_its_way_no_loss_is_looked_up() -> None:
    knowledge = FixedKnowledge((a_passage(SAID[Language.EN], title="Refunds"), 0.95))
    await Walk(some_steps(knowledge, FixedOrders(an_order())), a_case(ASKED[Language.EN])).drafted()
    assert not [text for text in knowledge.asked if "lost" in text]
