"""Files that a customer sent along. Their content stays in storage: histories and steps carry what is said here."""

from typing import Literal

from pydantic import Field

from domain.values import Value

MediaType = Literal["image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"]
"""What is taken, as found in the content itself, whatever the sender calls it."""


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
