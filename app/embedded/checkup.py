"""What `holdpoint doctor` looks at: this machine first, then the servers. Every fault says what to do."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from app.embedded.accounts import postgres_account
from app.embedded.check_results import CheckResult, Verdict
from app.embedded.checkup_models import examine_models
from app.embedded.checkup_servers import examine_database, examine_temporal, examine_web
from app.embedded.cluster import binary
from app.embedded.home import Home, check_folder
from app.embedded.ports import fault_of, needed_ports
from app.embedded.report import StackReport, stack_report
from app.embedded.temporal import temporal_binary
from app.settings import Settings, unknown_settings
from domain.errors import HoldpointError, SetupError

SCARCE_BYTES, LITTLE_BYTES = 500_000_000, 2_000_000_000


def examine(settings: Settings) -> Iterator[CheckResult]:
    """All checks, in order; none of them raises and none changes anything."""
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
    yield examine_models(settings, report)


def _settings_check() -> CheckResult:
    strangers = unknown_settings()
    if not strangers:
        return CheckResult("settings", Verdict.GOOD, "every HOLDPOINT_ variable is known")
    named = [f"{name} (meant: {close}?)" if close else name for name, close in strangers.items()]
    return CheckResult("settings", Verdict.WARNING, f"unknown, so without effect: {', '.join(named)}")


def _folder_check(settings: Settings) -> CheckResult:
    home = Home(settings.home)
    try:
        for folder in (home.root, home.run, home.temporal, home.logs):
            check_folder(folder)
        if settings.database_url is None:
            postgres_account(home.postgres, lambda _: None, create=False)
    except SetupError as error:
        return CheckResult("data folder", Verdict.FAULT, error.message)
    return CheckResult("data folder", Verdict.GOOD, f"{home.root} can be written")


def _space_check(settings: Settings) -> CheckResult:
    folder = _existing(settings.home)
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB free at {folder}"
    if free < SCARCE_BYTES:
        return CheckResult("disk space", Verdict.FAULT, f"only {said}: free some, or move HOLDPOINT_HOME")
    return CheckResult("disk space", Verdict.WARNING if free < LITTLE_BYTES else Verdict.GOOD, said)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _program_checks(settings: Settings) -> Iterator[CheckResult]:
    if settings.database_url is None:
        yield _program_check("postgres program", lambda: binary("postgres"))
    if settings.temporal_address is None:
        yield _program_check("temporal program", lambda: temporal_binary(settings))


def _program_check(check: str, find: Callable[[], str]) -> CheckResult:
    try:
        path = find()
        ran = subprocess.run([path, "--version"], check=False, capture_output=True, text=True, timeout=30)  # noqa: S603
    except HoldpointError as error:
        return CheckResult(check, Verdict.FAULT, error.message)
    except (OSError, subprocess.TimeoutExpired) as error:
        return CheckResult(check, Verdict.FAULT, f"cannot run ({error.__class__.__name__}): run `make setup` again")
    if ran.returncode != 0:
        return CheckResult(check, Verdict.FAULT, f"{path} does not run here: run `make setup` again")
    return CheckResult(check, Verdict.GOOD, ran.stdout.strip().splitlines()[0])


def _stack_check(report: StackReport) -> CheckResult:
    if report.up_pid is None:
        return CheckResult("stack", Verdict.SKIPPED, "`up` does not run; start it with `holdpoint up`")
    unwell = [part for part in report.parts if part.condition not in {"ready", "external"}]
    bad = [f"{part.name} is {part.condition} (log: {part.log})" for part in unwell]
    if bad:
        return CheckResult("stack", Verdict.FAULT, "; ".join(bad))
    often = [f"{part.name} {part.restarts} times" for part in report.parts if part.restarts]
    if often:
        return CheckResult("stack", Verdict.WARNING, f"every part runs, but restarted: {', '.join(often)}")
    return CheckResult("stack", Verdict.GOOD, f"every part runs (up: pid {report.up_pid})")


def _port_check(settings: Settings, report: StackReport) -> CheckResult:
    if report.up_pid is not None:
        return CheckResult("ports", Verdict.SKIPPED, "in use by the stack itself")
    faults = [fault for port in needed_ports(settings) if (fault := fault_of(port)) is not None]
    if faults:
        return CheckResult("ports", Verdict.FAULT, " ".join(faults))
    numbers = ", ".join(str(port.number) for port in needed_ports(settings))
    return CheckResult("ports", Verdict.GOOD, f"{numbers} are free")
