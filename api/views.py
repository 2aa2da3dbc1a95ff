"""How a query is shown: to its customer, and to agents. Two views, so that a field can't slip from one to the other."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from activities.reading import Delivery, QueryRecord, ReviewItem
from api.parts import ApiOptions
from api.ports import Where
from domain.attachments import MediaType, Note, Scan, StoredAttachment
from domain.drafts import Citation, Draft
from domain.findings import Finding, Reason
from domain.messages import Customer
from domain.snapshots import DecisionRecord
from domain.spending import ModelUse
from domain.steps import Brief, IntentScore
from domain.vocabulary import Disposition, Intent, Language, Status, Tier

EXAMPLE_ID = "0f3c5d2a9b8e4c7d6a1b2c3d4e5f6071"


class View(BaseModel):
    """Base of everything that is answered."""

    model_config = ConfigDict(frozen=True)


class Links(View):
    """Where to go on from here. `workflow` leads to the Temporal UI, for agents and where one is known."""

    self: str = Field(examples=[f"http://127.0.0.1:8700/v1/queries/{EXAMPLE_ID}"])
    events: str
    human: str
    feedback: str


class AgentLinks(Links):
    """The same, and what only agents may use."""

    console: str
    decision: str
    workflow: str | None = None


class AttachmentLinks(View):
    """Where the file itself is."""

    self: str
    console: str


class Accepted(View):
    """A message was stored; its query is being worked on, or starts as soon as it can."""

    query_id: str = Field(examples=[EXAMPLE_ID])
    conversation_id: str = Field(examples=["6f1f7c0e5f2e4b7f9d1b6f0a3c2e8d47"])
    links: Links


class Notice(View):
    """A fixed text that announced something to the customer and answered nothing."""

    text: str
    at: datetime


class CustomerQuery(View):
    """A query as its customer may see it: never a draft, a reason or who works on it."""

    query_id: str = Field(examples=[EXAMPLE_ID])
    conversation_id: str
    status: Status = Field(examples=["sent"])
    language: Language | None = None
    reply: str | None = Field(default=None, examples=["You can send shoes back within 30 days."])
    disposition: Disposition | None = Field(default=None, description="How it ended; null while open.")
    notices: tuple[Notice, ...] = ()
    received_at: datetime
    closed_at: datetime | None = None
    links: Links


class AttachmentView(View):
    """A file that came with a message, for agents. What the scanner has not cleared is not handed out."""

    attachment_id: str = Field(examples=[EXAMPLE_ID])
    name: str = Field(examples=["damage.jpg"])
    media_type: MediaType
    size: int = Field(description="Bytes.")
    width: int | None = None
    height: int | None = None
    notes: tuple[Note, ...] = Field(default=(), description="What a PDF holds that may do something.")
    scan: Scan
    links: AttachmentLinks


class AgentQuery(View):
    """A query as agents see it."""

    query_id: str = Field(examples=[EXAMPLE_ID])
    conversation_id: str
    store: str
    channel: str
    message_id: str
    customer: Customer
    text: str = Field(description="The customer's message.")
    attachments: tuple[AttachmentView, ...] = Field(
        default=(), description="Files that came with it, or with earlier messages that the query answers for."
    )
    status: Status = Field(examples=["waiting_review"])
    language: Language | None = None
    reply: str | None = None
    replied_by: str | None = None
    disposition: Disposition | None = None
    notices: tuple[Notice, ...] = ()
    tier: Tier | None = None
    intent: Intent | None = None
    intents: tuple[IntentScore, ...] = ()
    draft: Draft | None = Field(default=None, description="The last draft, whether it waits or was sent.")
    draft_hash: str | None = Field(default=None, description="Of the draft that waits for a decision.")
    citations: tuple[Citation, ...] = ()
    confidence: float | None = None
    reasons: tuple[Reason, ...] = ()
    findings: tuple[Finding, ...] = ()
    brief: Brief | None = None
    decisions: tuple[DecisionRecord, ...] = ()
    ignored_signals: tuple[str, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    usage: tuple[ModelUse, ...] = Field(
        default=(), description="What language models did for it, model by model, and what that cost."
    )
    held_by: str | None = None
    held_until: datetime | None = None
    takeover_by: str | None = None
    superseded_by: str | None = None
    failure: str | None = None
    overdue: bool = False
    received_at: datetime
    remind_at: datetime
    deadline_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    links: AgentLinks


class Review(View):
    """One line of the review queue."""

    query_id: str = Field(examples=[EXAMPLE_ID])
    conversation_id: str
    channel: str
    customer: Customer
    excerpt: str
    status: Literal[Status.WAITING_REVIEW, Status.WAITING_AGENT, Status.FAILED]
    tier: Tier | None = None
    intent: Intent | None = None
    language: Language | None = None
    confidence: float | None = None
    draft_hash: str | None = None
    held_by: str | None = None
    held_until: datetime | None = None
    failure: str | None = None
    overdue: bool = False
    received_at: datetime
    deadline_at: datetime
    links: AgentLinks


class ReviewPage(View):
    """A page of the queue: overdue first, then by deadline. `next` is the cursor of the following page."""

    items: tuple[Review, ...]
    next: str | None = Field(default=None, description="Send it as `cursor`; null on the last page.")


def where_of(record: QueryRecord | ReviewItem) -> Where:
    """The workflow that answers for a query now. A takeover has no draft to review: its own run does, after a reset."""
    taken_over = record.takeover_by is not None and record.status is not Status.WAITING_REVIEW
    return Where(store=record.store, query_id=record.query_id, taken_over=taken_over)


def links_of(options: ApiOptions, query_id: str) -> Links:
    """Where a customer goes on from a query."""
    here = f"{options.web_url}/v1/queries/{query_id}"
    return Links(self=here, events=f"{here}/events", human=f"{here}/human", feedback=f"{here}/feedback")


def agent_links_of(options: ApiOptions, where: Where) -> AgentLinks:
    """Where an agent goes on from a query."""
    return AgentLinks(
        **links_of(options, where.query_id).model_dump(),
        console=f"{options.web_url}/console/queries/{where.query_id}",
        decision=f"{options.web_url}/v1/reviews/{where.query_id}/decision",
        workflow=options.workflow_link(where),
    )


def customer_query(record: QueryRecord, options: ApiOptions) -> CustomerQuery:
    """What the customer may see. A failure of ours shows as waiting for an agent, which is what it is to them."""
    return CustomerQuery(
        query_id=record.query_id,
        conversation_id=record.conversation_id,
        status=customer_status(record.status),
        language=record.language,
        reply=reply_of(record),
        disposition=record.disposition,
        notices=_notices(record),
        received_at=record.received_at,
        closed_at=record.closed_at,
        links=links_of(options, record.query_id),
    )


def customer_status(status: Status) -> Status:
    """The status a customer is told."""
    return Status.WAITING_AGENT if status is Status.FAILED else status


def attachment_view(attachment: StoredAttachment, options: ApiOptions) -> AttachmentView:
    """What agents are told of a file."""
    told = attachment.model_dump(include=set(AttachmentView.model_fields) - {"scan"})
    links = AttachmentLinks(
        self=f"{options.web_url}/v1/attachments/{attachment.attachment_id}",
        console=f"{options.web_url}/console/attachments/{attachment.attachment_id}",
    )
    return AttachmentView(**told, scan=attachment.scan, links=links)


def agent_query(record: QueryRecord, options: ApiOptions, attachments: Sequence[StoredAttachment] = ()) -> AgentQuery:
    """All that is known, from our records and the workflow's last word."""
    columns = record.model_dump(include=set(AgentQuery.model_fields) - {"draft_hash"})
    snapshot = record.snapshot
    told = {}
    if snapshot is not None:
        names = ("replied_by", "intents", "draft", "confidence", "reasons", "findings", "brief", "decisions")
        told = {name: getattr(snapshot, name) for name in (*names, "ignored_signals")}
    return AgentQuery(
        **{
            **columns,
            **told,
            "customer": record.customer,
            "attachments": tuple(attachment_view(each, options) for each in attachments),
            "deliveries": record.deliveries,
            "usage": record.usage,
            "draft_hash": record.draft_hash,
            "citations": snapshot.draft.citations if snapshot and snapshot.draft else (),
            "reply": reply_of(record),
            "notices": _notices(record),
            "overdue": record.overdue,
            "links": agent_links_of(options, where_of(record)),
        }
    )


def review_line(item: ReviewItem, options: ApiOptions, now: datetime) -> Review:
    """A line of the queue."""
    columns = item.model_dump(include=set(Review.model_fields))
    held = item.held_until is not None and item.held_until > now
    return Review(
        **{
            **columns,
            "customer": item.customer,
            "held_by": item.held_by if held else None,
            "held_until": item.held_until if held else None,
            "overdue": item.deadline_at <= now,
            "links": agent_links_of(options, where_of(item)),
        }
    )


def reply_of(record: QueryRecord) -> str | None:
    """The reply that was sent: the last one in the conversation's own records, else what the workflow says it sent."""
    sent = [said.text for said in record.said if said.role in ("assistant", "agent")]
    if sent:
        return sent[-1]
    return record.snapshot.reply if record.snapshot and record.status is Status.SENT else None


def _notices(record: QueryRecord) -> tuple[Notice, ...]:
    return tuple(Notice(text=said.text, at=said.at) for said in record.said if said.role == "notice")
