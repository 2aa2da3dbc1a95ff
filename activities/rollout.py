"""How far each group is rolled out: forward when it is earned, back and demoted at once on an alarm."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from psycopg.types.json import Jsonb

from domain.evidence import Evidence, evidence_of
from domain.rollout import back, forward
from domain.values import Value
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("rollout.sql"))
CERTIFICATES = Statements(Path(__file__).with_name("certificates.sql"))
Because = Literal["began", "earned", "alarm", "set"]


class GroupState(Value):
    """One group: its share and the evidence since it last moved."""

    group_key: str
    members: tuple[str, ...]
    share: int
    since: datetime
    labels: int
    errors: int
    alarm: float
    merit: float
    alarmed_at: datetime | None = None


class Move(Value):
    """One change of a share."""

    group_key: str
    share_before: int
    share_after: int
    because: Because
    reason: str
    certificate_id: str | None = None
    at: datetime


async def read_states(database: Database, store: str) -> tuple[GroupState, ...]:
    """Every group that was ever rolled out."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["group_states"], {"store": store})).fetchall()
    return tuple(GroupState.model_validate(row) for row in rows)


async def read_moves(database: Database, store: str, *, most: int = 50) -> tuple[Move, ...]:
    """The newest moves first."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["list_moves"], {"store": store, "most": most})).fetchall()
    return tuple(Move.model_validate(row) for row in rows)


async def begin_group(
    connection: Connection, store: str, group_key: str, members: Sequence[str], *, share: int, certificate_id: str
) -> None:
    """A group that has been certified: it keeps the share it had, or begins with `share`."""
    values = {"store": store, "group_key": group_key, "members": list(members), "share": share}
    known = await (await connection.execute(SQL["lock_group"], values)).fetchone()
    if known is not None:
        await connection.execute(SQL["set_members"], values | {"share": known["share"] or share})
        return
    await connection.execute(SQL["open_group"], values)
    reason = f"Certified for the first time: replies to {share}% of customers may leave."
    known_as = values | {"certificate_id": certificate_id}
    await _note(connection, known_as, (0, share), "began", reason, of=Evidence())


async def weigh(
    connection: Connection, store: str, group_key: str, certificate_id: str | None, *, share: int
) -> Move | None:
    """Weighs the labels of a group anew after one was given; what was decided, if anything.

    An alarm voids the certificate in the same transaction. `share`: of a group that is not known yet.
    """
    values: dict[str, Any] = {"store": store, "group_key": group_key, "certificate_id": certificate_id}
    await connection.execute(SQL["open_group"], values | {"members": [], "share": share})
    state = await (await connection.execute(SQL["lock_group"], values)).fetchone()
    if state is None or not await _in_force(connection, values, state):
        return None
    times = {"since": state["since"], "alarmed_at": state["alarmed_at"]}
    rows = await (await connection.execute(SQL["labels_of_group"], values | times)).fetchall()
    found = evidence_of(row["right"] for row in rows)
    await connection.execute(SQL["write_evidence"], values | found.model_dump())
    if found.alarmed:
        return await _demote(connection, values, state["share"], found)
    after = forward(state["share"])
    if not found.earned or after == state["share"]:
        return None
    reason = (
        f"Earned: {found.errors} of {found.labels} audited replies were wrong, clearly fewer than promised "
        f"(e-value {found.merit:.0f})."
    )
    await connection.execute(SQL["move_group"], values | {"share": after, "alarmed": False})
    return await _note(connection, values, (state["share"], after), "earned", reason, of=found)


async def _in_force(connection: Connection, values: dict[str, Any], state: dict[str, Any]) -> bool:
    """Whether there is anything left to demote or promote: what one alarm has stopped no second one moves."""
    if values["certificate_id"] is None:
        return bool(state["share"])
    row = await (await connection.execute(CERTIFICATES["find_certificate"], values)).fetchone()
    return row is not None and row["voided_at"] is None


async def _demote(connection: Connection, values: dict[str, Any], share: int, found: Evidence) -> Move:
    reason = (
        f"Alarm: {found.errors} of {found.labels} audited replies were wrong, clearly more than promised "
        f"(e-value {found.alarm:.0f})."
    )
    await connection.execute(SQL["move_group"], values | {"share": back(share), "alarmed": True})
    if values["certificate_id"] is not None:
        await connection.execute(CERTIFICATES["void_certificate"], values | {"because": reason})
    return await _note(connection, values, (share, back(share)), "alarm", reason, of=found)


async def _note(
    connection: Connection,
    values: dict[str, Any],
    shares: tuple[int, int],
    because: Because,
    reason: str,
    *,
    of: Evidence,
) -> Move:
    told = {"before": shares[0], "after": shares[1], "because": because, "reason": reason}
    written = values | told | {"evidence": Jsonb(of.model_dump())}
    row = await (await connection.execute(SQL["write_move"], written)).fetchone()
    return Move.model_validate(row)
