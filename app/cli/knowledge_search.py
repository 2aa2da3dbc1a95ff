"""`knowledge search` and `knowledge gaps`: what is found for a question, why, and what nothing answers."""

import asyncio
import getpass
import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from activities.gaps import GapGroup, close_gap, gap_groups
from activities.language import LanguageReader
from app.cli.data import JsonOption, open_database, require_store, say
from app.cli.explained import explained_lines
from app.settings import load_settings
from app.wiring import build_knowledge
from domain.knowledge import Passage, SearchResult
from domain.vocabulary import Intent, Kind, Language
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.searching.explanation import Explanation

commands = typer.Typer()
DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]

StoreOption = Annotated[str | None, typer.Option("--store", help="The store; by default HOLDPOINT_DEFAULT_STORE.")]
DateOption = Annotated[datetime | None, typer.Option(formats=DATES, metavar="DATE", help="UTC unless it says else.")]


@commands.command()
def search(
    text: Annotated[str, typer.Argument(help="A question as a customer would ask it.")],
    *,
    store: StoreOption = None,
    language: Annotated[Language | None, typer.Option(help="The customer's language; otherwise detected.")] = None,
    kind: Annotated[list[Kind] | None, typer.Option(help="Look among these kinds only.")] = None,
    intent: Annotated[Intent | None, typer.Option(help="Look first where answers to this intent are.")] = None,
    top: Annotated[int, typer.Option(min=1, max=50, help="How many documents.")] = 3,
    at: DateOption = None,
    as_of: DateOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show what each search found, and what decided.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what would be found for a question, best first, with the chance that it answers.

    --at: among the documents in effect at that moment. --as-of: among the versions that stood here then.
    """
    spoken = language or LanguageReader().read(text).language
    wanted: dict[str, Any] = {"language": spoken, "kinds": tuple(kind or ()), "intent": intent, "top": top}
    wanted |= {"at": _utc(at), "as_of": _utc(as_of)}
    explanation, passages = asyncio.run(_search(text, store, wanted))
    texts = {passage.passage_id: passage.text for passage in passages}
    if as_json:
        typer.echo(json.dumps(_as_json(explanation, texts, explain=explain), ensure_ascii=False))
    elif explain:
        typer.echo(explained_lines(explanation))
    else:
        _tell(explanation.result, texts)


def _tell(found: SearchResult, texts: dict[str, str]) -> None:
    for passage in found.passages:
        typer.echo(f"{passage.score:.2f}  {passage.passage_id}  {passage.title}")
        typer.echo("      " + " ".join(texts.get(passage.passage_id, "").split())[:200])
    if not found.answerable:
        typer.echo("Nothing found answers this." if found.passages else "Nothing found.")


def _as_json(explanation: Explanation, texts: dict[str, str], *, explain: bool) -> dict[str, Any]:
    found = explanation.result
    shown = [
        {**passage.model_dump(mode="json"), "text": texts.get(passage.passage_id, "")} for passage in found.passages
    ]
    result = {"language": explanation.language.value, "answerable": found.answerable, "passages": shown}
    return result | {"explanation": explanation.model_dump(mode="json", exclude={"result"})} if explain else result


async def _search(text: str, store: str | None, wanted: dict[str, Any]) -> tuple[Explanation, tuple[Passage, ...]]:
    settings = load_settings()
    name = store or settings.default_store
    async with open_database() as database:
        await require_store(database, name)
        knowledge = build_knowledge(settings, database, UniversalSentenceEmbedder())
        found = await knowledge.explain(name, text, **wanted)
        return found, await knowledge.passages(name, [passage.passage_id for passage in found.result.passages])


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@commands.command()
def gaps(
    *,
    store: StoreOption = None,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    close: Annotated[str | None, typer.Option(metavar="QUERY_ID", help="Close the gap of this query.")] = None,
    agent: Annotated[str | None, typer.Option(help="Who closes it; by default the user of this computer.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what customers asked and nothing answers, by language and intent; or close one."""
    name = store or load_settings().default_store
    if close is not None:
        by = agent or getpass.getuser()
        now = asyncio.run(_close(name, close, by))
        said = {"query_id": close, "closed_by": by, "closed_now": now}
        sentence = f"The gap {close} is closed." if now else f"The gap {close} was closed before."
        typer.echo(json.dumps(said, ensure_ascii=False) if as_json else sentence)
        return
    groups = asyncio.run(_gaps(name, closed_too=every))
    if as_json:
        typer.echo(json.dumps([group.model_dump(mode="json") for group in groups], ensure_ascii=False))
        return
    for group in groups:
        _tell_group(group)
    if not groups:
        say("There is no gap: whatever customers asked, something answers." if not every else "There was no gap yet.")


def _tell_group(group: GapGroup) -> None:
    typer.echo(f"{group.language.value}  {group.intent.words}: {group.gaps:,}")
    for gap in group.latest:
        words = " ".join((gap.text or "(the query is gone)").split())
        typer.echo(f"  {gap.asked_at:%Y-%m-%d %H:%M}  {gap.query_id}  {words[:200]}")
        nearest = f"nearest: {gap.title} ({gap.document_id}), chance {gap.score:.2f}" if gap.document_id else ""
        ended = f"closed by {gap.closed_by} {gap.closed_at:%Y-%m-%d}" if gap.closed_at else ""
        if nearest or ended:
            typer.echo("      " + "; ".join(filter(None, (nearest, ended))))
    if group.gaps > len(group.latest):
        typer.echo(f"  … and {group.gaps - len(group.latest):,} older ones")


async def _gaps(store: str, *, closed_too: bool) -> tuple[GapGroup, ...]:
    async with open_database() as database:
        await require_store(database, store)
        return await gap_groups(database, store, closed_too=closed_too)


async def _close(store: str, query_id: str, agent: str) -> bool:
    async with open_database() as database:
        await require_store(database, store)
        return await close_gap(database, store, query_id, agent)
