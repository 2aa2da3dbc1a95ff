"""Records one history of each path through a support query, on the real Temporal with scripted steps.

    make histories

Run it when a path is added or its commands change on purpose. A history that is already in the repository stands for
queries that are open somewhere: when today's code can't replay it, version the change (`workflow.patched`) and keep the
old history; record it again only while nothing runs in production.
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowUpdateFailedError

from activities.reindexing import Reindexing
from activities.watches import put_watch
from activities.watching import SiteLimits, Watching
from app.embedded.foundation import foundation
from app.temporal_worker import build_worker
from domain.findings import Finding
from domain.identifiers import REFRESH_TYPE, REINDEX_TYPE, refresh_id_of, reindex_id_of
from domain.upkeep import ReindexInput
from domain.vocabulary import Tier
from domain.watches import RefreshInput, Watch
from graphs.fakes import FakeSteps
from retrieval.embedders import HashEmbedder
from retrieval.embedding.shelf import EmbedderShelf
from tests.conftest import settings_for
from tests.desk_fixtures import OUTSIDE, Asked, Shop, a_shop
from tests.integration.test_support_query_failures import BuggySteps, reset, take_over
from tests.integration.test_support_query_paths import SlowSteps

HISTORIES = Path(__file__).with_name("histories")
FINDING = Finding(check="ungrounded_value", on="reply", excerpt="9 euros", why="Nothing says 9 euros.")
Scenario = Callable[[Shop, Any], Awaitable["Asked | Reindexed | Refreshed"]]


class Reindexed:
    """The workflow that makes a store's knowledge anew."""

    def __init__(self, shop: Shop) -> None:
        self.workflow_id = reindex_id_of(shop.store)
        self.handle = shop.client.get_workflow_handle(self.workflow_id)


async def sent(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("sent")
    return asked


async def sent_with_generation_outside(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask(step_modes=OUTSIDE)
    await asked.until("sent")
    return asked


async def approved(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    row = await asked.until("waiting_review")
    await asked.decide("approve", draft_hash=row["draft_hash"], decision_id="d1")
    return asked


async def approved_by_signal(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    row = await asked.until("waiting_review")
    await asked.handle.signal("approve", args=[1, 2])
    await asked.handle.signal("whatever", "x")
    await asked.handle.signal("approve", {"draft_hash": row["draft_hash"], "agent": "Ana"})
    await asked.until("sent")
    return asked


async def edited(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    row = await asked.until("waiting_review")
    edit = {"draft_hash": row["draft_hash"], "text": "You get 9 euros."}
    with suppress(WorkflowUpdateFailedError):  # the refusal is part of the path
        await asked.decide("edit", decision_id="e1", **edit)
    await asked.decide("edit", decision_id="e2", confirm_findings=True, **edit)
    return asked


async def rejected_and_redrafted(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    row = await asked.until("waiting_review")
    again = await asked.decide("reject", draft_hash=row["draft_hash"], reason="Too short.")
    await asked.decide("approve", draft_hash=again["draft_hash"])
    return asked


async def rejected_twice(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    row = await asked.until("waiting_review")
    again = await asked.decide("reject", draft_hash=row["draft_hash"], reason="Too short.")
    await asked.decide("reject", draft_hash=again["draft_hash"], reason="Still.")
    await asked.decide("reply", text="In my own words.")
    return asked


async def taken_over(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("waiting_review")
    await asked.handle.execute_update("claim", {"agent": "Ana"})
    await asked.decide("take_over")
    await asked.decide("reply", text="In my own words.")
    return asked


async def closed_by_an_agent(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("waiting_agent")
    await asked.decide("close", reason="Spam.")
    return asked


async def nothing_to_answer(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask("Thanks!")
    await asked.until("closed")
    return asked


async def superseded_while_working(shop: Shop, steps: Any) -> Asked:
    asked = await shop.ask(step_modes=OUTSIDE)
    await steps.started.wait()
    second = await shop.ask(conversation=asked.given.conversation_id, gather_seconds=0.2, step_modes=OUTSIDE)
    await asked.until("closed")
    steps.go_on.set()
    await second.until("sent")
    return asked


async def superseded_while_waiting(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("waiting_review")
    second = await shop.ask(conversation=asked.given.conversation_id, gather_seconds=0.2)
    await second.until("waiting_review")
    await asked.until("closed")
    return asked


async def superseding(shop: Shop, _: Any) -> Asked:
    first = await shop.ask()
    await first.until("waiting_review")
    asked = await shop.ask(conversation=first.given.conversation_id, gather_seconds=0.2)
    row = await asked.until("waiting_review")
    await asked.decide("approve", draft_hash=row["draft_hash"])
    return asked


async def a_person_requested(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("waiting_review")
    await asked.handle.signal("request_human")
    await asked.until("waiting_agent")
    await asked.decide("reply", text="In my own words.")
    return asked


async def overdue(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask(remind=0.5, deadline=1.0)
    await asked.until("waiting_review")
    await asyncio.sleep(2)
    row = await asked.row()
    await asked.decide("approve", draft_hash=row["draft_hash"])
    return asked


async def provider_down(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask(step_modes=OUTSIDE)
    await asked.until("waiting_agent", seconds=40)
    await asked.decide("reply", text="In my own words.")
    return asked


async def failed(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("failed")
    return asked


async def after_a_reset(shop: Shop, steps: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("failed")
    steps.fixed = True
    await reset(asked)
    row = await asked.until("waiting_review")
    await asked.decide("approve", draft_hash=row["draft_hash"])
    return asked


async def takeover_of_a_failed_run(shop: Shop, _: Any) -> Asked:
    asked = await shop.ask()
    await asked.until("failed")
    taken = await take_over(shop, asked)
    await taken.until("waiting_agent")
    await taken.decide("reply", text="In my own words.")
    return taken


async def reindexed(shop: Shop, _: Any) -> Reindexed:
    work = Reindexing(shop.database, EmbedderShelf(HashEmbedder()), _no_index)
    async with build_worker(
        shop.client, shop.activities(FakeSteps()), others=[work.reindex_knowledge], task_queue=f"{shop.task_queue}-bare"
    ) as worker:
        given = ReindexInput(store=shop.store)
        done = Reindexed(shop)
        await shop.client.start_workflow(REINDEX_TYPE, given, id=done.workflow_id, task_queue=worker.task_queue)
        await done.handle.result()
    return done


class Refreshed:
    """The workflow that loads again what is watched."""

    def __init__(self, shop: Shop, watch: Watch) -> None:
        self.workflow_id = refresh_id_of(shop.store, watch.watch_id)
        self.handle = shop.client.get_workflow_handle(self.workflow_id)


async def refreshed(shop: Shop, _: Any) -> Refreshed:
    work = Watching(shop.database, EmbedderShelf(HashEmbedder()), lambda _: None, _no_index, SiteLimits())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "faqs" / "returns.en.md"
        page.parent.mkdir()
        page.write_text("# Returns?\n\nThirty days.", encoding="utf-8")
        watch = Watch(store=shop.store, watch_id="knowledge", location=folder, every_minutes=60)
        await put_watch(shop.database, watch)
        activities = shop.activities(FakeSteps())
        queue = f"{shop.task_queue}-bare"
        async with build_worker(shop.client, activities, others=[work.refresh_knowledge], task_queue=queue):
            given, done = RefreshInput(store=shop.store, watch_id=watch.watch_id), Refreshed(shop, watch)
            await shop.client.start_workflow(REFRESH_TYPE, given, id=done.workflow_id, task_queue=queue)
            await done.handle.result()
    return done


async def _no_index(store: str) -> None:
    """A store this small needs none."""


def waiting() -> FakeSteps:
    return FakeSteps(send=False)


SCENARIOS: tuple[tuple[Scenario, Callable[[], Any]], ...] = (
    (sent, FakeSteps),
    (sent_with_generation_outside, FakeSteps),
    (approved, waiting),
    (approved_by_signal, waiting),
    (edited, lambda: FakeSteps(send=False, edit_findings=[FINDING])),
    (rejected_and_redrafted, waiting),
    (rejected_twice, waiting),
    (taken_over, waiting),
    (closed_by_an_agent, lambda: FakeSteps(tier=Tier.PERSON)),
    (nothing_to_answer, lambda: FakeSteps(nothing_to_answer=True)),
    (superseded_while_working, SlowSteps),
    (superseded_while_waiting, waiting),
    (superseding, waiting),
    (a_person_requested, waiting),
    (overdue, waiting),
    (provider_down, lambda: FakeSteps(unavailable=["generate"])),
    (failed, BuggySteps),
    (after_a_reset, BuggySteps),
    (takeover_of_a_failed_run, BuggySteps),
    (reindexed, FakeSteps),
    (refreshed, FakeSteps),
)
MACHINE = frozenset({"identity", "stackTrace", "binaryChecksum", "workerVersion", "sdkMetadata", "buildId"})


def scrub(found: Any) -> Any:
    """Without what names the machine or the folder it was recorded in; replay reads none of it."""
    if isinstance(found, dict):
        return {key: scrub(value) for key, value in found.items() if key not in MACHINE}
    return [scrub(value) for value in found] if isinstance(found, list) else found


async def record(only: frozenset[str]) -> None:
    """Records the scenarios named, or all."""
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hp-") as home:
        Path(home).chmod(0o711)
        settings = settings_for(Path(home) / "home")
        with foundation(settings) as urls:
            for scenario, steps_of in SCENARIOS:
                name = scenario.__name__
                if only and name not in only:
                    continue
                steps = steps_of()
                async with a_shop(settings, urls.app, steps) as shop:
                    asked = await scenario(shop, steps)
                    history = await asked.handle.fetch_history()
                kept = scrub(json.loads(history.to_json()))
                text = json.dumps(kept | {"workflowId": asked.workflow_id}, indent=1, ensure_ascii=False)
                (HISTORIES / f"{name}.json").write_text(re.sub(r"[ \t]+\n", "\n", text) + "\n", encoding="utf-8")
                sys.stderr.write(f"{name}: {len(history.events)} events\n")


if __name__ == "__main__":
    asyncio.run(record(frozenset(sys.argv[1:])))
