"""Knowledge, orders, customers and returns for tests, beside the real adapters: they hold what the test gives them."""

from collections.abc import Sequence
from datetime import datetime

from domain.customers import CustomerRecord, Return, name_key, postcode_key
from domain.errors import Unavailable
from domain.knowledge import FoundPassage, Passage, SearchResult
from domain.orders import Order
from domain.vocabulary import Intent, Kind, Language


class FixedKnowledge:
    """Satisfies `KnowledgeSearch`: always finds the same passages, each with its score. `asked` lists the questions."""

    def __init__(self, *scored: tuple[Passage, float], threshold: float = 0.5, away: bool = False) -> None:
        self._scored = sorted(scored, key=lambda pair: -pair[1])
        self._threshold = threshold
        self._away = away
        self.asked: list[str] = []

    async def warm_up(self) -> None:
        """There is nothing to load."""

    async def search(
        self,
        store: str,
        text: str,
        *,
        language: Language,
        intent: Intent | None = None,
        kinds: Sequence[Kind] = (),
        at: datetime | None = None,
        top: int = 3,
    ) -> SearchResult:
        """Raises Unavailable when it is away."""
        del store, language, intent, kinds, at
        self.asked.append(text)
        if self._away:
            raise Unavailable("The knowledge does not answer.")
        found = tuple(
            FoundPassage(**passage.model_dump(exclude={"text", "attributes"}), score=score)
            for passage, score in self._scored[:top]
        )
        return SearchResult(passages=found, answerable=bool(found) and found[0].score >= self._threshold)

    async def passages(self, store: str, passage_ids: Sequence[str]) -> tuple[Passage, ...]:
        """Raises Unavailable when it is away."""
        del store
        if self._away:
            raise Unavailable("The knowledge does not answer.")
        known = {passage.passage_id: passage for passage, _ in self._scored}
        return tuple(known[passage_id] for passage_id in passage_ids if passage_id in known)

    async def around(self, store: str, passage_ids: Sequence[str], *, reach: int = 2) -> tuple[Passage, ...]:
        """The others of the same documents, whatever their places. Raises Unavailable when it is away."""
        del reach
        documents = {(passage.document_id, passage.language) for passage in await self.passages(store, passage_ids)}
        return tuple(
            passage
            for passage, _ in self._scored
            if (passage.document_id, passage.language) in documents and passage.passage_id not in passage_ids
        )


class FixedOrders:
    """Satisfies `OrderDesk` over the given orders. `asked` lists the addresses that were looked up."""

    def __init__(self, *orders: Order, away: bool = False) -> None:
        self._orders = sorted(orders, key=lambda order: order.placed_at, reverse=True)
        self._away = away
        self.asked: list[str] = []

    async def orders_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Order, ...]:
        """Raises Unavailable when it is away."""
        del store
        self.asked.append(email)
        if self._away:
            raise Unavailable("The order system does not answer.")
        own = [order for order in self._orders if order.email == email.lower()]
        return tuple(order for order in own if not order_ids or order.order_id in order_ids)[:limit]


class FixedCustomers:
    """Satisfies `CustomerDesk` over the given records. `asked` lists addresses and postcodes that were looked up."""

    def __init__(self, *records: CustomerRecord, away: bool = False) -> None:
        self._records = records
        self._away = away
        self.asked: list[str] = []

    async def customer_of(self, store: str, email: str) -> CustomerRecord | None:
        """Raises Unavailable when it is away."""
        del store
        self.asked.append(email)
        if self._away:
            raise Unavailable("The customer records do not answer.")
        return next((record for record in self._records if record.email == email.strip().lower()), None)

    async def emails_of(self, store: str, names: Sequence[str], postcode: str) -> tuple[str, ...]:
        """Raises Unavailable when it is away."""
        del store
        self.asked.append(postcode)
        if self._away:
            raise Unavailable("The customer records do not answer.")
        wanted = {name_key(name) for name in names}
        return tuple(
            record.email
            for record in self._records
            if name_key(record.name or "") in wanted and postcode_key(record.postcode or "") == postcode_key(postcode)
        )


class FixedReturns:
    """Satisfies `ReturnDesk` over the given returns, each with the address of its customer."""

    def __init__(self, *returns: tuple[str, Return], away: bool = False) -> None:
        self._returns = sorted(returns, key=lambda pair: pair[1].requested_at, reverse=True)
        self._away = away

    async def returns_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Return, ...]:
        """Raises Unavailable when it is away."""
        del store
        if self._away:
            raise Unavailable("The return desk does not answer.")
        own = (each for owner, each in self._returns if owner == email.strip().lower())
        return tuple(each for each in own if not order_ids or each.order_id in order_ids)[:limit]
