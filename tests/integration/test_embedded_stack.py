"""`up` and its parts with real processes: started, killed, taken over, refused, examined."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import psycopg
import pytest

from app.embedded.cluster import servers_on
from app.embedded.home import Home
from app.embedded.lease import database
from app.embedded.part import Part
from app.embedded.ports import check_ports
from app.embedded.processes import ProcessMark
from app.embedded.stopping import StopWish
from app.embedded.supervisor import Supervisor
from app.embedded.urls import database_urls
from domain.errors import SetupError
from tests.conftest import settings_for
from tests.integration.up_process import DYING, STUBBORN, Up, holdpoint

pytestmark = pytest.mark.slow


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
    assert by_name["temporal"]["verdict"] == "good", by_name
    assert "30 days" in by_name["temporal"]["said"]
    assert by_name["search attributes"]["verdict"] == "good"
    assert by_name["stuck workflows"]["verdict"] == "good"
    assert by_name["migrations"]["verdict"] == "good"
    assert by_name["stack"]["verdict"] == "warning"
    assert by_name["web"]["verdict"] == "fault"  # the stand-in serves nothing
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


def test_doctor_finds_nothing_wrong_on_a_machine_where_nothing_runs_yet(home: Path) -> None:
    examined = holdpoint(settings_for(home), "doctor")

    assert examined.returncode == 0, examined.stdout
    assert "0 at fault" in examined.stdout
    assert not home.exists()


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
