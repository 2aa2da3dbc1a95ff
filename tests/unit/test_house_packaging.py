"""The packages have generic names on purpose: nobody else may have them, and all of ours are shipped."""

import importlib.util
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.house import ROOMS, ROOT

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_package_resolves_inside_the_repository(room: str) -> None:
    spec = importlib.util.find_spec(room)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).resolve() == ROOT / room / "__init__.py"


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_distribution_claims_the_name(room: str) -> None:
    owners = {name.lower() for name in packages_distributions().get(room, [])}
    assert owners <= {"holdpoint"}, f"{owners} is installed too and would be imported in place of ours"


def test_every_room_is_packaged_and_its_imports_are_watched() -> None:
    packaged = set(PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"])
    assert packaged == {name for room in ROOMS for name in (room, f"{room}.*")}
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) == set(ROOMS)


def test_the_layers_stand_in_the_order_of_the_house() -> None:
    layers = next(each for each in PYPROJECT["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    flat = [{room.strip() for room in layer.split("|")} for layer in layers["layers"]]
    assert flat == [
        {"app"},
        {"api", "evals"},
        {"workflows", "activities"},
        {"graphs", "retrieval"},
        {"domain"},
    ]


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_the_application_can_not_be_published_by_mistake() -> None:
    assert PYPROJECT["project"]["classifiers"] == ["Private :: Do Not Upload"]


def test_the_command_is_the_one_that_leaves_the_process_cleanly() -> None:
    assert PYPROJECT["project"]["scripts"] == {"holdpoint": "app.cli.main:entry"}
