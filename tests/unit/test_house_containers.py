"""The container files, checked without a container engine: by a linter where one is installed, and by their meaning."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.embedded.temporal import RETENTION_DAYS, SEARCH_ATTRIBUTES
from app.embedded.urls import APP_ROLE, DATABASE, OWNER_ROLE
from app.settings import PREFIX, Settings
from tests.house import ROOMS, ROOT

DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
TEXT = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
KEYS = {"image", "build", "init", "environment", "restart", "depends_on", "volumes", "command", "ports", "healthcheck"}
KEYS |= {"profiles", "entrypoint", "user"}


class Strict(yaml.SafeLoader):
    """Refuses a key that is given twice, which YAML parsers take silently."""


def _mapping(loader: Strict, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [key.value for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"{twice} is given twice")
    loader.flatten_mapping(node)
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True) for key, value in node.value
    }


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load(text: str) -> Any:
    return yaml.load(text, Loader=Strict)


COMPOSE: dict[str, Any] = load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("holdpoint:")}


def programs() -> dict[str, str]:
    """name of each variable that compose takes from its own environment, to what it says when it is missing."""
    return dict(re.findall(r"\$\{(\w+):\?([^}]*)\}", TEXT))


def test_the_linter_finds_nothing_in_the_dockerfile() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed: it has no package for this kind of machine")
    said = subprocess.run(
        [hadolint, "--no-color", str(DOCKER / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_image_holds_every_room_and_nothing_else_of_ours() -> None:
    copied = set(re.findall(r"^COPY (\w+) \./\w+$", DOCKERFILE, re.MULTILINE))
    assert copied == set(ROOMS)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    assert kept == set(ROOMS) | {"LICENSE", "README.md", "pyproject.toml", "requirements.lock"}
    assert all((ROOT / name).exists() for name in kept - {"LICENSE", "README.md"})


def test_the_image_installs_what_is_locked_and_does_not_run_as_root() -> None:
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users and users[-1] not in {"root", "0"}
    assert re.search(r"^HEALTHCHECK ", DOCKERFILE, re.MULTILINE)


def test_every_image_is_pinned() -> None:
    images = [service["image"] for service in SERVICES.values()] + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [image for image in images if not re.fullmatch(r"[\w./-]+:(?!latest)[\w.-]*\d[\w.-]*", image)] == []


def test_servers_and_their_tools_are_of_one_version() -> None:
    tags = {SERVICES[name]["image"].split(":")[1] for name in ("temporal", "temporal-schema", "temporal-namespace")}
    assert len(tags) == 1


def test_every_service_has_known_keys_only() -> None:
    assert {name: set(service) - KEYS for name, service in SERVICES.items() if set(service) - KEYS} == {}


def test_services_wait_for_services_that_exist_and_can_satisfy_them() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, f"{name} waits for {other}"
            assert how["condition"] in CONDITIONS
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for the health of {other}, which tells none"
            if how["condition"] == "service_completed_successfully":
                assert SERVICES[other]["restart"] in {"no", "on-failure:10"}, f"{other} never completes"


def test_no_service_waits_for_itself_in_a_circle() -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    while waits:
        free = {name for name, others in waits.items() if not others & set(waits)}
        assert free, f"{sorted(waits)} wait for each other"
        waits = {name: others for name, others in waits.items() if name not in free}


def test_settings_in_the_files_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    named = {key for service in OURS.values() for key in service.get("environment", {})}
    named |= set(re.findall(rf"\b({PREFIX}\w+)=", DOCKERFILE))
    assert named <= known


def test_no_secret_is_in_the_file_and_a_missing_one_is_named() -> None:
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|PWD|SECRET|KEY", key):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), f"{key} is written into the file"
    for url in re.findall(r"postgresql://\S+", TEXT):
        assert re.match(r"postgresql://\w+:\$\{\w+:\?", url)
    assert all(name in said for name, said in programs().items())


def test_the_example_of_the_environment_names_what_compose_needs() -> None:
    example = (DOCKER / "env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == set(programs())
    optional = set(re.findall(r"\$\{(\w+):-", TEXT))
    assert optional == set(re.findall(r"^# (\w+)=", example, re.MULTILINE))


def test_ports_are_published_on_this_machine_alone() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published and all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)


def test_files_and_volumes_that_are_mounted_exist() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in COMPOSE["volumes"] or (DOCKER / source).is_file(), source


def test_the_database_is_prepared_for_the_roles_that_the_code_expects() -> None:
    script = (DOCKER / "postgres" / "init.sh").read_text(encoding="utf-8")
    for role in (OWNER_ROLE, APP_ROLE):
        assert f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS" in script
        assert f"://{role}:" in TEXT
    assert f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE};" in script
    assert "CREATE EXTENSION vector;" in script


def test_the_namespace_gets_what_the_workflows_set() -> None:
    script = (DOCKER / "temporal" / "namespace.sh").read_text(encoding="utf-8")
    pairs = re.findall(r"(\w+):(Keyword|Int)\b", script)
    assert {f"Holdpoint{name}": kind for name, kind in pairs} == SEARCH_ATTRIBUTES
    assert f"--retention {RETENTION_DAYS}d" in script


@pytest.mark.parametrize("path", sorted(DOCKER.rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_well_formed_and_stop_at_the_first_error(path: Path) -> None:
    shell = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("#!")
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0
    assert re.search(r"^set -eu", path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", sorted(DOCKER.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_yaml_file_can_be_read(path: Path) -> None:
    assert isinstance(load(path.read_text(encoding="utf-8")), dict)
