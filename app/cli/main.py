"""The command `holdpoint`: which commands there are, how errors are shown, and how the process ends.

A command's module is imported when it is called, not before: `holdpoint --help` has to answer at once. Each module has
an attribute `commands`, a `typer.Typer` that holds the command, or is the group, of that name.
"""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from app.cli.terminal import shielded

INTERRUPTED = 130
TERMINATED = 143


@dataclass(frozen=True)
class Command:
    """One line of `holdpoint --help`."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("up", "app.cli.stack", "Run the whole stack in the foreground."),
    Command("down", "app.cli.stack", "Stop the stack that runs in this data folder."),
    Command("status", "app.cli.stack", "Show what runs, since when and where."),
    Command("doctor", "app.cli.stack", "Check the installation and say what to do about each fault."),
    Command("migrate", "app.cli.migrate", "Bring the schema of an external PostgreSQL up to date."),
    Command("demo", "app.cli.demo", "Load the demo store."),
    Command("ask", "app.cli.ask", "Send a question through the running stack."),
    Command("review", "app.cli.review", "List, show and decide drafts that wait for a person."),
    Command("audit", "app.cli.audit", "Judge drafts that were drawn at random, blind to their confidence."),
    Command("certify", "app.cli.certify", "Certify thresholds from audits, group by group."),
    Command("certificates", "app.cli.certificates", "List, show and void certificates."),
    Command("batch", "app.cli.batch", "Run single steps, or all, over JSON Lines."),
    Command("train", "app.cli.train", "Fit the models that ship with Holdpoint."),
    Command("evals", "app.cli.evals", "Measure the search on labelled questions."),
    Command("knowledge", "app.cli.knowledge", "Load products, policies and FAQs."),
    Command("orders", "app.cli.orders", "Load orders."),
    Command("customers", "app.cli.customers", "Load customer records."),
    Command("returns", "app.cli.returns", "Load returns."),
    Command("store", "app.cli.store", "Create a store, or change its settings."),
    Command("usage", "app.cli.usage", "Show what language models did and cost, day by day."),
    Command("agent", "app.cli.agent", "Add an agent who may log in to the console."),
    Command("key", "app.cli.key", "Create an API key."),
    Command("replay", "app.cli.replay", "Replay a query's history against today's code."),
    Command("repair", "app.cli.repair", "Bring the records back in line with Temporal."),
    Command("worker", "app.cli.worker", "Run one worker process (part of `up`)."),
    Command("web", "app.cli.web", "Run the web process (part of `up`)."),
)


class Commands(TyperGroup):
    """The root group. It lists commands from the table and imports only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return [command.name for command in COMMANDS if find_spec(command.module) is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in that has a name and a help text; None for an unknown name."""
        found = next((command for command in COMMANDS if command.name == cmd_name), None)
        if found is None or find_spec(found.module) is None:
            return None
        return TyperCommand(found.name, help=found.help, rich_markup_mode=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command that the arguments call."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        return name, None if stand_in is None else _load(stand_in.name or ""), rest


def _load(name: str) -> Any:
    command = next(command for command in COMMANDS if command.name == name)
    _set_up_logs()
    group = get_group(import_module(command.module).commands)
    found = group.commands.get(name, group)
    found.name = name
    _show_plainly(found)
    return found


def _set_up_logs() -> None:
    """Logs go to standard error, whatever a command uses: standard output belongs to what it prints."""
    from app.logs import configure_logs
    from app.settings import SettingsError, load_settings

    with contextlib.suppress(SettingsError):  # the command itself says so, where it needs them
        configure_logs(load_settings(), "command")


def _show_plainly(command: Any) -> None:
    command.rich_markup_mode = None  # help as plain lines, which pipes and screen readers can use
    for inner in getattr(command, "commands", {}).values():
        _show_plainly(inner)


root = typer.Typer(cls=Commands, add_completion=False, rich_markup_mode=None, no_args_is_help=False)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  the shape of an option's callback
    if wanted:
        from importlib.metadata import version

        typer.echo(f"holdpoint {version('holdpoint')}")
        raise typer.Exit


@root.callback(help="Durable AI customer support: the AI replies, drafts for a person, or hands over with a brief.")
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    return None


class Terminated(BaseException):
    """SIGTERM, as an exception: what a command has started is given back on its way out."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 done, 1 failed, 2 wrong use.

    Nothing is raised: an error is shown as one sentence on standard error, and as a traceback only when
    HOLDPOINT_LOG_LEVEL is debug.
    """
    if any(map(_unreadable, arguments)):
        typer.echo("An argument is not UTF-8 text; type it again in UTF-8.", err=True)
        return 2
    try:
        code = get_group(root).main(list(arguments) or ["--help"], prog_name="holdpoint", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # Whoever read our output has gone; what is still buffered must not raise again on the way out.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Terminated:
        return TERMINATED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception as error:  # noqa: BLE001  the last place that can turn it into a sentence
        return _show(error)


def _unreadable(argument: str) -> bool:
    """Bytes that are no UTF-8 arrive as halves of surrogate pairs; only the name of a file may have such."""
    return any("\udc80" <= character <= "\udcff" for character in argument) and not Path(argument).exists()


def _show(error: Exception) -> int:
    from domain.errors import HoldpointError

    if isinstance(error, HoldpointError):
        message, code = error.message, int(getattr(error, "exit_code", 1))
    elif hasattr(error, "format_message"):  # wrong use, as found by the parser of the command line
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "holdpoint"
        said = error.format_message().replace("Value error, ", "").rstrip(".")
        message, code = f"{said}. See `{path} --help`.", int(getattr(error, "exit_code", 2))
    else:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        message = f"Unexpected {error.__class__.__name__}: {reason} (HOLDPOINT_LOG_LEVEL=debug shows where)."
        code = 1
    with contextlib.suppress(OSError):
        if _wants_traceback():
            traceback.print_exception(error)
        typer.echo(message, err=True)
    return code


def _wants_traceback() -> bool:
    from app.settings import SettingsError, load_settings

    try:
        return load_settings().log_level == "debug"
    except SettingsError:
        return False


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def entry() -> None:
    """The console script. Does not return."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout, sys.stderr = shielded(sys.stdout), shielded(sys.stderr)
    signal.signal(signal.SIGTERM, _terminate)
    code = run(sys.argv[1:])
    _release()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # A process that has used the Temporal client may abort in the interpreter's own finalisation, with exit code 134 or
    # 139 (temporalio/sdk-python issue 300). All output is written by now and all leases are given back: leave at once.
    os._exit(code)


def _release() -> None:
    lease = sys.modules.get("app.embedded.lease")
    if lease is not None:
        try:
            lease.release_postgres()
        except Exception as error:  # noqa: BLE001  the command itself is done; a server left running is taken over later
            _show(error)


if __name__ == "__main__":
    entry()
