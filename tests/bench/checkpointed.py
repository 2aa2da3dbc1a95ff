"""For honesty: the same graph and steps under LangGraph's own PostgresSaver. No queue, no timers, nothing that restarts
it after a crash, but the reply is written to the same outbox."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from activities.announcing import AnnouncedSteps
from activities.intake import NewQuery, receive
from activities.outbox import Outbox
from activities.records import Records
from activities.webhook import SignedWebhook
from app.settings import Settings
from app.wiring import build_workshop
from domain.records import BeginInput, SendInput
from graphs.endings import Ending
from graphs.nodes import to_json
from graphs.support import RECURSION_LIMIT, build_graph
from retrieval.database import Database
from tests.bench.engine import TIMES


@asynccontextmanager
async def postgres_saver(
    settings: Settings, database: Database, owner_url: str
) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """A function that answers one question this way."""
    steps = build_workshop(settings, database).steps
    pool_options: dict[str, Any] = {"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0}
    async with (
        AsyncConnectionPool(owner_url, max_size=8, kwargs=pool_options, open=False) as pool,
        httpx.AsyncClient() as client,
    ):
        saver = AsyncPostgresSaver(pool)  # type: ignore[arg-type]  # a pool of dict rows, as its documentation asks
        await saver.setup()
        graph = build_graph(AnnouncedSteps(steps, database)).compile(checkpointer=saver)
        records, outbox = Records(database, steps.versions), Outbox(database, SignedWebhook(client))

        async def run(text: str) -> Any:
            new = NewQuery(store="demo", channel="bench", message_id=uuid.uuid4().hex, text=text)
            stored = await receive(database, new, TIMES, now=datetime.now(UTC))
            begun = await records.begin(BeginInput(store="demo", query_id=stored.query_id), "bench")
            config: Any = {"configurable": {"thread_id": stored.query_id}, "recursion_limit": RECURSION_LIMIT}
            state = await graph.ainvoke({"case": to_json(begun.case)}, config)
            reply = Ending.model_validate(state["ending"]).reply
            if reply is None:
                raise ValueError("the question was not answered automatically")
            sent = SendInput(
                store="demo",
                query_id=stored.query_id,
                conversation_id=stored.conversation_id,
                purpose="reply",
                ordinal=1,
                text=reply.text,
                language=reply.language,
                author="holdpoint",
                approved=False,
                through_seq=begun.through_seq,
            )
            return await outbox.write(sent, "bench")

        yield run
