"""The embedded PostgreSQL and Temporal: made, shared, found damaged, replaced by external ones."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from app.embedded.cluster import ensure_cluster, servers_on
from app.embedded.foundation import foundation
from app.embedded.home import Home
from app.embedded.lease import database
from app.embedded.postgres import is_ready
from app.embedded.processes import ProcessMark
from app.embedded.temporal import temporal_binary
from app.embedded.urls import database_urls
from domain.errors import SetupError
from tests.conftest import Stack, settings_for
from tests.integration.up_process import environment_of, holdpoint, wait_until

pytestmark = pytest.mark.slow
TAKE_DATABASE = (
    "from app.embedded import lease; from app import settings; lease.ensure_postgres(settings.load_settings())"
)


def test_the_temporal_program_of_the_virtual_environment_is_found(home: Path) -> None:
    assert Path(temporal_binary(settings_for(home))).parent == Path(sys.executable).parent


def test_a_damaged_temporal_file_is_one_sentence(home: Path) -> None:
    settings = settings_for(home)
    Home(home).prepare()
    (Home(home).temporal / "temporal.db").write_bytes(b"this is no database, whatever its name says" * 100)

    with pytest.raises(SetupError, match="is damaged"), foundation(settings):
        pass
    assert not servers_on(Home(home).postgres)


def test_the_roles_are_not_superusers_and_the_app_role_cannot_change_the_schema(stack: Stack) -> None:
    with psycopg.connect(stack.owner_url) as owner, psycopg.connect(stack.app_url) as app:
        rows = owner.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname LIKE 'holdpoint%' ORDER BY rolname"
        ).fetchall()
        assert rows == [("holdpoint_app", *[False] * 4), ("holdpoint_owner", *[False] * 4)]
        assert app.execute("SELECT current_user").fetchone() == ("holdpoint_app",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE public.mine (id int)")


def test_the_server_listens_on_no_port_and_indexes_words_without_their_punctuation(stack: Stack) -> None:
    with psycopg.connect(stack.owner_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        row = connection.execute("SELECT to_tsvector('spanish', '¿Dónde está mi “pedido”?')::text").fetchone()
        assert row == ("'dond':1 'ped':4",)
        assert connection.execute("SELECT '[1,2]'::vector <-> '[1,3]'").fetchone() == (1.0,)


def test_the_database_serves_overlapping_commands_and_stops_with_the_last(home: Path) -> None:
    settings = settings_for(home)
    script = """
import sys
from app.embedded.lease import ensure_postgres, release_postgres
from app.settings import load_settings
print(ensure_postgres(load_settings()), flush=True)
sys.stdin.readline()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment_of(settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline().strip() == database_urls(settings).owner
        server = ProcessMark.read(Home(home).pid_file("postgres"))
        assert server is not None
        with database(settings) as urls, psycopg.connect(urls.app) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            first.stdin.write("\n")
            first.stdin.close()
            assert first.wait(10) == 0
            assert server.is_alive()
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert server.wait(5)


def test_a_server_left_by_a_killed_command_is_used_and_then_stopped(home: Path) -> None:
    settings = settings_for(home)
    script = f"import os; {TAKE_DATABASE}; os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script], env=environment_of(settings), check=False)
    left = ProcessMark.read(Home(home).pid_file("postgres"))
    assert left is not None
    assert left.is_alive()

    with database(settings):
        assert ProcessMark.read(Home(home).pid_file("postgres")) == left
    assert left.wait(5)


def test_a_cluster_whose_making_was_cut_short_is_made_again(home: Path) -> None:
    settings = settings_for(home)
    Home(home).prepare()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_DATABASE], env=environment_of(settings), start_new_session=True
    )
    wait_until(lambda: any(home.glob("postgres.new-*/base")), lambda: "no cluster was begun")
    os.killpg(process.pid, signal.SIGKILL)  # with initdb, which would go on writing into what is being removed
    process.wait()
    assert not Home(home).postgres.exists()

    with database(settings):
        assert is_ready(Home(home))
    assert list(home.glob("postgres.new-*")) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"notes.txt": "mine"}, "is not a complete PostgreSQL cluster"),
        ({"PG_VERSION": "18\n"}, "is not a complete PostgreSQL cluster"),
        ({"PG_VERSION": "16\n", "global/pg_control": ""}, "was made by PostgreSQL 16"),
        ({"PG_VERSION": "\x00\x01", "global/pg_control": ""}, "was made by PostgreSQL"),
    ],
)
def test_a_folder_with_something_else_is_refused_and_left_alone(
    home: Path, files: dict[str, str], expected: str
) -> None:
    Home(home).prepare()
    for name, text in files.items():
        (home / "postgres" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "postgres" / name).write_text(text, encoding="utf-8")

    with pytest.raises(SetupError, match=expected):
        ensure_cluster(Home(home), None)
    assert all((home / "postgres" / name).read_text(encoding="utf-8") == text for name, text in files.items())


def test_a_file_in_place_of_the_cluster_is_refused(home: Path) -> None:
    Home(home).prepare()
    (home / "postgres").write_text("mine", encoding="utf-8")

    with pytest.raises(SetupError, match="is not a folder"), database(settings_for(home)):
        pass
    assert (home / "postgres").read_text(encoding="utf-8") == "mine"


def test_a_lock_file_of_the_server_that_names_another_process_does_not_stop_it(home: Path) -> None:
    settings = settings_for(home)
    with database(settings):
        pass
    lock = f"{os.getpid()}\n{home}/postgres\n1\n5432\n{home}/run/pg\n\n  1  1\nready\n"
    (home / "postgres" / "postmaster.pid").write_text(lock, encoding="utf-8")
    (home / "run" / "pg" / ".s.PGSQL.5432.lock").write_text(lock, encoding="utf-8")

    with database(settings):
        assert is_ready(Home(home))


def test_a_deep_home_works_with_its_socket_elsewhere(home: Path) -> None:
    deep = home / ("very-long-folder-name-" * 5)
    settings = settings_for(deep)
    try:
        with database(settings) as urls, psycopg.connect(urls.app) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert Home(deep).sockets.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(Home(deep).sockets, ignore_errors=True)


def test_external_servers_are_used_and_not_started(home: Path, stack: Stack) -> None:
    external = {"HOLDPOINT_DATABASE_URL": stack.owner_url, "HOLDPOINT_APP_DATABASE_URL": stack.app_url}
    external["HOLDPOINT_TEMPORAL_ADDRESS"] = stack.temporal_address
    settings = settings_for(home)

    examined = holdpoint(settings, "doctor", "--json", **external)

    checks = {check["check"]: check["verdict"] for check in json.loads(examined.stdout)["checks"]}
    assert (checks["postgres"], checks["temporal"], checks["migrations"]) == ("good", "good", "good")
    assert "postgres program" not in checks
    unreachable = {**external, "HOLDPOINT_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    assert "Temporal does not answer on 127.0.0.1:1" in holdpoint(settings, "doctor", **unreachable).stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as somebody else")
def test_under_root_the_server_gets_the_right_to_pass_a_private_folder_and_no_more(home: Path) -> None:
    home.parent.chmod(0o700)
    said: list[str] = []

    with database(settings_for(home), said.append) as urls, psycopg.connect(urls.app) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert [line for line in said if str(home.parent) in line]
    assert home.parent.stat().st_mode & 0o777 == 0o701
    assert (home / "postgres").stat().st_mode & 0o777 == 0o700
    assert (home / "postgres").stat().st_uid != 0
