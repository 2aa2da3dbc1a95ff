"""A query as text for the terminal, as agents see it."""

import textwrap
from collections.abc import Iterator
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
    for notice in query["notices"]:
        yield from _block("Notice", notice["text"])
    if query["reply"]:
        yield from _block(f"Reply by {query['replied_by'] or 'holdpoint'}", query["reply"])
    elif query["draft"] and query["draft_hash"]:
        yield from _block("Draft that waits for a decision", query["draft"]["text"])
        yield f"  draft hash {query['draft_hash']}"
    yield from _listed("Sources", [f"{one['title']} ({one['document_id']})" for one in query["citations"]])
    yield from _listed(
        "Findings", [f"“{one['excerpt']}” in the {one['on']}: {one['why']}" for one in query["findings"]]
    )
    yield from _listed("Reasons", [one["text"] for one in query["reasons"]])
    yield from _listed("Decisions", [_decision(one) for one in query["decisions"]])
    if query["brief"] and not query["closed_at"]:
        brief = query["brief"]
        yield from _listed(
            "Brief", [brief["who"], brief["what"], *brief["tried"], *brief["policy"], brief["suggestion"]]
        )
    yield f"Console:  {query['links']['console']}"
    if query["links"]["workflow"]:
        yield f"Workflow: {query['links']['workflow']}"


def _decision(record: dict[str, Any]) -> str:
    made, refusal = record["decision"], record["refusal"]
    reason = f": {made['reason']}" if made["reason"] else ""
    claimed = "" if made["proven"] else " (as claimed)"
    ended = f" - refused: {refusal['message']}" if refusal else ""
    return f"{record['at'][:16].replace('T', ' ')} {made['agent']}{claimed} {made['action']}{reason}{ended}"


def review_line(item: dict[str, Any]) -> str:
    """One line of the queue."""
    marks = "OVERDUE " if item["overdue"] else ""
    held = f" held by {item['held_by']}" if item["held_by"] else ""
    words = " ".join(item["excerpt"].split())
    facts = f"{item['status']:<14} {item['intent'] or '-':<16} {item['language'] or '-':<2}"
    due = item["deadline_at"][:16].replace("T", " ")
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
        yield f"due {query['deadline_at'][:16].replace('T', ' ')}{' OVERDUE' if query['overdue'] else ''}"
    if query["held_by"]:
        yield f"held by {query['held_by']}"


def _block(title: str, text: str) -> Iterator[str]:
    yield f"{title}:"
    for line in text.splitlines() or [""]:
        yield from (f"  {part}" for part in textwrap.wrap(line, WIDTH) or [""])


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
    for line in lines:
        yield from (f"  {part}" for part in textwrap.wrap(f"- {line}", WIDTH, subsequent_indent="  "))
