"""A database in a folder of its own for measuring and fitting, and the graph that answers over it; both thrown away."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from app.batches.answering import Answers
from app.cli.data import language_detector, say
from app.demo_loading import load_demo_once
from app.embedded.lease import database as leased_database
from app.settings import CHECKOUT, load_settings
from app.wiring import build_workshop
from domain.policies import StorePolicy
from domain.steps import Case
from evals.workbench import Workbench
from graphs.state import SupportState
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.loading.owner import tidy


@asynccontextmanager
async def open_workbench() -> AsyncIterator[Workbench]:
    """A database in a folder of its own, whatever the installation uses; both are gone afterwards."""
    settings = load_settings()
    home = _new_home()
    own = settings.model_copy(update={"home": home / "home", "database_url": None, "app_database_url": None})
    try:
        with leased_database(own, say) as urls:
            database = Database(urls.app)
            await database.open()
            try:
                yield _bench(database, urls.owner, home, settings.eval_data or CHECKOUT.parent / "shared" / "data")
            finally:
                await database.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def graph_over(bench: Workbench, store: str) -> tuple[Callable[[Case], Awaitable[SupportState]], StorePolicy]:
    """What takes a case of this store through the whole graph in memory, and the store's policy; the models are
    loaded. Raises NotFound when the bench has no such store."""
    workshop = build_workshop(load_settings(), bench.database)
    policy = await workshop.policy(store)
    await workshop.steps.warm_up()
    return Answers(workshop, policy).run, policy


def _new_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="hp-"))
    home.chmod(0o711)  # the server may run as another user, and has to reach its folder
    return home


def _bench(database: Database, owner_url: str, folder: Path, data: Path) -> Workbench:
    embedder, detect = UniversalSentenceEmbedder(), language_detector()

    async def load_demo() -> None:
        if await load_demo_once(database, embedder, detect, say=say):
            await tidy(owner_url)  # as loading does in an installation: a search would be slow without

    return Workbench(database, embedder, detect, folder, data, load_demo, say)
