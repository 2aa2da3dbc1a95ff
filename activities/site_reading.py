"""Reads a watched site page by page, each written down at once: an attempt goes on where the last one stopped."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from activities.watches import SQL
from domain.errors import BadInput, HoldpointError, Unavailable
from domain.watches import Watch
from retrieval.database import Database
from retrieval.fetching import Fetched, Fetcher
from retrieval.records import DetectLanguage
from retrieval.reports import Skipped
from retrieval.site import GONE, READER, UNCHANGED, Listing, Site, document_id_of, path_of, read_page
from retrieval.sitemap import Entry

AT_ONCE = 4
"""Pages that are read at the same time; one where the site asks for pauses."""
TRUSTED = timedelta(days=7)
"""A site's word that a page has not changed is taken for so long after it was last asked."""
SILENT = 10
"""When so many pages and no other answered, the site is away."""
MANY = 10
"""Of so many pages more than half do not vanish by an editor's hand."""
PORTION = 500
Progress = Callable[[int, int | None], None]


class SiteReader:
    """One reading of one site."""

    def __init__(
        self, database: Database, fetcher: Fetcher, watch: Watch, detect: DetectLanguage, most_pages: int
    ) -> None:
        self._database = database
        self._watch = watch
        self._detect = detect
        self._site = Site(fetcher, watch.location, most_pages)
        self._key = {"store": watch.store, "watch_id": watch.watch_id}
        self._known: dict[str, dict[str, Any]] = {}
        self._answered = self._silent = 0
        self._kept: list[str] = []
        self._gone: set[str] = set()
        self.skipped: list[Skipped] = []
        self.notes: list[str] = []
        self.prune = False

    async def read(self, since: datetime, file: Path, progress: Progress) -> None:
        """The site's documents as JSON Lines in `file`. Pages that were asked for after `since` are not asked again.

        Raises Unavailable when the site is away, BadInput when nothing of it can be used.
        """
        listing = await self._site.list_pages(lambda path: self._watch.kind_of(path) is not None)
        rows = await self._rows("known_pages", {})
        self._known = {row["url"]: row for row in rows}
        before = set(self._known)
        await self._read_pages(listing, since, progress)
        there = self._known.keys() - self._gone
        self._kept = [entry.url for entry in listing.pages if entry.url in there]
        if not self._kept:
            first = self.skipped[0] if self.skipped else None
            why = f"the first fault is in {first.where}: {first.why}" if first else "none of them is there."
            raise BadInput(f"Of the {len(listing.pages):,} pages none can be loaded, so nothing was retired; {why}")
        self._decide(listing, before)
        await self._write(file)

    async def forget_gone(self) -> None:
        """After the load has retired what is gone."""
        if self.prune:
            await self._execute("forget_pages", {"urls": self._kept})

    def _decide(self, listing: Listing, before: set[str]) -> None:
        """Whether what is not here may be retired."""
        self.notes += listing.notes
        if self._gone:
            some = ", ".join(path_of(url) for url in sorted(self._gone)[:5])
            self.notes.append(f"{len(self._gone):,} pages that the sitemap lists are gone: {some}.")
        left = len(before.intersection(self._kept))
        many = len(before) >= MANY and left * 2 < len(before)
        if many:
            self.notes.append(
                f"Nothing was retired: of {len(before):,} pages only {left:,} are left, which looks like a fault "
                "of the site. If it is none, remove the watch with --retire and add it again."
            )
        self.prune = self._watch.prune and listing.complete and not many

    async def _read_pages(self, listing: Listing, since: datetime, progress: Progress) -> None:
        left = iter(listing.pages)
        done = 0

        async def work() -> None:
            nonlocal done
            for entry in left:
                if await self._read_page(entry, since) and listing.pause:
                    await asyncio.sleep(listing.pause)
                done += 1
                progress(done, len(listing.pages))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(1 if listing.pause else AT_ONCE):
                    group.create_task(work())
        except ExceptionGroup as several:
            raise several.exceptions[0] from several

    async def _read_page(self, entry: Entry, since: datetime) -> bool:
        """Whether the site was asked."""
        known = self._known.get(entry.url, {})
        if known.get("reader") != READER:
            known = {}
        elif known["checked_at"] >= since or _is_as_said(entry, known["checked_at"]):
            return False
        try:
            found = await self._site.read(entry.url, known.get("etag"), known.get("last_modified"))
            self._answered += 1
            fields = await self._fields(entry.url, found)
        except HoldpointError as error:
            self._note_fault(entry.url, error)
            return True
        if fields is not None:
            values = {"etag": found.etag, "last_modified": found.last_modified, "reader": READER}
            await self._execute("put_page", {"url": entry.url, "fields": Jsonb(fields), **values})
            self._known.setdefault(entry.url, {})
        elif found.status == UNCHANGED:
            await self._execute("touch_page", {"url": entry.url})
        else:
            self._gone.add(entry.url)
        return True

    async def _fields(self, url: str, found: Fetched) -> dict[str, Any] | None:
        kind = self._watch.kind_of(path_of(url))
        if found.status in {UNCHANGED, *GONE} or kind is None:
            return None
        return await asyncio.to_thread(read_page, found, url, kind, self._detect)

    def _note_fault(self, url: str, error: HoldpointError) -> None:
        """The page stays as it was. Raises Unavailable when no page at all answers."""
        if isinstance(error, Unavailable):
            self._silent += 1
            if self._silent >= SILENT and not self._answered:
                raise Unavailable(f"The site does not answer; nothing was changed or retired. {url}: {error.message}")
        stays = " What was read of it before stays." if url in self._known else ""
        self.skipped.append(Skipped(where=url, why=error.message + stays))

    async def _write(self, file: Path) -> None:
        """In portions, so that memory does not hold a whole site."""
        for start in range(0, len(self._kept), PORTION):
            rows = await self._rows("page_fields", {"urls": self._kept[start : start + PORTION]})
            await asyncio.to_thread(_append, file, [self._line(row) for row in rows])

    def _line(self, row: dict[str, Any]) -> str:
        kind = self._watch.kind_of(path_of(row["url"]))
        fields = row["fields"] | {"id": document_id_of(row["url"]), "kind": kind}
        return json.dumps(fields, ensure_ascii=False) + "\n"

    async def _rows(self, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._database.in_store(self._watch.store) as connection:
            return await (await connection.execute(SQL[statement], self._key | values)).fetchall()

    async def _execute(self, statement: str, values: dict[str, Any]) -> None:
        async with self._database.in_store(self._watch.store) as connection:
            await connection.execute(SQL[statement], self._key | values)


def _append(file: Path, lines: list[str]) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.writelines(lines)


def _is_as_said(entry: Entry, checked_at: datetime) -> bool:
    """Whether the site says that the page has not changed since it was read, and was asked itself not long ago."""
    return entry.lastmod is not None and entry.lastmod < checked_at and datetime.now(UTC) - checked_at < TRUSTED
