"""Files that customers send along: taken in before the message that names them, handed out to agents alone."""

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, BinaryIO, Final, cast
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from activities.attachments.desk import AttachmentDesk, Upload
from api.callers import AgentCaller, Caller, Parts
from api.idempotency import done_once, read_key
from api.queries import PROBLEMS
from api.texts import known_attachment
from api.views import EXAMPLE_ID, View
from domain.attachments import MediaType, StoredAttachment
from domain.canonical import content_hash
from domain.errors import BadInput

PATH = "/v1/attachments"
FIELD = "file"
MULTIPART = "multipart/form-data"
MAX_NAME = 1_000
router = APIRouter(prefix=PATH, tags=["attachments"], responses={"default": PROBLEMS})

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}
"""A file of a stranger is a file, never a page of ours."""
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or a form with the one field `file`. What it is, its content says.",
        "content": {
            "application/octet-stream": _BINARY,
            MULTIPART: {"schema": {"type": "object", "required": [FIELD], "properties": {FIELD: _BINARY["schema"]}}},
        },
    }
}


class Uploaded(View):
    """A file was stored; a message may name it within a day."""

    attachment_id: str = Field(examples=[EXAMPLE_ID])
    media_type: MediaType
    size: int = Field(description="Bytes.")


@router.post("", status_code=201, openapi_extra=BODY, response_model=Uploaded)
async def upload_attachment(
    request: Request,
    caller: Caller,
    parts: Parts,
    name: Annotated[str, Query(max_length=MAX_NAME, description="What the customer calls it.")] = "",
) -> Response:
    """Takes a file in: a JPEG, PNG, WebP or GIF image, or a PDF. Name its id in the message that it belongs to."""
    desk = parts.desk
    async with _received(request, name) as upload:

        async def keep() -> Response:
            return await _keep(desk, caller.store, upload)

        key = read_key(request)
        if key is None:
            return await keep()
        return await done_once(request, key, content_hash([upload.name, upload.content_hash()]), keep)


@router.get(
    "/{attachment_id}",
    response_class=Response,
    responses={200: {"description": "The file.", "content": {"application/octet-stream": _BINARY}}},
)
async def get_attachment(attachment_id: str, caller: AgentCaller, parts: Parts) -> Response:
    """The file itself, for agents of its store. 403 when it is infected, 503 while the scanner does not answer."""
    return file_response(*await parts.desk.show(caller.store, known_attachment(attachment_id)))


def file_response(attachment: StoredAttachment, content: bytes) -> Response:
    """A file on its way to an agent: images to be looked at, documents to be saved, neither to do anything."""
    shown = "inline" if attachment.is_image else "attachment"
    plain = re.sub(r'[^ -~]|["\\]', "_", attachment.name)
    disposition = f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(attachment.name, safe='')}"
    headers = {**HEADERS, "Content-Disposition": disposition}
    return Response(content, media_type=attachment.media_type, headers=headers)


async def _keep(desk: AttachmentDesk, store: str, upload: Upload) -> Response:
    kept = await desk.take_in(store, upload)
    answer = Uploaded(attachment_id=kept.attachment_id, media_type=kept.media_type, size=kept.size)
    return JSONResponse(answer.model_dump(mode="json"), 201)


@asynccontextmanager
async def _received(request: Request, name: str) -> AsyncIterator[Upload]:
    """The file of a request, on disk while the block runs. Raises BadInput, TooLarge or TooSlow."""
    try:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART:
            async with request.form(max_files=1, max_fields=4) as form:
                field = form.get(FIELD)
                if not isinstance(field, UploadFile):
                    raise BadInput(f"Send the file as the field `{FIELD}` of the form, with a name.")
                yield Upload(name or field.filename or "", field.file)
        else:
            with tempfile.TemporaryFile() as file:
                async for piece in request.stream():
                    file.write(piece)
                yield Upload(name, cast(BinaryIO, file))
    except ClientDisconnect:
        raise BadInput("The file did not arrive whole; send it again.") from None
