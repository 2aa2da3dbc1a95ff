"""`knowledge watch`: folders and sites whose knowledge is loaded again on a schedule."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from temporalio.client import Client, ScheduleDescription

from activities.watches import WatchView, list_watches, put_watch, read_watch, remove_watch
from app.cli.data import JsonOption, StoreOption, open_database, progress, require_store, say
from app.refreshing import refresh_now
from app.schedules import delete_schedule, describe_schedule, put_schedule
from app.settings import load_settings
from app.temporal_client import connect
from domain.errors import BadInput, Unavailable
from domain.vocabulary import Kind
from domain.watches import PageKind, RefreshProgress, RefreshResult, Watch, is_site, watch_id_of
from retrieval.database import Database
from retrieval.fetching import parse_url

T = TypeVar("T")
UNITS = {"m": 1, "h": 60, "d": 1440}
LEAVE_OUT = "skip"

commands = typer.Typer(no_args_is_help=True, help="Folders and sites that are loaded again on a schedule.")

WatchId = Annotated[str, typer.Argument(help="The watch's id, as `knowledge watch list` shows it.")]


class WrongUse(BadInput):
    """An argument that is not of the form that the command takes."""

    exit_code = 2


@commands.command()
def add(
    location: Annotated[str, typer.Argument(help="A folder on the worker's machine, or the address of a sitemap.")],
    *,
    store: StoreOption,
    every: Annotated[str, typer.Option(help="How often, such as 30m, 6h or 1d.")] = "60m",
    prune: Annotated[bool, typer.Option("--prune/--no-prune", help="Retire what is gone there.")] = True,
    kind: Annotated[Kind | None, typer.Option(help="What the pages of a site are.")] = None,
    kinds: Annotated[
        str, typer.Option(help="By path: '/help/=faq,/products/=product,/blog/=skip'; the longest that fits counts.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Watch a folder or a site; the first refresh starts at once. The same location again takes the new settings."""
    watch = _watch(location, store, every, kind, kinds).model_copy(update={"prune": prune})
    if not watch.is_site and not Path(watch.location).is_dir():
        say(f"There is no folder {watch.location} on this machine; it has to be there on the worker's.")

    async def work(database: Database) -> bool:
        new = await put_watch(database, watch)
        await _with_temporal(lambda client: put_schedule(client, watch, now=True))
        return new

    new = _with_store(store, work)
    if as_json:
        typer.echo(json.dumps(watch.model_dump(mode="json")))
    else:
        typer.echo(f"{'Watching' if new else 'Changed the watch of'} {watch.location} every {every}: {watch.watch_id}")


@commands.command("list")
def list_(*, store: StoreOption, as_json: JsonOption = False) -> None:
    """List what is watched: the last run, how it went, and the next one."""
    views, schedules = _with_store(store, lambda database: _views(database, store))
    for view, schedule in () if as_json else zip(views, schedules, strict=True):
        typer.echo(f"{view.watch.watch_id}  {view.watch.location}  every {view.watch.every_minutes} min")
        typer.echo(f"      last run {_when(view.started_at)}: {_outcome(view)}")
        typer.echo(f"      next run {_next(schedule)}")
    if as_json:
        rows = [
            view.model_dump(mode="json") | {"next_at": _next_at(schedule), "paused": _is_paused(schedule)}
            for view, schedule in zip(views, schedules, strict=True)
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not views:
        say("Nothing is watched; `holdpoint knowledge watch add LOCATION` begins it.")


@commands.command()
def remove(
    watch_id: WatchId,
    *,
    store: StoreOption,
    retire: Annotated[bool, typer.Option("--retire", help="Retire its documents; otherwise they stay.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Stop watching. What was loaded stays, unless --retire is given."""

    async def work(database: Database) -> int:
        retired = await remove_watch(database, store, watch_id, retire_documents=retire)
        await _with_temporal(lambda client: delete_schedule(client, store, watch_id))
        return retired

    retired = _with_store(store, work)
    if as_json:
        typer.echo(json.dumps({"watch_id": watch_id, "retired": retired}))
    else:
        typer.echo(f"{watch_id} is not watched any more; {retired:,} documents were retired.")


@commands.command()
def run(watch_id: WatchId, *, store: StoreOption, as_json: JsonOption = False) -> None:
    """Refresh now, and wait for it. Exit code 1 when something was skipped."""
    lines = {"pages": progress("pages"), "documents": progress("documents")}

    def tell(found: RefreshProgress) -> None:
        if found.stage in lines:
            lines[found.stage](found.done, found.total)

    async def work(database: Database) -> RefreshResult:
        watch = await read_watch(database, store, watch_id)
        return await refresh_now(await connect(load_settings()), watch, tell, say)

    _tell(_with_store(store, work), as_json=as_json)


def _watch(location: str, store: str, every: str, kind: Kind | None, kinds: str) -> Watch:
    found = re.fullmatch(r"([1-9]\d{0,5})([mhd])", every.strip())
    if found is None:
        raise WrongUse("--every is a number of minutes, hours or days, such as 30m, 6h or 1d.")
    patterns = _patterns(kind, kinds)
    if is_site(location):
        try:
            location = str(parse_url(location))
        except BadInput as error:
            raise WrongUse(f"The location cannot be used: {error.message}") from error
        if not patterns:
            raise WrongUse("Say what its pages are: --kind faq, or --kinds '/help/=faq,/products/=product'.")
    elif "://" in location:
        raise WrongUse("The location is a folder, or the http or https address of a sitemap.")
    elif patterns:
        raise WrongUse("--kind and --kinds are for sites; in a folder the kind is the name of the folder above a file.")
    else:
        location = str(Path(location).expanduser().resolve())
    minutes = int(found.group(1)) * UNITS[found.group(2)]
    return Watch(store=store, watch_id=watch_id_of(location), location=location, every_minutes=minutes, kinds=patterns)


def _patterns(kind: Kind | None, kinds: str) -> tuple[PageKind, ...]:
    found = [PageKind(pattern="/", kind=kind)] if kind else []
    for piece in filter(None, (part.strip() for part in kinds.split(","))):
        pattern, _, name = piece.rpartition("=")
        if not pattern.startswith(("/", "*")) or name not in {*Kind, LEAVE_OUT}:
            raise WrongUse(f"{piece[:60]!r} is not PATH=product, =policy, =faq or =skip, such as /help/=faq.")
        found.append(PageKind(pattern=pattern, kind=None if name == LEAVE_OUT else Kind(name)))
    return tuple(found)


async def _views(database: Database, store: str) -> tuple[tuple[WatchView, ...], list[ScheduleDescription | None]]:
    views = await list_watches(database, store)
    try:
        client = await connect(load_settings())
        return views, [await describe_schedule(client, view.watch) for view in views]
    except Unavailable:
        return views, [None] * len(views)


async def _with_temporal(work: Callable[[Client], Awaitable[None]]) -> None:
    """Without Temporal the row alone counts: a worker brings the schedules in line when it starts."""
    try:
        await work(await connect(load_settings()))
    except Unavailable:
        say("Temporal does not answer: the schedule follows at the next `holdpoint up`.")


def _with_store(store: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def go() -> T:
        async with open_database() as database:
            await require_store(database, store)
            return await work(database)

    return asyncio.run(go())


def _outcome(view: WatchView) -> str:
    if view.error:
        return view.error
    if view.report is None:
        return "running" if view.started_at else "none yet"
    report = view.report
    counts = f"{report.added:,} added, {report.changed:,} changed, {report.unchanged:,} unchanged"
    rest = f"{report.retired:,} retired, {report.skipped_count:,} skipped, {report.quarantined_count:,} in quarantine"
    return " ".join((f"{counts}, {rest}.", *report.notes))


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "-"


def _next(schedule: ScheduleDescription | None) -> str:
    if schedule is None:
        return "not known: Temporal does not answer, or `holdpoint up` has not made the schedule yet"
    if _is_paused(schedule):
        return "none: the schedule is paused in Temporal"
    times = schedule.info.next_action_times
    return _when(times[0]) if times else "-"


def _next_at(schedule: ScheduleDescription | None) -> str | None:
    times = schedule.info.next_action_times if schedule and not _is_paused(schedule) else ()
    return times[0].isoformat() if times else None


def _is_paused(schedule: ScheduleDescription | None) -> bool:
    return bool(schedule and schedule.schedule.state and schedule.schedule.state.paused)


def _tell(result: RefreshResult, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result.model_dump(mode="json"), ensure_ascii=False))
    else:
        for sentence in result.not_loaded:
            say(f"Skipped {sentence}")
        for document in result.in_quarantine:
            say(f"In quarantine: {document}: `holdpoint knowledge quarantine list` says why.")
        for note in result.notes:
            say(note)
        counts = f"{result.added:,} added, {result.changed:,} changed, {result.unchanged:,} unchanged"
        held = f", {result.quarantined:,} in quarantine" if result.quarantined else ""
        typer.echo(f"Documents: {counts}, {result.retired:,} retired, {result.skipped:,} skipped{held}.")
    if result.skipped:
        raise typer.Exit(1)
