"""Certificates in the database: read into a store's policy, issued from labels, made void by what changes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from activities.rollout import SQL as ROLLOUT
from activities.stores import policy_within, read_policy
from domain.audits import RAISED
from domain.certificates import Certificate, certifiable, models_hash, policy_hashes, why_void
from domain.errors import NotFound
from domain.groups import group_of
from domain.policies import COLD_START_KEY, GroupRule, StorePolicy
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("certificates.sql"))
EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When the knowledge of a store without any last changed."""


class Pinned(NamedTuple):
    """What is pinned when work on a query begins."""

    policy: StorePolicy
    made_with: dict[str, Any]
    """What the draw of audits needs to know of it later."""
    void: dict[str, str]
    """Certificates that no longer hold, id to why."""


async def pin(connection: Connection, store: str, versions: Mapping[str, str]) -> Pinned:
    """The store's policy with the rules of its groups as they are now, within a transaction of the store.

    A certificate counts while everything it rests on is still the same. Raises NotFound.
    """
    key = {"store": store}
    policy = await policy_within(connection, store)
    policy = policy.model_copy(update={"versions": {**versions, **policy.versions}})
    certified, states = (
        await connection.execute(SQL["valid_certificates"], key),
        await connection.execute(ROLLOUT["group_states"], key),
    )
    certificates = [Certificate.model_validate(row) for row in await certified.fetchall()]
    shares = {row["group_key"]: row["share"] for row in await states.fetchall()}
    void, changed = await _void(connection, store, certificates, policy) if certificates else ({}, False)
    rules = [
        GroupRule(
            key=one.group_key,
            members=one.members,
            threshold=one.threshold,
            share=shares.get(one.group_key, policy.rollout_share),
            certificate=one.certificate_id,
        )
        for one in certificates
        if one.certificate_id not in void
    ]
    if COLD_START_KEY in shares:
        rules.append(GroupRule(key=COLD_START_KEY, share=shares[COLD_START_KEY]))
    policy = policy.model_copy(update={"groups": tuple(rules)})
    return Pinned(policy, _made_with(policy, changed=changed), void)


def _made_with(policy: StorePolicy, *, changed: bool) -> dict[str, Any]:
    """`changed`: knowledge has changed since a certificate, so more is drawn."""
    more = RAISED if changed else 1
    rules = {
        member: [rule.key, rule.certificate]
        for rule in policy.groups
        if rule.certificate
        for member in rule.members
        if certifiable(policy, group_of(member).intent, group_of(member).language)
    }
    return {
        "models": models_hash(policy.versions),
        "policies": policy_hashes(policy),
        "rates": {"draft": min(100, policy.audit_rate * more), "sent": min(100, policy.audit_sent_rate * more)},
        "fit": policy.fit_share,
        "rules": rules,
    }


async def _void(
    connection: Connection, store: str, certificates: Sequence[Certificate], policy: StorePolicy
) -> tuple[dict[str, str], bool]:
    """Why certificates no longer hold, and whether knowledge has changed since any of the others."""
    void = {one.certificate_id: why for one in certificates if (why := why_void(one, policy.versions, policy))}
    held = [one for one in certificates if one.certificate_id not in void]
    at = await knowledge_changed_at(connection, store)
    behind = [one for one in held if one.knowledge_at < at]
    if not behind:
        return void, False
    now = await policy_documents(connection, store, {name for one in behind for name in one.documents})
    for one in behind:
        gone = sorted(name for name, found in one.documents.items() if now.get(name) != found)
        if gone:
            void[one.certificate_id] = f"A policy that its answers cite has changed since: {', '.join(gone)}."
    return void, any(one.certificate_id not in void for one in behind)


async def policy_documents(connection: Connection, store: str, documents: set[str]) -> dict[str, str]:
    """Those of the documents that are policies, with a hash of what they say now."""
    if not documents:
        return {}
    values = {"store": store, "documents": sorted(documents)}
    rows = await (await connection.execute(SQL["policy_documents"], values)).fetchall()
    return {row["document_id"]: row["hash"] for row in rows}


async def knowledge_changed_at(connection: Connection, store: str) -> datetime:
    """When the store's knowledge last changed."""
    row = await (await connection.execute(SQL["knowledge_changed_at"], {"store": store})).fetchone()
    return row["at"] if row else EVER


async def void_stale(connection: Connection, store: str, void: Mapping[str, str]) -> None:
    """Notes that certificates no longer hold, so that they stay void when what changed is changed back."""
    for certificate_id, because in void.items():
        values = {"store": store, "certificate_id": certificate_id, "because": because}
        await connection.execute(SQL["void_certificate"], values)


async def read_pinned(database: Database, store: str, versions: Mapping[str, str]) -> StorePolicy:
    """The policy that a query would be given now. Changes nothing. Raises NotFound."""
    await read_policy(database, store)  # says so before a transaction names a store that cannot be
    async with database.in_store(store) as connection:
        return (await pin(connection, store, versions)).policy


async def list_certificates(database: Database, store: str, *, most: int = 200) -> tuple[Certificate, ...]:
    """All there ever were, newest first."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["list_certificates"], {"store": store, "most": most})).fetchall()
    return tuple(Certificate.model_validate(row) for row in rows)


async def find_certificate(database: Database, store: str, certificate_id: str) -> Certificate:
    """One of them. Raises NotFound."""
    values = {"store": store, "certificate_id": certificate_id}
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["find_certificate"], values)).fetchone()
    if row is None:
        raise NotFound(
            f"{store} has no certificate {certificate_id[:80]!r}; "
            f"`holdpoint certificates list --store {store}` shows all."
        )
    return Certificate.model_validate(row)


async def void_certificate(database: Database, store: str, certificate_id: str, *, reason: str, by: str) -> bool:
    """From now on it lets nothing out. False when it was void before. Raises NotFound."""
    await find_certificate(database, store, certificate_id)
    values = {"store": store, "certificate_id": certificate_id, "because": f"{reason.strip()} ({by})"}
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["void_certificate"], values)).fetchone()
    return row is not None


async def confirm_knowledge(database: Database, store: str, certificate_id: str, *, at: datetime) -> None:
    """Its frozen questions are still answered alike with what the store knew at `at`: audits go back to their rate."""
    async with database.in_store(store) as connection:
        known = await (await connection.execute(SQL["knowledge_hash"], {"store": store})).fetchone()
        values = {"store": store, "certificate_id": certificate_id, "at": at, "hash": known["hash"] if known else ""}
        await connection.execute(SQL["confirm_knowledge"], values)
