"""The data folder, its locks, and processes known by pid and start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.embedded.home import LONGEST_SOCKET_PATH, SOCKET_FILE, Home, read_json, write_json
from app.embedded.locks import FileLock, has_users, running_up, up_file, up_lock, users_lock
from app.embedded.part import Child, Part, keep_log_small
from app.embedded.processes import ProcessMark
from app.embedded.stopping import Stopped, StopWish
from domain.errors import SetupError


def test_prepare_makes_the_folders_and_may_be_repeated(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b")

    home.prepare()
    home.prepare()

    assert all(folder.is_dir() for folder in (home.run, home.logs, home.temporal))
    assert not home.postgres.exists()


@pytest.mark.parametrize("taken", ["", "run", "logs"])
def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path, taken: str) -> None:
    home = Home(tmp_path / "home")
    if taken:
        home.root.mkdir()
    (home.root / taken).write_text("mine", encoding="utf-8")

    with pytest.raises(SetupError) as refused:
        home.prepare()

    assert str(home.root / taken) in refused.value.message
    assert "is not a folder" in refused.value.message
    assert (home.root / taken).read_text(encoding="utf-8") == "mine"


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    with pytest.raises(SetupError, match="is not a folder"):
        Home(tmp_path / "file" / "home").prepare()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(SetupError, match="cannot be written by this user"):
        Home(tmp_path / "home").prepare()


def test_the_socket_of_a_deep_home_lies_elsewhere_and_fits() -> None:
    shallow, deep = Home(Path("/srv/holdpoint")), Home(Path("/srv") / ("long" * 30))

    assert shallow.sockets == Path("/srv/holdpoint/run/pg")
    assert deep.sockets.parent == Path("/tmp")
    assert deep.sockets == Home(deep.root).sockets
    assert all(len(str(home.sockets / SOCKET_FILE)) <= LONGEST_SOCKET_PATH for home in (shallow, deep))


def test_a_broken_or_missing_note_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b'{"pid": 1\xff')
    write_json(tmp_path / "list", [1])

    assert read_json(tmp_path / "missing") is None
    assert ProcessMark.read(tmp_path / "broken") is None
    assert ProcessMark.read(tmp_path / "list") is None


def test_a_process_is_known_by_pid_and_start() -> None:
    mark = ProcessMark.own()

    assert mark.is_alive()
    assert not ProcessMark(mark.pid, "another start").is_alive()
    assert ProcessMark.of(2**22 + 1) is None


def test_ending_a_stranger_with_the_same_pid_does_nothing() -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        ProcessMark(bystander.pid, "another start").end(seconds=0.1)

        assert bystander.poll() is None
        bystander.kill()


def test_a_zombie_does_not_count_as_running() -> None:
    child = subprocess.Popen(["true"])
    until = time.monotonic() + 5
    while ProcessMark.of(child.pid) is not None and time.monotonic() < until:
        time.sleep(0.01)

    assert ProcessMark.of(child.pid) is None
    child.wait()


def test_only_one_up_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()

    with up_lock(home):
        assert running_up(home) == ProcessMark.own()
        with pytest.raises(SetupError, match="already runs"), up_lock(home):
            pass
    with up_lock(home):
        pass


@pytest.mark.parametrize(
    "left", [b"", b"\xff\x00", b'{"pid": 1, "start": "long ago"}', b'{"pid": 99999999, "start": ""}']
)
def test_a_lock_file_left_by_a_dead_up_is_taken_over(tmp_path: Path, left: bytes) -> None:
    home = Home(tmp_path)
    home.prepare()
    up_file(home).write_bytes(left)

    assert running_up(home) is None
    with up_lock(home):
        assert running_up(home) == ProcessMark.own()


def test_users_are_counted_by_locks_that_end_with_their_process(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    script = f"""
import sys
from pathlib import Path
from app.embedded.home import Home
from app.embedded.locks import users_lock
users_lock(Home(Path({str(tmp_path)!r}))).take(shared=True)
print("has it", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        user.stdout.readline()
        assert has_users(home)
        second = users_lock(home)
        assert second.take(shared=True)
        user.kill()
        user.wait()
        assert has_users(home)
        second.release()
    assert not has_users(home)


def test_a_lock_that_cannot_be_had_is_given_up_after_the_time(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.take()

    assert not second.take(seconds=0.1)
    first.release()
    assert second.take()
    second.release()


def part_of(tmp_path: Path, *command: str, **more: object) -> Part:
    facts = {
        "name": "part",
        "command": command,
        "log": tmp_path / "part.log",
        "pid_file": tmp_path / "part.pid",
        "environment": {"PATH": "/usr/bin:/bin"},
        "ready": lambda: True,
    }
    return Part(**(facts | more))  # type: ignore[arg-type]


def test_a_part_that_ends_before_it_is_ready_points_to_its_log(tmp_path: Path) -> None:
    child = Child.start(part_of(tmp_path, "sh", "-c", "echo no luck; exit 3", ready=lambda: False))

    with pytest.raises(SetupError) as refused:
        child.wait_ready()

    assert str(tmp_path / "part.log") in refused.value.message
    assert child.said() == "no luck\n"
    assert child.ending() == "ended with exit code 3"


def test_a_program_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be started"):
        Child.start(part_of(tmp_path, "/nowhere/program"))


def test_a_part_that_ignores_the_wish_to_stop_is_killed_after_its_time(tmp_path: Path) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    child = Child.start(part_of(tmp_path, sys.executable, "-c", script, stop_seconds=0.3))
    while "up" not in child.said():
        time.sleep(0.01)

    began = time.monotonic()
    child.stop()

    assert 0.25 < time.monotonic() - began < 5
    assert not child.is_alive()
    assert not (tmp_path / "part.pid").exists()


def test_a_running_part_is_adopted_by_its_pid_file_and_a_dead_one_is_not(tmp_path: Path) -> None:
    part = part_of(tmp_path, "sleep", "60")
    first = Child.start(part)

    adopted = Child.adopt(part)
    assert adopted is not None
    assert adopted.mark == first.mark
    adopted.stop()
    assert first.process is not None
    first.process.wait()
    first.mark.write(part.pid_file)
    assert Child.adopt(part) is None


def test_a_part_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent is gone")
    script = f"""
import time
from pathlib import Path
from tests.unit.test_home import part_of
from app.embedded.part import Child
Child.start(part_of(Path({str(tmp_path)!r}), "sleep", "60"))
print("started", flush=True)
time.sleep(60)
"""
    checkout = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=checkout) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        mark = ProcessMark.read(tmp_path / "part.pid")
        assert mark is not None
        assert mark.is_alive()
        parent.kill()
    assert mark.wait(5.0)


def test_a_large_log_is_moved_aside_while_its_process_goes_on_writing(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("ab") as writer:
        writer.write(b"x" * 20_000_001)
        writer.flush()
        keep_log_small(log)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    assert (tmp_path / "part.1.log").stat().st_size == 20_000_001


def test_stopping_once_ends_a_pause_and_twice_insists() -> None:
    wish = StopWish()

    with wish.listening():
        wish.pause(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            wish.pause(5)
        assert not wish.insisted
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Stopped):
            wish.pause(5)
        assert wish.insisted


def test_a_closed_terminal_stops_nothing_under_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopWish().listening() as wish:
            os.kill(os.getpid(), signal.SIGHUP)
            wish.pause(0.05)
    finally:
        signal.signal(signal.SIGHUP, before)
