"""Stores and their settings. Each setting is checked against `domain.policies.StorePolicy` before it is written."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.types.json import Jsonb
from pydantic import ValidationError

from activities.store_settings import GROUPS, LISTS
from activities.store_style import KEYS as STYLE
from activities.store_style import is_style, with_style
from domain.errors import BadInput, Conflict, NotFound
from domain.policies import COLD_START_THRESHOLD, StorePolicy
from domain.values import Value
from domain.vocabulary import Kind
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("stores.sql"))
STORE_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
MAX_NAME = 200
MAX_URL = 2_000
SECRET_BYTES = 24

PLAIN = (
    *("send_mode", "rollout_share", "holdout_share", "audit_rate", "audit_sent_rate", "fit_share"),
    *("currency", "refund_limit", "threshold", "webhook_url", "return_form_url"),
    "model_budget",
)
"""Settings that are one value. `name`, `signature.LANGUAGE`, `table.INTENT` and `mode.GROUP` come on top."""
NEW_SECRET = ("webhook_secret", "new")
"""Makes a new secret, for one that has become known to others."""
KNOWN = (
    *(*PLAIN, "webhook_secret=new", "name", *LISTS, "signature.LANGUAGE", "table.INTENT"),
    *("mode.GROUP", "refund_limit.CURRENCY", "bar.CONSEQUENCE", *STYLE),
)


class Changed(Value):
    """What a change of settings led to."""

    policy: StorePolicy
    webhook_secret: str | None = None
    """The secret that signs webhooks, in the change that made it and never again."""


class StoreView(Value):
    """A store as `store show` tells it."""

    policy: StorePolicy
    signs_webhooks: bool
    documents: dict[Kind, int]
    orders: int


async def create_store(
    database: Database, store: str, *, name: str = "", settings: Mapping[str, str] | None = None
) -> Changed:
    """A new store; unless `settings` say otherwise it is in `shadow`. Raises BadInput, or Conflict when it exists."""
    if not STORE_PATTERN.fullmatch(store):
        raise BadInput(
            f"{store[:80]!r} cannot name a store: use up to 63 lower-case letters, digits, hyphens and underscores, "
            "beginning with a letter or digit."
        )
    # Everything is checked before anything is written, and one transaction writes it all.
    before = {"store": store, "name": _name(name) if name else store, "settings": {}, "has_secret": False}
    values = _apply(before, settings or {})
    async with database.across_stores() as connection:
        row = await (await connection.execute(SQL["create_store"], _written(values))).fetchone()
        if row is None:
            raise Conflict(f"The store {store} exists already; change it with `holdpoint store set {store} …`.")
        await connection.execute(SQL["change_store"], _written(values))
    return Changed(policy=_policy(values), webhook_secret=values["secret"])


async def set_store(database: Database, store: str, settings: Mapping[str, str]) -> Changed:
    """Changes settings, all of them or none. An empty value takes a setting back to its default.

    Raises BadInput for a setting that is not known or cannot be used, NotFound for an unknown store.
    """
    async with database.across_stores() as connection:
        values = _apply(await _row(connection, "lock_store", store), settings)
        await connection.execute(SQL["change_store"], _written(values))
    policy = _policy(values)
    if settings.get("rollout_share"):
        async with database.in_store(store) as connection:
            await connection.execute(SQL["set_shares"], {"store": store, "share": policy.rollout_share})
    return Changed(policy=policy, webhook_secret=values["secret"])


async def read_policy(database: Database, store: str) -> StorePolicy:
    """The settings of a store as they are now, without versions. Raises NotFound."""
    async with database.across_stores() as connection:
        return await policy_within(connection, store)


async def policy_within(connection: Connection, store: str) -> StorePolicy:
    """The same, within a transaction. Raises NotFound."""
    return _policy(await _row(connection, "read_store", store))


async def show_store(database: Database, store: str) -> StoreView:
    """A store with its settings and how much it knows. Raises NotFound."""
    async with database.across_stores() as connection:
        row = await _row(connection, "read_store", store)
    async with database.in_store(store) as connection:
        kinds = await (await connection.execute(SQL["count_documents"], {"store": store})).fetchall()
        orders = await (await connection.execute(SQL["count_orders"], {"store": store})).fetchone()
    return StoreView(
        policy=_policy(row),
        signs_webhooks=row["has_secret"],
        documents={Kind(kind["kind"]): kind["documents"] for kind in kinds},
        orders=orders["orders"] if orders else 0,
    )


async def _row(connection: Connection, statement: str, store: str) -> dict[str, Any]:
    row = None
    if STORE_PATTERN.fullmatch(store):
        row = await (await connection.execute(SQL[statement], {"store": store})).fetchone()
    if row is None:
        raise NotFound(f"There is no store {store[:80]!r}; create it with `holdpoint store create`.")
    return row


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "settings": Jsonb(values["settings"])}


def _policy(row: Mapping[str, Any]) -> StorePolicy:
    known = {name: value for name, value in row["settings"].items() if name in StorePolicy.model_fields}
    return StorePolicy.model_validate({**known, "store": row["store"], "name": row["name"]})


def _apply(row: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    """The row with the changes made and checked, and a secret where one is needed for the first time."""
    name, settings = row["name"], dict(row["settings"])
    for key, value in changes.items():
        group, _, member = key.partition(".")
        if key == "name":
            name = _name(value)
        elif key in LISTS:
            settings[key] = LISTS[key](value)
        elif key in PLAIN:
            settings[key] = CHECKS.get(key, _as_it_is)(key, value) if value.strip() else None
        elif is_style(key):
            settings["style"] = with_style(settings.get("style"), key, value)
        elif (key, value) == NEW_SECRET:
            continue
        elif group in GROUPS:
            field, read = GROUPS[group]
            settings[field] = _with(settings.get(field), *read(member, value))
        else:
            raise BadInput(f"There is no setting {key[:80]!r}; use {', '.join(KNOWN)}.")
    settings = {key: value for key, value in settings.items() if value is not None}
    result = {"store": row["store"], "name": name, "settings": settings, "secret": None}
    checked = _check(result, changes).model_dump(mode="json", include=settings.keys() & set(PLAIN))
    settings.update(checked)
    if changes.get(NEW_SECRET[0]) == NEW_SECRET[1] or (settings.get("webhook_url") and not row["has_secret"]):
        result["secret"] = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return result


def _check(values: Mapping[str, Any], changes: Mapping[str, str]) -> StorePolicy:
    try:
        policy = _policy(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        setting = str(first["loc"][0]) if first["loc"] else "setting"
        said = first["msg"].removeprefix("Value error, ")
        raise BadInput(
            f"`{setting}` cannot be {changes.get(setting, '')[:80]!r}: {said[:1].lower()}{said[1:]}."
        ) from error
    if policy.threshold < COLD_START_THRESHOLD:
        raise BadInput(f"`threshold` may be raised above {COLD_START_THRESHOLD}, not lowered.")
    return policy


def _name(value: str) -> str:
    name = value.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise BadInput(f"`name` needs 1 to {MAX_NAME} characters on one line.")
    return name


def _as_it_is(_key: str, value: str) -> str:
    return value.strip()


def _url(key: str, value: str) -> str:
    url = value.strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or len(url) > MAX_URL or not url.isprintable() or " " in url:
        raise BadInput(f"`{key}` has to be a web address that begins with http:// or https://.")
    return url


def _upper(_key: str, value: str) -> str:
    return value.strip().upper()


def _lower(_key: str, value: str) -> str:
    return value.strip().lower()


CHECKS: dict[str, Callable[[str, str], str]] = {
    "webhook_url": _url,
    "return_form_url": _url,
    "currency": _upper,
    "send_mode": _lower,
}


def _with(group: Mapping[str, Any] | None, member: str, value: object) -> dict[str, Any] | None:
    """A group of settings with one member set, or taken out for None; None when nothing is left."""
    kept = {key: item for key, item in {**(group or {}), member: value}.items() if item is not None}
    return kept or None
