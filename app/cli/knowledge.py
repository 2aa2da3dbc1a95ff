"""`knowledge load` and `knowledge search`."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from activities.language import LanguageReader
from app.cli.data import (
    JsonOption,
    StoreOption,
    language_detector,
    open_database,
    progress,
    require_store,
    tell_report,
)
from app.settings import load_settings
from domain.knowledge import Passage, SearchResult
from domain.vocabulary import Intent, Kind, Language
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.ingest import load_knowledge
from retrieval.reports import LoadReport
from retrieval.search import PostgresKnowledge

commands = typer.Typer(no_args_is_help=True)


@commands.command()
def load(
    path: Annotated[Path, typer.Argument(help="A folder of Markdown, HTML, text and PDF, or a JSON Lines file.")],
    *,
    store: StoreOption,
    prune: Annotated[bool, typer.Option("--prune", help="Retire documents that PATH no longer has.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load products, policies and FAQs; only what changed is embedded. Exit code 1 when something was skipped."""
    tell_report(asyncio.run(_load(path, store, prune=prune)), "Documents", as_json=as_json)


async def _load(path: Path, store: str, *, prune: bool) -> LoadReport:
    async with open_database() as database:
        await require_store(database, store)
        return await load_knowledge(
            database,
            UniversalSentenceEmbedder(),
            store,
            path,
            detect=language_detector(),
            prune=prune,
            progress=progress("documents"),
        )


@commands.command()
def search(
    text: Annotated[str, typer.Argument(help="A question as a customer would ask it.")],
    *,
    store: Annotated[str | None, typer.Option(help="The store; otherwise HOLDPOINT_DEFAULT_STORE.")] = None,
    language: Annotated[Language | None, typer.Option(help="The customer's language; otherwise detected.")] = None,
    kind: Annotated[list[Kind] | None, typer.Option(help="Look among these kinds only.")] = None,
    intent: Annotated[Intent | None, typer.Option(help="Look first where answers to this intent are.")] = None,
    top: Annotated[int, typer.Option(min=1, max=50, help="How many documents.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Show what would be found for a question, best first, with the chance that it answers."""
    spoken = language or LanguageReader().read(text).language
    found, passages = asyncio.run(
        _search(text, store or load_settings().default_store, spoken, kinds=tuple(kind or ()), intent=intent, top=top)
    )
    texts = {passage.passage_id: passage.text for passage in passages}
    if as_json:
        shown = [
            {**passage.model_dump(mode="json"), "text": texts.get(passage.passage_id, "")} for passage in found.passages
        ]
        result = {"language": spoken.value, "answerable": found.answerable, "passages": shown}
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    for passage in found.passages:
        typer.echo(f"{passage.score:.2f}  {passage.passage_id}  {passage.title}")
        typer.echo("      " + " ".join(texts.get(passage.passage_id, "").split())[:200])
    if not found.answerable:
        typer.echo("Nothing found answers this." if found.passages else "Nothing found.")


async def _search(
    text: str, store: str, language: Language, *, kinds: tuple[Kind, ...], intent: Intent | None, top: int
) -> tuple[SearchResult, tuple[Passage, ...]]:
    async with open_database() as database:
        await require_store(database, store)
        knowledge = PostgresKnowledge(database, UniversalSentenceEmbedder())
        found = await knowledge.search(store, text, language=language, kinds=kinds, intent=intent, top=top)
        return found, await knowledge.passages(store, [passage.passage_id for passage in found.passages])
