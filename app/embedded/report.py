"""What runs in a data folder, as `up` notes it and the kernel confirms it."""

from dataclasses import dataclass
from typing import Any

from app.embedded.home import Home, read_json
from app.embedded.locks import running_up
from app.embedded.processes import ProcessMark
from app.settings import Settings


@dataclass(frozen=True)
class PartReport:
    """One part: embedded with a process, or external with an address alone."""

    name: str
    condition: str
    """starting, ready, silent, restarting, gone (its process ended a moment ago) or external."""
    address: str
    pid: int | None = None
    since: float | None = None
    """Start of the process, seconds since 1970."""
    restarts: int = 0
    log: str | None = None


@dataclass(frozen=True)
class StackReport:
    """What `holdpoint status` shows."""

    home: str
    up_pid: int | None
    """Process of `up`; None when it does not run."""
    parts: tuple[PartReport, ...]

    @property
    def is_well(self) -> bool:
        """Whether `up` runs with every part ready."""
        return self.up_pid is not None and all(part.condition in {"ready", "external"} for part in self.parts)


def stack_report(settings: Settings) -> StackReport:
    """Look at what runs. Starts nothing and asks no server."""
    home = Home(settings.home)
    up = running_up(home)
    noted = read_json(home.run / "stack.json") if up is not None else None
    rows = noted["parts"] if isinstance(noted, dict) and isinstance(noted.get("parts"), list) else []
    parts = [_part(row) for row in rows if isinstance(row, dict)]
    if settings.database_url is not None:
        parts.insert(0, PartReport("postgres", "external", "HOLDPOINT_DATABASE_URL"))
    if settings.temporal_address is not None:
        parts.insert(1, PartReport("temporal", "external", settings.temporal_address))
    return StackReport(str(home.root), up.pid if up is not None else None, tuple(parts))


def _part(row: dict[str, Any]) -> PartReport:
    alive = ProcessMark(int(row["pid"]), str(row["start"])).is_alive()
    condition = str(row["condition"])
    return PartReport(
        name=str(row["name"]),
        condition=condition if alive or condition == "restarting" else "gone",
        address=str(row["address"]),
        pid=int(row["pid"]) if alive else None,
        since=float(row["since"]),
        restarts=int(row["restarts"]),
        log=str(row["log"]),
    )
