"""What the application hands to the API: clients already built, and the few options it needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import Field
from starlette.requests import HTTPConnection

from activities.attachments.desk import AttachmentDesk
from activities.intake import ReviewTimes
from api.feed import EventFeed
from api.ports import KnowledgeExplainer, Where, WorkflowDoor
from domain.errors import SetupError
from domain.values import Value
from retrieval.database import Database


class ApiOptions(Value):
    """How this installation is reached and how long things may take."""

    version: str = "0"
    web_url: str = "http://127.0.0.1:8700"
    """Without a slash at the end; links are made from it."""
    temporal_ui_url: str | None = None
    temporal_namespace: str = "default"
    review_times: ReviewTimes = ReviewTimes(reminder=4 * 3600, deadline=24 * 3600)
    claim_seconds: float = Field(default=900.0, gt=0)
    body_limit: int = Field(default=256 * 1024, gt=0)
    """Bytes of a request's body."""
    body_seconds: float = Field(default=30.0, gt=0)
    """How long a client may take to send its body."""
    upload_seconds: float = Field(default=120.0, gt=0)
    """How long a client may take to send a file."""
    heartbeat_seconds: float = Field(default=15.0, gt=0)

    def workflow_link(self, where: Where) -> str | None:
        """The workflow in the Temporal UI, None when no UI is known."""
        if self.temporal_ui_url is None:
            return None
        namespace = quote(self.temporal_namespace, safe="")
        return f"{self.temporal_ui_url}/namespaces/{namespace}/workflows/{quote(where.workflow_id, safe='')}"


@dataclass(frozen=True)
class ApiParts:
    """Everything the routes work with."""

    database: Database
    door: WorkflowDoor
    feed: EventFeed
    options: ApiOptions
    worker_metrics: Callable[[], Awaitable[dict[str, str]]]
    """The metrics of each worker that answers, in Prometheus's text format, by the worker's name."""
    knowledge: KnowledgeExplainer | None = None
    """The search behind the console's search box; None where this process has none."""
    attachments: AttachmentDesk | None = None
    """Where files are taken in and handed out; None where this process does neither."""

    @property
    def desk(self) -> AttachmentDesk:
        """The desk for attachments. Raises SetupError without one."""
        if self.attachments is None:
            raise SetupError("This process takes no files in.")
        return self.attachments


def parts_of(connection: HTTPConnection) -> ApiParts:
    """The parts of the application that serves this request."""
    parts: ApiParts = connection.app.state.parts
    return parts
