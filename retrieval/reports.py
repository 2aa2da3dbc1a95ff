"""What a load did: counts, and every part that was skipped with its reason."""

from collections.abc import Sequence

from domain.values import Value

SHOWN = 1_000
"""So many skipped parts are kept with their reason; beyond that they are only counted."""


class Skipped(Value):
    """A file or line that was not loaded."""

    where: str
    """File, with a line number for JSON Lines, such as `faqs.jsonl line 7`."""
    why: str
    """One sentence that says what to do."""


class Quarantined(Value):
    """A document with text that is aimed at a model: a person has to look before it answers anything."""

    document_id: str
    language: str
    version: int


class LoadReport(Value):
    """Counts of one load: documents or orders."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0
    skipped: tuple[Skipped, ...] = ()
    """The first thousand."""
    skipped_count: int = 0
    notes: tuple[str, ...] = ()
    """What else the reader should know, one sentence each."""
    passages: int = 0
    """How many were written: of documents that are new or changed."""
    quarantined: tuple[Quarantined, ...] = ()
    """The first thousand."""
    quarantined_count: int = 0

    @property
    def loaded(self) -> int:
        """How many are in the store now because of this load, new or not."""
        return self.added + self.changed + self.unchanged


def report(
    *,
    added: int,
    changed: int,
    unchanged: int,
    skipped: Sequence[Skipped],
    retired: int = 0,
    notes: Sequence[str] = (),
    passages: int = 0,
    quarantined: Sequence[Quarantined] = (),
) -> LoadReport:
    """A report that keeps the first of very many skipped parts and counts them all."""
    return LoadReport(
        added=added,
        changed=changed,
        unchanged=unchanged,
        retired=retired,
        skipped=tuple(skipped[:SHOWN]),
        skipped_count=len(skipped),
        notes=tuple(notes),
        passages=passages,
        quarantined=tuple(quarantined[:SHOWN]),
        quarantined_count=len(quarantined),
    )
