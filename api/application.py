"""The FastAPI application, put together from its parts."""

from fastapi import FastAPI

from api import attachments, events, operations, queries, reviews
from api.bodies import BodyGate, UploadBounds
from api.console.mounting import mount_console, present
from api.measures import MeasuredRequests, Measures
from api.parts import ApiParts
from api.problems import add_handlers

DESCRIPTION = """Durable AI customer support. A message goes in, its query is worked on and, where it matters, waits for
a person; the reply comes out once.

Errors are problem details (RFC 9457). Every POST takes an `Idempotency-Key`: sent twice under one key, it is done once
and answered the same."""


def create_app(parts: ApiParts, measures: Measures | None = None) -> FastAPI:
    """The application over these parts. Whoever calls it opens and closes the database, and runs the event feed."""
    measures = measures or Measures()
    app = FastAPI(
        title="Holdpoint",
        version=parts.options.version,
        description=DESCRIPTION,
        docs_url=None,  # the page would load scripts from elsewhere
        redoc_url=None,
        servers=[{"url": parts.options.web_url}],
    )
    app.state.parts = parts
    app.state.measures = measures
    options, limit = parts.options, parts.attachments.limit if parts.attachments else 0
    uploads = {attachments.PATH: UploadBounds(limit=limit, seconds=options.upload_seconds)}
    app.add_middleware(BodyGate, limit=options.body_limit, seconds=options.body_seconds, uploads=uploads)
    app.add_middleware(MeasuredRequests, measures=measures)
    add_handlers(app, present)
    for rooms in (queries, attachments, events, reviews, operations):
        app.include_router(rooms.router)
    mount_console(app)
    return app
