"""Two small stores for the crash test: one whose replies stay in our own conversation, one with a webhook."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from activities.access import NewKey, create_key
from activities.orders import load_orders
from activities.stores import create_store, set_store
from app.cli.data import language_detector
from app.demo_loading import DEMO
from app.embedded.urls import database_urls
from app.settings import Settings
from domain.vocabulary import Scope
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.ingest import load_knowledge

PLAIN, HOOKED = "plain", "hooked"
ANCHOR = date(2026, 11, 1)
"""The day that the orders of the demo store are written for."""


@dataclass(frozen=True)
class StoreKeys:
    """What opens a store for its customers' channel and for its agents."""

    customers: NewKey
    agents: NewKey


async def prepare(settings: Settings, folder: Path, webhook: str) -> dict[str, StoreKeys]:
    """Makes both stores, with policies, questions and orders of the demo store in English."""
    knowledge = _english(folder / "knowledge")
    database = Database(database_urls(settings).app)
    await database.open()
    try:
        return {
            store: await _prepare(database, store, knowledge, address)
            for store, address in ((PLAIN, ""), (HOOKED, webhook))
        }
    finally:
        await database.close()


async def _prepare(database: Database, store: str, knowledge: Path, webhook: str) -> StoreKeys:
    await create_store(database, store, name=store.title())
    await set_store(database, store, {"send_mode": "cold_start", "rollout_share": "100", "webhook_url": webhook})
    await load_knowledge(database, UniversalSentenceEmbedder(), store, knowledge, detect=language_detector())
    shift = (datetime.now(UTC).date() - ANCHOR).days
    await load_orders(database, store, DEMO / "orders.jsonl", shift_days=shift)
    return StoreKeys(
        customers=await create_key(database, store, Scope.VERIFY, label="chaos channel"),
        agents=await create_key(database, store, Scope.AGENT, label="chaos agents"),
    )


def _english(target: Path) -> Path:
    for kind in ("policies", "faqs"):
        (target / kind).mkdir(parents=True)
        for page in sorted((DEMO / "knowledge" / kind).glob("*.en.md")):
            shutil.copy(page, target / kind)
    return target
