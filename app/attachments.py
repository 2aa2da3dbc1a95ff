"""The desk for attachments, by the settings."""

from activities.attachments.clamd import ClamdScanner
from activities.attachments.desk import AttachmentDesk
from activities.attachments.storage import PostgresAttachments
from app.settings import Settings
from retrieval.database import Database


def build_attachment_desk(settings: Settings, database: Database) -> AttachmentDesk:
    """The desk over this installation's database, with the scanner of HOLDPOINT_CLAMD if one is set."""
    scanner = None if settings.clamd is None else ClamdScanner(settings.clamd)
    return AttachmentDesk(PostgresAttachments(database), scanner, limit=settings.attachment_limit)
