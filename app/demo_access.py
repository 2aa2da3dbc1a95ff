"""Keys and a log-in for the demo store, made once and kept in the data folder."""

from pathlib import Path

from pydantic import ValidationError

from activities.access import add_agent, check_password, create_key, find_key, reset_password
from app.secret_files import read_secrets, write_secrets
from domain.errors import Conflict, NotAuthenticated
from domain.values import Value
from domain.vocabulary import Scope
from retrieval.database import Database

FILE = "demo-keys.json"
AGENT = "Demo agent"


class DemoAccess(Value):
    """What opens the demo store. All of it is secret."""

    store: str
    customer_key: str
    agent_key: str
    verify_key: str
    agent_name: str
    agent_password: str


async def ensure_demo_access(database: Database, store: str, run_folder: Path) -> DemoAccess:
    """Access to a store, the same each time: made the first time, and again where it opens nothing any more.

    Raises NotFound when the store does not exist, SetupError when the file can't be written.
    """
    path = run_folder / FILE
    kept = _read(path, store)
    if kept is not None and await _opens(database, kept):
        return kept
    keys = {scope: (await create_key(database, store, scope, label=f"demo {scope.value}")).key for scope in Scope}
    try:
        # It is printed at every start, so it is no one-time password.
        password = await add_agent(database, AGENT, stores=(store,), one_time=False)
    except Conflict:
        password = await reset_password(database, AGENT, one_time=False)
    made = DemoAccess(
        store=store,
        customer_key=keys[Scope.CUSTOMER],
        agent_key=keys[Scope.AGENT],
        verify_key=keys[Scope.VERIFY],
        agent_name=AGENT,
        agent_password=password,
    )
    write_secrets(path, made.model_dump())
    return made


def _read(path: Path, store: str) -> DemoAccess | None:
    try:
        kept = DemoAccess.model_validate(read_secrets(path))
    except ValidationError:
        return None
    return kept if kept.store == store else None


async def _opens(database: Database, kept: DemoAccess) -> bool:
    try:
        for key in (kept.customer_key, kept.agent_key, kept.verify_key):
            if (await find_key(database, key)).store != kept.store:
                return False
        await check_password(database, kept.agent_name, kept.agent_password)
    except NotAuthenticated:
        return False
    return True
