"""Issues certificates: one look at a store's labels, with the delta that it may spend."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from activities.certificates import SQL, knowledge_changed_at, pin, policy_documents, void_stale
from activities.rollout import begin_group
from domain.canonical import content_hash
from domain.certificates import (
    CertifyReport,
    Plan,
    PoolReport,
    counted,
    data_hash,
    explained,
    models_hash,
    plan,
    policy_hashes,
)
from domain.certification import Item, Verdict, certify
from domain.errors import BadInput
from domain.groups import Pool
from domain.policies import StorePolicy
from retrieval.database import Connection, Database

REPLACED = "A newer look at the labels decides."


async def certify_store(
    database: Database, store: str, versions: Mapping[str, str], *, by: str, dry_run: bool = False
) -> CertifyReport:
    """Tests every pool that has labels enough and issues what they certify.

    A dry run counts labels and looks at none, so it spends nothing. Otherwise a part of the store's delta is spent
    whatever comes of it. Raises NotFound, and BadInput when no pool has labels enough.
    """
    async with database.in_store(store) as connection:
        await connection.execute(SQL["lock_store"], {"store": store})
        policy, _, void = await pin(connection, store, versions)
        rows, outdated = await _labels(connection, policy)
        last = await (await connection.execute(SQL["last_recalibration"], {"store": store})).fetchone()
        planned = plan(Counter(row["group_key"] for row in rows), (last["last"] if last else 0) + 1)
        if dry_run:
            return _counted(store, planned, len(rows), outdated)
        if not planned.pooling.pools:
            raise BadInput(
                f"No group of {store} has labels enough: {len(rows)} drafts of what answers now are labelled; a pool "
                f"needs {planned.start}; `holdpoint audit next --store {store}` shows the next draft to judge."
            )
        await void_stale(connection, store, void)
        return await _Look(connection, store, policy, planned, by).certify(rows, outdated)


async def _labels(connection: Connection, policy: StorePolicy) -> tuple[list[Any], int]:
    """Labels of drafts that were made as they would be made now, and how many others there are."""
    values = {"store": policy.store, "models": models_hash(policy.versions)}
    rows = await (await connection.execute(SQL["certifying_labels"], values)).fetchall()
    others = await (await connection.execute(SQL["other_labels"], values)).fetchone()
    now = policy_hashes(policy)
    current = [row for row in rows if now.get(row["intent"]) == row["policy"]]
    return current, len(rows) - len(current) + (others["labels"] if others else 0)


def _counted(store: str, planned: Plan, labels: int, outdated: int) -> CertifyReport:
    return CertifyReport(
        store=store,
        dry_run=True,
        recalibration=planned.recalibration,
        labels=labels,
        outdated=outdated,
        delta=0.0,
        pools=tuple(_report(pool, counted(pool, planned.start)) for pool in planned.pooling.pools),
        left_over=planned.pooling.left_over,
        needed=planned.start,
    )


def _report(pool: Pool, explanation: str, **more: Any) -> PoolReport:
    members = tuple(member.key for member in pool.members)
    return PoolReport(
        key=pool.key, level=pool.level, members=members, labels=pool.labels, explanation=explanation, **more
    )


class _Look:
    """One recalibration within its transaction."""

    def __init__(self, connection: Connection, store: str, policy: StorePolicy, planned: Plan, by: str) -> None:
        self._connection, self._store, self._policy = connection, store, policy
        self._planned, self._by = planned, by

    async def certify(self, rows: Sequence[Any], outdated: int) -> CertifyReport:
        reports, issued = [], []
        for pool in self._planned.pooling.pools:
            keys = {member.key for member in pool.members}
            items = [row for row in rows if row["group_key"] in keys]
            found = certify(
                [Item(score=row["confidence"], right=row["right"]) for row in items], delta=self._planned.delta
            )
            certificate_id = self._id_of(pool, items) if found.threshold is not None else None
            reports.append(_report(pool, explained(found), verdict=found, certificate_id=certificate_id))
            if certificate_id is not None:
                issued.append((pool, found, items, certificate_id))
        await self._note(rows, reports)
        await self._replace()
        for pool, found, items, certificate_id in issued:
            await self._issue(pool, found, items, certificate_id)
        return CertifyReport(
            store=self._store,
            dry_run=False,
            recalibration=self._planned.recalibration,
            labels=len(rows),
            outdated=outdated,
            delta=self._planned.spent,
            pools=tuple(reports),
            left_over=self._planned.pooling.left_over,
            needed=self._planned.start,
        )

    def _id_of(self, pool: Pool, items: Sequence[Any]) -> str:
        return "c" + content_hash([self._store, self._planned.recalibration, pool.key, len(items)])[:11]

    async def _note(self, rows: Sequence[Any], reports: Sequence[PoolReport]) -> None:
        told = [report.model_dump(mode="json") for report in reports]
        values = {"delta": self._planned.spent, "labels": len(rows), "pools": Jsonb(told), "by": self._by}
        key = {"store": self._store, "recalibration": self._planned.recalibration}
        await self._connection.execute(SQL["write_recalibration"], key | values)

    async def _replace(self) -> None:
        """Of the groups that were tested this look decides, be it that nothing is certified any more."""
        tested = {member.key for pool in self._planned.pooling.pools for member in pool.members}
        valid = await self._connection.execute(SQL["valid_certificates"], {"store": self._store})
        gone = [row["certificate_id"] for row in await valid.fetchall() if tested & set(row["members"])]
        await void_stale(self._connection, self._store, dict.fromkeys(gone, REPLACED))

    async def _issue(self, pool: Pool, found: Verdict, items: Sequence[Any], certificate_id: str) -> None:
        store, members = self._store, [member.key for member in pool.members]
        cited = {one["document_id"] for row in items for one in row["citations"] or ()}
        known = await (await self._connection.execute(SQL["knowledge_hash"], {"store": store})).fetchone()
        hashes = policy_hashes(self._policy)
        values = {
            **found.model_dump(include={"alpha", "delta", "threshold", "labels", "n", "errors", "bound"}),
            "store": store,
            "certificate_id": certificate_id,
            "recalibration": self._planned.recalibration,
            "group_key": pool.key,
            "level": pool.level,
            "members": members,
            "data_hash": data_hash([(r["query_id"], r["draft_hash"], r["confidence"], r["right"]) for r in items]),
            "versions": Jsonb(self._policy.versions),
            "policies": Jsonb({i: hashes[i] for i in sorted({member.intent.value for member in pool.members})}),
            "documents": Jsonb(await policy_documents(self._connection, store, cited)),
            "knowledge_hash": known["hash"] if known else "",
            "knowledge_at": await knowledge_changed_at(self._connection, store),
            "issued_by": self._by,
        }
        await self._connection.execute(SQL["write_certificate"], values)
        await begin_group(
            self._connection, store, pool.key, members, share=self._share(members), certificate_id=certificate_id
        )

    def _share(self, members: Sequence[str]) -> int:
        """Where a new pool begins: where all its groups have been under other certificates, else at the store's."""
        before = [rule for rule in self._policy.groups if rule.certificate]
        shares = [next((rule.share for rule in before if member in rule.members), None) for member in members]
        known = [share for share in shares if share is not None]
        return min(known) if len(known) == len(shares) else self._policy.rollout_share
