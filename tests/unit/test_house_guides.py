"""What the documents name in passing exists: settings, commands, metrics, signals, refusals, search attributes."""

import ast
import re

import pytest

from api.measures import Measures
from app.embedded.temporal import SEARCH_ATTRIBUTES
from app.settings import PREFIX, Settings
from domain.vocabulary import Action
from tests.house import ROOT, modules
from tests.unit.test_house_documentation import DOCUMENTS, existing_commands
from workflows.desk import Desk

OPERATING = (ROOT / "docs" / "guides" / "operating.md").read_text(encoding="utf-8")
DECIDING = (ROOT / "docs" / "guides" / "deciding-from-temporal.md").read_text(encoding="utf-8")
EVERYTHING = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in DOCUMENTS}


@pytest.mark.parametrize("name", EVERYTHING)
def test_settings_that_are_named_exist(name: str) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", EVERYTHING[name])) <= known


@pytest.mark.parametrize("name", EVERYTHING)
def test_commands_that_are_named_exist(name: str) -> None:
    known = set(existing_commands())
    words = {" ".join(command.split()[:length]) for command in known for length in (1, 2, 3)}
    named = re.findall(r"`(?:[./\w]*/)?holdpoint ([a-z][a-z-]*(?: [a-z][a-z-]+)?)", EVERYTHING[name])
    assert [each for each in named if each not in words and each.split()[0] not in known] == []


def test_every_metric_of_ours_is_explained() -> None:
    ours = {family.name for family in Measures().registry.collect()}
    told = {name.removesuffix("_total") for name in re.findall(r"`(holdpoint_[a-z_]+)`", OPERATING)}
    assert ours <= told


def test_search_attributes_that_are_named_exist() -> None:
    named = set(re.findall(r"\bHoldpoint(?:[A-Z][a-z]+)\b", "\n".join(EVERYTHING.values())))
    assert named <= set(SEARCH_ATTRIBUTES)
    assert set(SEARCH_ATTRIBUTES) <= set(re.findall(r"`(Holdpoint\w+)`", EVERYTHING["README.md"]))


def test_every_decision_has_a_signal_and_an_example_of_it() -> None:
    for action in Action:
        assert callable(getattr(Desk, action.value))
        assert f"--name {action.value} " in DECIDING


def test_every_refusal_is_explained() -> None:
    codes = {
        str(keyword.value.value)
        for each in modules("domain", "workflows")
        for node in ast.walk(each.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }
    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"`{code}`" not in DECIDING] == []
