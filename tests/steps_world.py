"""The real steps over fixed knowledge and orders: what the unit tests of the steps are written in."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from activities.classification.classifier import Classifier
from activities.classification.entities import OrderIdReader
from activities.classification.model import IntentModel
from activities.classification.port import MessageClassifier
from activities.embedding import RememberingEmbedder
from activities.fakes import FixedCustomers, FixedKnowledge, FixedOrders, FixedReturns
from activities.generation.template import TemplateGenerator
from activities.guarding.guard import Guard
from activities.language import LanguageReader
from activities.lookups.looking_up import LookUps
from activities.steps import SupportSteps
from domain.knowledge import Passage
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.orders import Order, OrderStatus
from domain.policies import StorePolicy
from domain.ports import CustomerDesk, Generator, KnowledgeSearch, OrderDesk, ReturnDesk
from domain.steps import (
    Case,
    ClassifyInput,
    ClassifyResult,
    GenerateInput,
    GenerateResult,
    GuardInput,
    GuardResult,
    IntentScore,
    RetrieveInput,
    RetrieveResult,
)
from domain.vocabulary import Intent, Kind, Language, SendMode, Tier
from retrieval.embedders import UniversalSentenceEmbedder

NOW = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
EMAIL = "ana@example.com"
EMBEDDER = RememberingEmbedder(UniversalSentenceEmbedder())
READER = LanguageReader()


def a_policy(**changes: Any) -> StorePolicy:
    fields = {"store": "demo", "name": "Lumen", "send_mode": SendMode.COLD_START, "rollout_share": 100}
    return StorePolicy.model_validate(fields | changes)


def a_case(text: str, *, email: str | None = EMAIL, policy: StorePolicy | None = None, **changes: Any) -> Case:
    thread = changes.pop("thread", (Turn(role="customer", text=text),))
    hint = changes.pop("hint", None)
    wants_person = changes.pop("wants_person", False)
    query = QueryFacts(
        query_id="q1",
        store="demo",
        conversation_id="c1",
        channel="test",
        customer=Customer(email=email, verified=changes.pop("verified", email is not None)),
        received_at=NOW,
        language=hint,
        wants_person=wants_person,
    )
    return Case(query=query, thread=thread, message_hash=message_hash(thread), policy=policy or a_policy(), **changes)


def an_order(order_id: str = "ORD-10017", status: OrderStatus = OrderStatus.SHIPPED, **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "order_id": order_id,
        "email": EMAIL,
        "name": "Ana Sol",
        "status": status,
        "placed_at": datetime(2026, 6, 1, 9, 0, tzinfo=UTC),
        "expected_at": datetime(2026, 6, 20, 18, 0, tzinfo=UTC),
        "carrier": "Veloway",
        "tracking": "VW722106369FR",
        "currency": "EUR",
        "total": Decimal("129.00"),
    }
    return Order.model_validate(fields | changes)


def a_passage(text: str, *, title: str = "Returns", kind: Kind = Kind.POLICY, **changes: Any) -> Passage:
    fields: dict[str, Any] = {
        "passage_id": title,
        "document_id": title,
        "kind": kind,
        "language": Language.EN,
        "title": title,
        "text": text,
        "content_hash": f"hash of {text}",
    }
    return Passage.model_validate(fields | changes)


def read(*intents: Intent, order_ids: tuple[str, ...] = (), language: Language = Language.EN) -> ClassifyResult:
    """A classification with these intents, the first of them first."""
    return ClassifyResult(
        intent=intents[0],
        probability=0.9,
        intents=tuple(IntentScore(intent=intent, probability=0.9) for intent in intents),
        language=language,
        language_confidence=1.0,
        tier=Tier.AUTOMATIC,
        order_ids=order_ids,
    )


def some_steps(
    knowledge: KnowledgeSearch | None = None,
    orders: OrderDesk | None = None,
    generator: Generator | None = None,
    classifier: MessageClassifier | None = None,
    customers: CustomerDesk | None = None,
    returns: ReturnDesk | None = None,
    instructions: tuple[str, ...] = (),
) -> SupportSteps:
    order_ids = OrderIdReader()
    return SupportSteps(
        classifier=classifier or Classifier(EMBEDDER, IntentModel.load(), order_ids),
        languages=READER,
        knowledge=knowledge or FixedKnowledge(),
        lookups=LookUps(
            orders=orders or FixedOrders(),
            customers=customers or FixedCustomers(),
            returns=returns or FixedReturns(),
            order_ids=order_ids,
        ),
        generator=generator or TemplateGenerator(EMBEDDER),
        guard=Guard.usual(READER, order_ids),
        instructions=instructions,
    )


class Walk:
    """One case through the steps, one after the other."""

    def __init__(self, steps: SupportSteps, case: Case) -> None:
        self.steps, self.case = steps, case

    async def classified(self) -> ClassifyResult:
        return await self.steps.classify(ClassifyInput(case=self.case))

    async def retrieved(self) -> tuple[ClassifyResult, RetrieveResult]:
        found = await self.classified()
        return found, await self.steps.retrieve(RetrieveInput(case=self.case, classification=found))

    async def drafted(self, **changes: Any) -> tuple[ClassifyResult, RetrieveResult, GenerateResult]:
        found, retrieval = await self.retrieved()
        request = GenerateInput(case=self.case, classification=found, retrieval=retrieval, **changes)
        return found, retrieval, await self.steps.generate(request)

    async def guarded(self, text: str | None = None) -> tuple[GenerateResult, GuardResult]:
        """With `text` the draft's words are replaced, as an agent's edit would."""
        found, retrieval, made = await self.drafted()
        draft = made.draft if text is None else made.draft.model_copy(update={"text": text})
        request = GuardInput(
            case=self.case, classification=found, retrieval=retrieval, draft=draft, coverage=made.coverage
        )
        return made, await self.steps.guard(request)
