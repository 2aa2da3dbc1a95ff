"""Files that a customer sent along. Their content stays in storage: histories and steps carry what is said here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import BinaryIO, Literal, Protocol

from pydantic import Field

from domain.errors import HoldpointError
from domain.values import Value

MediaType = Literal["image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"]
"""What is taken, as found in the content itself, whatever the sender calls it."""
Note = Literal["javascript", "embedded_files", "launches", "encrypted"]
"""What a PDF holds that a reader of it should know before opening it."""
MOST = 5
"""Attachments of one message."""


class Attachment(Value):
    """One file, by what is known of it."""

    attachment_id: str
    name: str
    """As the customer called it, without folders and control characters."""
    media_type: MediaType
    size: int = Field(ge=1)
    """Bytes."""
    content_hash: str
    """SHA-256 of the content, in hex."""

    @property
    def is_image(self) -> bool:
        return self.media_type != "application/pdf"


class Scan(Value):
    """What a scanner for malware says of a file."""

    state: Literal["clean", "infected", "not_scanned", "no_answer"]
    """`not_scanned`: there is no scanner. `no_answer`: there is one, and it gave none."""
    by: str = ""
    """The scanner's name."""
    found: str = ""
    """What an infected file holds, as the scanner calls it."""


class Damaged(HoldpointError):
    """The stored content is not what was sent."""

    title = "Damaged"


NOT_SCANNED = Scan(state="not_scanned")


class StoredAttachment(Attachment):
    """An attachment as it is kept, content apart."""

    store: str
    width: int | None = None
    """Pixels of an image."""
    height: int | None = None
    notes: tuple[Note, ...] = ()
    scan: Scan = NOT_SCANNED
    uploaded_at: datetime
    query_id: str | None = None
    """The query that it was first sent with; None: no message names it yet."""


class AttachmentStore(Protocol):
    """Where attachments are kept. An infected file is known of, and its content is not kept."""

    async def keep(self, attachment: StoredAttachment, content: BinaryIO) -> None:
        """Keeps a file, read from its beginning. Raises TooMany while too much lies there that no message names."""
        ...

    async def find(self, store: str, attachment_id: str) -> StoredAttachment:
        """What is known of a file. Raises NotFound, for the files of other stores too."""
        ...

    async def content(self, attachment: StoredAttachment) -> bytes:
        """The bytes, after a check that they are what was sent. Raises NotFound where they are not kept, Damaged."""
        ...

    async def note_scan(self, attachment: StoredAttachment, scan: Scan) -> None:
        """Notes what a later scan says. The content of an infected file is deleted."""
        ...

    async def drop_unused(self, stores: Sequence[str], older_than: timedelta) -> None:
        """Deletes what no message has named for so long."""
        ...


class MalwareScanner(Protocol):
    """Looks for malware. It never raises: no answer is an answer."""

    @property
    def name(self) -> str: ...

    async def scan(self, content: BinaryIO) -> Scan:
        """Of a file, read from its beginning: `clean`, `infected` or `no_answer`."""
        ...


class PromptImage(Value):
    """A picture as it is shown to a model: data, never instructions."""

    name: str
    """For agents. It is the customer's word, so models are not told it."""
    media_type: MediaType
    content: bytes = Field(repr=False)


class PictureSource(Protocol):
    """Pictures that customers sent along, as far as they may be seen."""

    async def pictures(self, store: str, attachments: Sequence[Attachment]) -> tuple[PromptImage, ...]:
        """Those of the attachments that a model can be shown, in order; what may not be seen is left out."""
        ...
