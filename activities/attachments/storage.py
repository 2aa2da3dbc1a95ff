"""Attachments in our own database, beside what is known of them (docs/adr/0015-attachments.md)."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from psycopg.types.json import Jsonb

from domain.attachments import Damaged, Scan, StoredAttachment
from domain.errors import NotFound, TooMany
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("storage.sql"))
PIECE = 256 * 1024
UNUSED_BYTES = 1024**3
"""What may lie in one store without a message that names it."""


class PostgresAttachments:
    """Satisfies `domain.attachments.AttachmentStore`."""

    def __init__(self, database: Database, *, unused_bytes: int = UNUSED_BYTES) -> None:
        self._database = database
        self._unused_bytes = unused_bytes

    async def keep(self, attachment: StoredAttachment, content: BinaryIO) -> None:
        """As the port says: all of it or nothing, in one transaction."""
        fields = attachment.model_dump() | {"scan": Jsonb(attachment.scan.model_dump()), "notes": [*attachment.notes]}
        async with self._database.in_store(attachment.store) as connection:
            unused = await (await connection.execute(SQL["unused_bytes"], {"store": attachment.store})).fetchone()
            if unused is not None and unused["bytes"] + attachment.size > self._unused_bytes:
                raise TooMany("Too many files lie here that no message has named; send the messages first.")
            await connection.execute(SQL["insert_attachment"], fields)
            if attachment.scan.state != "infected":
                await _write_pieces(connection, attachment, content)

    async def find(self, store: str, attachment_id: str) -> StoredAttachment:
        """As the port says."""
        async with self._database.in_store(store) as connection:
            key = {"store": store, "attachment_id": attachment_id}
            row = await (await connection.execute(SQL["find_attachment"], key)).fetchone()
        if row is None:
            raise NotFound("There is no attachment of that id in this store.")
        return StoredAttachment.model_validate(row)

    async def content(self, attachment: StoredAttachment) -> bytes:
        """As the port says."""
        key = {"store": attachment.store, "attachment_id": attachment.attachment_id}
        async with self._database.in_store(attachment.store) as connection:
            cursor = await connection.cursor(binary=True).execute(SQL["read_pieces"], key)
            pieces = [row["content"] for row in await cursor.fetchall()]
        content = b"".join(pieces)
        if not pieces:
            raise NotFound("The content of this attachment is not kept.")
        if hashlib.sha256(content).hexdigest() != attachment.content_hash:
            raise Damaged("The stored file is not what was sent any more: restore it from a backup.")
        return content

    async def note_scan(self, attachment: StoredAttachment, scan: Scan) -> None:
        """As the port says."""
        key = {"store": attachment.store, "attachment_id": attachment.attachment_id}
        async with self._database.in_store(attachment.store) as connection:
            await connection.execute(SQL["note_scan"], key | {"scan": Jsonb(scan.model_dump())})
            if scan.state == "infected":
                await connection.execute(SQL["delete_pieces"], key)

    async def drop_unused(self, stores: Sequence[str], older_than: timedelta) -> None:
        """As the port says."""
        for store in stores:
            async with self._database.in_store(store) as connection:
                await connection.execute(SQL["drop_unused"], {"store": store, "older_than": older_than})


async def _write_pieces(connection: Connection, attachment: StoredAttachment, content: BinaryIO) -> None:
    content.seek(0)
    number = 0
    while piece := content.read(PIECE):
        fields = {"store": attachment.store, "attachment_id": attachment.attachment_id}
        await connection.execute(SQL["insert_piece"], fields | {"piece": number, "content": piece})
        number += 1
