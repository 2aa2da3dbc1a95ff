"""Reruns the frozen questions of a certificate after knowledge has changed: is each still answered as it was judged?"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from activities.auditing import SQL as AUDITING
from activities.auditing import THREAD_TURNS
from activities.certificates import confirm_knowledge, find_certificate, knowledge_changed_at
from domain.certificates import Certificate, models_hash
from domain.drafts import Draft
from domain.errors import BadInput
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.policies import StorePolicy
from domain.steps import Case
from domain.values import Value
from domain.vocabulary import Language
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("rerunning.sql"))
Answer = Callable[[Case], Awaitable[str | None]]
"""Answers a case and says the draft's words; None where none was made."""


class Rerun(Value):
    """What became of the frozen questions."""

    certificate_id: str
    questions: int
    changed: tuple[str, ...] = ()
    """Query ids of those that are answered in other words now."""
    confirmed: bool = False
    """All are answered alike, so the audits go back to their usual rate."""


async def rerun(database: Database, store: str, certificate_id: str, policy: StorePolicy, answer: Answer) -> Rerun:
    """Answers every frozen question of a certificate again, with what the store knows now.

    A draft in the same words keeps its label; where all do, the certificate takes the present knowledge for its own.
    Raises NotFound, and BadInput for a certificate that is void.
    """
    certificate = await find_certificate(database, store, certificate_id)
    if not certificate.valid:
        raise BadInput(f"{certificate_id} is void; certify again instead.")
    async with database.in_store(store) as connection:
        at = await knowledge_changed_at(connection, store)
        frozen = await _frozen(connection, store, certificate, policy)
    changed = [case.query.query_id for case, said in frozen if await answer(case) != said]
    if not changed:
        await confirm_knowledge(database, store, certificate_id, at=at)
    return Rerun(certificate_id=certificate_id, questions=len(frozen), changed=tuple(changed), confirmed=not changed)


async def _frozen(
    connection: Connection, store: str, certificate: Certificate, policy: StorePolicy
) -> list[tuple[Case, str]]:
    values = {
        "store": store,
        "models": models_hash(certificate.versions),
        "members": list(certificate.members),
        "issued_at": certificate.issued_at,
    }
    rows = await (await connection.execute(SQL["frozen_set"], values)).fetchall()
    return [(await _case(connection, row, policy), Draft.model_validate(row["body"]).text) for row in rows]


async def _case(connection: Connection, row: Any, policy: StorePolicy) -> Case:
    place = {name: row[name] for name in ("store", "conversation_id", "seq")} | {"most": THREAD_TURNS}
    turns = await (await connection.execute(AUDITING["thread_before"], place)).fetchall()
    thread = tuple(Turn.model_validate(turn) for turn in reversed(turns))
    facts = QueryFacts(
        query_id=row["query_id"],
        store=row["store"],
        conversation_id=row["conversation_id"],
        channel=row["channel"],
        customer=Customer.model_validate(row["customer"]),
        received_at=row["received_at"],
        language=Language(row["language_hint"]) if row["language_hint"] in set(Language) else None,
        wants_person=row["wants_person"],
    )
    return Case(query=facts, thread=thread, message_hash=message_hash(thread), policy=policy)
