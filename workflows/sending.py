"""Sending what was decided, through the outbox: first it is entered, then, where the helpdesk is not our own
conversation, it is delivered."""

from typing import Literal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.records import DeliverInput, SendInput, SendResult
    from domain.values import Value
    from workflows import schedule


class Sent(Value):
    """What became of it: `sent`, `pending` (entered, not delivered yet), or why it does not leave."""

    outcome: Literal["sent", "pending", "review", "superseded", "answered", "undeliverable"]
    result: SendResult
    reason: str = ""
    """Why it is undeliverable."""
    delivered_outside: bool = False
    """A helpdesk of the store's took it: the records do not know that it has left."""


async def enter(request: SendInput) -> Sent:
    """Writes the outbox, where a newer message, a reset run or another reply stops it."""
    result = await schedule.write_outbox(request)
    return Sent(outcome=result.outcome, result=result)


async def deliver_entered(request: SendInput, entered: Sent) -> Sent:
    """Delivers what was entered."""
    delivery = DeliverInput(
        store=request.store, query_id=request.query_id, purpose=request.purpose, ordinal=request.ordinal
    )
    reason = await schedule.deliver(delivery)
    if reason is not None:
        return Sent(outcome="undeliverable", result=entered.result, reason=reason)
    return Sent(outcome="sent", result=entered.result, delivered_outside=True)
