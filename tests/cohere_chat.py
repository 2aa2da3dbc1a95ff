"""Version 2 of Cohere's `/v2/chat` for tests: checks a request as theirs does and writes what it is told to write."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CHAT_MODELS = ("command-a-03-2025", "command-r7b-12-2024")
MAX_DOCUMENTS = 300
PIECE = 7
"""Characters of one `content-delta`: no word, so that nothing may rely on whole ones."""

Body = dict[str, Any]


@dataclass
class ChatScript:
    """What the model writes next."""

    says: str = "You can return it within 30 days."
    cites: list[tuple[str, list[str]]] = field(default_factory=list)
    """A part of the text, and ids of the documents that it rests on."""
    finish_reason: str = "COMPLETE"
    thinks: str | None = None
    """A block of thoughts before the text, as their reasoning models send."""


def fault_of(body: Body) -> tuple[int, str] | None:
    """Why Cohere would refuse the request, with its status; None: it would not."""
    if body.get("model") not in CHAT_MODELS:
        return 404, f"model '{body.get('model')}' not found, make sure the correct model ID was used"
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return 400, "invalid request: messages must not be empty"
    if any(each.get("role") not in ("system", "user", "assistant") or not each.get("content") for each in messages):
        return 400, "invalid request: each message must have a role and content"
    if messages[-1]["role"] != "user":
        return 400, "invalid request: the last message must be from the user"
    documents = body.get("documents", [])
    if any(not isinstance(each, dict) or not isinstance(each.get("data"), dict) for each in documents):
        return 400, "invalid request: documents must hold data"
    if len({each.get("id") for each in documents}) < len(documents):
        return 400, "invalid request: ids of documents must differ"
    if documents and body.get("response_format", {}).get("type") == "json_object":
        return 400, "invalid request: response_format json_object is not supported with RAG"
    if "additionalProperties" in json.dumps(body.get("response_format", {})):
        return 400, "invalid request: additionalProperties is not supported in json_schema"
    if not 0 <= body.get("temperature", 0.3) <= 1 or body.get("max_tokens", 1) < 1:
        return 400, "invalid request: temperature or max_tokens out of range"
    return None


def answer(body: Body, script: ChatScript) -> bytes:
    """The body of the answer: events, or one object where no stream was asked for."""
    if body.get("stream"):
        return b"".join(
            f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events(body, script)
        )
    blocks = [{"type": "thinking", "thinking": script.thinks}] if script.thinks else []
    message = {
        "role": "assistant",
        "content": [*blocks, {"type": "text", "text": script.says}],
        "citations": _citations(body, script),
    }
    found = {"id": "c14c80c3", "finish_reason": script.finish_reason, "message": message, "usage": _usage(body, script)}
    return json.dumps(found).encode()


def events(body: Body, script: ChatScript) -> Iterator[Body]:
    """What a stream holds, in the order of theirs."""
    empty = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"type": "message-start", "id": "29f14a5a", "delta": {"message": empty}}
    place = 0
    if script.thinks:
        yield _content("start", 0, {"type": "thinking", "thinking": ""})
        yield _content("delta", 0, {"thinking": script.thinks})
        yield {"type": "content-end", "index": 0}
        place = 1
    yield _content("start", place, {"type": "text", "text": ""})
    for start in range(0, len(script.says), PIECE):
        yield _content("delta", place, {"text": script.says[start : start + PIECE]})
    for index, citation in enumerate(_citations(body, script)):
        yield {"type": "citation-start", "index": index, "delta": {"message": {"citations": citation}}}
        yield {"type": "citation-end", "index": index}
    yield {"type": "content-end", "index": place}
    delta = {"finish_reason": script.finish_reason, "usage": _usage(body, script)}
    yield {"type": "message-end", "id": "29f14a5a", "delta": delta}


def _content(what: str, index: int, content: Body) -> Body:
    return {"type": f"content-{what}", "index": index, "delta": {"message": {"content": content}}}


def _citations(body: Body, script: ChatScript) -> list[Body]:
    documents = {each["id"]: each["data"] for each in body.get("documents", [])}
    found = []
    for part, ids in script.cites:
        start = script.says.index(part)
        sources = [
            {"type": "document", "id": each, "document": {"id": each, **documents.get(each, {})}} for each in ids
        ]
        found.append(
            {
                "start": start,
                "end": start + len(part),
                "text": part,
                "sources": sources,
                "type": "TEXT_CONTENT",
                "content_index": 1 if script.thinks else 0,
            }
        )
    return found


def _usage(body: Body, script: ChatScript) -> Body:
    words = sum(len(str(each["content"]).split()) for each in body["messages"])
    billed = {"input_tokens": float(words), "output_tokens": float(len(script.says.split()))}
    return {"billed_units": billed, "tokens": {"input_tokens": words + 500.0, "output_tokens": billed["output_tokens"]}}
