"""The customers' side: messages come in, their queries are watched, a person is asked for, an answer is judged."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, BackgroundTasks, Body, Response
from pydantic import BaseModel, ConfigDict, Field

from activities.access import KeyHolder
from activities.attachments.sent import answered_by
from activities.intake import (
    NewQuery,
    Received,
    keep_feedback,
    last_of_conversation,
    mark_started,
    person_request,
    receive,
    want_person,
)
from activities.reading import find_query
from api.callers import Caller, Parts
from api.idempotency import IdempotentRoute
from api.parts import ApiParts
from api.ports import Where
from api.problems import MEDIA_TYPE, Problem
from api.texts import (
    Attachments,
    Channel,
    Comment,
    Email,
    LanguageHint,
    MessageId,
    MessageText,
    QueryId,
    ShortId,
    StoreId,
)
from api.views import Accepted, AgentQuery, CustomerQuery, agent_query, customer_query, links_of
from domain.attachments import MOST
from domain.errors import NotAllowed, NotFound, Unavailable
from domain.messages import Customer
from domain.vocabulary import Scope

log = structlog.get_logger(__name__)

PROBLEMS = {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": "What went wrong, as problem details."}
router = APIRouter(prefix="/v1/queries", route_class=IdempotentRoute, tags=["queries"], responses={"default": PROBLEMS})


class CustomerFields(BaseModel):
    """Who the customer is, as the channel knows it."""

    model_config = ConfigDict(extra="forbid")

    id: ShortId | None = Field(default=None, description="The store's own id of the customer.")
    email: Email | None = Field(default=None, examples=["ana@example.com"])
    verified: bool = Field(
        default=False, description="The channel has proven who this is. Only keys of scope `verify` may say so."
    )


class QueryFields(BaseModel):
    """One customer message."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "store": "demo",
                    "channel": "web",
                    "message_id": "chat-4711-1",
                    "customer": {"email": "ana@example.com"},
                    "text": "Can I send back shoes that don't fit?",
                    "language": "en",
                }
            ]
        },
    )

    store: StoreId = Field(description="The store of the key.")
    channel: Channel = Field(description="Where the message came from, such as `web` or `email`.")
    message_id: MessageId = Field(description="The channel's id of the message. The same message counts once.")
    conversation_id: ShortId | None = Field(default=None, description="Leave it out to open a conversation.")
    customer: CustomerFields = CustomerFields()
    text: MessageText
    language: LanguageHint = Field(default=None, description="A hint, such as `en` or `pt-BR`.")
    attachments: Attachments = Field(
        default=(), max_length=MOST, description=f"Ids of files sent to `/v1/attachments` before, at most {MOST}."
    )


class FeedbackFields(BaseModel):
    """What the customer thinks of the answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"score": 5, "comment": "Thanks!"}]})

    score: int = Field(ge=1, le=5, strict=True, description="1 bad, 5 good.")
    comment: Comment | None = None


class NoFields(BaseModel):
    """A body that may be left out, or hold an empty object."""

    model_config = ConfigDict(extra="forbid")


@router.post("", status_code=202, responses={200: {"model": Accepted, "description": "Stored before."}})
async def submit_query(
    fields: QueryFields, caller: Caller, parts: Parts, response: Response, later: BackgroundTasks
) -> Accepted:
    """Takes a customer's message in: 202 once it is stored. The same `message_id` again: 200 and the same query."""
    _allow(fields, caller)
    customer = Customer.model_validate(fields.customer.model_dump())
    query = NewQuery.model_validate({**fields.model_dump(exclude={"customer"}), "customer": customer})
    received = await _take_in(parts, query, later)
    if not received.created:
        response.status_code = 200
    return _accepted(parts, received)


@router.get("/{query_id}")
async def get_query(query_id: QueryId, caller: Caller, parts: Parts) -> AgentQuery | CustomerQuery:
    """Where a query stands. Keys of scope `agent` see everything, others what the customer may see."""
    record = await find_query(parts.database, caller.store, query_id)
    if caller.scope is not Scope.AGENT:
        return customer_query(record, parts.options)
    return agent_query(record, parts.options, await answered_by(parts.database, caller.store, query_id))


@router.post("/{query_id}/human", status_code=202)
async def ask_for_person(
    query_id: QueryId,
    caller: Caller,
    parts: Parts,
    later: BackgroundTasks,
    fields: Annotated[NoFields | None, Body()] = None,
) -> Accepted:
    """The customer asks for a person. After the end this opens a new query in the conversation, for a person."""
    del fields
    last = await last_of_conversation(parts.database, caller.store, query_id)
    if not last.closed and await want_person(parts.database, caller.store, last.query_id):
        where = Where(store=caller.store, query_id=last.query_id, taken_over=last.takeover_by is not None)
        try:
            await parts.door.request_human(where)
        except NotFound:
            log.info("person_noted", query_id=last.query_id)  # it starts later and reads the note, or waits for one
        except Unavailable:
            if last.started:
                raise
        return Accepted(
            query_id=last.query_id,
            conversation_id=last.conversation_id,
            links=links_of(parts.options, last.query_id),
        )
    return _accepted(parts, await _take_in(parts, person_request(caller.store, last), later))


@router.post("/{query_id}/feedback", status_code=204)
async def give_feedback(query_id: QueryId, fields: FeedbackFields, caller: Caller, parts: Parts) -> None:
    """Keeps what the customer thinks of the answer; the last word counts."""
    await keep_feedback(parts.database, caller.store, query_id, fields.score, fields.comment)


def _allow(fields: QueryFields, caller: KeyHolder) -> None:
    if fields.store != caller.store:
        raise NotAllowed("This key belongs to another store; send the key of the store that the message is for.")
    if fields.customer.verified and caller.scope is not Scope.VERIFY:
        raise NotAllowed("Only a key of scope `verify` may say that a customer is verified.")


async def _take_in(parts: ApiParts, query: NewQuery, later: BackgroundTasks) -> Received:
    received = await receive(parts.database, query, parts.options.review_times, now=datetime.now(UTC))
    structlog.contextvars.bind_contextvars(query_id=received.query_id)
    if not received.started:
        later.add_task(_start, parts, received)  # the message is safe already; what fails here the sweeper makes good
    return received


async def _start(parts: ApiParts, received: Received) -> None:
    query = received.startable
    try:
        await parts.door.start(query)
        await mark_started(parts.database, query.store, query.query_id)
    except Unavailable as error:
        log.warning("query_not_started", store=query.store, query_id=query.query_id, reason=error.message)


def _accepted(parts: ApiParts, received: Received) -> Accepted:
    return Accepted(
        query_id=received.query_id,
        conversation_id=received.conversation_id,
        links=links_of(parts.options, received.query_id),
    )
