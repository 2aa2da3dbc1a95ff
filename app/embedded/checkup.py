"""What `holdpoint doctor` looks at: this machine first, then the servers. Every fault says what to do."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.embedded.accounts import postgres_account
from app.embedded.cluster import binary
from app.embedded.home import Home, check_folder
from app.embedded.ports import fault_of, needed_ports
from app.embedded.report import StackReport, stack_report
from app.embedded.temporal import temporal_binary
from app.settings import Settings, unknown_settings
from domain.errors import HoldpointError, SetupError

SCARCE_BYTES, LITTLE_BYTES = 500_000_000, 2_000_000_000


class Outcome(StrEnum):
    """What a check found."""

    GOOD = "good"
    WARNING = "warning"
    """Works, but somebody should look."""
    FAULT = "fault"
    SKIPPED = "skipped"
    """Could not be looked at now, which is no fault in itself."""


@dataclass(frozen=True)
class Finding:
    """The result of one check, in one sentence."""

    check: str
    outcome: Outcome
    said: str


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks, in order; none of them raises and none changes anything."""
    from app.embedded.checkup_servers import examine_database, examine_temporal, examine_web

    report = stack_report(settings)
    yield _settings_check()
    yield _folder_check(settings)
    yield _space_check(settings)
    yield from _program_checks(settings)
    yield _stack_check(report)
    yield _port_check(settings, report)
    yield from examine_database(settings, report)
    yield from examine_temporal(settings, report)
    yield examine_web(settings, report)


def _settings_check() -> Finding:
    strangers = unknown_settings()
    if not strangers:
        return Finding("settings", Outcome.GOOD, "every HOLDPOINT_ variable is known")
    named = [f"{name} (meant: {close}?)" if close else name for name, close in strangers.items()]
    return Finding("settings", Outcome.WARNING, f"unknown, so without effect: {', '.join(named)}")


def _folder_check(settings: Settings) -> Finding:
    home = Home(settings.home)
    try:
        for folder in (home.root, home.run, home.temporal, home.logs):
            check_folder(folder)
        if settings.database_url is None:
            postgres_account(home.postgres, lambda _: None, create=False)
    except SetupError as error:
        return Finding("data folder", Outcome.FAULT, error.message)
    return Finding("data folder", Outcome.GOOD, f"{home.root} can be written")


def _space_check(settings: Settings) -> Finding:
    folder = _existing(settings.home)
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB free at {folder}"
    if free < SCARCE_BYTES:
        return Finding("disk space", Outcome.FAULT, f"only {said}: free some, or move HOLDPOINT_HOME")
    return Finding("disk space", Outcome.WARNING if free < LITTLE_BYTES else Outcome.GOOD, said)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _program_checks(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        yield _program_check("postgres program", lambda: binary("postgres"))
    if settings.temporal_address is None:
        yield _program_check("temporal program", lambda: temporal_binary(settings))


def _program_check(check: str, find: Callable[[], str]) -> Finding:
    try:
        path = find()
        ran = subprocess.run([path, "--version"], check=False, capture_output=True, text=True, timeout=30)  # noqa: S603
    except HoldpointError as error:
        return Finding(check, Outcome.FAULT, error.message)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(check, Outcome.FAULT, f"cannot run ({error.__class__.__name__}): run `make setup` again")
    if ran.returncode != 0:
        return Finding(check, Outcome.FAULT, f"{path} does not run here: run `make setup` again")
    return Finding(check, Outcome.GOOD, ran.stdout.strip().splitlines()[0])


def _stack_check(report: StackReport) -> Finding:
    if report.up_pid is None:
        return Finding("stack", Outcome.SKIPPED, "`up` does not run; start it with `holdpoint up`")
    unwell = [part for part in report.parts if part.condition not in {"ready", "external"}]
    bad = [f"{part.name} is {part.condition} (log: {part.log})" for part in unwell]
    if bad:
        return Finding("stack", Outcome.FAULT, "; ".join(bad))
    often = [f"{part.name} {part.restarts} times" for part in report.parts if part.restarts]
    if often:
        return Finding("stack", Outcome.WARNING, f"every part runs, but restarted: {', '.join(often)}")
    return Finding("stack", Outcome.GOOD, f"every part runs (up: pid {report.up_pid})")


def _port_check(settings: Settings, report: StackReport) -> Finding:
    if report.up_pid is not None:
        return Finding("ports", Outcome.SKIPPED, "in use by the stack itself")
    faults = [fault for port in needed_ports(settings) if (fault := fault_of(port)) is not None]
    if faults:
        return Finding("ports", Outcome.FAULT, " ".join(faults))
    numbers = ", ".join(str(port.number) for port in needed_ports(settings))
    return Finding("ports", Outcome.GOOD, f"{numbers} are free")
