"""The whole stack of `holdpoint up`: servers, migrations, workers, web, demo store; in the foreground until stopped."""

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.database import migrate
from app.embedded.foundation import server_parts
from app.embedded.home import Home
from app.embedded.locks import has_users, starting_postgres, up_lock
from app.embedded.part import Part
from app.embedded.ports import check_ports
from app.embedded.processes import ProcessMark
from app.embedded.stopping import Stopped, StopWish
from app.embedded.supervisor import TICK, Supervisor
from app.embedded.temporal import ADDRESS
from app.embedded.urls import database_urls
from app.settings import CHECKOUT, Settings, child_environment

# -P keeps a folder of the caller that happens to be called `app` from being taken for ours.
_PYTHON = (sys.executable, "-P", "-m", "app.cli.main")


def worker_parts(settings: Settings) -> list[Part]:
    """One part per worker process, each with a port of its own for the SDK's metrics."""
    home = Home(settings.home)
    parts = []
    for index in range(settings.workers):
        name = "worker" if settings.workers == 1 else f"worker-{index + 1}"
        port = settings.metrics_port + index
        parts.append(
            Part(
                name=name,
                command=(*_PYTHON, "worker"),
                log=home.log(name),
                pid_file=home.pid_file(name),
                environment=_environment(settings, {"HOLDPOINT_METRICS_PORT": str(port)}),
                address=f"http://{ADDRESS}:{port}/metrics",
                ready=lambda port=port: _listens(port),  # type: ignore[misc]
                essential=False,
            )
        )
    return parts


def web_part(settings: Settings) -> Part:
    """The part that runs the web process."""
    home = Home(settings.home)
    return Part(
        name="web",
        command=(*_PYTHON, "web"),
        log=home.log("web"),
        pid_file=home.pid_file("web"),
        environment=_environment(settings),
        address=settings.web_url,
        ready=lambda: fetch_status(settings, "/healthz") == http.HTTPStatus.OK,
        essential=False,
    )


def _environment(settings: Settings, overrides: dict[str, str] | None = None) -> dict[str, str]:
    return child_environment(settings, {"PYTHONPATH": str(CHECKOUT), **(overrides or {})})


def _listens(port: int) -> bool:
    try:
        socket.create_connection((ADDRESS, port), timeout=1).close()
    except OSError:
        return False
    return True


def fetch_status(settings: Settings, path: str) -> int | None:
    """HTTP status that the web process of this machine answers a GET with; None when it does not answer within 5 s."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  only compared
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@dataclass
class Stack:
    """One run of `up`. `say` receives a line of progress at a time."""

    settings: Settings
    say: Callable[[str], None]
    demo: bool = False
    application: Sequence[Part] | None = None
    """What runs on top of the servers; by default the workers and the web process."""
    _wish: StopWish = field(default_factory=StopWish)

    def run(self) -> None:
        """Run the stack until it is asked to stop, then stop every part.

        Raises SetupError with one sentence when it cannot start, or a part keeps dying; everything is stopped then too.
        """
        home = Home(self.settings.home)
        home.prepare()
        with up_lock(home), self._wish.listening():
            supervisor = Supervisor(home, self.say, self._wish, self.settings.restart_limit)
            try:
                self._start(home, supervisor)
                supervisor.watch()
            except Stopped:
                pass
            finally:
                if supervisor.has_parts:
                    self.say("Stopping …")
                    supervisor.stop()
                    self.say("Stopped.")

    def _start(self, home: Home, supervisor: Supervisor) -> None:
        self.say(f"Holdpoint starts in {home.root}")
        with starting_postgres(home, self.say):
            in_use = has_users(home)
            end_leftovers(home, self.say, spare="postgres" if in_use else "")
            check_ports(self.settings)
            supervisor.start(
                server_parts(self.settings, self.say), adopt=frozenset({"postgres"}) if in_use else frozenset()
            )
            for name in migrate(database_urls(self.settings).owner):
                self.say(f"database: applied {name}")
        application = self.application
        if application is None:
            application = [*worker_parts(self.settings), web_part(self.settings)]
        supervisor.start(application)
        if self.demo:
            self._load_demo(supervisor)
        self._welcome()

    def _load_demo(self, supervisor: Supervisor) -> None:
        # A process of its own: loading takes models into memory that `up`, which runs for weeks, has no use for.
        loading = subprocess.Popen(  # noqa: S603  our own command
            [*_PYTHON, "demo"], env=_environment(self.settings), stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            while loading.poll() is None:
                supervisor.tend()
                self._wish.pause(TICK)
        finally:
            if loading.poll() is None:
                loading.terminate()
        if loading.returncode != 0:
            self.say("The demo store could not be loaded (see above); the stack runs without it.")

    def _welcome(self) -> None:
        settings = self.settings
        rows = {
            "Console and API": settings.web_url,
            "Temporal UI": settings.ui_url,
            "Temporal": settings.temporal_target,
        }
        for name, address in rows.items():
            if address is not None:
                self.say(f"{name + ':':<17} {address}")
        self.say(f"{'Logs:':<17} {Home(settings.home).logs}")
        if self.demo:
            self.say(f'{"Try:":<17} holdpoint ask "How long does delivery to Spain take?"')
        self.say("Ctrl-C stops everything.")


def end_leftovers(home: Home, say: Callable[[str], None], spare: str = "") -> int:
    """End the processes that an earlier run of this home left behind, known by pid and start; how many there were."""
    ended = 0
    for noted in sorted(home.run.glob("*.pid")):
        mark = ProcessMark.read(noted)
        if noted.stem == spare:
            continue
        if mark is not None and mark.is_alive():
            say(f"Ending {noted.stem}, left behind by an earlier run (pid {mark.pid}).")
            mark.end(signal.SIGINT if noted.stem == "postgres" else signal.SIGTERM)
            ended += 1
        noted.unlink(missing_ok=True)
    return ended
