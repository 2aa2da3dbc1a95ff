"""Settings of the files that customers send along."""

from pydantic import Field
from pydantic_settings import BaseSettings

from app.setting_types import Address


class AttachmentSettings(BaseSettings):
    """How large they may be, and what scans them."""

    attachment_limit: int = Field(
        default=10 * 1024 * 1024,
        ge=64 * 1024,
        le=50 * 1024 * 1024,
        description="Bytes that a file may have which a customer sends along.",
    )
    clamd: Address | None = Field(
        default=None,
        description="host:port of clamd, ClamAV's daemon, which scans such files; unset: they are shown unscanned.",
    )
