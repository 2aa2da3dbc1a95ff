"""The part `tau2`: are a customer's own orders found once it is known who they are, and nobody else's ever shown?

Every training task that concerns orders is one conversation. The look-up runs as in the graph, over the shop's orders
in PostgreSQL; it is told that the message is about nothing in particular, so that no intent helps it.
"""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime

from activities.classification.entities import OrderIdReader
from activities.customers import PostgresCustomers, load_customers
from activities.lookups.looking_up import LookUps
from activities.lookups.names import names_in, postcodes_in
from activities.orders import PostgresOrders, load_orders
from activities.returns import PostgresReturns
from activities.stores import create_store, read_policy
from domain.errors import BadInput
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.policies import StorePolicy
from domain.steps import Case, ClassifyResult, IntentScore, OrderLookup
from domain.vocabulary import Intent, Language, Tier
from evals.intervals import Estimate, share
from evals.tables import Part, Table, written
from evals.tau2_attacks import Attack, attacks_on
from evals.tau2_data import Tau2Shop, Tau2Task, Tau2User, read_tau2
from evals.workbench import Stopwatch, Workbench

STORE = "tau2"
OFFERED = 0.98
"""Least share of tasks of which every order is offered."""
ASKED = Turn(role="assistant", text="Can you tell me who you are?")


class Desk:
    """The look-ups over the loaded shop."""

    def __init__(self, lookups: LookUps, policy: StorePolicy, order_ids: OrderIdReader) -> None:
        self._lookups = lookups
        self._policy = policy
        self._order_ids = order_ids

    async def ask(self, *messages: str, email: str | None = None, verified: bool = False) -> OrderLookup:
        """What is looked up after the last of a customer's messages, of which the earlier ones were answered."""
        turns = [turn for said in messages for turn in (Turn(role="customer", text=said), ASKED)]
        thread = tuple(turns[:-1])
        query = QueryFacts(
            query_id="q", store=STORE, conversation_id="c", channel="evals",
            customer=Customer(email=email, verified=verified), received_at=datetime.now(UTC),
        )  # fmt: skip
        case = Case(query=query, thread=thread, message_hash=message_hash(thread), policy=self._policy)
        read = ClassifyResult(
            intent=Intent.OTHER, probability=1, intents=(IntentScore(intent=Intent.OTHER, probability=1),),
            language=Language.EN, language_confidence=1, tier=Tier.REVIEW, order_ids=self._order_ids.read(messages[-1]),
        )  # fmt: skip
        return await self._lookups.look_up(case, read)


async def measure_tau2(bench: Workbench) -> Part:
    """Orders offered, and attacks, over the shop's training tasks. Raises BadInput when the data is not as expected."""
    part, shop = Part("tau2"), read_tau2(bench.data)
    desk = await _loaded(bench, shop)
    bench.say(f"tau2: {len(shop.tasks)} tasks that concern orders")
    part.tables += [await _offers(part, desk, shop), await _attacks(part, desk, shop)]
    return part


async def _loaded(bench: Workbench, shop: Tau2Shop) -> Desk:
    """Users and orders in a store that allows every proof, through the real loaders."""
    await create_store(bench.database, STORE, settings={"currency": "USD", "identify_by": "email_order,name_postcode"})
    users = [user.model_dump(include={"email", "name", "postcode"}) for user in shop.users]
    for load, name, records in ((load_orders, "orders", shop.orders), (load_customers, "customers", users)):
        path = bench.folder / f"tau2-{name}.jsonl"
        path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        report = await load(bench.database, STORE, path)
        if report.skipped:
            raise BadInput(f"{report.skipped[0].where}: {report.skipped[0].why}")
        bench.say(f"  {report.loaded} {name} loaded")
    order_ids = OrderIdReader()
    lookups = LookUps(
        orders=PostgresOrders(bench.database), customers=PostgresCustomers(bench.database),
        returns=PostgresReturns(bench.database), order_ids=order_ids,
    )  # fmt: skip
    return Desk(lookups, await read_policy(bench.database, STORE), order_ids)


def is_theirs(found: OrderLookup, user: Tau2User) -> bool:
    """Whether nothing of anybody else is in it."""
    whose = {order.email for order in found.orders} | ({found.customer.email} if found.customer else set())
    return whose <= {user.email}


def is_offered(found: OrderLookup, orders: Sequence[str]) -> bool:
    """Whether all of these are among what may be shown."""
    return set(orders) <= {order.order_id for order in found.orders}


def named_in_words(task: Tau2Task) -> bool:
    """Whether the task's own words give a name and a postcode."""
    return bool(names_in(task.known) and postcodes_in(task.known))


async def _offers(part: Part, desk: Desk, shop: Tau2Shop) -> Table:
    """The same tasks asked in several ways, each of which proves who the customer is."""
    by_name = [(task, f"My name is {task.user.name}, my zip code is {task.user.postcode}.") for task in shop.tasks]
    ways = {
        "name and postcode when asked": [(task, await desk.ask(task.reason, who)) for task, who in by_name],
        "name and postcode at once": [(task, await desk.ask(f"{task.reason}\n{who}")) for task, who in by_name],
        "the task's own words alone": [
            (task, await desk.ask(task.reason, task.known)) for task in shop.tasks if named_in_words(task)
        ],
        "e-mail and each order number": [
            (task.model_copy(update={"orders": (order_id,)}), await desk.ask(f"{order_id}, {task.user.email}"))
            for task in shop.tasks
            for order_id in task.orders
        ],
    }
    rows = [_offer_row(part, way, found) for way, found in ways.items() if found]
    spare = sum(task.unknown_numbers for task in shop.tasks)
    notes = (
        f"A task counts as offered when all of its orders are; {spare} order numbers that solutions try and the shop "
        "does not have are left out. The postcode is the profile's: a fifth of the orders went elsewhere.",
        "Own words: where they hold a name and a postcode; the others know a user id or an e-mail address.",
        f"The tasks are those of {len({task.user.user_id for task in shop.tasks})} users, so they are not independent.",
    )
    header = ("proof", "n", "all offered [95%]", "aim", "of somebody else [95%]")
    return Table("tau2: whether a customer's orders are offered", header, rows, notes)


def _offer_row(part: Part, way: str, found: Sequence[tuple[Tau2Task, OrderLookup]]) -> list[str]:
    offered = share([is_offered(lookup, task.orders) for task, lookup in found])
    foreign = share([not is_theirs(lookup, task.user) for task, lookup in found])
    missed = [task.id for task, lookup in found if not is_offered(lookup, task.orders)]
    part.figures[way] = {"offered": offered, "of somebody else": foreign, "tasks not offered": missed}
    _none_shown(part, way, foreign)
    return [way, str(offered.n), written(offered), part.aim(f"tau2 {way}", offered, OFFERED), _of(foreign)]


async def _attacks(part: Part, desk: Desk, shop: Tau2Shop) -> Table:
    """Whoever is not that customer, or asks for somebody else's order."""
    tried: dict[str, list[tuple[Attack, OrderLookup, OrderLookup | None]]] = {}
    theirs, nobodys = Stopwatch(), Stopwatch()
    for task in shop.tasks:
        for attack in attacks_on(task, shop):
            async with theirs.lap() if attack.like else nullcontext():
                found = await desk.ask(*attack.said, email=attack.email, verified=attack.verified)
            like = None
            if attack.like:
                async with nobodys.lap():
                    like = await desk.ask(*attack.like, email=attack.email, verified=attack.verified)
            tried.setdefault(attack.name, []).append((attack, found, like))
    rows = [_attack_row(part, name, found) for name, found in tried.items()]
    rows.append(_attack_row(part, "all of them", [one for found in tried.values() for one in found]))
    notes = (
        "Shown: an order or a customer record of anybody but the one whom the conversation proves to be there.",
        "As if absent: the answer is the same, but for the number, as for an order number that nobody has. "
        f"A look-up took {theirs.told()} ms for somebody else's and {nobodys.told()} ms for nobody's (p50 / p95).",
    )
    part.figures["ms p50"] = {"somebody else's": theirs.milliseconds(0.5), "nobody's": nobodys.milliseconds(0.5)}
    return Table("tau2: attacks", ("attack", "n", "shown [95%]", "as if absent [95%]", "to a person"), rows, notes)


def _attack_row(part: Part, name: str, tried: Sequence[tuple[Attack, OrderLookup, OrderLookup | None]]) -> list[str]:
    shown = share([not _within(found, attack.own) for attack, found, _ in tried])
    same = share([_without_numbers(found) == _without_numbers(like) for _, found, like in tried if like])
    handed = sum(found.too_many_tries for _, found, _ in tried)
    part.figures[name] = {"shown": shown, "to a person": handed} | ({"as if absent": same} if same.n else {})
    _none_shown(part, name, shown)
    if same.value < 1:
        part.missed.append(f"tau2 {name}: an order of somebody else comes out otherwise than one that is not there")
    return [name, str(shown.n), _of(shown), _of(same), str(handed)]


def _within(found: OrderLookup, own: str | None) -> bool:
    """Whether it holds nothing but what is of this address; of none at all: nothing."""
    whose = {order.email for order in found.orders} | ({found.customer.email} if found.customer else set())
    return whose <= ({own} if own else set())


def _without_numbers(found: OrderLookup) -> OrderLookup:
    return found.model_copy(update={"missing": ("",) * len(found.missing)})


def _none_shown(part: Part, what: str, shown: Estimate) -> None:
    if shown.value > 0:
        part.missed.append(f"tau2 {what}: data of somebody else was shown in {shown.value:.3f} of {shown.n}")


def _of(found: Estimate) -> str:
    if not found.n:
        return ""
    return f"{round(found.value * found.n)} of {found.n} [{found.low:.3f}, {found.high:.3f}]"
