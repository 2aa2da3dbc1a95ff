"""How commands are found, how errors are shown, and how the process leaves."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.api_client import _nobody_there
from app.cli.main import COMMANDS, run
from app.cli.store import _pairs
from app.embedded.report import PartReport, StackReport

CHECKOUT = Path(__file__).parents[2]
MAIN = [sys.executable, "-m", "app.cli.main"]


def test_help_names_every_command_and_imports_none_of_them() -> None:
    script = (
        "import sys; from app.cli.main import run; code = run(['--help']);"
        "print({'pydantic', 'psycopg', 'temporalio', 'fastapi', 'numpy', 'rich'} & set(sys.modules));"
        "sys.exit(code)"
    )
    shown = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert shown.stdout.splitlines()[-1] == "set()"
    for name in ("up", "down", "status", "doctor"):
        assert re.search(rf"^  {name} +\w", shown.stdout, re.MULTILINE)


def test_every_listed_command_has_a_module_with_that_command() -> None:
    from importlib import import_module
    from importlib.util import find_spec

    from app.cli.main import _load

    for command in COMMANDS:
        if find_spec(command.module) is not None:
            assert import_module(command.module).commands is not None
            assert _load(command.name).name == command.name


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["frobnicate"], "No such command 'frobnicate'. See `holdpoint --help`."),
        (["up", "--frobnicate"], "No such option: --frobnicate. See `holdpoint up --help`."),
        (["status", "now"], "Got unexpected extra argument(s) (now). See `holdpoint status --help`."),
        (
            ["knowledge", "search", "x", "--language", "nl"],
            "Invalid value for '--language': 'nl' is not one of 'en', 'es', 'fr', 'de', 'pt'. "
            "See `holdpoint knowledge search --help`.",
        ),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err == expected + "\n"


def test_a_bad_setting_is_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOLDPOINT_PORT", "none")

    assert run(["status"]) == 2
    assert capsys.readouterr().err.startswith("HOLDPOINT_PORT cannot be used")


@pytest.mark.parametrize(
    ("parts", "advice"),
    [
        ((), "start the stack with `holdpoint up`."),
        ((PartReport("web", "ready", "http://127.0.0.1:8900"),), "the stack runs on http://127.0.0.1:8900"),
        ((PartReport("web", "restarting", "http://127.0.0.1:8700"),), "the web process is restarting"),
    ],
)
def test_where_nothing_answers_the_advice_fits_what_runs(parts: tuple[PartReport, ...], advice: str) -> None:
    address = "http://127.0.0.1:8700"
    said = _nobody_there(StackReport(".holdpoint", 1 if parts else None, parts), address, address)
    assert said.startswith(f"Nothing answers on {address}")
    assert advice in said


def test_a_signature_takes_lines() -> None:
    assert _pairs([r"signature.en=Bye,\nBob", r"name=A\nB"]) == {"signature.en": "Bye,\nBob", "name": r"A\nB"}


class Failing:
    """Stands in for the root group and raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def main(self, *_words: object, **_options: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (KeyboardInterrupt(), 130, ""),
        (SystemExit(2), 2, ""),
        (SystemExit(None), 0, ""),
        (ValueError("odd\nsecond line"), 1, "Unexpected ValueError: odd (HOLDPOINT_LOG_LEVEL=debug shows where).\n"),
        (ValueError(), 1, "Unexpected ValueError: no reason given (HOLDPOINT_LOG_LEVEL=debug shows where).\n"),
    ],
)
def test_whatever_is_raised_becomes_a_code_and_at_most_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, shown: str
) -> None:
    monkeypatch.setattr("app.cli.main.get_group", lambda _root: Failing(error))
    monkeypatch.setenv("HOLDPOINT_LOG_LEVEL", "info")

    assert run(["status"]) == code
    assert capsys.readouterr().err == shown


def test_debug_shows_the_traceback_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("app.cli.main.get_group", lambda _root: Failing(ValueError("odd")))
    monkeypatch.setenv("HOLDPOINT_LOG_LEVEL", "debug")

    assert run(["status"]) == 1
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert shown.endswith("shows where).\n")


def test_a_reader_that_goes_away_causes_no_traceback() -> None:
    with subprocess.Popen([*MAIN, "--help"], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == b""
        assert command.wait() == 1


def test_output_is_complete_although_the_process_leaves_at_once() -> None:
    shown = subprocess.run([*MAIN, "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert shown.stdout.startswith("Usage: holdpoint")
    assert shown.stdout.endswith("\n")


def test_text_that_the_terminal_cannot_show_is_no_error() -> None:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment["HOLDPOINT_HOME"] = "/tmp/nowhere-für-größen"
    shown = subprocess.run([*MAIN, "status"], cwd=CHECKOUT, env=environment, capture_output=True, check=False)

    assert shown.returncode == 1
    assert shown.stdout.startswith(b"Nothing runs in /tmp/nowhere-f")
    assert shown.stderr == b""


def test_sigterm_ends_a_command_quietly() -> None:
    script = "import time; from app.cli import main; main.run = lambda words: _run(main); \n"
    script += "def _run(main):\n"
    script += "    try:\n        print('up', flush=True); time.sleep(60)\n"
    script += "    except main.Terminated:\n        print('given back', flush=True); return main.TERMINATED\n"
    script += "main.entry()"
    with subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == b"up\n"
        began = time.monotonic()
        command.terminate()
        assert command.stdout.read() == b"given back\n"
        assert command.wait() == 143
        assert time.monotonic() - began < 5
