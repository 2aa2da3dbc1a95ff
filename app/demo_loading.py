"""The demo store: loaded once from `app/demo`, with orders and returns moved in time so that they are of today."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from activities.customers import load_customers
from activities.orders import load_orders
from activities.returns import load_returns
from activities.stores import create_store, set_store
from domain.errors import Conflict, SetupError
from domain.ports import Embedder
from retrieval.database import Database
from retrieval.documents import DetectLanguage
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.ingest import Progress, load_knowledge
from retrieval.reports import LoadReport

DEMO = Path(__file__).parent / "demo"
DEMO_STORE = "demo"
LOADED = "demo_loaded_at"
"""Marks in the store's settings that everything was loaded; written last."""


async def load_demo_once(
    database: Database,
    embedder: Embedder | EmbedderShelf,
    detect: DetectLanguage,
    *,
    force: bool = False,
    today: date | None = None,
    say: Callable[[str], None] = lambda _: None,
    progress: Progress = lambda done, total: None,
    folder: Path = DEMO,
) -> bool:
    """Creates the demo store with its knowledge, orders, customers and returns; False when that was done before and
    `force` is not set.

    A load that was cut short is simply done again. `force` brings settings and all of these back to what the files say,
    as of `today`; what else was done in the store stays. Raises SetupError when a file of the demo is unusable.
    """
    if not force and await loaded_at(database) is not None:
        return False
    facts: dict[str, Any] = json.loads((folder / "store.json").read_text(encoding="utf-8"))
    await _settle(database, facts)
    say("Loading the demo store's knowledge …")
    _require_whole(
        await load_knowledge(
            database, embedder, DEMO_STORE, folder / "knowledge", detect=detect, prune=True, progress=progress
        )
    )
    anchor = datetime.fromisoformat(facts["anchor"]).astimezone(UTC).date()
    shift = ((today or datetime.now(UTC).date()) - anchor).days
    for load, file in ((load_orders, "orders"), (load_customers, "customers"), (load_returns, "returns")):
        _require_whole(await load(database, DEMO_STORE, folder / f"{file}.jsonl", shift_days=shift))
    await _mark(database)
    return True


async def loaded_at(database: Database) -> str | None:
    """When the demo store was loaded, as an ISO time; None when it was not, or not to the end."""
    async with database.across_stores() as connection:
        cursor = await connection.execute(
            "SELECT settings->>%s AS at FROM stores WHERE store = %s", (LOADED, DEMO_STORE)
        )
        row = await cursor.fetchone()
    return row["at"] if row else None


async def _settle(database: Database, facts: dict[str, Any]) -> None:
    settings = {name: str(value) for name, value in facts.get("settings", {}).items()}
    settings |= {f"signature.{language}": text for language, text in facts.get("signature", {}).items()}
    settings |= {"name": facts["name"], "return_form_url": facts.get("return_form_url", "")}
    try:
        await create_store(database, DEMO_STORE, name=facts["name"], settings=settings)
    except Conflict:
        await set_store(database, DEMO_STORE, settings)


def _require_whole(report: LoadReport) -> None:
    if report.skipped:
        first = report.skipped[0]
        raise SetupError(f"The demo store is damaged ({first.where}: {first.why}); restore the folder app/demo.")


async def _mark(database: Database) -> None:
    async with database.across_stores() as connection:
        await connection.execute(
            "UPDATE stores SET settings = settings || %s WHERE store = %s",
            (Jsonb({LOADED: datetime.now(UTC).isoformat(timespec="seconds")}), DEMO_STORE),
        )
