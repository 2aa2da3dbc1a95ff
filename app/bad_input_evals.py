"""The part `bad` of `evals answers` over the real steps: another shop, strange orders, a provider that is none."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from activities.orders import load_orders
from activities.stores import create_store
from app.batches.answering import Answers
from app.batches.cases import case_of
from app.batches.lines import AnswerLine
from app.settings import load_settings
from app.wiring import build_workshop
from domain.errors import BadInput
from evals.answers_bad import BadCase, bad_cases, measure_bad, orders_elsewhere, orders_here
from evals.tables import Part
from evals.workbench import Workbench
from graphs.state import SupportState

STORE, OTHER_STORE = "demo", "elsewhere"
ORDERS = Path(__file__).parent / "demo" / "orders.jsonl"
ANOTHER = "ORD-10082"
PAGE = "<!doctype html><html><body><h1>502 Bad Gateway</h1>ORD-77140 is on its way</body></html>"
Run = Callable[[BadCase], Awaitable[SupportState]]


async def measure_bad_inputs(bench: Workbench) -> Part:
    """Loads the strange orders beside those of the demo store, and asks about them."""
    await bench.load_demo()
    await create_store(bench.database, OTHER_STORE)
    await _load(bench, STORE, orders_here())
    await _load(bench, OTHER_STORE, orders_elsewhere())
    records = [json.loads(line) for line in ORDERS.read_text(encoding="utf-8").splitlines()]
    another = next(record for record in records if record["order_id"] == ANOTHER)
    async with _web_page() as url:
        usual, broken = await _runs(bench, url)

        async def ask(case: BadCase) -> SupportState:
            return await (broken if case.provider else usual)(case)

        return await measure_bad(list(bad_cases(another)), ask)


async def _runs(bench: Workbench, url: str) -> tuple[Run, Run]:
    """By these settings, and by a language model at an address that serves a web page."""
    settings = load_settings()
    page = {"model": "openai:none", "model_url": url, "model_api_key": SecretStr("none"), "fallback_model": None}
    runs = []
    for each in (settings, settings.model_copy(update=page)):
        workshop = build_workshop(each, bench.database)
        policy = await workshop.policy(STORE)
        await workshop.steps.warm_up()
        answers = Answers(workshop, policy)

        async def run(case: BadCase, answers: Answers = answers, policy: Any = policy) -> SupportState:
            line = AnswerLine(id=f"{case.name} {case.text}"[:400], text=case.text, email=case.email)
            return await answers.run(case_of(line, policy))

        runs.append(run)
    return runs[0], runs[1]


async def _load(bench: Workbench, store: str, records: list[dict[str, Any]]) -> None:
    path = bench.folder / f"bad-{store}.jsonl"
    path.write_text("\n".join(json.dumps(each) for each in records) + "\n", encoding="utf-8")
    report = await load_orders(bench.database, store, path)
    if report.skipped:
        raise BadInput(f"{report.skipped[0].where}: {report.skipped[0].why}")


@asynccontextmanager
async def _web_page() -> AsyncIterator[str]:
    """A server that answers everything with a page of HTML and status 200."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(PAGE)}\r\nconnection: close\r\n\r\n"
        writer.write((head + PAGE).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
