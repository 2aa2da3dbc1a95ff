"""README.md tells what there is: every target, command, setting and route, and nothing that is gone."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest
from standardwebhooks.webhooks import Webhook

from api.application import create_app
from api.parts import ApiOptions, ApiParts
from app.cli.main import COMMANDS, Commands
from app.settings import CHECKOUT, PREFIX, Settings
from tests import graph_picture
from tests.house import ROOT, table_cells

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """What the first column of the tables below a heading holds in code quotes."""
    return [code for cells in table_cells(README, heading) for code in re.findall(r"`([^`]+)`", cells[0])]


# --- the picture ---


def test_the_picture_shows_todays_graph() -> None:
    assert graph_picture.embedded(README) == graph_picture.picture(), (
        "draw it anew: .venv/bin/python -m tests.graph_picture"
    )


# --- make ---


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
    assert sorted(cell.removeprefix("make ") for cell in first_cells("## Make targets")) == sorted(targets)


def test_every_target_that_is_no_file_has_a_description() -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    described = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
    assert sorted(" ".join(phony).split()) == sorted(described)


# --- settings ---


def shown(value: Any) -> str:
    """A default as the table shows it."""
    if value is None:
        return "unset"
    if isinstance(value, Path):
        return value.relative_to(CHECKOUT).as_posix()
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_is_documented_with_its_default() -> None:
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in table_cells(README, "## Settings")}
    real = {PREFIX + name.upper(): shown(field.get_default()) for name, field in Settings.model_fields.items()}
    assert told == real


# --- commands ---


def existing_commands() -> Iterator[str]:
    """Every command that can be called, groups spelled out."""
    root = Commands(name="holdpoint")
    for name in root.list_commands(None):
        yield from spelled_out(name, root.resolve_command(None, [name])[1])


def spelled_out(name: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name
        return
    for word, below in inner.items():
        yield from spelled_out(f"{name} {word}", below)


def test_every_command_is_documented() -> None:
    told = {" ".join(word for word in cell.split() if word.islower()) for cell in first_cells("## Commands")}
    planned = {command.name for command in COMMANDS if find_spec(command.module) is None}
    stale = {each for each in told if each.removeprefix("holdpoint ").split()[0] not in planned}
    assert stale == {f"holdpoint {name}" for name in existing_commands()}


# --- routes ---


def routes() -> set[str]:
    nobody = cast(Any, None)
    parts = ApiParts(database=nobody, door=nobody, feed=nobody, options=ApiOptions(), worker_metrics=nobody)
    found: set[str] = set()
    for route in create_app(parts).routes:
        for each in getattr(getattr(route, "original_router", None), "routes", [route]):
            found |= {f"{method} {each.path}" for method in getattr(each, "methods", None) or () if method != "HEAD"}
    return found


def test_every_route_is_documented() -> None:
    told = first_cells("## HTTP")
    assert sorted(told) == sorted(routes())


# --- links and markers ---


DOCUMENTS = [
    path
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "docker").rglob("*.md")])
    if path.is_file()
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    ours = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in ours if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(path: Path) -> None:
    named = re.findall(
        r"`((?:domain|graphs|retrieval|activities|workflows|evals|api|app|tests|docker|docs)/[\w./-]+\.\w+)`",
        path.read_text(encoding="utf-8"),
    )
    assert [name for name in named if "NNNN" not in name and not (ROOT / name).exists()] == []


# --- decision records ---


RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
SECTIONS = ["## Context", "## Decision", "## Consequences", "## Alternatives"]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_decision_record_is_one_page_with_its_four_parts(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"# \d{4} \S", lines[0]) and lines[0][2:6] == path.name[:4]
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    assert len(lines) <= 80


def test_decision_records_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in RECORDS]
    assert len(numbers) == len(set(numbers))


# --- the examples can be used ---


def test_the_example_of_a_receiver_accepts_what_is_signed_and_nothing_else() -> None:
    guide = (ROOT / "docs" / "guides" / "webhook.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)[0], names)
    secret, now = "whsec_" + base64.b64encode(b"s" * 24).decode(), datetime.now(UTC)
    headers = {
        "webhook-id": "q/reply/1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("q/reply/1", now, '{"text": "Hi."}'),
    }
    accepts = names["is_from_holdpoint"]
    assert accepts(secret, headers, b'{"text": "Hi."}')
    assert not accepts(secret, headers, b'{"text": "Ha."}')
    assert not accepts(secret, {**headers, "webhook-timestamp": "1"}, b'{"text": "Hi."}')


def test_examples_of_json_are_json() -> None:
    for path in DOCUMENTS:
        for block in re.findall(r"```json\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            json.loads(block)
