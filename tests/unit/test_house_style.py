"""The rules of CONTRIBUTING.md that a program can check and no other tool does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import ROOMS, ROOT, Module, dotted, modules, read_text, tracked

FILE_LINES, FUNCTION_LINES = 300, 40

LONGER_ON_PURPOSE: dict[str, str] = {
    "domain/routing.py::held_back": "a table: one row a reason why a draft may not leave, nothing but rows",
}
"""File, or file::function, that may be longer, and why. Short, or the rule is none."""

UNREPEATABLE = re.compile(
    r"(time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|sleep|localtime|gmtime))"
    r"|((datetime\.)?(datetime|date)\.(now|utcnow|today))"
    r"|(random\..*)|(secrets\..*)|(uuid\.uuid[14])|(os\..*)|(open)|(input)|(subprocess\..*)|(socket\..*)"
    r"|(threading\..*)|(asyncio\.(sleep|wait|as_completed|to_thread|wait_for|timeout))|(set)|(hash|id)"
)
"""What gives another answer at a replay. `set` is here because its order is not the same in two processes."""
MAY: dict[str, frozenset[str]] = {}
"""File to calls that are harmless there, and why they are is said beside them."""

VAGUE = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc", "shared"})


def functions(of: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(of.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(of: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(of.tree):
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


def long_files() -> dict[str, int]:
    return {each.name: each.text.count("\n") for each in modules(*ROOMS) if each.text.count("\n") > FILE_LINES}


def long_functions() -> dict[str, int]:
    return {
        f"{each.name}::{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for each in modules(*ROOMS)
        for function in functions(each)
        if (function.end_lineno or 0) - function.lineno + 1 > FUNCTION_LINES
    }


def test_files_are_short() -> None:
    assert {name: lines for name, lines in long_files().items() if name not in LONGER_ON_PURPOSE} == {}


def test_functions_are_short() -> None:
    assert {name: lines for name, lines in long_functions().items() if name not in LONGER_ON_PURPOSE} == {}


def test_what_may_be_longer_still_is() -> None:
    assert set(LONGER_ON_PURPOSE) <= set(long_files()) | set(long_functions())


def test_names_of_modules_say_what_is_in_them() -> None:
    assert [each.name for each in modules(*ROOMS, "tests") if each.path.stem in VAGUE] == []


def test_every_module_and_public_class_says_what_it_is_for() -> None:
    silent = [each.name for each in modules(*ROOMS) if ast.get_docstring(each.tree) is None]
    silent += [
        f"{each.name}::{node.name}"
        for each in modules(*ROOMS)
        for node in each.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and ast.get_docstring(node) is None
    ]
    assert silent == []


@pytest.mark.parametrize("each", modules("graphs", "workflows"), ids=lambda each: each.name)
def test_what_is_replayed_asks_nothing_of_the_world(each: Module) -> None:
    allowed = MAY.get(each.name, frozenset())
    found = [(line, call) for line, call in calls(each) if UNREPEATABLE.fullmatch(call) and call not in allowed]
    assert found == [], "ask `workflow` for the time, random numbers and ids, or an activity for the rest"


@pytest.mark.parametrize("each", modules("domain"), ids=lambda each: each.name)
def test_the_domain_reads_no_clock_and_no_files(each: Module) -> None:
    clock = re.compile(r"(time\..*)|((datetime\.)?(datetime|date)\.(now|utcnow|today))|(open)|(random\..*)")
    assert [(line, call) for line, call in calls(each) if clock.fullmatch(call)] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = set()
    for each in modules(*ROOMS):
        for node in ast.walk(each.tree):
            if isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.environb", "os.getenv"}:
                readers.add(each.name)
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                readers |= {each.name for alias in node.names if alias.name in {"environ", "environb", "getenv"}}
    assert readers == {"app/settings.py"}


def test_nothing_names_a_machine_or_a_registry() -> None:
    machine = "|".join(["/" + "work/", "/" + "root/", r"/(?:home|Users)/[a-z]\w*/(?!\.venv)"])
    registry = r"https?://[^/\s\"']*(?:" + "|".join(["pypi", "python" + "hosted", "npm" + "js", "crates\\.io"]) + r")\b"
    strange = re.compile(f"(?:(?<![\\w.~$}}])(?:{machine}))|(?:{registry})|--(?:extra-)?index-url")
    found = []
    for path in tracked():
        for number, line in enumerate((read_text(path) or "").splitlines(), 1):
            if strange.search(line) and path != Path(__file__).resolve():
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


STATEMENT = re.compile(r"^-- name: (\S*)[ \t]*\n(.*)$", re.MULTILINE)
SQL_FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.sql") if path.parent.name != "migrations")


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_every_statement_is_described(path: Path) -> None:
    statements = STATEMENT.findall(path.read_text(encoding="utf-8"))
    assert statements
    assert [name for name, below in statements if not re.match(r"-- \S", below)] == []


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_every_statement_is_used(path: Path) -> None:
    spoken = {
        node.value
        for each in modules(*ROOMS)
        for node in ast.walk(each.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = {name for name, _ in STATEMENT.findall(path.read_text(encoding="utf-8"))}
    assert names - spoken == set(), "delete what nobody calls"


def test_statements_over_our_tables_live_in_files() -> None:
    inline = re.compile(r"\s*(SELECT\b.*\bFROM|INSERT INTO|UPDATE\b.*\bSET|DELETE FROM)\b", re.DOTALL)
    found = [
        f"{each.name}:{node.lineno}"
        for each in modules("domain", "graphs", "retrieval", "activities", "workflows", "evals", "api")
        for node in ast.walk(each.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and inline.match(node.value)
    ]
    assert found == []


def test_migrations_are_numbered_without_a_gap_and_explained() -> None:
    files = sorted((ROOT / "app" / "migrations").glob("*.sql"))
    numbers = [int(path.name.split("_", 1)[0]) for path in files]
    assert numbers == list(range(1, len(files) + 1))
    assert [path.name for path in files if not path.read_text(encoding="utf-8").startswith("-- ")] == []
