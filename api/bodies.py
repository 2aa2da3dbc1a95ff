"""The gate for bodies: small enough, complete in time, and readable, before any route sees them."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import of_error
from domain.errors import BadInput, HoldpointError, TooLarge
from domain.values import Value

FORM = "application/x-www-form-urlencoded"
MAX_DEPTH = 32


class WrongType(BadInput):
    """A body of another type than the address takes."""

    status = 415
    title = "Unsupported media type"


class TooSlow(BadInput):
    """A body that did not arrive in time."""

    status = 408
    title = "Request timeout"


class BodyGate:
    """Reads the whole body, at most `limit` bytes within `seconds`, checks it, and hands it on in one piece.

    Bodies for the addresses in `uploads` are handed on piece by piece instead, within bounds of their own.
    """

    def __init__(
        self, app: ASGIApp, *, limit: int, seconds: float, uploads: "Mapping[str, UploadBounds] | None" = None
    ) -> None:
        self.app = app
        self.limit = limit
        self.seconds = seconds
        self.uploads = uploads or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        if scope["path"] in self.uploads:
            upload = Upload(self.uploads[scope["path"]], receive, send)
            await self.app(scope, upload.receive, upload.send)
            return
        try:
            body = await self._read(Headers(scope=scope), receive)
            check_body(body, Headers(scope=scope), is_form=scope["path"].startswith("/console"))
        except HoldpointError as error:
            response = of_error(error, scope["path"])
            response.headers["Connection"] = "close"  # the rest of the body is not read
            await response(scope, receive, send)
            return
        except ClientDisconnect:
            return
        await self.app(scope, _replay(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > self.limit:
            raise TooLarge(f"A body has at most {self.limit // 1024} kB; send less.")
        body = bytearray()
        try:
            async with asyncio.timeout(self.seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    body += message.get("body", b"")
                    if len(body) > self.limit:
                        raise TooLarge(f"A body has at most {self.limit // 1024} kB; send less.")
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise TooSlow(f"The body did not arrive within {self.seconds:.0f} s; send it again.") from None


class UploadBounds(Value):
    """How large a file may be, in bytes, and how many seconds it may take to arrive."""

    limit: int
    seconds: float


ROUND_ABOUT = 64 * 1024
"""Bytes that a multipart body has beside the file itself."""


class Upload:
    """One body on its way in: `receive` raises TooLarge or TooSlow in the route that reads it."""

    def __init__(self, bounds: UploadBounds, receive: Receive, send: Send) -> None:
        self._bounds = bounds
        self._receive, self._send = receive, send
        self._until = asyncio.get_running_loop().time() + bounds.seconds
        self._size = 0
        self._whole = False

    async def receive(self) -> Message:
        """The next piece."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow(f"The file did not arrive within {self._bounds.seconds:.0f} s; send it again.") from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self._bounds.limit + ROUND_ABOUT:
            self._whole = False
            raise TooLarge(f"A file has at most {self._bounds.limit // 1024:,} kB; send a smaller one.")
        return message

    async def send(self, message: Message) -> None:
        """What is answered before all has come in ends the connection: nobody reads the rest."""
        if message["type"] == "http.response.start" and not self._whole:
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await self._send(message)


def _replay(body: bytes, receive: Receive) -> Receive:
    pieces: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pieces.pop() if pieces else await receive()

    return replay


def check_body(body: bytes, headers: Headers, *, is_form: bool) -> None:
    """Refuses what no route could read. Raises BadInput or WrongType with the sentence for the client."""
    if not body:
        return
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if is_form:
        if media_type != FORM:
            raise WrongType(f"Forms of the console are sent as {FORM}.")
        return
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if media_type != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise WrongType("Send JSON in UTF-8, with the header Content-Type: application/json.")
    check_values(read_json(body))


def read_json(body: bytes) -> Any:
    """The JSON of a body. Raises BadInput with the place of the fault."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise BadInput(f"The body is not UTF-8 (byte {error.start}); send JSON in UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"The body is not valid JSON ({where}: {error.msg}); send one JSON object.") from None
    except RecursionError:
        raise BadInput(f"The body is nested too deeply; {MAX_DEPTH} levels are the most.") from None
    except ValueError:
        raise BadInput("The body holds a number that cannot be used.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def check_values(value: Any) -> None:
    """Refuses texts that could not be stored, and deep nesting, anywhere in a JSON value."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        level = [inner for outer in level for inner in _inside(outer)]
    raise BadInput(f"The body is nested too deeply; {MAX_DEPTH} levels are the most.")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        check_text(value)
        return ()
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else ()


def check_text(text: str) -> None:
    """Raises BadInput for characters that are no text: NUL and halves of surrogate pairs."""
    if "\x00" in text:
        raise BadInput("A text holds the character NUL (\\u0000); take it out.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput("A text holds half of a surrogate pair (\\ud800 to \\udfff); send whole characters.")
