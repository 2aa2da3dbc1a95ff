"""Replies by Cohere's chat: what is sent, what becomes of every answer, and what its errors say."""

import asyncio
import json
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from activities.chat import wire
from activities.chat.cohere import CohereReplies
from activities.chat.refusals import SettingNames, seconds_of
from domain.errors import ModelUnusable, SetupError, Unavailable
from domain.ports import ModelCitation, Prompt, PromptDocument, PromptTurn
from tests import cohere_chat
from tests.cohere_chat import CHAT_MODELS
from tests.cohere_server import KEY, Cohere, Fault, a_cohere

MODEL = CHAT_MODELS[0]
WORDS = "My name is Rosalinde Zwingenberger and I want to send it back."
EVENTS = (("content-type", "text/event-stream"),)
PROMPT = Prompt(
    name="reply",
    version="1",
    hash="0" * 64,
    system="You write replies.",
    turns=(
        PromptTurn(role="user", text="Hello."),
        PromptTurn(role="assistant", text="Hello, how can I help?"),
        PromptTurn(role="user", text=WORDS),
    ),
    documents=(
        PromptDocument(id="returns#1", title="Returns", text="Returns within 30 days."),
        PromptDocument(id="lookup/order/ORD-1", title="Order", text="delivered_at: 2026-06-01"),
    ),
    citing="Write the number of the block in brackets.",
)


@pytest.fixture
def cohere() -> Iterator[Cohere]:
    with a_cohere() as server:
        yield server


def replies(cohere: Cohere, *, key: str = KEY, seconds: float = 5.0, **changes: Any) -> CohereReplies:
    return CohereReplies(MODEL, url=cohere.url, api_key=SecretStr(key), seconds=seconds, **changes)


# --- what goes well ---


async def test_a_streamed_reply_is_put_together_with_its_citations_and_tokens(cohere: Cohere) -> None:
    cohere.chat.says = "Sí, señora: within 30 days 🙂, so until the 1st of July."
    cohere.chat.cites = [("within 30 days", ["returns#1"]), ("the 1st of July", ["returns#1", "lookup/order/ORD-1"])]

    written = await replies(cohere).write(PROMPT)

    assert (written.text, written.ending) == (cohere.chat.says, "complete")
    assert written.citations == (
        ModelCitation(start=12, end=26, documents=("returns#1",)),
        ModelCitation(start=39, end=54, documents=("returns#1", "lookup/order/ORD-1")),
    )
    assert [written.text[each.start : each.end] for each in written.citations] == ["within 30 days", "the 1st of July"]
    assert (written.provider, written.model) == ("cohere", MODEL)
    assert (written.input_tokens, written.output_tokens) == (21, 12)  # those that are billed


async def test_what_is_sent_is_the_prompt_with_its_documents_and_bounds(cohere: Cohere) -> None:
    await replies(cohere).write(PROMPT)

    (request,) = cohere.requests
    assert request["path"] == "/v2/chat"
    assert [each["role"] for each in request["messages"]] == ["system", "user", "assistant", "user"]
    assert request["messages"][0]["content"] == PROMPT.system  # it needs not be told how to cite
    assert request["documents"] == [
        {"id": "returns#1", "data": {"text": "Returns within 30 days."}},
        {"id": "lookup/order/ORD-1", "data": {"text": "delivered_at: 2026-06-01"}},
    ]
    assert (request["max_tokens"], request["temperature"], request["stream"]) == (500, 0.3, True)


async def test_thoughts_are_not_the_reply_and_do_not_shift_its_citations(cohere: Cohere) -> None:
    cohere.chat.thinks = "The customer wants to know how long."
    cohere.chat.cites = [("30 days", ["returns#1"])]

    written = await replies(cohere).write(PROMPT)

    assert written.text == cohere.chat.says
    assert [written.text[each.start : each.end] for each in written.citations] == ["30 days"]


async def test_a_server_that_sends_it_in_one_piece_is_understood_too(cohere: Cohere) -> None:
    cohere.chat.cites = [("30 days", ["returns#1"])]
    cohere.chat.thinks = "Well."
    whole = cohere_chat.answer({**_body(), "stream": False}, cohere.chat)
    cohere.then(Fault(body=whole))

    written = await replies(cohere).write(PROMPT)

    assert written.text == cohere.chat.says
    assert [written.text[each.start : each.end] for each in written.citations] == ["30 days"]


async def test_citations_counted_in_other_units_are_found_by_their_words(cohere: Cohere) -> None:
    cohere.chat.says = "🙂🙂 Within 30 days. Not within 30 days of ordering."
    cohere.chat.cites = [("30 days.", ["returns#1"])]

    def in_utf16(event: dict[str, Any]) -> None:
        citation = event.get("delta", {}).get("message", {}).get("citations")
        if isinstance(citation, dict):
            citation["start"] += 2
            citation["end"] += 2

    cohere.then(Fault(body=_stream(cohere, in_utf16), headers=EVENTS))

    (citation,) = (await replies(cohere).write(PROMPT)).citations

    assert (citation.start, cohere.chat.says[citation.start : citation.end]) == (10, "30 days.")


async def test_citations_of_documents_that_were_not_sent_or_beyond_the_text_count_for_nothing(cohere: Cohere) -> None:
    cohere.chat.cites = [("30 days", ["somebody-elses"]), ("You can", ["returns#1"])]

    def astray(event: dict[str, Any]) -> None:
        citation = event.get("delta", {}).get("message", {}).get("citations")
        if isinstance(citation, dict) and citation["text"] == "You can":
            citation.update(start=900, end=907, text="nowhere")

    cohere.then(Fault(body=_stream(cohere, astray), headers=EVENTS))

    assert (await replies(cohere).write(PROMPT)).citations == ()


async def test_a_prompt_without_documents_sends_none(cohere: Cohere) -> None:
    await replies(cohere).write(PROMPT.model_copy(update={"documents": ()}))

    assert "documents" not in cohere.requests[0]


@pytest.mark.parametrize(
    ("reason", "ending"),
    [("COMPLETE", "complete"), ("STOP_SEQUENCE", "complete"), ("MAX_TOKENS", "cut"), ("ERROR_TOXIC", "refused")],
)
async def test_how_it_ended_is_told(cohere: Cohere, reason: str, ending: str) -> None:
    cohere.chat.finish_reason = reason

    assert (await replies(cohere).write(PROMPT)).ending == ending


async def test_an_answer_of_a_given_form_is_asked_for_with_its_schema_and_without_documents(cohere: Cohere) -> None:
    cohere.chat.says = '{"intents": []}'
    item = {"type": "object", "properties": {"intent": {"type": "string", "enum": ["refund"]}}, "required": ["intent"]}
    schema = {"type": "object", "properties": {"intents": {"type": "array", "items": item}}, "required": ["intents"]}
    strict = {**schema, "additionalProperties": False}

    answer = await replies(cohere).answer("Name the intents.", "Where is it?", strict)

    assert (answer.text, answer.ending, answer.output_tokens) == ('{"intents": []}', "complete", 2)
    assert cohere.requests[0]["response_format"] == {"type": "json_object", "json_schema": schema}
    assert "documents" not in cohere.requests[0]


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(status=500), "failed (500)"),
        (Fault(status=503), "failed (503)"),
        (Fault(status=499), "failed (499)"),
        (Fault(body=b"<html><h1>Welcome</h1></html>", headers=(("content-type", "text/html"),)), "is text/html"),
        (Fault(body=b"", headers=EVENTS), "broke off"),
        (Fault(body=b"{", headers=(("content-type", "application/json"),)), "none of Cohere's"),
        (Fault(body=b'{"finish_reason": "COMPLETE"}'), "none of Cohere's"),
        (Fault(body=b"[" * 100_000), "none of Cohere's"),
        (Fault(body=b"data: {nope\n\n", headers=EVENTS), "none of Cohere's"),
        (Fault(body=b"data: [1]\n\n", headers=EVENTS), "none of Cohere's"),
        (Fault(body=b'data: {"type": "content-delta", "delta": "x"}\n\n', headers=EVENTS), "none of Cohere's"),
        (Fault(body=b"data: " + b"[" * 100_000 + b"\n\n", headers=EVENTS), "none of"),
        (Fault(cut=True), "cannot be reached"),
        (Fault(endless=True), "beyond all measure"),
        (Fault(headers=(("content-encoding", "gzip"),)), "cannot be unpacked"),
    ],
    ids=str,
)
async def test_no_usable_answer_is_unavailable_and_asked_for_once(cohere: Cohere, fault: Fault, says: str) -> None:
    cohere.then(fault)

    with pytest.raises(Unavailable, match=says.replace("(", r"\(").replace(")", r"\)")) as found:
        await replies(cohere).write(PROMPT)

    assert not isinstance(found.value, ModelUnusable)
    assert len(cohere.requests) == 1


async def test_a_stream_without_its_end_is_no_reply(cohere: Cohere) -> None:
    whole = _stream(cohere, lambda event: None)
    cut = whole[: whole.index(b"event: message-end")]
    cohere.then(Fault(body=cut, headers=EVENTS))

    with pytest.raises(Unavailable, match="broke off"):
        await replies(cohere).write(PROMPT)


@pytest.mark.parametrize("reason", ["ERROR", "TIMEOUT", "TOOL_CALL", "USER_CANCEL", "SOMETHING_NEW"])
async def test_an_end_that_is_none_is_no_reply(cohere: Cohere, reason: str) -> None:
    cohere.chat.finish_reason = reason

    with pytest.raises(Unavailable, match="broke off"):
        await replies(cohere).write(PROMPT)


async def test_an_enormous_reply_is_given_up(cohere: Cohere) -> None:
    cohere.chat.says = "word " * 20_000

    with pytest.raises(Unavailable, match="beyond all measure"):
        await replies(cohere).write(PROMPT)


async def test_an_empty_reply_is_none(cohere: Cohere) -> None:
    cohere.chat.says = " \n "

    with pytest.raises(Unavailable, match="is empty"):
        await replies(cohere).write(PROMPT)


@pytest.mark.parametrize("fault", [Fault(delay=3.0), Fault(stall=3.0), Fault(trickle=0.05)], ids=str)
async def test_what_takes_too_long_is_given_up(cohere: Cohere, fault: Fault) -> None:
    cohere.then(fault)
    began = asyncio.get_running_loop().time()

    with pytest.raises(Unavailable, match="did not answer in time"):
        await replies(cohere, seconds=0.4).write(PROMPT)

    assert asyncio.get_running_loop().time() - began < 2.0


async def test_a_slow_start_is_waited_for_and_a_pause_within_an_answer_is_not(
    cohere: Cohere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "STALL", 0.5)

    cohere.then(Fault(delay=1.0), Fault(stall=1.5))

    assert (await replies(cohere).write(PROMPT)).ending == "complete"
    with pytest.raises(Unavailable, match="did not answer in time"):
        await replies(cohere).write(PROMPT)


@pytest.mark.parametrize(("header", "pause"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("soon", None), ("nan", None)])
async def test_too_many_requests_say_when_to_come_back(cohere: Cohere, header: str, pause: float | None) -> None:
    cohere.then(Fault(status=429, headers=(("retry-after", header),)))

    with pytest.raises(Unavailable, match="limits the number") as found:
        await replies(cohere).write(PROMPT)

    assert found.value.retry_after == pause


def test_a_date_in_retry_after_is_understood_and_years_are_not_waited_for() -> None:
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert seconds_of("Wed, 21 Oct 2155 07:28:00 GMT") == 3_600.0
    assert seconds_of(None) is None


@pytest.mark.parametrize(
    ("status", "setting"),
    [
        (400, "HOLDPOINT_MODEL "),
        (401, "HOLDPOINT_MODEL_API_KEY"),
        (402, "HOLDPOINT_MODEL_API_KEY"),
        (403, "HOLDPOINT_MODEL_API_KEY"),
        (404, "HOLDPOINT_MODEL_URL"),
        (413, "HOLDPOINT_MODEL"),
        (422, "HOLDPOINT_MODEL "),
        (301, "HOLDPOINT_MODEL_URL"),
    ],
)
async def test_what_a_setting_cures_names_the_setting(cohere: Cohere, status: int, setting: str) -> None:
    cohere.then(Fault(status=status, message=f"invalid: {WORDS} with {KEY}"))

    with pytest.raises(ModelUnusable, match=setting) as found:
        await replies(cohere).write(PROMPT)

    shown = "".join(traceback.format_exception(found.value))
    assert "Rosalinde" not in shown
    assert KEY not in shown


async def test_the_settings_of_a_second_model_are_named_as_its_own(cohere: Cohere) -> None:
    names = SettingNames("HOLDPOINT_SECOND", "HOLDPOINT_SECOND_URL", "HOLDPOINT_SECOND_KEY")

    with pytest.raises(ModelUnusable, match="HOLDPOINT_SECOND_KEY"):
        await replies(cohere, key="co-wrong", settings=names).write(PROMPT)


async def test_what_a_spoilt_answer_quotes_is_not_shown(cohere: Cohere) -> None:
    cohere.then(Fault(body=json.dumps({"message": WORDS, "finish_reason": 3}).encode()))

    with pytest.raises(Unavailable) as found:
        await replies(cohere).write(PROMPT)

    assert "Rosalinde" not in "".join(traceback.format_exception(found.value))


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "line\nbreak"])
def test_what_cannot_be_a_key_is_refused_at_once(key: str) -> None:
    with pytest.raises(SetupError, match="HOLDPOINT_MODEL_API_KEY is not a key") as found:
        CohereReplies(MODEL, api_key=SecretStr(key))

    assert not key or key not in str(found.value)


async def test_the_key_is_shown_nowhere(cohere: Cohere) -> None:
    model = replies(cohere)
    await model.write(PROMPT)

    assert KEY not in repr(model) + repr(vars(model)) + str(model.__dict__)


async def test_nobody_listening_is_unavailable() -> None:
    model = CohereReplies(MODEL, url="http://127.0.0.1:9", api_key=SecretStr(KEY))

    with pytest.raises(Unavailable, match=r"cannot be reached \(ConnectError\): check HOLDPOINT_MODEL_URL"):
        await model.write(PROMPT)


async def test_a_closed_model_opens_anew(cohere: Cohere) -> None:
    model = replies(cohere)
    await model.write(PROMPT)
    await model.aclose()

    assert (await model.write(PROMPT)).text == cohere.chat.says


def _body() -> dict[str, Any]:
    messages = [{"role": "user", "content": WORDS}]
    return {"messages": messages, "documents": [{"id": each.id, "data": {}} for each in PROMPT.documents]}


def _stream(cohere: Cohere, spoil: Any) -> bytes:
    """The stream of the script, each event spoilt."""
    found = b""
    for event in cohere_chat.events(_body(), cohere.chat):
        spoil(event)
        found += f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    return found
