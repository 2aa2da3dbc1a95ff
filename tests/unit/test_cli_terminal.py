"""What a command prints to a terminal, and words that cannot be read."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import run

CHECKOUT = Path(__file__).parents[2]
ORDERS = "a\x1b]0;title\x07\x1b[2J\x9b31m\r\u202eb\tc\n"
SCRIPT = f"import typer; from app.cli import main; main.run = lambda words: typer.echo({ORDERS!r}) or 0; main.entry()"


def test_what_customers_wrote_cannot_steer_a_terminal() -> None:
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=CHECKOUT, stdout=theirs, check=True)
    shown = os.read(ours, 1_000).decode()
    os.close(ours)
    os.close(theirs)

    assert shown.startswith(r"a\x1b]0;title\x07\x1b[2J\x9b31m\x0d\u202eb")
    assert shown.rstrip().endswith("c")


def test_a_pipe_gets_every_character_as_it_is() -> None:
    shown = subprocess.run([sys.executable, "-c", SCRIPT], cwd=CHECKOUT, stdout=subprocess.PIPE, check=True)

    assert "\u202e" in shown.stdout.decode()


@pytest.mark.parametrize("words", [["ask", "a\udcffb"], ["key", "create", "--store", "\udcfe"]])
def test_an_argument_that_is_not_utf8_is_wrong_use(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err == "An argument is not UTF-8 text; type it again in UTF-8.\n"
