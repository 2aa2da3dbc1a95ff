"""The running stack, over its own HTTP API, with keys of the person at this terminal."""

import asyncio
import getpass
import time
from typing import Any, Self

import httpx

from activities.access import create_key
from app.embedded.home import Home
from app.embedded.report import StackReport, stack_report
from app.embedded.urls import database_urls
from app.secret_files import read_secrets, write_secrets
from app.settings import Settings
from domain.errors import HoldpointError, Unavailable
from domain.vocabulary import Scope
from retrieval.database import Database

TIMEOUT_SECONDS = 20.0


class Refused(HoldpointError):
    """The API answered with a problem. `problem` is all that it said."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or "The request was refused."))
        self.problem = problem
        self.status = int(problem.get("status", 500))
        self.exit_code = 1


class RunningStack:
    """Requests to the web process of this installation. Keys are made when they are first needed, and kept."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        self._settings = settings
        self._client = client
        self._file = Home(settings.home).run / f"keys-{_user()}.json"

    @property
    def address(self) -> str:
        """Where a person reaches the web process."""
        return self._settings.web_url

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Raises Unavailable with one sentence when nothing runs."""
        host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  only compared
        place = f"[{host}]" if ":" in host else host
        client = httpx.Client(base_url=f"http://{place}:{settings.port}", timeout=TIMEOUT_SECONDS, trust_env=False)
        stack = cls(settings, client)
        stack._send("GET", "/healthz")
        if settings.database_url is None and stack_report(settings).up_pid is None:
            raise Unavailable(
                f"What answers on {stack.address} is not of {settings.home}, where nothing runs: set HOLDPOINT_HOME to "
                "the data folder of the stack that is meant."
            )
        return stack

    def request(self, method: str, path: str, *, store: str, scope: Scope, body: Any = None, **params: Any) -> Any:
        """The JSON of an answer. Raises Refused for a problem, Unavailable when nothing answers."""
        wanted = {name: value for name, value in params.items() if value is not None}
        return self._asked(method, path, store, scope, json=body, params=wanted)

    def upload(self, name: str, content: bytes, *, store: str, scope: Scope) -> str:
        """Sends a file in; the id under which a message may name it. Raises as `request` does."""
        sent = self._asked("POST", "/v1/attachments", store, scope, content=content, params={"name": name})
        attachment_id: str = sent["attachment_id"]
        return attachment_id

    def _asked(self, method: str, path: str, store: str, scope: Scope, **what: Any) -> Any:
        for fresh in (False, True):
            headers = {"Authorization": f"Bearer {self._key(store, scope, fresh=fresh)}"}
            answer = self._send(method, path, headers=headers, **what)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
        if answer.is_success:
            return answer.json() if answer.content else None
        raise Refused(_problem(answer))

    def _send(self, method: str, path: str, **what: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **what)
        except httpx.TimeoutException as error:
            raise Unavailable("The web process does not answer in time; look at `holdpoint status`.") from error
        except httpx.HTTPError as error:
            raise Unavailable(
                _nobody_there(stack_report(self._settings), str(self._client.base_url), self.address)
            ) from error

    def _key(self, store: str, scope: Scope, *, fresh: bool) -> str:
        kept = read_secrets(self._file)
        name = f"{store}/{scope.value}"
        if fresh or not isinstance(kept.get(name), str):
            kept[name] = asyncio.run(self._make(store, scope))
            write_secrets(self._file, kept)
        key: str = kept[name]
        return key

    async def _make(self, store: str, scope: Scope) -> str:
        database = Database(database_urls(self._settings).app)
        await database.open()
        try:
            return (await create_key(database, store, scope, label=f"cli:{_user()}")).key
        finally:
            await database.close()


def _nobody_there(report: StackReport, tried: str, address: str) -> str:
    """What to do when nothing answers where we tried. `address` is what the settings call it; the stack may run
    elsewhere, or come back this moment."""
    said = f"Nothing answers on {tried}"
    web = next((part for part in report.parts if part.name == "web"), None)
    if web is None:
        return f"{said}: start the stack with `holdpoint up`."
    if web.address != address:
        return f"{said}, but the stack runs on {web.address}: set the same HOLDPOINT_PORT here, best in .env."
    return f"{said}: the web process is {web.condition}; try again when `holdpoint status` shows it as ready."


def wait_for(stack: RunningStack, store: str, query_id: str, *, until: frozenset[str], seconds: float) -> Any:
    """The query as agents see it, once its status is one of `until`; else None after so many seconds."""
    ends, pause = time.monotonic() + seconds, 0.05
    while True:
        query = stack.request("GET", f"/v1/queries/{query_id}", store=store, scope=Scope.AGENT)
        if query["status"] in until:
            return query
        if time.monotonic() > ends:
            return None
        time.sleep(pause)
        pause = min(pause * 1.3, 0.5)


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
    return "".join(character if character.isalnum() or character in "-_." else "_" for character in name)[:64]


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"status": answer.status_code, "title": answer.reason_phrase}
