"""Editions: a document may stand in several files, each in effect for its own time, as long as these do not overlap."""

from datetime import datetime
from typing import NamedTuple

from domain.knowledge import Document
from domain.vocabulary import Language


class _Window(NamedTuple):
    """A time in effect and the place that says so: from `begin`, which belongs to it, to `end`, which does not."""

    begin: datetime | None
    end: datetime | None
    where: str

    def overlaps(self, other: "_Window") -> bool:
        return not (_is_over(self.end, other.begin) or _is_over(other.end, self.begin))

    def __str__(self) -> str:
        begin = f"from {_day(self.begin)}" if self.begin else ""
        end = f"until {_day(self.end)}" if self.end else ""
        return " ".join(part for part in (begin, end) if part) or "for all time"


class Editions:
    """The editions met so far in one load. The first of two that are in effect at the same time stays."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, Language], list[_Window]] = {}

    def admit(self, document: Document, where: str) -> str | None:
        """None when the document may stand, else why it cannot stand beside one that was met before."""
        windows = self._met.setdefault((document.id, document.language), [])
        own = _Window(document.effective_from, document.effective_to, where)
        for other in windows:
            if own.overlaps(other):
                return _clash(document, own, other)
        windows.append(own)
        return None


def _clash(document: Document, own: _Window, other: _Window) -> str:
    name = f"the id {document.id!r} in {document.language.value}"
    if (own.begin, own.end) == (other.begin, other.end) == (None, None):
        return f"{name} was used before, in {other.where}; each may occur once, or each with its own time in effect."
    return (
        f"{name} is in effect {own} here and {other} in {other.where}; "
        "let `effective_to` of the older be `effective_from` of the newer."
    )


def _is_over(end: datetime | None, begin: datetime | None) -> bool:
    return end is not None and begin is not None and end <= begin


def _day(moment: datetime) -> str:
    """Without the time where it is midnight."""
    plain = moment.isoformat()
    return plain[:10] if plain[10:19] == "T00:00:00" else plain
