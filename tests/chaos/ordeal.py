"""One crash test from an empty folder to its verdict."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from temporalio.client import Client

from app.embedded.urls import database_urls
from app.temporal_client import connect
from tests.acceptance.installation import Installation
from tests.chaos.agents import Agents
from tests.chaos.customers import Customers
from tests.chaos.insisting import client as http_client
from tests.chaos.killing import kill_at_random
from tests.chaos.ledger import Ledger
from tests.chaos.receiver import Receiver, receiving
from tests.chaos.records import longest_silence, longest_wait, read_runs, read_tables, unsettled
from tests.chaos.stores import StoreKeys, prepare
from tests.chaos.verdict import Verdict


@dataclass(frozen=True)
class Plan:
    """How much of everything. The seed fixes what is asked, decided and killed, never how the processes interleave."""

    queries: int
    kills: int
    seed: int
    every: float = 2.5
    """Seconds between two kills, on average."""
    patience: float = 240.0
    """Seconds that everything may take to come to rest after the last kill."""


@dataclass
class Report:
    """What happened."""

    plan: Plan
    kills: dict[str, int]
    dispositions: Counter[str]
    decisions: Counter[str]
    facts: dict[str, str]
    violations: dict[str, list[str]]

    @property
    def faults(self) -> int:
        return sum(len(found) for found in self.violations.values())


async def endure(installation: Installation, plan: Plan) -> Report:
    """Runs the plan in a fresh installation, which the caller removes."""
    chance, ledger = random.Random(plan.seed), Ledger()
    with receiving(Receiver(random.Random(plan.seed + 1))) as receiver:
        await asyncio.to_thread(installation.start)
        keys = await prepare(installation.settings, installation.folder, receiver.url)
        temporal = await connect(installation.settings)
        began = time.monotonic()
        agents = [_agents(installation, each, temporal, ledger, chance) for each in keys.values()]
        working = [asyncio.create_task(each.work()) for each in agents]
        try:
            await _storm(installation, plan, keys, ledger, chance)
            stormed = time.monotonic()
            late = await _settle(installation, plan, agents, ledger)
            facts = {
                "storm": f"{stormed - began:.0f} s",
                "until all was settled": f"{time.monotonic() - stormed:.0f} s",
            }
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        return await _report(installation, plan, ledger, receiver, facts, late)


def _agents(
    installation: Installation, keys: StoreKeys, temporal: Client, ledger: Ledger, chance: random.Random
) -> Agents:
    return Agents(installation.settings.web_url, keys.agents, temporal, ledger, random.Random(chance.random()))


async def _storm(
    installation: Installation, plan: Plan, keys: dict[str, StoreKeys], ledger: Ledger, chance: random.Random
) -> None:
    """Customers and kills side by side, until all customers have been heard and all kills are done."""
    lasts = plan.kills * plan.every
    killing = asyncio.create_task(
        kill_at_random(installation, plan.kills, plan.every, ledger, random.Random(plan.seed))
    )
    clients = {store: http_client(installation.settings.web_url, each.customers.key) for store, each in keys.items()}
    customers = {store: Customers(clients[store], store, ledger, random.Random(chance.random())) for store in clients}
    asking, left = [], plan.queries
    while left > 0:
        again = left > 1 and chance.random() < 0.2
        store = chance.choice(list(clients))
        asking.append(customers[store].ask(chance.uniform(0, lasts), again=again))
        left -= 2 if again else 1
    try:
        await asyncio.gather(killing, *asking)
    finally:
        killing.cancel()
        for each in clients.values():
            await each.aclose()


async def _settle(installation: Installation, plan: Plan, agents: list[Agents], ledger: Ledger) -> list[str]:
    """Waits until nothing is left to happen; what has not come to rest in time, one sentence each."""
    owner = database_urls(installation.settings).owner
    until = time.monotonic() + plan.patience
    open_ones: list[str] = ["the database does not answer"]
    while time.monotonic() < until:
        with suppress(psycopg.OperationalError):
            tables = await asyncio.to_thread(read_tables, owner)
            open_ones = [f"{row['query_id'][:8]} is {row['status']}" for row in unsettled(tables, ledger.left)]
            if not open_ones and not any(each.at_work for each in agents):
                return []
        await asyncio.sleep(1.0)
    return open_ones or ["a decision was not answered"]


async def _report(
    installation: Installation, plan: Plan, ledger: Ledger, receiver: Receiver, facts: dict[str, str], late: list[str]
) -> Report:
    tables = await asyncio.to_thread(read_tables, database_urls(installation.settings).owner)
    runs = await read_runs(await connect(installation.settings), tables)
    violations = Verdict(tables, runs, ledger, receiver).violations()
    tries = sum(posted.tries for posted in ledger.posted)
    facts |= {
        "messages (requests for them)": f"{len(ledger.posted)} ({tries})",
        "requests for a person": str(ledger.person_wanted),
        "deliveries taken by the receiver": str(len(receiver.taken)),
        "  of them not acknowledged": str(receiver.lost),
        "  attempts that it refused / look-ups": f"{receiver.away} / {receiver.lookups}",
        "longest time from message to first rest": f"{longest_wait(tables):.1f} s",
        "longest gap without any query coming to rest": f"{longest_silence(tables):.1f} s",
    }
    return Report(
        plan=plan,
        kills=ledger.kills,
        dispositions=Counter(row["disposition"] or row["status"] for row in tables.queries),
        decisions=Counter(f"{each.outcome} {each.code}".strip() for each in ledger.decided if each.via == "api")
        + Counter("by signal" for each in ledger.decided if each.via == "signal"),
        facts=facts,
        violations=violations | {"everything came to rest in time": late},
    )
