"""The activity that brings a store's knowledge to what a watched folder or site says now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psycopg.types.json import Jsonb
from temporalio import activity

from activities.heartbeats import telling
from activities.site_reading import SiteReader
from activities.watches import SQL, read_watch
from domain.errors import HoldpointError, Unavailable
from domain.watches import RefreshInput, RefreshProgress, RefreshResult, Watch
from retrieval.database import Database
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.fetching import Fetcher
from retrieval.ingest import load_knowledge
from retrieval.loading.loads import recorded_load
from retrieval.records import DetectLanguage
from retrieval.reports import SHOWN, LoadReport

TOLD = 50
"""So many skipped parts and documents in quarantine are named in the result; the row of the load has more."""
REPORTS_KEPT = 200
Tell = Callable[[RefreshProgress], None]


@dataclass(frozen=True)
class SiteLimits:
    """How sites are read."""

    private: bool = False
    """Whether addresses inside this network may be read."""
    pages: int = 5_000


class Watching:
    """Bound to the database, the embedders, and what builds the index of a large store."""

    def __init__(
        self,
        database: Database,
        shelf: EmbedderShelf,
        detect: DetectLanguage,
        keep_index: Callable[[str], Awaitable[object]],
        limits: SiteLimits,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._detect = detect
        self._keep_index = keep_index
        self._limits = limits

    @activity.defn
    async def refresh_knowledge(self, request: RefreshInput) -> RefreshResult:
        """Goes on wherever the last attempt stopped. A source that cannot be read retires nothing.

        Raises NotFound for a watch that was removed, BadInput for a source that cannot be used, Unavailable for one
        that does not answer.
        """
        said = RefreshProgress()

        def tell(progress: RefreshProgress) -> None:
            nonlocal said
            said = progress

        watch = await read_watch(self._database, request.store, request.watch_id)
        async with telling(lambda: said):
            report = await (self._site(watch, tell) if watch.is_site else self._folder(watch, tell))
            if report.added or report.changed or report.retired:
                await self._keep_index(watch.store)
            await self._execute("forget_loads", watch, {"most": REPORTS_KEPT})
        return _result(report)

    async def _folder(self, watch: Watch, tell: Tell) -> LoadReport:
        return await self._load(watch, Path(watch.location), tell, prune=watch.prune)

    async def _site(self, watch: Watch, tell: Tell) -> LoadReport:
        since = activity.info().scheduled_time
        with TemporaryDirectory(prefix="holdpoint-") as folder:
            file = Path(folder) / "pages.jsonl"
            reader = await self._read_site(watch, since, file, tell)
            report = await self._load(watch, file, tell, prune=reader.prune)
        await reader.forget_gone()
        report = report.model_copy(
            update={
                "skipped": (*reader.skipped, *report.skipped)[:SHOWN],
                "skipped_count": len(reader.skipped) + report.skipped_count,
                "notes": (*reader.notes, *report.notes),
            }
        )
        await self._execute("complete_report", watch, {"report": Jsonb(report.model_dump(mode="json"))})
        return report

    async def _read_site(self, watch: Watch, since: datetime, file: Path, tell: Tell) -> SiteReader:
        """Its pages as JSON Lines in `file`. What goes wrong is written down as a load that failed."""
        try:
            async with Fetcher(private=self._limits.private) as fetcher:
                reader = SiteReader(self._database, fetcher, watch, self._detect, self._limits.pages)
                await reader.read(since, file, lambda done, total: tell(_at("pages", done, total)))
        except HoldpointError as error:
            if not isinstance(error, Unavailable) or _is_last_attempt():
                async with recorded_load(self._database, watch.store, watch.location, watch.watch_id):
                    raise
            raise
        return reader

    async def _load(self, watch: Watch, path: Path, tell: Tell, *, prune: bool) -> LoadReport:
        return await load_knowledge(
            self._database,
            self._shelf,
            watch.store,
            path,
            detect=self._detect,
            prune=prune,
            source=watch.watch_id,
            location=watch.location,
            progress=lambda done, total: tell(_at("documents", done, total)),
        )

    async def _execute(self, statement: str, watch: Watch, values: dict[str, Any]) -> None:
        async with self._database.in_store(watch.store) as connection:
            key = {"store": watch.store, "watch_id": watch.watch_id}
            await connection.execute(SQL[statement], key | values)


def _at(stage: str, done: int, total: int | None) -> RefreshProgress:
    return RefreshProgress(stage=stage, done=done, total=total)


def _is_last_attempt() -> bool:
    info = activity.info()
    most = info.retry_policy.maximum_attempts if info.retry_policy else 0
    return bool(most) and info.attempt >= most


def _result(report: LoadReport) -> RefreshResult:
    return RefreshResult(
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        retired=report.retired,
        skipped=report.skipped_count,
        quarantined=report.quarantined_count,
        not_loaded=tuple(f"{part.where}: {part.why}" for part in report.skipped[:TOLD]),
        in_quarantine=tuple(f"{one.document_id} ({one.language})" for one in report.quarantined[:TOLD]),
        notes=report.notes,
    )
