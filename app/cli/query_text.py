"""A query as text for the terminal, as agents see it."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

WIDTH = 100


def query_lines(query: dict[str, Any]) -> Iterator[str]:
    """Everything an agent wants to know of a query (the API's answer for agents)."""
    ended = f" ({query['disposition'].replace('_', ' ')})" if query["disposition"] else ""
    yield f"Query {query['query_id']} of the store {query['store']}: {query['status'].replace('_', ' ')}{ended}"
    yield "  " + " · ".join(_facts(query))
    if query["failure"]:
        yield f"  Failed: {query['failure']}"
    yield from _block("Customer", query["text"])
    yield from _listed("Attachments", [_attachment(one) for one in query["attachments"]])
    for notice in query["notices"]:
        yield from _block("Notice", notice["text"])
    if query["reply"]:
        yield from _block(f"Reply by {query['replied_by'] or 'holdpoint'}", query["reply"])
    elif query["draft"] and query["draft_hash"]:
        yield from _block("Draft that waits for a decision", query["draft"]["text"])
        yield f"  draft hash {query['draft_hash']}"
        if query["draft"]["kind"] == "holding":
            yield "  It answers nothing yet, and approving it ends the query: to answer it yourself, take it over."
    yield from _proposal(query["draft"])
    yield from _listed("Sources", [f"{one['title']} ({one['document_id']})" for one in query["citations"]])
    yield from _listed("Used", query["draft"]["used"] if query["draft"] else [])
    yield from _listed("Findings", [finding_line(one) for one in query["findings"]])
    yield from _listed("Reasons", [one["text"] for one in query["reasons"]])
    yield from _listed("Decisions", [_decision(one) for one in query["decisions"]])
    yield from _listed("Language models", [use_line(one) for one in query["usage"]])
    if query["brief"] and not query["closed_at"]:
        brief = query["brief"]
        yield from _listed(
            "Brief", [brief["who"], brief["what"], *brief["tried"], *brief["policy"], brief["suggestion"]]
        )
    yield f"Console:  {query['links']['console']}"
    if query["links"]["workflow"]:
        yield f"Workflow: {query['links']['workflow']}"


def _proposal(draft: dict[str, Any] | None) -> Iterator[str]:
    """A refund that an agent may grant, with how it is reckoned."""
    found = draft["proposal"] if draft else None
    if not found:
        return
    amount = f"{found['amount']['number']} {found['amount']['currency']}"
    rests = [f"Rests on: “{found['clause']}” ({found['passage_id']})"] if found["clause"] else []
    checks = [f"Check: {one}" for one in found["to_check"]]
    yield from _listed(
        f"Refund to decide, order {found['order_id']}: {amount}", [*found["calculation"], *checks, *rests]
    )


def _attachment(file: dict[str, Any]) -> str:
    scan = file["scan"]
    found = f"infected ({scan['found']}), not kept" if scan["state"] == "infected" else scan["state"].replace("_", " ")
    notes = f", {', '.join(file['notes']).replace('_', ' ')}" if file["notes"] else ""
    return f"{file['name']} ({file['media_type']}, {file['size']} bytes, {found}{notes}) {file['links']['console']}"


def _decision(record: dict[str, Any]) -> str:
    made, refusal = record["decision"], record["refusal"]
    reason = f": {made['reason']}" if made["reason"] else ""
    claimed = "" if made["proven"] else " (as claimed)"
    ended = f" - refused: {refusal['message']}" if refusal else ""
    return f"{_moment(record['at'])} {made['agent']}{claimed} {made['action']}{reason}{ended}"


def finding_line(finding: dict[str, Any]) -> str:
    """What the guard objects to, with the words where it names some."""
    words = f"“{finding['excerpt']}” in" if finding["excerpt"] else "In"
    return f"{words} the {finding['on']}: {finding['why']}"


def use_line(use: dict[str, Any]) -> str:
    """What one language model did, and what that cost."""
    calls = [f"{use['calls']} answered"] + [f"{use[name]} {name}" for name in ("failed", "pending") if use[name]]
    cost = "no price set" if use["cost"] is None else f"cost {Decimal(use['cost']):.6f}".rstrip("0").rstrip(".")
    tokens = f"{use['input_tokens']:,} tokens read, {use['output_tokens']:,} written"
    return f"{use['provider']}:{use['model']}: {', '.join(calls)}; {tokens}; {cost}"


def _moment(at: str) -> str:
    """A time of the API as the clock on this machine's wall shows it."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")


def review_line(item: dict[str, Any]) -> str:
    """One line of the queue."""
    marks = "OVERDUE " if item["overdue"] else ""
    held = f" held by {item['held_by']}" if item["held_by"] else ""
    words = " ".join(item["excerpt"].split())
    facts = f"{item['status']:<14} {item['intent'] or '-':<16} {item['language'] or '-':<2}"
    due = _moment(item["deadline_at"])
    return f"{item['query_id']}  {due}  {facts}  {marks}{textwrap.shorten(words, 60, placeholder='…')}{held}"


def _facts(query: dict[str, Any]) -> Iterator[str]:
    yield f"tier {query['tier'] or '-'}"
    yield f"intent {query['intent'] or '-'}"
    yield f"language {query['language'] or '-'}"
    if query["confidence"] is not None:
        yield f"confidence {query['confidence']:.2f}"
    who = query["customer"]["email"] or query["customer"]["id"] or "unknown customer"
    yield f"{who}{' (verified)' if query['customer']['verified'] else ''}"
    if not query["closed_at"]:
        yield f"due {_moment(query['deadline_at'])}{' OVERDUE' if query['overdue'] else ''}"
    if query["held_by"]:
        yield f"held by {query['held_by']}"


def _block(title: str, text: str) -> Iterator[str]:
    yield f"{title}:"
    for line in text.splitlines() or [""]:
        yield from (f"  {part}" for part in _wrapped(line) or [""])


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
    for line in lines:
        yield from (f"  {part}" for part in _wrapped(f"- {line}", indent="  "))


def _wrapped(line: str, indent: str = "") -> list[str]:
    """Addresses and words with a hyphen stay in one piece."""
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
