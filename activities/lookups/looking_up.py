"""What the store's systems say to one customer, once it is known who asks: orders, returns, the customer's record."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from activities.classification.entities import OrderIdReader
from activities.lookups.identity import MAX_CLAIMS, Claim, claims_in, judged
from activities.lookups.order_ids import could_be_one, is_meant, meant_among, narrowed, not_among, order_ids_in
from activities.lookups.tries import Tries
from domain.customers import CustomerRecord, Proof, Return
from domain.errors import Unavailable
from domain.messages import unanswered_text
from domain.orders import Order
from domain.ports import CustomerDesk, OrderDesk, ReturnDesk
from domain.steps import Case, ClassifyResult, OrderLookup
from domain.vocabulary import Intent, Language

log = structlog.get_logger(__name__)
ABOUT_ORDERS = frozenset({Intent.ORDER_STATUS, Intent.REFUND, Intent.RETURN_REQUEST, Intent.CANCEL})
MAX_ORDERS = 10
"""Orders that an answer may know of."""
MAX_READ = 50
"""Orders that are read to find those that are meant."""
MAX_RETURNS = 10
AT_ONCE = 1.0
"""Seconds that a step may wait for what it can do without."""


class _Known(NamedTuple):
    """Who asks, as far as it is known from what they gave in the conversation."""

    email: str | None = None
    """Whose every order may be shown."""
    orders: tuple[Order, ...] = ()
    """Orders that may be shown one by one."""
    claimed: tuple[str, ...] = ()
    """Order numbers that came with an address."""
    exhausted: bool = False


class _Own(NamedTuple):
    """What is meant of one address's orders."""

    meant: tuple[Order, ...]
    missing: tuple[str, ...] = ()


class LookUps:
    """Looks up what concerns a case. What is not there and what is somebody else's come out alike."""

    def __init__(
        self,
        *,
        orders: OrderDesk,
        customers: CustomerDesk,
        returns: ReturnDesk,
        order_ids: OrderIdReader,
        tries: Tries | None = None,
    ) -> None:
        """Without `tries` wrong claims are counted within each conversation alone."""
        self._orders = orders
        self._customers = customers
        self._returns = returns
        self._order_ids = order_ids
        self._tries = tries

    async def look_up(self, case: Case, classification: ClassifyResult) -> OrderLookup:
        """Orders with their returns where the message is about one, and the customer's record. Raises Unavailable."""
        customer, named = case.query.customer, classification.order_ids
        about = bool(named) or bool(ABOUT_ORDERS & {score.intent for score in classification.intents})
        if customer.verified and customer.email:
            return await self._for_verified(case, customer.email, named, about=about)
        claims = self._claims(case, customer.email)
        if not about and claims == self._claims(case, customer.email, before=True):
            return OrderLookup()
        known = await self._identified(case, claims)
        if known.exhausted:
            return OrderLookup(missing=named, too_many_tries=True)
        if known.email is not None:
            return await self._of_all(case, known.email, named, Proof.NAME_POSTCODE)
        return await self._of_some(case, known, named, about=about)

    async def language_of(self, case: Case) -> Language | None:
        """The language that a verified customer has chosen. None too where the records do not answer at once: the
        message then tells as well as it can."""
        customer = case.query.customer
        if not customer.verified or not customer.email:
            return None
        try:
            async with asyncio.timeout(AT_ONCE):
                record = await self._record(case, customer.email)
        except TimeoutError:
            return None
        return record.language if record else None

    async def orders_of(self, case: Case) -> tuple[Order, ...]:
        """The latest orders of a verified customer. None too where the store's system does not answer at once, or at
        all: the message is then read without them."""
        customer = case.query.customer
        if not customer.verified or not customer.email:
            return ()
        try:
            async with asyncio.timeout(AT_ONCE):
                return await self._orders.orders_of(case.query.store, customer.email, limit=MAX_READ)
        except (TimeoutError, Unavailable) as error:
            log.warning("orders not read", store=case.query.store, why=type(error).__name__)
            return ()

    async def _for_verified(self, case: Case, email: str, named: Sequence[str], *, about: bool) -> OrderLookup:
        """Of a customer for whom the channel vouches. What is not theirs may be of an address that they name too."""
        if not about:
            return OrderLookup(customer=await self._record(case, email), proof=Proof.CHANNEL)
        found = await self._of_all(case, email, named, Proof.CHANNEL)
        if not found.missing:
            return found
        claims = tuple(claim for claim in self._claims(case, None) if claim.what in found.missing)
        known = await self._identified(case, tuple(claim for claim in claims if claim.who != email.strip().lower()))
        if known.exhausted:
            return OrderLookup(missing=tuple(named), too_many_tries=True, customer=found.customer, proof=Proof.CHANNEL)
        more = meant_among(found.missing, known.orders)
        returns = [each for order in more for each in await self._returned(case, order.email, (order,))]
        return found.model_copy(
            update={
                "orders": (*found.orders, *more),
                "missing": not_among(found.missing, more),
                "returns": (*found.returns, *returns),
            }
        )

    async def _of_all(self, case: Case, email: str, named: Sequence[str], proof: Proof) -> OrderLookup:
        """Whatever is meant of one customer's orders, with their record."""
        own, record = await asyncio.gather(self._own(case, email, named), self._record(case, email))
        orders, text = own.meant, unanswered_text(case.thread)
        if not meant_among(named, orders):
            orders = meant_among(order_ids_in(text, self._order_ids), orders) or narrowed(orders, text, MAX_ORDERS)
        returns = await self._returned(case, email, orders)
        return OrderLookup(orders=orders, missing=own.missing, customer=record, returns=returns, proof=proof)

    async def _of_some(self, case: Case, known: _Known, named: Sequence[str], *, about: bool) -> OrderLookup:
        """Single orders, each with its returns and without what else is known of its customer."""
        orders = meant_among(named, known.orders) if named else known.orders
        if not orders and not known.claimed:
            return OrderLookup(needs_identity=True) if about else OrderLookup()
        returns = [each for order in orders for each in await self._returned(case, order.email, (order,))]
        missing = not_among(named, orders) if named else () if orders else known.claimed
        return OrderLookup(
            orders=orders, missing=missing, returns=tuple(returns), proof=Proof.EMAIL_ORDER if orders else None
        )

    def _claims(self, case: Case, email: str | None, *, before: bool = False) -> tuple[Claim, ...]:
        """What the customer gave of who they are; `before` only what was answered already."""
        messages = [turn.text for turn in case.thread if turn.role == "customer"]
        if before:
            now = unanswered_text(case.thread)
            messages = [text for text in messages if text not in now]
        return claims_in(
            messages,
            email=email,
            ways=case.policy.identify_by,
            order_ids_in=lambda text: order_ids_in(text, self._order_ids),
        )

    async def _identified(self, case: Case, claims: Sequence[Claim]) -> _Known:
        """Holds every claim against the desks: the same questions are put whether it is right or wrong."""
        by_email: dict[str, list[str]] = {}
        looked_at = claims[:MAX_CLAIMS]
        for claim in looked_at:
            if claim.proof is Proof.EMAIL_ORDER:
                by_email.setdefault(claim.who, []).append(claim.what)
        own = {email: await self._own(case, email, ids) for email, ids in by_email.items()}
        named = {claim: await self._only_one(case, claim) for claim in looked_at if claim.proof is Proof.NAME_POSTCODE}

        def is_right(claim: Claim) -> bool:
            if claim.proof is Proof.NAME_POSTCODE:
                return named[claim] is not None
            return any(is_meant(claim.what, order.order_id) for order in own[claim.who].meant)

        verdict = judged(claims, is_right)
        tried_out = False
        if self._tries is not None:
            tried_out = await self._tries.note(case.query.store, looked_at, verdict.wrong)
        emails = [named[claim] for claim in verdict.right if claim.proof is Proof.NAME_POSTCODE]
        orders = {
            order.order_id: order
            for claim in verdict.right
            if claim.proof is Proof.EMAIL_ORDER
            for order in own[claim.who].meant
            if is_meant(claim.what, order.order_id)
        }
        claimed = tuple(dict.fromkeys(order_id for ids in by_email.values() for order_id in ids))
        return _Known(emails[-1] if emails else None, tuple(orders.values()), claimed, verdict.exhausted or tried_out)

    async def _only_one(self, case: Case, claim: Claim) -> str | None:
        """The address of the one customer of that name and postcode; None for nobody, and for several."""
        emails = await self._customers.emails_of(case.query.store, claim.spellings, claim.what)
        return emails[0] if len(emails) == 1 else None

    async def _own(self, case: Case, email: str, named: Sequence[str]) -> _Own:
        """Orders of one address: those that are named, however they are written; without names the latest."""
        store = case.query.store
        if not named:
            return _Own(await self._orders.orders_of(store, email, limit=MAX_READ))
        orders = await self._orders.orders_of(store, email, order_ids=named, limit=MAX_READ)
        missing = not_among(named, orders)
        if not missing:
            return _Own(orders[:MAX_ORDERS])
        latest = await self._orders.orders_of(store, email, limit=MAX_READ)
        others = (order for order in meant_among(missing, latest) if order not in orders)
        missing = tuple(each for each in not_among(missing, latest) if could_be_one(each, latest))
        return _Own((*orders, *others)[:MAX_ORDERS] or (() if missing else latest), missing)

    async def _returned(self, case: Case, email: str, orders: Sequence[Order]) -> tuple[Return, ...]:
        """The returns of these orders, all of one customer."""
        if not orders:
            return ()
        ids = [order.order_id for order in orders]
        return await self._returns.returns_of(case.query.store, email, order_ids=ids, limit=MAX_RETURNS)

    async def _record(self, case: Case, email: str) -> CustomerRecord | None:
        """What the store knows of the customer. It shapes the reply's manner alone, so no answer waits for it."""
        try:
            return await self._customers.customer_of(case.query.store, email)
        except Unavailable as error:
            log.warning("customer_record_left_out", store=case.query.store, why=error.message)
            return None
