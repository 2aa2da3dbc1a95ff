"""A line of `batch` as the case that steps take."""

from datetime import UTC, datetime

from app.batches.lines import AnswerLine, ClassifyLine
from domain.identifiers import query_id_of
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.policies import StorePolicy
from domain.steps import Case

CHANNEL = "batch"


def case_of(line: ClassifyLine, policy: StorePolicy) -> Case:
    """The message as the last turn of its conversation; an e-mail address counts as verified."""
    email = line.email if isinstance(line, AnswerLine) else None
    received_at = line.received_at if isinstance(line, AnswerLine) else None
    earlier = line.conversation if isinstance(line, AnswerLine) else ()
    query_id = query_id_of(policy.store, CHANNEL, str(line.id))
    thread = (*(Turn(role=turn.role, text=turn.text) for turn in earlier), Turn(role="customer", text=line.text))
    return Case(
        query=QueryFacts(
            query_id=query_id,
            store=policy.store,
            conversation_id=query_id,
            channel=CHANNEL,
            customer=Customer(email=email or None, verified=bool(email)),
            received_at=received_at or datetime.now(UTC),
            language=line.language,
        ),
        thread=thread,
        message_hash=message_hash(thread),
        policy=policy,
    )
