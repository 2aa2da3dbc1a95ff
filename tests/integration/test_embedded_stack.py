"""The embedded stack with real processes: started, killed, taken over, refused, examined."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.embedded.cluster import ensure_cluster, servers_on
from app.embedded.foundation import foundation
from app.embedded.home import Home
from app.embedded.lease import database
from app.embedded.part import Part
from app.embedded.ports import check_ports
from app.embedded.postgres import is_ready
from app.embedded.processes import ProcessMark
from app.embedded.stack import end_leftovers
from app.embedded.stopping import StopWish
from app.embedded.supervisor import Supervisor
from app.embedded.temporal import temporal_binary
from app.embedded.urls import database_urls
from app.settings import Settings
from domain.errors import SetupError
from tests.conftest import Stack, settings_for

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).parents[2]

# `up` as it is, with two small processes in place of worker and web: what is tested here is what keeps them running.
UP = """
import sys
from app.cli.main import run
from app.embedded import stack
from app.embedded.home import Home
from app.embedded.part import Part

def stand_in(settings, name, script):
    home = Home(settings.home)
    return Part(name=name, command=(sys.executable, "-c", script), log=home.log(name), pid_file=home.pid_file(name),
                environment={}, ready=lambda: True, stop_seconds=2.0)

stack.worker_parts = lambda settings: [stand_in(settings, "worker", sys.argv[1])]
stack.web_part = lambda settings: stand_in(settings, "web", "import time; time.sleep(600)")
sys.exit(run(["up"]))
"""
TAKE_DATABASE = (
    "from app.embedded import lease; from app import settings; lease.ensure_postgres(settings.load_settings())"
)
IDLE = "import time; time.sleep(600)"
DYING = "import time; time.sleep(0.3); raise SystemExit('no luck')"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder under a short path, so that its socket lies inside; whatever runs in it is ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hp-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder / "home"
    if (folder / "home" / "run").is_dir():
        up = ProcessMark.read(folder / "home" / "run" / "up.lock")
        if up is not None:
            up.end(signal.SIGKILL)
        end_leftovers(Home(folder / "home"), lambda _: None)
    for mark in servers_on(folder / "home" / "postgres"):
        mark.end(signal.SIGKILL)
    shutil.rmtree(folder)


def environment_of(settings: Settings) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HOLDPOINT_")}
    ports = ("port", "temporal_port", "temporal_ui_port", "metrics_port", "restart_limit")
    chosen = {f"HOLDPOINT_{name.upper()}": str(getattr(settings, name)) for name in ports}
    return {**bare, **chosen, "HOLDPOINT_HOME": str(settings.home), "PYTHONPATH": str(CHECKOUT)}


def holdpoint(settings: Settings, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command of ours to its end."""
    command = [sys.executable, "-m", "app.cli.main", *words]
    environment = {**environment_of(settings), **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)


@dataclass
class Up:
    """A running `up` and what it has said so far."""

    settings: Settings
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, settings: Settings, worker: str = IDLE) -> "Up":
        process = subprocess.Popen(
            [sys.executable, "-c", UP, worker],
            env=environment_of(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        up = cls(settings, process)
        threading.Thread(target=up._read, daemon=True).start()
        return up

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, text: str, times: int = 1) -> None:
        wait_until(lambda: sum(text in line for line in self.lines) >= times, lambda: f"{text!r} not in {self.lines}")

    def wait_started(self) -> "Up":
        self.wait_for("Ctrl-C stops everything")
        return self

    def end(self, number: int = signal.SIGTERM, seconds: float = 15.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def parts(self) -> dict[str, dict[str, Any]]:
        told = json.loads(holdpoint(self.settings, "status", "--json").stdout)
        return {part["name"]: part for part in told["parts"]}


def wait_until(is_so: Callable[[], bool], complaint: Callable[[], str], seconds: float = 40.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            pytest.fail(complaint())
        time.sleep(0.05)


def test_up_runs_every_part_and_stops_every_part(home: Path) -> None:
    settings = settings_for(home)
    up = Up.start(settings).wait_started()

    parts = up.parts()
    assert list(parts) == ["postgres", "temporal", "worker", "web"]
    assert {part["condition"] for part in parts.values()} == {"ready"}
    assert holdpoint(settings, "status").returncode == 0
    second = holdpoint(settings, "up")
    assert second.returncode == 1
    assert f"(pid {up.process.pid})" in second.stderr
    assert len(second.stderr.splitlines()) == 1

    began = time.monotonic()
    stopped = holdpoint(settings, "down")
    assert stopped.returncode == 0, stopped.stderr
    assert time.monotonic() - began < 12
    assert up.process.wait(5) == 0
    assert not any(ProcessMark.of(part["pid"]) for part in parts.values())
    assert list(Home(home).run.glob("*.pid")) == []
    status = holdpoint(settings, "status", "--json")
    assert (json.loads(status.stdout)["running"], status.returncode) == (False, 1)
    assert holdpoint(settings, "down").stdout == f"Nothing runs in {home}.\n"


def test_killed_parts_are_restarted_on_the_same_data(home: Path) -> None:
    settings = settings_for(home)
    up = Up.start(settings).wait_started()
    with psycopg.connect(database_urls(settings).owner) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    before = up.parts()

    for name in before:
        os.kill(before[name]["pid"], signal.SIGKILL)
    up.wait_for("running again", times=4)

    after = up.parts()
    assert all(part["restarts"] == 1 and part["condition"] == "ready" for part in after.values()), after
    assert all(after[name]["pid"] != before[name]["pid"] for name in before)
    with psycopg.connect(database_urls(settings).owner) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    examined = holdpoint(settings, "doctor", "--json")
    told = json.loads(examined.stdout)
    by_name = {check["check"]: check for check in told["checks"]}
    assert by_name["temporal"]["outcome"] == "good", by_name
    assert "30 days" in by_name["temporal"]["said"]
    assert by_name["search attributes"]["outcome"] == "good"
    assert by_name["stuck workflows"]["outcome"] == "good"
    assert by_name["migrations"]["outcome"] == "good"
    assert by_name["stack"]["outcome"] == "warning"
    assert by_name["web"]["outcome"] == "fault"  # the stand-in serves nothing
    assert (examined.returncode, told["well"]) == (1, False)
    assert up.end(signal.SIGINT) == 0


def test_after_kill_9_of_up_the_next_one_takes_over(home: Path) -> None:
    settings = settings_for(home)
    first = Up.start(settings).wait_started()
    orphans = [ProcessMark(part["pid"], "") for part in first.parts().values()]
    # One that outlives its parent, as all do where the kernel does not tell children that their parent is gone.
    survivor = subprocess.Popen(["sleep", "600"])
    ProcessMark.of(survivor.pid).write(Home(home).pid_file("worker"))  # type: ignore[union-attr]

    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert json.loads(holdpoint(settings, "status", "--json").stdout)["running"] is False
    threading.Thread(target=survivor.wait, daemon=True).start()
    second = Up.start(settings).wait_started()

    assert "Ending worker, left behind" in " ".join(second.lines)
    assert survivor.wait(5) == -signal.SIGTERM
    assert not any(ProcessMark.of(orphan.pid) for orphan in orphans)
    assert holdpoint(settings, "status").returncode == 0
    second.end()


def test_down_ends_what_a_killed_up_left(home: Path) -> None:
    settings = settings_for(home)
    Home(home).prepare()
    survivor = subprocess.Popen(["sleep", "600"])
    ProcessMark.of(survivor.pid).write(Home(home).pid_file("web"))  # type: ignore[union-attr]
    threading.Thread(target=survivor.wait, daemon=True).start()

    assert "Stopped what was left" in holdpoint(settings, "down").stdout
    assert survivor.wait(5) == -signal.SIGTERM


def test_a_part_that_keeps_dying_stops_up_and_points_to_its_log(home: Path) -> None:
    settings = settings_for(home).model_copy(update={"restart_limit": 3})
    up = Up.start(settings, DYING)

    assert up.process.wait(60) == 1
    up.wait_for("died 3 times within 60 s")
    assert "ended with exit code 1" in " ".join(up.lines)
    assert str(Home(home).log("worker")) in up.lines[-1]
    assert "no luck" in Home(home).log("worker").read_text(encoding="utf-8")
    assert not servers_on(Home(home).postgres)


def test_a_second_wish_to_stop_kills_what_does_not_stop(home: Path) -> None:
    up = Up.start(settings_for(home), STUBBORN).wait_started()
    worker = up.parts()["worker"]["pid"]

    up.process.send_signal(signal.SIGINT)
    up.wait_for("Stopping")
    time.sleep(0.3)
    began = time.monotonic()
    assert up.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 4
    assert ProcessMark.of(worker) is None


def test_a_port_in_use_is_named_with_the_setting_that_moves_it(home: Path) -> None:
    settings = settings_for(home)
    with socket.create_server(("127.0.0.1", settings.temporal_ui_port)):
        refused = holdpoint(settings, "up")

        assert refused.returncode == 1
        assert f"Port {settings.temporal_ui_port} for Temporal's Web UI is in use" in refused.stderr
        assert "HOLDPOINT_TEMPORAL_UI_PORT" in refused.stderr
        assert f"(pid {os.getpid()})" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_two_purposes_for_one_port_are_refused(home: Path) -> None:
    settings = settings_for(home)

    with pytest.raises(SetupError, match="HOLDPOINT_METRICS_PORT"):
        check_ports(settings.model_copy(update={"metrics_port": settings.port}))


def test_an_unknown_host_is_refused(home: Path) -> None:
    with pytest.raises(SetupError, match="HOLDPOINT_HOST"):
        check_ports(settings_for(home).model_copy(update={"host": "no.such.host.invalid"}))


def test_a_missing_temporal_program_is_one_sentence(home: Path) -> None:
    refused = holdpoint(settings_for(home), "up", HOLDPOINT_TEMPORAL_BINARY="/nowhere/temporal")

    assert refused.returncode == 1
    assert refused.stderr.startswith("HOLDPOINT_TEMPORAL_BINARY names /nowhere/temporal")
    assert len(refused.stderr.splitlines()) == 1


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


def test_up_adopts_the_database_of_a_running_command_and_keeps_it(home: Path) -> None:
    settings = settings_for(home)
    with database(settings) as urls:
        server = ProcessMark.read(Home(home).pid_file("postgres"))
        assert server is not None
        up = Up.start(settings).wait_started()
        assert up.parts()["postgres"]["pid"] == server.pid
        with psycopg.connect(urls.owner) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert server.is_alive()
    os.kill(server.pid, signal.SIGKILL)
    up.wait_for("postgres: running again")
    with database(settings):
        pass
    assert up.parts()["postgres"]["condition"] == "ready"
    up.end()


def test_a_cluster_whose_making_was_cut_short_is_made_again(home: Path) -> None:
    settings = settings_for(home)
    Home(home).prepare()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_DATABASE], env=environment_of(settings), start_new_session=True
    )
    wait_until(lambda: any(home.glob("postgres.new-*/base")), lambda: "no cluster was begun")
    process.kill()
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


def test_doctor_finds_nothing_wrong_on_a_machine_where_nothing_runs_yet(home: Path) -> None:
    examined = holdpoint(settings_for(home), "doctor")

    assert examined.returncode == 0, examined.stdout
    assert "0 at fault" in examined.stdout
    assert not home.exists()


def test_external_servers_are_used_and_not_started(home: Path, stack: Stack) -> None:
    external = {"HOLDPOINT_DATABASE_URL": stack.owner_url, "HOLDPOINT_APP_DATABASE_URL": stack.app_url}
    external["HOLDPOINT_TEMPORAL_ADDRESS"] = stack.temporal_address
    settings = settings_for(home)

    examined = holdpoint(settings, "doctor", "--json", **external)

    checks = {check["check"]: check["outcome"] for check in json.loads(examined.stdout)["checks"]}
    assert (checks["postgres"], checks["temporal"], checks["migrations"]) == ("good", "good", "good")
    assert "postgres program" not in checks
    unreachable = {**external, "HOLDPOINT_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    assert "Temporal does not answer on 127.0.0.1:1" in holdpoint(settings, "doctor", **unreachable).stdout


def test_a_part_that_does_not_come_up_is_tried_twice_and_its_last_words_are_shown(home: Path) -> None:
    Home(home).prepare()
    lines: list[str] = []
    part = Part(
        name="web",
        command=("sh", "-c", "echo the cause; exit 3"),
        log=Home(home).log("web"),
        pid_file=Home(home).pid_file("web"),
        environment={"PATH": "/usr/bin:/bin"},
        ready=lambda: False,
    )
    supervisor = Supervisor(Home(home), lines.append, StopWish())

    with pytest.raises(SetupError, match=r"web stopped before it was ready \(the cause\): see "):
        supervisor.start([part])

    assert len(lines) == 1
    assert "ended with exit code 3; restarting" in lines[0]
    supervisor.stop()


def test_a_part_that_is_not_essential_may_stay_silent_as_long_as_it_runs(home: Path) -> None:
    Home(home).prepare()
    lines: list[str] = []
    answers = threading.Event()
    part = Part(
        name="web",
        command=("sleep", "60"),
        log=Home(home).log("web"),
        pid_file=Home(home).pid_file("web"),
        environment={"PATH": "/usr/bin:/bin"},
        ready=answers.is_set,
        ready_seconds=0.2,
        essential=False,
    )
    supervisor = Supervisor(Home(home), lines.append, StopWish())

    supervisor.start([part])
    assert "runs, but does not answer" in lines[-1]
    answers.set()
    supervisor.tend()
    assert lines[-1].startswith("web: ready after")
    supervisor.stop()
    assert not supervisor.has_parts
