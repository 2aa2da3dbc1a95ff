"""What a measurement prints and what it writes: tables for people, the same figures as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.values import Value
from evals.intervals import Difference, Estimate


@dataclass(frozen=True)
class Table:
    """A table in Markdown."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    notes: tuple[str, ...] = ()
    """What has to be known to read it, one line each."""

    def lines(self) -> Iterable[str]:
        """Title, table with columns of equal width, notes."""
        cells = [self.header, *self.rows]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.header))]
        yield f"\n## {self.title}\n"
        yield _line(self.header, widths)
        yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        yield from (_line(row, widths) for row in self.rows)
        yield from (f"\n{note}" for note in self.notes)


@dataclass
class Part:
    """One part of a measurement, such as `xquad`."""

    name: str
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    """For `--json`: values, or dicts and lists of them."""
    missed: list[str] = field(default_factory=list)
    """Targets that were not met, in words."""

    def aim(self, what: str, found: Estimate, least: float) -> str:
        """The cell that tells a target and whether it is met; the first decides, not the interval."""
        met = found.value >= least
        if not met:
            self.missed.append(f"{what}: {found.value:.3f}, wanted {least:.3f}")
        return f"≥ {least:.3f} {'met' if met else 'MISSED'}"


def written(value: Estimate | Difference) -> str:
    """A figure with its interval, as a cell: `.953 [.932, .968]`; differences with their sign."""
    sign = "+" if isinstance(value, Difference) else ""
    return f"{value.value:{sign}.3f} [{value.low:{sign}.3f}, {value.high:{sign}.3f}]"


def p_written(p: float | None) -> str:
    """A p-value as a cell."""
    return "" if p is None else f"{p:.3f}" if p >= 0.001 else "< 0.001"


def plain(value: Any) -> Any:
    """Values inside dicts and lists as JSON writes them."""
    if isinstance(value, Value):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
