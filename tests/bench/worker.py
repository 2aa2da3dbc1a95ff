"""A worker process for the benchmarks: the product's own worker, with the bare workflow beside."""

import asyncio
import os
import signal
import sys

import httpx
from temporalio.worker import Worker

from activities.announcing import AnnouncedSteps
from activities.durable import QueryActivities
from activities.outbox import Outbox
from activities.records import Records
from activities.webhook import SignedWebhook
from app.embedded.urls import database_urls
from app.settings import Settings
from app.temporal_client import connect
from app.temporal_worker import build_worker, workflow_runner
from app.wiring import build_workshop
from retrieval.database import Database
from tests.bench.bare import BareQuery

BARE_QUEUE = "bare"


async def serve(settings: Settings) -> None:
    """Runs both workers until SIGTERM; says `ready` on standard output."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = Database(database_urls(settings).app)
    await database.open()
    client = await connect(settings)
    steps = build_workshop(settings, database).steps
    async with httpx.AsyncClient() as webhook:
        records, outbox = Records(database, steps.versions), Outbox(database, SignedWebhook(webhook))
        activities = QueryActivities(AnnouncedSteps(steps, database), records, outbox)
        ours = build_worker(client, activities)
        bare = Worker(
            client,
            task_queue=BARE_QUEUE,
            workflows=[BareQuery],
            activities=activities.all(),
            workflow_runner=workflow_runner(),
        )
        async with ours, bare:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await stop.wait()
    await database.close()


if __name__ == "__main__":
    asyncio.run(serve(Settings()))
    sys.stdout.flush()
    os._exit(0)  # see app/cli/main.py: the SDK's runtime may abort at interpreter exit
