"""Who may do what: API keys, agents with passwords, and their sessions.

Secrets are shown once and stored as hashes: keys and session tokens, being random, with SHA-256; passwords with Argon2.
"""

import asyncio
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg.errors import ForeignKeyViolation

from domain.canonical import sha256_hex
from domain.errors import BadInput, Conflict, NotAuthenticated, NotFound
from domain.values import Value
from domain.vocabulary import Scope
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).parent / "access.sql")
SESSION_LENGTH = timedelta(hours=12)
MIN_PASSWORD = 12
MAX_PASSWORD = 200
MAX_NAME = 200
MAX_KEY = 200

_HASHER = PasswordHasher()
_AT_ONCE = asyncio.Semaphore(2)
"""Each check takes 64 MiB for a moment: a flood of log-ins must not take the machine's memory."""
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$vlMfFqXVdPu3RRGk8MRRRA$Q8aeRLyIdTLEKFJ7FKfX+dKaL/4szH/vlpAFj99kb+E"
"""Hash of a password nobody has, so that an unknown name takes as long to refuse as a known one."""


class KeyHolder(Value):
    """Who an API key stands for."""

    key_id: str
    store: str
    scope: Scope
    label: str = ""

    @property
    def name(self) -> str:
        """How the holder is named in records: its label, else the key's id."""
        return self.label or self.key_id


class NewKey(Value):
    """A key just made. `key` is shown this once."""

    key_id: str
    key: str
    store: str
    scope: Scope


class Agent(Value):
    """A person of the support team. `stores` empty: every store."""

    agent_id: str
    name: str
    must_change_password: bool = False
    stores: tuple[str, ...] = ()

    def may_see(self, store: str) -> bool:
        """Whether the agent works for this store."""
        return not self.stores or store in self.stores


class StoreName(Value):
    """A store and what people call it."""

    store: str
    name: str


async def create_key(database: Database, store: str, scope: Scope, *, label: str = "") -> NewKey:
    """Makes a key for one store and scope. Raises NotFound for an unknown store, BadInput for an unusable label."""
    if len(label) > MAX_NAME or "\x00" in label:
        raise BadInput(f"The label of a key has at most {MAX_NAME} characters.")
    key = f"hp_{scope.value}_{secrets.token_urlsafe(32)}"
    key_id = f"key_{secrets.token_hex(6)}"
    try:
        async with database.across_stores() as connection:
            await connection.execute(
                SQL["insert_key"],
                {"key_id": key_id, "store": store, "scope": scope, "key_hash": sha256_hex(key), "label": label},
            )
    except ForeignKeyViolation as error:
        raise NotFound(
            f"There is no store `{store[:63]}`; make it with `holdpoint store create {store[:63]}`."
        ) from error
    return NewKey(key_id=key_id, key=key, store=store, scope=scope)


async def find_key(database: Database, key: str) -> KeyHolder:
    """Who holds this key. Raises NotAuthenticated for an unknown or revoked one."""
    row = None
    if key.startswith("hp_") and len(key) <= MAX_KEY:
        async with database.across_stores() as connection:
            cursor = await connection.execute(SQL["find_key"], {"key_hash": sha256_hex(key)})
            row = await cursor.fetchone()
    if row is None:
        raise NotAuthenticated("This key is not valid; make one with `holdpoint key create`.")
    return KeyHolder.model_validate(row)


async def revoke_key(database: Database, key_id: str) -> None:
    """Ends a key for good. Raises NotFound when no valid key has this id."""
    async with database.across_stores() as connection:
        cursor = await connection.execute(SQL["revoke_key"], {"key_id": key_id})
        if await cursor.fetchone() is None:
            raise NotFound("No valid key has this id.")


async def list_stores(database: Database) -> tuple[StoreName, ...]:
    """Every store of this installation."""
    async with database.across_stores() as connection:
        cursor = await connection.execute(SQL["list_stores"])
        return tuple(StoreName.model_validate(row) for row in await cursor.fetchall())


async def add_agent(database: Database, name: str, *, stores: tuple[str, ...] = (), one_time: bool = True) -> str:
    """Adds an agent and returns the password, which if `one_time` has to be changed at the first log-in.

    Raises BadInput for an unusable name, NotFound for an unknown store, Conflict when the name is taken.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise BadInput(f"An agent's name has 1 to {MAX_NAME} printable characters.")
    password = secrets.token_urlsafe(12)
    hashed = await _hash(password)
    async with database.across_stores() as connection:
        for store in stores:
            cursor = await connection.execute(SQL["find_store"], {"store": store})
            if await cursor.fetchone() is None:
                raise NotFound(f"There is no store `{store[:63]}`; `holdpoint store create` makes one.")
        fields = {"agent_id": f"agent_{secrets.token_hex(6)}", "name": name, "password_hash": hashed}
        more = {"stores": list(stores), "must_change": one_time}
        cursor = await connection.execute(SQL["insert_agent"], {**fields, **more})
        if await cursor.fetchone() is None:
            raise Conflict(f"An agent called `{name}` exists already; choose another name.")
    return password


async def reset_password(database: Database, name: str, *, one_time: bool = True) -> str:
    """A new password for an agent, whose sessions end. Raises NotFound."""
    password = secrets.token_urlsafe(12)
    hashed = await _hash(password)
    async with database.across_stores() as connection:
        cursor = await connection.execute(SQL["find_agent"], {"name": " ".join(name.split()).replace("\x00", "")})
        row = await cursor.fetchone()
        if row is None:
            raise NotFound(f"No agent is called `{name[:MAX_NAME]}`; add one with `holdpoint agent add`.")
        fields = {"agent_id": row["agent_id"], "password_hash": hashed, "must_change": one_time}
        await connection.execute(SQL["change_password"], fields)
        await connection.execute(SQL["end_sessions"], {"agent_id": row["agent_id"], "kept": ""})
    return password


async def check_password(database: Database, name: str, password: str) -> Agent:
    """The agent of this name and password. Raises NotAuthenticated, never saying which of the two was wrong."""
    async with database.across_stores() as connection:
        cursor = await connection.execute(SQL["find_agent"], {"name": " ".join(name.split()).replace("\x00", "")})
        row = await cursor.fetchone()
    known = row is not None and row["disabled_at"] is None
    right = await _verify(row["password_hash"] if row else _NOBODY, password)
    if row is None or not known or not right:
        raise NotAuthenticated("Name or password is wrong.")
    return Agent.model_validate({key: row[key] for key in Agent.model_fields})


async def change_password(database: Database, agent: Agent, old: str, new: str, *, session: str) -> None:
    """Replaces a password and ends the agent's other sessions. Raises NotAuthenticated or BadInput."""
    await check_password(database, agent.name, old)
    if not MIN_PASSWORD <= len(new) <= MAX_PASSWORD:
        raise BadInput(f"Choose a password of {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    if hmac.compare_digest(old.encode("utf-8", "replace"), new.encode("utf-8", "replace")):
        raise BadInput("Choose a password other than the one you have.")
    hashed = await _hash(new)
    async with database.across_stores() as connection:
        fields = {"agent_id": agent.agent_id, "password_hash": hashed, "must_change": False}
        await connection.execute(SQL["change_password"], fields)
        await connection.execute(SQL["end_sessions"], {"agent_id": agent.agent_id, "kept": sha256_hex(session)})


async def open_session(database: Database, agent: Agent) -> str:
    """A new session token for the agent's browser, valid for 12 hours."""
    token = secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + SESSION_LENGTH
    async with database.across_stores() as connection:
        fields = {"session_hash": sha256_hex(token), "agent_id": agent.agent_id, "expires_at": expires_at}
        await connection.execute(SQL["insert_session"], fields)
    return token


async def find_session(database: Database, token: str) -> Agent | None:
    """The agent of a session, None when it is unknown or over."""
    if not 0 < len(token) <= MAX_KEY:
        return None
    async with database.across_stores() as connection:
        cursor = await connection.execute(SQL["find_session"], {"session_hash": sha256_hex(token)})
        row = await cursor.fetchone()
    return Agent.model_validate(row) if row else None


async def close_session(database: Database, token: str) -> None:
    """Ends a session; an unknown one is no error."""
    async with database.across_stores() as connection:
        await connection.execute(SQL["delete_session"], {"session_hash": sha256_hex(token)})


async def tidy(database: Database) -> None:
    """Deletes sessions that are over and idempotency keys older than two days."""
    async with database.across_stores() as connection:
        await connection.execute(SQL["delete_expired_sessions"])
    for store in await list_stores(database):
        async with database.in_store(store.store) as connection:
            await connection.execute(SQL["delete_old_idempotency_keys"], {"store": store.store})


def csrf_token(session: str) -> str:
    """The token that a session's forms carry: derived from the session's secret, so that it needs no storage."""
    return hmac.new(session.encode(), b"holdpoint console form", "sha256").hexdigest()


async def _hash(password: str) -> str:
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, password)


async def _verify(hashed: str, password: str) -> bool:
    if len(password) > MAX_PASSWORD:
        return False
    async with _AT_ONCE:
        return await asyncio.to_thread(_matches, hashed, password)


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password.encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False
