"""What must hold after any number of crashes. Each check returns its violations, one sentence each."""

from collections import Counter
from collections.abc import Callable, Iterator

from temporalio.client import WorkflowExecutionStatus

from activities.records import ANSWERED
from domain.identifiers import workflow_id_of
from tests.chaos.ledger import Ledger
from tests.chaos.receiver import Receiver
from tests.chaos.records import Row, Runs, Tables
from tests.chaos.stores import HOOKED

ON_A_DRAFT = ("approve", "edit", "reject")
BY_HAND = {"sent_after_review": "approve", "sent_after_edit": "edit", "handled_by_agent": "reply"}


class Verdict:
    """Holds the records of the product against Temporal, the receiver, and what customers and agents know."""

    def __init__(self, tables: Tables, runs: Runs, ledger: Ledger, receiver: Receiver) -> None:
        self._tables, self._runs, self._ledger, self._receiver = tables, runs, ledger, receiver

    def violations(self) -> dict[str, list[str]]:
        """By check; an empty list is what is wanted."""
        checks: dict[str, Callable[[], Iterator[str]]] = {
            "every message is stored once": self._stored,
            "every query ended, or waits for an agent with a reason": self._ended,
            "every reply left, and once": self._replies,
            "the receiver took each reply once": self._received,
            "no decision applied twice": self._decisions,
            "what an agent was told is what happened": self._told,
            "superseded for a newer query, never the newest": self._superseded,
            "no run is stuck, and records agree with Temporal": self._agreement,
        }
        return {name: list(check()) for name, check in checks.items()} | {
            "every request was answered as it should be": self._ledger.complaints
        }

    def _stored(self) -> Iterator[str]:
        by_message = {row["message_id"]: row for row in self._tables.queries}
        for posted in self._ledger.posted:
            found = by_message.pop(posted.message_id, None)
            if found is None:
                yield f"the message {posted.message_id} is gone (accepted: {posted.query_id is not None})"
            elif posted.query_id != found["query_id"]:
                yield f"the message {posted.message_id}: {found['query_id']}, the client was told {posted.query_id}"
        for message_id in by_message:
            if not message_id.startswith("person-wanted:"):
                yield f"nobody sent the message {message_id}"
        for query in self._tables.queries:
            said = [row for row in self._tables.of("messages", query) if row["role"] == "customer"]
            if len(said) != 1:
                yield f"{_name(query)} has {len(said)} customer messages"

    def _ended(self) -> Iterator[str]:
        for query in self._tables.queries:
            if query["closed_at"] is not None and query["status"] in ("sent", "closed") and query["disposition"]:
                continue
            if query["status"] != "waiting_agent":
                yield f"{_name(query)} is {query['status']} ({query['failure'] or query['disposition']})"
            elif not query["snapshot"].get("reasons"):
                yield f"{_name(query)} waits for an agent without a reason"

    def _replies(self) -> Iterator[str]:
        for query in self._tables.queries:
            replies = [row for row in self._tables.of("messages", query) if row["role"] in ("assistant", "agent")]
            notices = [row for row in self._tables.of("messages", query) if row["role"] == "notice"]
            left = [row for row in self._tables.of("outbox", query) if row["status"] == "delivered"]
            wanted = int(query["disposition"] in ANSWERED)
            if len(replies) != wanted:
                yield f"{_name(query)} has {len(replies)} replies in its conversation, not {wanted}"
            if Counter(row["text"] for row in replies + notices) != Counter(row["body"]["text"] for row in left):
                yield f"{_name(query)} shows other words than those that left"
            if wanted and replies and query["snapshot"].get("reply") != replies[-1]["text"]:
                yield f"{_name(query)} records another reply than it sent"
            if len(notices) > 1:
                yield f"{_name(query)} has {len(notices)} notices"
        for row in self._tables.outbox:
            if row["status"] == "pending":
                yield f"{row['purpose']} of {row['query_id'][:8]} never left"

    def _received(self) -> Iterator[str]:
        taken = Counter(key for key, _ in self._receiver.taken)
        texts = dict(self._receiver.taken)
        for key, count in taken.items():
            if count > 1:
                yield f"{key} was taken {count} times"
        entries = {
            f"{row['query_id']}/{row['purpose']}/{row['ordinal']}": row
            for row in self._tables.outbox
            if row["store"] == HOOKED
        }
        for key, row in entries.items():
            if row["status"] == "delivered" and texts.get(key) != row["body"]["text"]:
                yield f"{key} counts as delivered; the receiver has {'nothing' if key not in texts else 'other words'}"
        for key in set(texts) - {key for key, row in entries.items() if row["status"] == "delivered"}:
            yield f"{key} was taken by the receiver and does not count as delivered"

    def _decisions(self) -> Iterator[str]:
        for query in self._tables.queries:
            rows = [row for row in self._tables.of("decisions", query) if row["refusal"] is None]
            drafts = {row["draft_hash"]: row["body"] for row in self._tables.of("drafts", query)}
            for name, count in Counter(row["draft_hash"] for row in rows if row["action"] in ON_A_DRAFT).items():
                if count > 1:
                    yield f"{_name(query)}: {count} decisions were applied to the draft {name}"
            final = [row for row in rows if row["action"] in ("approve", "edit", "reply", "close")]
            if len(final) > 1:
                yield f"{_name(query)} was ended by {len(final)} decisions"
            needed = BY_HAND.get(query["disposition"] or "")
            if needed is not None and [row["action"] for row in final] != [needed]:
                yield f"{_name(query)} without just one `{needed}`: {[row['action'] for row in final]}"
            if query["disposition"] == "sent_automatically" and final:
                yield f"{_name(query)} although an agent decided it"
            if needed == "approve" and final and drafts[final[0]["draft_hash"]]["text"] != query["snapshot"]["reply"]:
                yield f"{_name(query)}: another draft was sent than the approved one"

    def _told(self) -> Iterator[str]:
        applied = {row["decision_id"] for row in self._tables.decisions if row["refusal"] is None}
        superseded = {row["query_id"] for row in self._tables.queries if row["disposition"] == "superseded"}
        for decided in self._ledger.decided:
            if decided.outcome == "applied" and decided.decision_id not in applied:
                yield f"`{decided.action}` on {decided.query_id[:8]} was answered with success and is not recorded"
            # A task that was lost after it had recorded the decision is done again; had the customer written meanwhile,
            # the query then ends as superseded. The agent was told so, and the first row stays.
            refused = decided.outcome == "refused" and decided.query_id not in superseded
            if refused and decided.decision_id in applied:
                yield f"`{decided.action}` on {decided.query_id[:8]} was refused ({decided.code}) and was applied"

    def _superseded(self) -> Iterator[str]:
        newest: dict[str, int] = {}
        for query in self._tables.queries:
            newest[query["conversation_id"]] = max(query["seq"], newest.get(query["conversation_id"], 0))
        by_id = {query["query_id"]: query for query in self._tables.queries}
        for query in self._tables.queries:
            if query["disposition"] != "superseded":
                continue
            newer = by_id.get(query["superseded_by"])
            if newer is None or newer["conversation_id"] != query["conversation_id"] or newer["seq"] <= query["seq"]:
                yield f"{_name(query)} by {query['superseded_by']}"
            if query["seq"] == newest[query["conversation_id"]]:
                yield f"{_name(query)} is the newest of its conversation"

    def _agreement(self) -> Iterator[str]:
        if self._runs.stuck:
            yield f"{self._runs.stuck} runs are stuck"
        for query in self._tables.queries:
            workflow_id = workflow_id_of(query["store"], query["query_id"])
            said = self._runs.said.get(workflow_id)
            if said is None:
                if query["disposition"] != "superseded":  # superseded before it began, it has no run
                    yield f"{_name(query)} has no run"
                continue
            wanted = WorkflowExecutionStatus.COMPLETED if query["closed_at"] else WorkflowExecutionStatus.RUNNING
            if self._runs.status[workflow_id] is not wanted:
                yield f"{_name(query)}, its run is {self._runs.status[workflow_id]}"
            for name in ("status", "disposition", "superseded_by"):
                if query[name] != getattr(said, name):
                    yield f"{_name(query)}: the records say {name} {query[name]}, the run {getattr(said, name)}"
            if query["draft_hash"] != said.waiting_hash:
                yield f"{_name(query)}: the records wait for another draft than the run"


def _name(query: Row) -> str:
    return f"{query['store']} {query['query_id'][:8]} ({query['disposition'] or query['status']})"
