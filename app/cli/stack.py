"""`up`, `down`, `status`, `doctor`: the stack as a whole."""

import json
import signal
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.embedded.report import PartReport, stack_report
from app.settings import load_settings
from domain.errors import SetupError

commands = typer.Typer()

DOWN_SECONDS = 30.0
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def _say(text: str) -> None:
    """A line of progress. A terminal that was closed must not take the stack down with an error."""
    try:
        typer.echo(text)
    except OSError:
        return


@commands.command()
def up(
    *, demo: Annotated[bool, typer.Option("--demo", help="Load the demo store once, and print keys to try.")] = False
) -> None:
    """Run the whole stack in the foreground until Ctrl-C."""
    from app.embedded.stack import Stack

    Stack(load_settings(), _say, demo=demo).run()


@commands.command()
def down() -> None:
    """Stop the stack that runs in this data folder, and wait until it has ended."""
    from app.embedded.home import Home
    from app.embedded.locks import running_up, up_lock
    from app.embedded.stack import end_leftovers

    home = Home(load_settings().home)
    running = running_up(home)
    if running is None:
        left = 0
        if home.run.is_dir():
            with up_lock(home):
                left = end_leftovers(home, _say)
        _say("Stopped what was left." if left else f"Nothing runs in {home.root}.")
        return
    running.send(signal.SIGTERM)
    if not running.wait(2.0):
        _say(f"Waiting for the stack to stop (pid {running.pid}) …")
        if not running.wait(DOWN_SECONDS):
            raise SetupError(
                f"The stack (pid {running.pid}) has not stopped within {DOWN_SECONDS:.0f} s: end that process."
            )
    _say("Stopped.")


@commands.command()
def status(*, as_json: AsJson = False) -> None:
    """Show each part: process, since when, restarts, address. Exit code 1 unless all of them run."""
    report = stack_report(load_settings())
    if as_json:
        _say(json.dumps({"running": report.up_pid is not None, "well": report.is_well, **asdict(report)}))
    elif report.up_pid is None:
        _say(f"Nothing runs in {report.home}; start it with `holdpoint up`.")
    else:
        _say(f"Runs in {report.home} (pid {report.up_pid})")
        for part in report.parts:
            _say(_line(part))
    raise typer.Exit(0 if report.is_well else 1)


def _line(part: PartReport) -> str:
    since = (
        "" if part.since is None else datetime.fromtimestamp(part.since, UTC).astimezone().strftime("%d %b %H:%M:%S")
    )
    restarts = "" if part.condition == "external" else f"{part.restarts} restarts"
    pid = f"pid {part.pid}" if part.pid is not None else ""
    return f"  {part.name:<10} {part.condition:<11} {pid:<12} {since:<16} {restarts:<12} {part.address}".rstrip()


@commands.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check the installation: a line for each check, and what to do about each fault. Exit code 1 for any fault."""
    from app.embedded.check_results import Verdict
    from app.embedded.checkup import examine

    results = []
    began = time.monotonic()
    for result in examine(load_settings()):
        results.append(result)
        if not as_json:
            marks = {Verdict.GOOD: "ok", Verdict.SKIPPED: "--", Verdict.WARNING: "!!", Verdict.FAULT: "XX"}
            _say(f"{marks[result.verdict]}  {result.check:<18} {result.said}")
    faults = sum(result.verdict is Verdict.FAULT for result in results)
    if as_json:
        _say(json.dumps({"well": faults == 0, "checks": [asdict(result) for result in results]}))
    else:
        _say(f"{len(results)} checks in {time.monotonic() - began:.1f} s, {faults} at fault.")
    raise typer.Exit(1 if faults else 0)
