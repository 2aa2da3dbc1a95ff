"""What is quoted where no order is told: to whoever misses a parcel, and where the search saw no answer."""

import pytest

from activities.fakes import FixedKnowledge
from activities.generation.quotes import QuoteFinder
from activities.generation.quoting import UNSEEN, quoted, quoted_instead
from domain.knowledge import FoundPassage, Passage
from domain.orders import Order
from domain.steps import ClassifyResult, GenerateInput, OrderLookup, RetrieveResult
from domain.vocabulary import Intent, Kind, Language, Tier
from tests.steps_world import EMBEDDER, Walk, a_case, a_passage, an_order, read, some_steps

EN = Language.EN
FINDER = QuoteFinder(EMBEDDER)
TITLES = {
    Language.EN: "Tracking says delivered, but I have no parcel. What now?",
    Language.ES: "El seguimiento dice «entregado», pero no tengo el paquete. ¿Qué hago?",
    Language.FR: "Le suivi indique « livré », mais je n'ai pas de colis. Que faire ?",
    Language.DE: "Laut Sendungsverfolgung zugestellt, aber kein Paket da. Was nun?",
    Language.PT: "O seguimento diz «entregue», mas não tenho a encomenda. E agora?",
}
ADVICE = {
    Language.EN: "Ask your neighbours first. Then write to us within 14 days.",
    Language.ES: "Pregunta primero a tus vecinos. Después escríbenos en un plazo de 14 días.",
    Language.FR: "Demandez d'abord à vos voisins. Écrivez-nous ensuite sous 14 jours.",
    Language.DE: "Fragen Sie zuerst Ihre Nachbarn. Schreiben Sie uns dann innerhalb von 14 Tagen.",
    Language.PT: "Pergunte primeiro aos vizinhos. Depois escreva-nos no prazo de 14 dias.",
}
SAYS_MISSED = {
    Language.EN: "My parcel counts as delivered but I never received it.",
    Language.ES: "Mi pedido consta como entregado pero nunca lo recibí.",
    Language.FR: "Ma commande est indiquée comme livrée mais je n'ai jamais rien reçu.",
    Language.DE: "Mein Paket gilt als zugestellt, aber ich habe es nie bekommen.",
    Language.PT: "A minha encomenda consta como entregue mas nunca a recebi.",
}
OAK = a_passage("The Falk shelf is made of solid oak. It weighs 12 kg.", title="Falk shelf", kind=Kind.PRODUCT)


def missed_in(language: Language) -> Passage:
    return a_passage(ADVICE[language], title=TITLES[language], kind=Kind.FAQ, language=language)


def a_request(text: str, classification: ClassifyResult, passage: Passage, *orders: Order) -> GenerateInput:
    """Of a search that found this passage and saw no answer in it."""
    found = FoundPassage(**passage.model_dump(exclude={"text", "attributes"}), score=0.3)
    lookup = OrderLookup(orders=orders)
    retrieval = RetrieveResult(passages=(found,), answerable=False, lookup=lookup, tier=Tier.AUTOMATIC)
    return GenerateInput(case=a_case(text), classification=classification, retrieval=retrieval)


@pytest.mark.parametrize("language", list(Language))
async def test_somebody_unknown_who_misses_a_parcel_is_told_what_to_do(language: Language) -> None:
    knowledge = FixedKnowledge((missed_in(language), 0.9))
    case = a_case(SAYS_MISSED[language], email=None, hint=language)
    found, retrieval, made = await Walk(some_steps(knowledge), case).drafted()
    assert found.intent is Intent.ORDER_STATUS and retrieval.lookup.orders == ()
    assert ADVICE[language].split(".")[0] in made.draft.text
    assert [each.title for each in made.draft.citations] == [TITLES[language]]


async def test_only_who_names_no_order_is_told_instead_of_asked() -> None:
    text, faq = SAYS_MISSED[EN], missed_in(EN)
    sure = read(Intent.ORDER_STATUS)
    assert (await quoted_instead(FINDER, a_request(text, sure, faq), [faq])).quotes
    named = read(Intent.ORDER_STATUS, order_ids=("ORD-10017",))
    assert not (await quoted_instead(FINDER, a_request(text, named, faq), [faq])).quotes
    assert not (await quoted_instead(FINDER, a_request(text, sure, faq, an_order()), [faq])).quotes
    assert not (await quoted_instead(FINDER, a_request("Where is my parcel?", sure, faq), [faq])).quotes


async def test_what_surely_answers_is_quoted_though_the_search_saw_no_answer() -> None:
    asked, question = "Which wood is the Falk shelf made of?", Intent.PRODUCT_QUESTION
    told = await quoted(FINDER, a_request(asked, read(question), OAK), [OAK], {question})
    assert told.answers is not None and told.answers >= UNSEEN
    assert "solid oak" in told.quotes[0].text
    named = read(question, order_ids=("ORD-10017",))
    assert not (await quoted(FINDER, a_request(asked, named, OAK), [OAK], {question})).quotes
    assert not (await quoted(FINDER, a_request(asked, read(question), OAK, an_order()), [OAK], {question})).quotes


async def test_a_guess_is_not_quoted_where_the_search_saw_no_answer() -> None:
    asked, question = "Do you sell gift cards?", Intent.PRODUCT_QUESTION
    assert not (await quoted(FINDER, a_request(asked, read(question), OAK), [OAK], {question})).quotes


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.EN, "My order has not been delivered, I haven't received anything."),
        (Language.EN, "When will my order be delivered? It has not arrived."),
        (Language.DE, "Meine Bestellung wurde noch nicht geliefert, ich habe nichts bekommen"),
        (Language.ES, "No me han entregado el pedido, no he recibido nada"),
        (Language.FR, "Ma commande n'est pas encore livrée, je n'ai rien reçu"),
        (Language.FR, "J'ai commandé un livre et je ne l'ai pas reçu"),
        (Language.PT, "A minha encomenda ainda não foi entregue, não recebi nada"),
    ],
)
async def test_what_counts_as_undelivered_is_not_missed(language: Language, text: str) -> None:
    faq = missed_in(language)
    request = a_request(text, read(Intent.ORDER_STATUS, language=language), faq)
    assert not (await quoted_instead(FINDER, request, [faq])).quotes
