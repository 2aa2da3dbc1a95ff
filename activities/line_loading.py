"""Loading a store's records from JSON Lines: what is the same for orders, customers and returns."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from domain.errors import BadInput
from domain.values import Value
from retrieval.database import Connection, Database
from retrieval.documents import fault_of
from retrieval.json_lines import read_json_lines
from retrieval.reports import LoadReport, Skipped, report

T = TypeVar("T", bound=Value)
BATCH = 500
"""Records that are written in one transaction."""


@dataclass(frozen=True)
class Placed(Generic[T]):
    """A good record with where it stood in its file."""

    record: T
    where: str


class Counts:
    """What became of the records of one load."""

    def __init__(self) -> None:
        self.added = self.changed = self.unchanged = 0
        self.skipped: list[Skipped] = []

    def is_news(self, known: Mapping[str, Any], key: str, body: Any) -> bool:
        """Counts a record against what the store holds already; False where nothing has to be written."""
        if key in known and known[key] == body:
            self.unchanged += 1
            return False
        self.changed += key in known
        self.added += key not in known
        return True

    def skip(self, where: str, why: str) -> None:
        """A record that is not loaded."""
        self.skipped.append(Skipped(where=where, why=why))


Write = Callable[[Connection, str, Sequence[Placed[T]], Counts], Awaitable[None]]
"""Writes one batch into a store within a transaction, and counts."""


@dataclass(frozen=True)
class RecordKind(Generic[T]):
    """One kind of records."""

    noun: str
    """Such as `order`."""
    read: Callable[[dict[str, Any]], T]
    """A record from the fields of a line. Raises BadInput or ValidationError."""
    key: Callable[[T], str]
    """What may occur once in a file."""
    write: Write[T]


async def load_lines(
    database: Database, store: str, path: Path, kind: RecordKind[T], progress: Callable[[int], None]
) -> LoadReport:
    """Loads the records of a file; those that it does not name stay as they are.

    A broken line is named and skipped. `progress` hears how many records are done. Raises BadInput when the file cannot
    be used or holds no record, Unavailable when the database does not answer.
    """
    counts = Counts()
    records = _records(path, kind, counts)
    done = 0
    while batch := await asyncio.to_thread(lambda: list(islice(records, BATCH))):
        async with database.in_store(store) as connection:
            await kind.write(connection, store, batch, counts)
        done += len(batch)
        progress(done)
    if not done:
        why = f"; the first fault is in {counts.skipped[0].where}: {counts.skipped[0].why}" if counts.skipped else "."
        raise BadInput(f"{path} holds no {kind.noun} that can be loaded{why}")
    return report(added=counts.added, changed=counts.changed, unchanged=counts.unchanged, skipped=counts.skipped)


def shifted(record: T, times: Sequence[str], days: int) -> T:
    """The record with its times moved by whole days. Raises BadInput for one that leaves the calendar."""
    try:
        return record.model_copy(update={name: _moved(getattr(record, name), days) for name in times})
    except OverflowError as error:
        raise BadInput("a time lies too far in the past or the future.") from error


def _moved(time: datetime | None, days: int) -> datetime | None:
    return None if time is None else time + timedelta(days=days)


def _records(path: Path, kind: RecordKind[T], counts: Counts) -> Iterator[Placed[T]]:
    """The good records of a file; the others are skipped."""
    seen: dict[str, int] = {}
    for line in read_json_lines(path):
        where = f"{path.name} line {line.number}"
        try:
            if line.fields is None:
                raise BadInput(line.fault or "the line cannot be read.")
            record = kind.read(line.fields)
        except ValidationError as error:
            counts.skip(where, fault_of(error))
            continue
        except BadInput as error:
            counts.skip(where, error.message)
            continue
        key = kind.key(record)
        if key in seen:
            counts.skip(where, f"the {kind.noun} {key!r} was in line {seen[key]} already; each may occur once.")
            continue
        seen[key] = line.number
        yield Placed(record, where)
