"""The desk where attachments are taken in and handed out: nothing passes it that was not looked at."""

import asyncio
import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from uuid import uuid4

import structlog

from activities.attachments.names import clean_name
from activities.attachments.sniffing import Sniffed, sniff
from domain.attachments import (
    NOT_SCANNED,
    Attachment,
    AttachmentStore,
    Damaged,
    MalwareScanner,
    PromptImage,
    Scan,
    StoredAttachment,
)
from domain.errors import BadInput, NotAllowed, NotFound, TooLarge, Unavailable

log = structlog.get_logger(__name__)
PIECE = 256 * 1024
AT_ONCE = 4
"""Files that one process looks at at the same time: each may lie in memory once."""
PICTURE_BYTES = 3_750_000
"""Of a picture for a model: some providers take 5 MB at most, which is this in base64."""
SHOWN_BYTES = 10_000_000
"""Of all pictures of one query for a model."""
UNUSED_AGE = timedelta(hours=24)
"""What no message has named for so long is deleted."""


class Upload:
    """A file as it came in, on disk."""

    def __init__(self, name: str, content: BinaryIO) -> None:
        """`content` is read from its beginning."""
        self.name = name
        self.content = content

    def content_hash(self) -> str:
        """SHA-256, in hex."""
        self.content.seek(0)
        found = hashlib.sha256()
        while piece := self.content.read(PIECE):
            found.update(piece)
        return found.hexdigest()

    def read(self) -> bytes:
        """All of it."""
        self.content.seek(0)
        return self.content.read()


class AttachmentDesk:
    """Takes files in, and hands out what may be seen."""

    def __init__(self, store: AttachmentStore, scanner: MalwareScanner | None, *, limit: int) -> None:
        """`scanner` None: files are shown, and said not to have been scanned. `limit`: bytes of a file."""
        self._store = store
        self._scanner = scanner
        self.limit = limit
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def take_in(self, store: str, upload: Upload) -> StoredAttachment:
        """Keeps a file for a message to come. Raises BadInput, TooLarge, TooMany."""
        async with self._at_once:
            size, content_hash, seen = await asyncio.to_thread(self._look_at, upload)
            attachment = StoredAttachment(
                attachment_id=uuid4().hex,
                store=store,
                name=clean_name(upload.name, seen.media_type),
                size=size,
                content_hash=content_hash,
                scan=await self._scan(upload.content),
                uploaded_at=datetime.now(UTC),
                **seen.model_dump(),
            )
            await self._store.keep(attachment, upload.content)
        return attachment

    def _look_at(self, upload: Upload) -> tuple[int, str, Sniffed]:
        content = upload.read()
        if not content:
            raise BadInput("The file is empty; send one with content.")
        if len(content) > self.limit:
            raise TooLarge(f"A file has at most {self.limit // 1024:,} kB; send a smaller one.")
        return len(content), hashlib.sha256(content).hexdigest(), sniff(content)

    async def find(self, store: str, attachment_id: str) -> StoredAttachment:
        """What is known of a file, whether it may be seen or not. Raises NotFound."""
        return await self._store.find(store, attachment_id)

    async def show(self, store: str, attachment_id: str) -> tuple[StoredAttachment, bytes]:
        """A file for an agent's eyes. What the scanner has not answered for is scanned now.

        Raises NotFound, NotAllowed for an infected file, Unavailable while the scanner does not answer.
        """
        attachment = await self.find(store, attachment_id)
        if attachment.scan.state == "infected":
            raise _infected(attachment.scan)
        content = await self._store.content(attachment)
        if self._scanner is None or attachment.scan.state == "clean":
            return attachment, content
        scan = await self._scan(io.BytesIO(content))
        await self._store.note_scan(attachment, scan)
        if scan.state == "infected":
            raise _infected(scan)
        if scan.state != "clean":
            raise Unavailable(
                f"The scanner for malware ({scan.by}) does not answer, so the file is not shown; try again later."
            )
        return attachment.model_copy(update={"scan": scan}), content

    async def pictures(self, store: str, attachments: Sequence[Attachment]) -> tuple[PromptImage, ...]:
        """As `domain.ports.PictureSource` says: what no agent may see no model sees either. A picture that is too
        large for the usual providers is left out too."""
        found, left = [], SHOWN_BYTES
        for each in attachments:
            if not each.is_image or each.size > min(PICTURE_BYTES, left):
                continue
            try:
                _, content = await self.show(store, each.attachment_id)
            except (NotFound, NotAllowed, Unavailable, Damaged) as error:
                log.info("picture_not_shown_to_model", reason=type(error).__name__)
                continue
            left -= each.size
            found.append(PromptImage(name=each.name, media_type=each.media_type, content=content))
        return tuple(found)

    async def tidy(self, stores: Sequence[str]) -> None:
        """Deletes what no message has named."""
        await self._store.drop_unused(stores, UNUSED_AGE)

    async def _scan(self, content: BinaryIO) -> Scan:
        return NOT_SCANNED if self._scanner is None else await self._scanner.scan(content)


def _infected(scan: Scan) -> NotAllowed:
    return NotAllowed(f"The scanner found {scan.found or 'malware'} in this file: it is not kept and not shown.")
