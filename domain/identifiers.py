"""Identifiers that are derived, never drawn: the same message always leads to the same query and workflow."""

import uuid

from domain.canonical import content_hash

QUERY_ID_LENGTH = 32
TASK_QUEUE = "holdpoint"
WORKFLOW_TYPE = "SupportQuery"
REINDEX_TYPE = "ReindexKnowledge"
REFRESH_TYPE = "RefreshKnowledge"
SCHEDULES = "knowledge/"
"""How the id of every schedule of ours begins."""


def query_id_of(store: str, channel: str, message_id: str) -> str:
    """The query of a customer message: 32 hex digits. A hash, because a Message-ID holds addresses and ids are never
    encrypted."""
    return content_hash(["query", store, channel, message_id])[:QUERY_ID_LENGTH]


def workflow_id_of(store: str, query_id: str) -> str:
    """`query/{store}/{query_id}`."""
    return f"query/{store}/{query_id}"


def takeover_id_of(store: str, query_id: str) -> str:
    """The workflow in which an agent answers a query whose own run has failed."""
    return f"takeover/{store}/{query_id}"


def reindex_id_of(store: str) -> str:
    """The workflow that makes a store's knowledge searchable anew: `reindex/{store}`."""
    return f"reindex/{store}"


def refresh_id_of(store: str, watch_id: str) -> str:
    """`refresh/{store}/{watch_id}`, to which Temporal appends the time: the workflow that loads what is watched."""
    return f"refresh/{store}/{watch_id}"


def schedule_id_of(store: str, watch_id: str) -> str:
    """The schedule of a watch: `knowledge/{store}/{watch_id}`."""
    return f"{SCHEDULES}{store}/{watch_id}"


def new_conversation_id() -> str:
    """A random conversation id, 32 hex digits."""
    return uuid.uuid4().hex
