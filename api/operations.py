"""For operators: is it alive, is it ready, how much is there to do."""

from fastapi import APIRouter, Request, Response

from activities.access import list_stores
from api.callers import Parts
from api.measures import CONTENT_TYPE, Measures
from api.parts import ApiParts
from api.views import View
from domain.errors import Unavailable

router = APIRouter(tags=["operations"])


class Alive(View):
    """The process answers."""

    status: str = "ok"
    version: str


class Ready(View):
    """What this process needs, and whether it answers."""

    ready: bool
    database: bool
    temporal: bool


@router.get("/healthz")
async def is_alive(parts: Parts) -> Alive:
    """The process answers. Says nothing about the database or Temporal."""
    return Alive(version=parts.options.version)


@router.get("/readyz", responses={503: {"model": Ready, "description": "Something it needs does not answer."}})
async def is_ready(parts: Parts, response: Response) -> Ready:
    """Whether the database and Temporal answer; 503 when one does not. Messages are taken in without Temporal too."""
    database, temporal = await _database_answers(parts), await parts.door.is_ready()
    ready = Ready(ready=database and temporal, database=database, temporal=temporal)
    response.status_code = 200 if ready.ready else 503
    return ready


@router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE: {}}}})
async def expose_metrics(parts: Parts, request: Request) -> Response:
    """Our own metrics and those of the workers, for Prometheus."""
    measures: Measures = request.app.state.measures
    return Response(await measures.expose(parts), media_type=CONTENT_TYPE)


async def _database_answers(parts: ApiParts) -> bool:
    try:
        await list_stores(parts.database)
    except Unavailable:
        return False
    return True
