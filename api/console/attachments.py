"""Files that customers sent along, for whoever sits at the console."""

from fastapi import APIRouter, Response

from api.attachments import file_response
from api.callers import Parts
from api.console.pages import stores_of
from api.console.sessions import HOME, AtConsole
from api.texts import known_attachment
from domain.errors import NotFound

router = APIRouter(prefix=HOME, include_in_schema=False)


@router.get("/attachments/{attachment_id}")
async def show_attachment(attachment_id: str, seat: AtConsole, parts: Parts) -> Response:
    """A file of a store that this agent works for."""
    known_attachment(attachment_id)
    for store in await stores_of(parts, seat):
        try:
            return file_response(*await parts.desk.show(store.store, attachment_id))
        except NotFound:
            continue
    raise NotFound("There is no attachment of that id in the stores you work for.")
