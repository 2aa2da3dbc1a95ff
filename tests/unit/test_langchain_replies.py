"""Replies by models that LangChain knows, over a server that speaks like OpenAI's: what is sent, what comes of it."""

import asyncio
import subprocess
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from activities.chat import langchain
from activities.chat.langchain import LangChainReplies
from activities.chat.refusals import SettingNames
from domain.errors import ModelUnusable, SetupError, Unavailable
from domain.ports import ModelCitation, Prompt, PromptDocument, PromptTurn
from tests.chat_server import KEY, MODEL, Chat, a_chat
from tests.cohere_server import Fault

WORDS = "My name is Rosalinde Zwingenberger and I want to send it back."
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
        PromptDocument(id="returns#1", title="Returns", text="[[data 1]] Returns within 30 days."),
        PromptDocument(id="lookup/order/ORD-1", title="Order", text="[[data 2]] delivered_at: 2026-06-01"),
    ),
    citing="Write the number of the block in brackets.",
)


@pytest.fixture
def chat() -> Iterator[Chat]:
    with a_chat() as server:
        server.says = "You can return it within 30 days [1]."
        yield server


def replies(chat: Chat, *, key: str | None = KEY, seconds: float = 5.0, **changes: Any) -> LangChainReplies:
    secret = SecretStr(key) if key else None
    return LangChainReplies("openai", MODEL, url=chat.url, api_key=secret, seconds=seconds, **changes)


# --- what goes well ---


async def test_a_streamed_reply_comes_with_the_citations_that_its_marks_say_and_without_the_marks(chat: Chat) -> None:
    chat.says = "Hello 🙂,\n\nreturns end after 30 days [1]. It came on 1 June.[2] So hurry [1][2]! Bye"

    written = await replies(chat).write(PROMPT)

    assert written.text == "Hello 🙂,\n\nreturns end after 30 days. It came on 1 June. So hurry! Bye"
    assert written.citations == (
        ModelCitation(start=10, end=36, documents=("returns#1",)),
        ModelCitation(start=37, end=55, documents=("lookup/order/ORD-1",)),
        ModelCitation(start=56, end=65, documents=("returns#1", "lookup/order/ORD-1")),
    )
    assert (written.ending, written.provider, written.model) == ("complete", "openai", MODEL)
    assert (written.input_tokens, written.output_tokens) == (400, 20)


async def test_what_is_sent_holds_the_documents_before_the_last_words_and_how_to_cite_them(chat: Chat) -> None:
    await replies(chat).write(PROMPT)

    (request,) = chat.requests
    assert [each["role"] for each in request["messages"]] == ["system", "user", "assistant", "user"]
    assert request["messages"][0]["content"] == "You write replies.\n\nWrite the number of the block in brackets."
    asked = request["messages"][3]["content"]
    assert asked == f"[[data 1]] Returns within 30 days.\n\n[[data 2]] delivered_at: 2026-06-01\n\n{WORDS}"
    assert (request["max_tokens"], request["temperature"], request["stream"]) == (500, 0.3, True)
    assert request["stream_options"] == {"include_usage": True}


async def test_the_bounds_of_the_prompt_are_kept(chat: Chat) -> None:
    await replies(chat).write(PROMPT.model_copy(update={"max_tokens": 120, "temperature": 0.0}))

    assert (chat.requests[0]["max_tokens"], chat.requests[0]["temperature"]) == (120, 0.0)


async def test_without_documents_nothing_is_said_of_citing(chat: Chat) -> None:
    await replies(chat).write(PROMPT.model_copy(update={"documents": ()}))

    assert chat.requests[0]["messages"][0]["content"] == "You write replies."
    assert chat.requests[0]["messages"][3]["content"] == WORDS


async def test_a_server_without_a_key_is_sent_none_that_lies_in_the_environment(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    with pytest.raises(ModelUnusable, match="refuses the key"):  # it was not sent, although it would be right
        await replies(chat, key=None).write(PROMPT)


async def test_no_tracer_that_the_environment_switches_on_is_told_anything(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_chat() as tracer:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", tracer.url)
        monkeypatch.setenv("LANGSMITH_API_KEY", "key")
        await replies(chat).write(PROMPT)
        await asyncio.sleep(0.3)

        assert tracer.requests == []


@pytest.mark.parametrize(("reason", "ending"), [("stop", "complete"), ("length", "cut"), ("content_filter", "refused")])
async def test_how_it_ended_is_told(chat: Chat, reason: str, ending: str) -> None:
    chat.finish_reason = reason

    assert (await replies(chat).write(PROMPT)).ending == ending


async def test_a_refusal_by_status_is_a_refusal(chat: Chat) -> None:
    body = b'{"error": {"message": "blocked", "code": "content_filter"}}'
    chat.then(Fault(status=400, body=body))

    written = await replies(chat).write(PROMPT)

    assert (written.ending, written.text) == ("refused", "")


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(status=500), r"failed \(500\)"),
        (Fault(status=503), r"failed \(503\)"),
        (Fault(body=b"<html><h1>Welcome</h1></html>", headers=(("content-type", "text/html"),)), "cannot be read"),
        (Fault(body=b""), "cannot be read"),
        (Fault(body=b"{nope"), "cannot be read"),
        (Fault(body=b"data: {nope\n\n"), "cannot be read"),
        (Fault(body=b"data: [1]\n\n"), "cannot be read"),
        (Fault(body=b'data: {"error": {"message": "Rosalinde"}}\n\n'), "failed"),
        (Fault(cut=True), "cannot be reached"),
        (Fault(headers=(("content-encoding", "gzip"),)), "gave an answer|failed|reached"),
    ],
    ids=str,
)
async def test_no_usable_answer_is_unavailable_and_asked_for_once(chat: Chat, fault: Fault, says: str) -> None:
    chat.then(fault)

    with pytest.raises(Unavailable, match=says) as found:
        await replies(chat).write(PROMPT)

    assert not isinstance(found.value, ModelUnusable)
    assert len(chat.requests) == 1
    assert "Rosalinde" not in "".join(traceback.format_exception(found.value))


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n"])
async def test_a_stream_without_its_end_is_no_reply(chat: Chat, end: bytes) -> None:
    chunk = b'{"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, '
    chunk += b'"delta": {"role": "assistant", "content": "You can return it"}, "finish_reason": null}]}'
    chat.then(Fault(body=b"data: " + chunk + b"\n\n" + end))

    with pytest.raises(Unavailable, match="broke off"):
        await replies(chat).write(PROMPT)


@pytest.mark.parametrize("reason", ["tool_calls", "error"])
async def test_an_end_that_is_none_is_no_reply(chat: Chat, reason: str) -> None:
    chat.finish_reason = reason

    with pytest.raises(Unavailable, match="broke off"):
        await replies(chat).write(PROMPT)


@pytest.mark.parametrize("says", ["", " \n ", "[1]"])
async def test_an_empty_reply_is_none(chat: Chat, says: str) -> None:
    chat.says = says

    with pytest.raises(Unavailable, match="is empty"):
        await replies(chat).write(PROMPT)


async def test_an_enormous_reply_is_given_up(chat: Chat) -> None:
    chat.says = "word " * 20_000

    with pytest.raises(Unavailable, match="beyond all measure"):
        await replies(chat, seconds=20.0).write(PROMPT)


@pytest.mark.parametrize("fault", [Fault(delay=3.0), Fault(stall=3.0), Fault(trickle=0.05)], ids=str)
async def test_what_takes_too_long_is_given_up(chat: Chat, fault: Fault) -> None:
    chat.then(fault)
    model = replies(chat, seconds=0.5)
    began = asyncio.get_running_loop().time()

    with pytest.raises(Unavailable, match="did not answer in time"):
        await model.write(PROMPT)

    assert asyncio.get_running_loop().time() - began < 2.5
    assert len(chat.requests) == 1


async def test_a_slow_start_is_waited_for_and_a_pause_within_an_answer_is_not(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(langchain, "STALL", 0.5)
    model = replies(chat)

    chat.then(Fault(delay=1.0), Fault(stall=1.5))

    assert (await model.write(PROMPT)).ending == "complete"
    with pytest.raises(Unavailable, match="did not answer in time"):
        await model.write(PROMPT)


async def test_too_many_requests_say_when_to_come_back(chat: Chat) -> None:
    chat.then(Fault(status=429, headers=(("retry-after", "7"),)))

    with pytest.raises(Unavailable, match="limits the number") as found:
        await replies(chat).write(PROMPT)

    assert found.value.retry_after == 7.0
    assert len(chat.requests) == 1


@pytest.mark.parametrize(
    ("status", "setting"),
    [
        (400, "HOLDPOINT_MODEL "),
        (401, "HOLDPOINT_MODEL_API_KEY"),
        (403, "HOLDPOINT_MODEL_API_KEY"),
        (404, "HOLDPOINT_MODEL_URL"),
        (422, "HOLDPOINT_MODEL "),
    ],
)
async def test_what_a_setting_cures_names_the_setting_and_quotes_nobody(chat: Chat, status: int, setting: str) -> None:
    chat.then(Fault(status=status, message=f"invalid: {WORDS} with {KEY}"))

    with pytest.raises(ModelUnusable, match=setting) as found:
        await replies(chat).write(PROMPT)

    shown = "".join(traceback.format_exception(found.value))
    assert "Rosalinde" not in shown
    assert KEY not in shown


async def test_the_settings_of_a_second_model_are_named_as_its_own(chat: Chat) -> None:
    names = SettingNames("HOLDPOINT_SECOND", "HOLDPOINT_SECOND_URL", "HOLDPOINT_SECOND_KEY")

    with pytest.raises(ModelUnusable, match="HOLDPOINT_SECOND_KEY"):
        await replies(chat, key="sk-wrong", settings=names).write(PROMPT)


async def test_nobody_listening_is_unavailable() -> None:
    model = LangChainReplies("openai", MODEL, url="http://127.0.0.1:9/v1", api_key=SecretStr(KEY))

    with pytest.raises(Unavailable, match=r"cannot be reached .*: check HOLDPOINT_MODEL_URL"):
        await model.write(PROMPT)


@pytest.mark.parametrize(
    ("provider", "package"), [("anthropic", "langchain-anthropic"), ("google_genai", "langchain-google-genai")]
)
def test_a_provider_whose_package_is_missing_names_the_package(provider: str, package: str) -> None:
    with pytest.raises(SetupError, match=f"pip install {package}") as found:
        LangChainReplies(provider, "some-model", api_key=SecretStr(KEY))

    assert KEY not in "".join(traceback.format_exception(found.value))


def test_a_provider_that_nobody_knows_names_the_setting() -> None:
    with pytest.raises(SetupError, match="HOLDPOINT_MODEL=nosuch:some-model cannot be used"):
        LangChainReplies("nosuch", "some-model")


async def test_the_key_is_shown_nowhere(chat: Chat) -> None:
    model = replies(chat)
    await model.write(PROMPT)

    assert KEY not in repr(model) + repr(vars(model))


def test_importing_it_imports_no_langchain() -> None:
    code = "import sys, activities.chat.langchain; sys.exit('langchain' in sys.modules or 'openai' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
