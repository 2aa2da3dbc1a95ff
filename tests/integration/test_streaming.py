"""What a customer's page gets on the event stream, over a real socket, from the real workflow: steps at once, the reply
after the decision, nothing else; and what it gets after the connection was cut anywhere."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import uvicorn
from psycopg import AsyncConnection

from activities.access import create_key
from activities.announcing import AnnouncedSteps
from activities.starting import StartOptions
from api.application import create_app
from api.feed import EventFeed
from api.parts import ApiOptions, ApiParts
from api.workflows_door import TemporalDoor
from app.embedded.foundation import free_port
from domain.drafts import with_hash
from domain.steps import GenerateInput, GenerateResult, RetrieveInput, RetrieveResult
from domain.vocabulary import Scope
from graphs.fakes import FakeSteps
from retrieval.database import Database
from tests.conftest import Stack
from tests.desk_fixtures import Shop, a_shop

REPLY = "Bonjour,\n\nVotre colis est en route. Il arrive le 3 mai !\n\nCordialement,\nLumen"
PIECES = ["Bonjour,\n\n", "Votre colis est en route. ", "Il arrive le 3 mai !\n\n", "Cordialement,\n", "Lumen"]
Event = dict[str, Any]


class Writes(FakeSteps):
    """Writes a reply of several sentences; `slow`: `retrieve` goes on when it is set."""

    def __init__(self, **script: Any) -> None:
        super().__init__(**script)
        self.slow = asyncio.Event()
        self.slow.set()

    async def retrieve(self, request: RetrieveInput) -> RetrieveResult:
        await self.slow.wait()
        return await super().retrieve(request)

    async def generate(self, request: GenerateInput) -> GenerateResult:
        made = await super().generate(request)
        query = request.case
        draft = with_hash(made.draft.model_copy(update={"text": REPLY}), query.query.query_id, query.message_hash)
        return made.model_copy(update={"draft": draft})


class Site:
    """The API of one shop on a port of its own."""

    def __init__(self, shop: Shop, client: httpx.AsyncClient, keys: dict[Scope, str]) -> None:
        self.shop, self.client, self.keys = shop, client, keys

    async def ask(self, text: str) -> str:
        body = {"store": self.shop.store, "channel": "web", "message_id": text, "text": text, "language": "fr"}
        answer = await self.client.post("/v1/queries", json=body, headers=self.headers())
        query_id: str = answer.json()["query_id"]
        return query_id

    def headers(self, scope: Scope = Scope.CUSTOMER, *, last: str | None = None) -> httpx.Headers:
        more = {} if last is None else {"Last-Event-ID": last}
        return httpx.Headers({"Authorization": f"Bearer {self.keys[scope]}", **more}, encoding="utf-8")

    async def events(self, query_id: str, last: str | None = None) -> AsyncIterator[Event]:
        """The events of a query, as they come over the socket."""
        address = f"/v1/queries/{query_id}/events"
        async with self.client.stream("GET", address, headers=self.headers(last=last)) as answer:
            assert answer.status_code == 200
            event: Event = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if not line and event:
                    yield event
                    event = {}
                elif name:
                    event[name] = json.loads(value) if name == "data" else value


@asynccontextmanager
async def a_site(stack: Stack, steps: FakeSteps) -> AsyncIterator[Site]:
    database = Database(stack.app_url)
    await database.open()

    async def connect() -> AsyncConnection[Any]:
        return await AsyncConnection.connect(stack.app_url, autocommit=True)

    async def nothing() -> dict[str, str]:
        return {}

    async with a_shop(stack.settings, stack.app_url, AnnouncedSteps(steps, database)) as shop:
        feed = EventFeed(connect)
        door = TemporalDoor(shop.client, StartOptions(task_queue=shop.task_queue))
        app = create_app(ApiParts(database, door, feed, ApiOptions(), nothing))
        server = uvicorn.Server(uvicorn.Config(app, port=(port := free_port()), lifespan="off", log_level="warning"))
        running = [asyncio.create_task(feed.run()), asyncio.create_task(server._serve())]
        while not server.started:
            await asyncio.sleep(0.02)
        keys = {scope: (await create_key(database, shop.store, scope, label="Ana")).key for scope in Scope}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield Site(shop, client, keys)
        feed.close()
        server.should_exit = True
        await running[1]
        running[0].cancel()
        with suppress(asyncio.CancelledError):
            await running[0]
    await database.close()


async def test_steps_come_at_once_in_the_customers_language_and_the_reply_in_pieces(stack: Stack) -> None:
    steps = Writes()
    async with a_site(stack, steps) as site:
        steps.slow.clear()
        query_id = await site.ask("Où est ma commande ?")
        stream = site.events(query_id)
        told = []
        async for event in stream:  # while `retrieve` still works, the page knows of it
            told.append(event)
            if event["event"] == "step" and event["data"]["step"] == "retrieve":
                break
        assert not [event for event in told if event["event"].startswith("reply")]
        steps.slow.set()
        told += [event async for event in stream]
        shown = [event["data"] for event in told if event["event"] == "step"]
        assert [(each["step"], each["text"], each["language"]) for each in shown] == [
            ("classify", "Lecture du message", "fr"),
            ("retrieve", "Recherche de la réponse", "fr"),
            ("generate", "Rédaction de la réponse", "fr"),
            ("guard", "Vérification de la réponse", "fr"),
        ]
        parts = [event["data"] for event in told if event["event"] == "reply_part"]
        assert [part["text"] for part in parts] == PIECES
        assert [part["index"] for part in parts] == list(range(len(PIECES)))
        (reply,) = [event for event in told if event["event"] == "reply"]
        assert reply["data"]["text"] == REPLY
        assert set(reply["data"]) == {"text", "language", "at"}
        assert told[-1]["event"] == "end"


async def test_nothing_of_a_draft_is_streamed_before_a_person_has_decided(stack: Stack) -> None:
    async with a_site(stack, Writes(send=False)) as site:
        query_id = await site.ask("Où est ma commande ?")
        told: list[Event] = []
        async for event in site.events(query_id):
            told.append(event)
            if event["event"] == "status" and event["data"]["status"] == "waiting_review":
                record = await site.client.get(f"/v1/queries/{query_id}", headers=site.headers(Scope.AGENT))
                assert "colis" not in json.dumps(told)
                assert not [each for each in told if each["event"].startswith("reply")]
                decision = {"action": "approve", "draft_hash": record.json()["draft_hash"]}
                decided = await site.client.post(
                    f"/v1/reviews/{query_id}/decision", json=decision, headers=site.headers(Scope.AGENT)
                )
                assert decided.status_code == 200
        parts = [event["data"]["text"] for event in told if event["event"] == "reply_part"]
        assert "".join(parts) == REPLY


async def test_a_connection_cut_anywhere_neither_loses_nor_repeats_a_piece(stack: Stack) -> None:
    async with a_site(stack, Writes()) as site:
        query_id = await site.ask("Où est ma commande ?")
        whole = [event async for event in site.events(query_id)]
        ids = [event["id"] for event in whole if "id" in event]
        assert len(ids) == len(set(ids))
        for place, last in enumerate(ids):
            if last == ids[-1]:
                continue
            rest = [event["id"] async for event in site.events(query_id, last) if "id" in event]
            assert [*ids[: place + 1], *rest] == ids
        done = await site.client.get(f"/v1/queries/{query_id}/events", headers=site.headers(last=ids[-1]))
        assert done.status_code == 204


async def test_reading_one_event_at_a_time_reads_everything_once(stack: Stack) -> None:
    async with a_site(stack, Writes()) as site:
        query_id = await site.ask("Où est ma commande ?")
        read: list[Event] = []
        while not read or read[-1]["event"] != "end":
            stream = site.events(query_id, read[-1]["id"] if read else None)
            read.append(await anext(stream))
            await stream.aclose()  # type: ignore[attr-defined]
            if "id" not in read[-1]:
                break
            if read[-1]["event"] == "status" and read[-1]["data"]["status"] == "sent":
                break
        texts = [event["data"]["text"] for event in read if event["event"] == "reply_part"]
        assert texts == PIECES
        assert len([event for event in read if event["event"] == "reply"]) == 1


async def test_ids_that_this_stream_never_sent_are_refused(stack: Stack) -> None:
    async with a_site(stack, Writes()) as site:
        address = f"/v1/queries/{await site.ask('Où est ma commande ?')}/events"
        for last in ("7.", ".7", "7.x", "7.1.1", "7.1234567", "-7.1", "7 .1", "٧", "9" * 19):
            answer = await site.client.get(address, headers=site.headers(last=last))
            assert answer.status_code == 422, last
