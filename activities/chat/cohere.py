"""Cohere's chat, version 2, with citations of its own: documents go in with ids, spans come out.

No attempt is repeated here: Temporal owns retries. Answers come as a stream, so that one that stalls is noticed; a
server that sends the whole answer at once is understood as well.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from activities.chat.events import data_of
from activities.chat.images import data_url
from activities.chat.refusals import MAX_CHARACTERS, USUAL, Failures, SettingNames
from activities.chat.wire import Answered, Wire
from domain.ports import ChatAnswer, ModelCitation, Prompt, Written
from retrieval.embedding.cohere_api import URL

SECONDS = 20.0
"""For one answer, from the first byte sent to the last one read."""
ANSWER_TOKENS = 200
PROVIDER: Final = "cohere"
_Ending = Literal["complete", "cut", "refused"]
_ENDINGS: Final[Mapping[str, _Ending]] = {
    "COMPLETE": "complete",
    "STOP_SEQUENCE": "complete",
    "MAX_TOKENS": "cut",
    "ERROR_TOXIC": "refused",
}


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Block(_Read):
    type: str = "text"
    text: str | None = None


class _Source(_Read):
    type: str = "document"
    id: str | None = None


class _Citation(_Read):
    start: int = -1
    end: int = -1
    text: str = ""
    sources: list[_Source] | None = None
    type: str = "TEXT_CONTENT"
    content_index: int | None = None


class _Message(_Read):
    content: list[_Block] | None = None
    citations: list[_Citation] | None = None


class _Counts(_Read):
    input_tokens: float = Field(default=0, ge=0)
    output_tokens: float = Field(default=0, ge=0)


class _Usage(_Read):
    billed_units: _Counts | None = None
    tokens: _Counts | None = None


class _Reply(_Read):
    """An answer that came in one piece, or was put together from a stream."""

    finish_reason: str
    message: _Message
    usage: _Usage | None = None


class _Written(_Read):
    content: _Block = _Block()


class _WrittenDelta(_Read):
    message: _Written


class _ContentEvent(_Read):
    index: int = 0
    delta: _WrittenDelta


class _Cited(_Read):
    citations: _Citation


class _CitedDelta(_Read):
    message: _Cited


class _CitationEvent(_Read):
    delta: _CitedDelta


class _EndDelta(_Read):
    finish_reason: str
    usage: _Usage | None = None


class _EndEvent(_Read):
    delta: _EndDelta


class CohereReplies:
    """Satisfies `domain.ports.ReplyModel`, and `ChatModel` for answers of a given form."""

    def __init__(
        self,
        model: str,
        *,
        url: str = URL,
        api_key: SecretStr,
        seconds: float = SECONDS,
        settings: SettingNames = USUAL,
    ) -> None:
        """`seconds`: for one answer. Raises SetupError for a key that cannot be one."""
        self._model = model
        self._failures = Failures(PROVIDER, model, settings)
        if not api_key.get_secret_value():
            raise self._failures.no_key()
        self._wire = Wire(url, api_key=api_key, seconds=seconds, failures=self._failures)

    @property
    def provider(self) -> str:
        return PROVIDER

    @property
    def name(self) -> str:
        return self._model

    async def write(self, prompt: Prompt) -> Written:
        """As the port says: Unavailable or ModelUnusable where there is nothing to send."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": _messages(prompt),
            "max_tokens": prompt.max_tokens,
            "temperature": prompt.temperature,
            "stream": True,
        }
        if prompt.documents:
            body["documents"] = [{"id": each.id, "data": {"text": each.text}} for each in prompt.documents]
        reply = await self._reply(body)
        text, starts = _text_of(reply.message.content or ())
        known = {document.id for document in prompt.documents}
        return Written(
            text=text,
            ending=self._ending(reply, text),
            citations=tuple(_citations(reply.message.citations or (), text, starts, known)),
            provider=PROVIDER,
            model=self._model,
            input_tokens=_counts(reply.usage)[0],
            output_tokens=_counts(reply.usage)[1],
        )

    async def answer(self, instructions: str, question: str, schema: Mapping[str, Any]) -> ChatAnswer:
        """As the port ChatModel says. Their form of a schema takes no documents, so none are sent."""
        body = {
            "model": self._model,
            "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": question}],
            "max_tokens": ANSWER_TOKENS,
            "temperature": 0,
            "stream": True,
            "response_format": {"type": "json_object", "json_schema": _known(schema)},
        }
        reply = await self._reply(body)
        text, _ = _text_of(reply.message.content or ())
        tokens = _counts(reply.usage)
        ending = self._ending(reply, text)
        return ChatAnswer(text=text, ending=ending, input_tokens=tokens[0], output_tokens=tokens[1])

    async def aclose(self) -> None:
        """Closes what is open; a later call opens anew."""
        await self._wire.aclose()

    async def _reply(self, body: Mapping[str, Any]) -> _Reply:
        answered = await self._wire.post("/v2/chat", body)
        if answered.status != 200:
            raise self._failures.of_status(answered.status, answered.retry_after)
        try:
            return self._read(answered)
        except (ValueError, ValidationError):
            raise self._failures.misfit("is none of Cohere's") from None  # its text may quote what was written

    def _read(self, answered: Answered) -> _Reply:
        if answered.content_type == "application/json" or answered.body.lstrip()[:1] == b"{":
            return _Reply.model_validate_json(answered.body)
        if answered.content_type not in ("text/event-stream", ""):
            raise self._failures.misfit(f"is {answered.content_type[:60]}")
        joined = _joined(data_of(answered.body))
        if joined is None:
            raise self._failures.broke_off()
        return joined

    def _ending(self, reply: _Reply, text: str) -> _Ending:
        ending = _ENDINGS.get(reply.finish_reason)
        if ending is None:
            raise self._failures.broke_off()
        if len(text) > MAX_CHARACTERS:
            raise self._failures.misfit("is beyond all measure")
        if ending == "complete" and not text.strip():
            raise self._failures.misfit("is empty")
        return ending


def _known(schema: Any) -> Any:
    """A JSON Schema without the keyword that theirs lacks: their models write no other properties anyway."""
    if isinstance(schema, Mapping):
        return {name: _known(value) for name, value in schema.items() if name != "additionalProperties"}
    return [_known(value) for value in schema] if isinstance(schema, list) else schema


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": prompt.system}]
    messages += [{"role": turn.role, "content": turn.text} for turn in prompt.turns]
    if prompt.images:
        shown = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in prompt.images]
        messages[-1]["content"] = [{"type": "text", "text": prompt.turns[-1].text}, *shown]
    return messages


def _joined(events: Iterable[Mapping[str, Any]]) -> _Reply | None:
    """The events of a stream as the answer that they make up; None when its end is missing."""
    blocks: dict[int, _Block] = {}
    citations: list[_Citation] = []
    for event in events:
        match event.get("type"):
            case "content-start":
                begun = _ContentEvent.model_validate(event)
                blocks[begun.index] = begun.delta.message.content
            case "content-delta":
                more = _ContentEvent.model_validate(event)
                before, text = blocks.get(more.index, _Block()), more.delta.message.content.text or ""
                blocks[more.index] = before.model_copy(update={"text": f"{before.text or ''}{text}"})
            case "citation-start":
                citations.append(_CitationEvent.model_validate(event).delta.message.citations)
            case "message-end":
                end = _EndEvent.model_validate(event).delta
                message = _Message(content=[blocks[index] for index in sorted(blocks)], citations=citations)
                return _Reply(finish_reason=end.finish_reason, message=message, usage=end.usage)
    return None


def _text_of(blocks: Iterable[_Block]) -> tuple[str, dict[int, int]]:
    """The text of the blocks that are text, and where in it each of them begins, by its place among all."""
    text, starts = "", {}
    for place, block in enumerate(blocks):
        if block.type == "text":
            starts[place] = len(text)
            text += block.text or ""
    return text, starts


def _citations(
    found: Iterable[_Citation], text: str, starts: Mapping[int, int], known: set[str]
) -> Iterable[ModelCitation]:
    """The citations of the text that name documents of the prompt, where they lie in the text."""
    for citation in found:
        documents = tuple(
            dict.fromkeys(source.id for source in citation.sources or () if source.id in known and source.id)
        )
        if citation.type != "TEXT_CONTENT" or not documents:
            continue
        start = citation.start + starts.get(citation.content_index or 0, 0)
        end = start + citation.end - citation.start
        if citation.text and text[start:end] != citation.text:  # counted in other units than characters
            start = _nearest(text, citation.text, start)
            end = start + len(citation.text)
        if 0 <= start < end <= len(text):
            yield ModelCitation(start=start, end=end, documents=documents)


def _nearest(text: str, part: str, place: int) -> int:
    """Where in the text the part stands nearest to a place; -1 when it is not there. Looks at some places only."""
    before, after = text.rfind(part, 0, place + len(part)), text.find(part, place)
    return min((each for each in (before, after) if each >= 0), key=lambda each: abs(each - place), default=-1)


def _counts(usage: _Usage | None) -> tuple[int, int]:
    """Tokens in and out: those that are billed where they say, else those that were read and written."""
    counts = (usage.billed_units or usage.tokens) if usage else None
    return (int(counts.input_tokens), int(counts.output_tokens)) if counts else (0, 0)
