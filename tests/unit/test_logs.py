"""One shape of log for everything a process says, and nothing in it that belongs to a customer or opens a door."""

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, ValidationError

from app.logs import configure_logs, link_traces
from app.redaction import describe_exception, redact, redact_text
from app.settings import Settings
from app.telemetry_worker import ids_of
from domain.errors import Unavailable
from domain.records import BeginInput, DeliverInput, DeliveryFailure

WORDS = "Marmaladenglas"


@dataclass
class Lines:
    """What a process has said so far."""

    stream: io.StringIO

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def last(self) -> dict[str, Any]:
        return self.all()[-1]


@pytest.fixture
def logs() -> Iterator[Callable[..., Lines]]:
    """Configures the logs of this process with these settings; undone at the end."""
    root = logging.getLogger()
    level = root.level

    def configure(**settings: Any) -> Lines:
        chosen = {name: field.get_default() for name, field in Settings.model_fields.items()}
        stream = io.StringIO()
        configure_logs(Settings.model_validate(chosen | settings), "worker", stream)
        for other in [one for one in root.handlers if not type(one).__module__.startswith("app.")]:
            root.removeHandler(other)  # pytest's own would raise where a record is broken
        return Lines(stream)

    yield configure
    root.setLevel(level)
    for ours in [one for one in root.handlers if type(one).__module__.startswith("app.")]:
        root.removeHandler(ours)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    link_traces(None)


def test_our_records_and_those_of_libraries_have_one_shape(logs: Callable[..., Lines]) -> None:
    lines = logs()
    structlog.get_logger("app.worker").info("worker_ready", task_queue="holdpoint")
    logging.getLogger("uvicorn.error").warning("Shutting %s", "down")
    ours, theirs = lines.all()
    assert ours["event"] == "worker_ready"
    assert ours["task_queue"] == "holdpoint"
    assert theirs["event"] == "Shutting down"
    for line in (ours, theirs):
        assert line["process"] == "worker"
        assert {"timestamp", "level", "logger"} <= line.keys()


def test_nothing_goes_to_standard_output(logs: Callable[..., Lines], capsys: pytest.CaptureFixture[str]) -> None:
    logs()
    structlog.get_logger("a").warning("b")
    logging.getLogger("temporalio").error("c")
    assert capsys.readouterr().out == ""


def test_the_level_of_the_settings_is_kept(logs: Callable[..., Lines]) -> None:
    lines = logs(log_level="warning")
    structlog.get_logger("a").info("quiet")
    logging.getLogger("b").info("quiet")
    structlog.get_logger("a").warning("loud")
    assert [line["event"] for line in lines.all()] == ["loud"]


def test_the_console_format_is_for_eyes(logs: Callable[..., Lines]) -> None:
    lines = logs(log_format="console")
    structlog.get_logger("a").info("worker_ready")
    assert "worker_ready" in lines.stream.getvalue()
    assert not lines.stream.getvalue().startswith("{")


def test_requests_of_clients_are_not_told_with_their_addresses(logs: Callable[..., Lines]) -> None:
    lines = logs(log_level="debug")
    logging.getLogger("httpx").info("HTTP Request: GET https://shop.example/hook?key=1")
    assert lines.all() == []


def test_warnings_of_python_are_records_too(logs: Callable[..., Lines]) -> None:
    lines = logs()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert lines.last()["logger"] == "py.warnings"


async def test_bound_context_is_on_every_record_of_the_task_and_of_no_other(logs: Callable[..., Lines]) -> None:
    lines = logs()

    async def work(query_id: str) -> None:
        with structlog.contextvars.bound_contextvars(query_id=query_id):
            await asyncio.sleep(0)
            logging.getLogger("psycopg.pool").warning("for %s", query_id)

    await asyncio.gather(work("q1"), work("q2"))
    assert {line["event"]: line["query_id"] for line in lines.all()} == {"for q1": "q1", "for q2": "q2"}


def test_a_record_of_a_workflow_says_which(logs: Callable[..., Lines]) -> None:
    lines = logs()
    context = {"workflow_id": "query/demo/0a1b", "run_id": "r", "workflow_type": "SupportQuery", "namespace": "default"}
    logging.getLogger("temporalio.workflow").warning("Ignored", extra={"temporal_workflow": context})
    line = lines.last()
    assert (line["workflow_id"], line["store"], line["query_id"]) == ("query/demo/0a1b", "demo", "0a1b")


def test_a_record_inside_a_trace_names_it(logs: Callable[..., Lines]) -> None:
    lines = logs()
    link_traces(lambda: ("t" * 32, "s" * 16))
    structlog.get_logger("a").info("b")
    assert (lines.last()["trace_id"], lines.last()["span_id"]) == ("t" * 32, "s" * 16)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("key hp_agent_abcDEF-123_xyz refused", "abcDEF"),
        ("secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9"),
        ("Authorization: Bearer eyJhbGciOi.J9", "eyJ"),
        ("authorization basic dXNlcjpwYXNz", "dXNl"),
        ("postgresql://owner:p%40ss/w0rd@db.example:5432/holdpoint", "w0rd"),
        ("connection to host=db password=hunter2 failed", "hunter2"),
        ("https://hooks.example/in?token=t0psecret&x=1", "t0psecret"),
        ("model refused sk-proj-abcdefghijklmnop1234", "abcdefghij"),
        ("no order of petunia@example.org here", "petunia"),
    ],
)
def test_secrets_and_addresses_are_cut_out_of_texts(text: str, hidden: str, logs: Callable[..., Lines]) -> None:
    lines = logs()
    logging.getLogger("somebody").warning("%s", text)
    structlog.get_logger("us").warning("said", detail={"deep": [text]})
    assert hidden not in lines.stream.getvalue()
    assert len(lines.all()) == 2


def test_what_holds_no_secret_is_left_alone() -> None:
    for text in ("postgresql://holdpoint_app@/holdpoint?host=%2Frun", "http://127.0.0.1:8700/v1", "query/demo/0a1b2c"):
        assert redact_text(text) == text


@pytest.mark.parametrize(
    "name", ["text", "Authorization", "set-cookie", "webhook_secret", "customer", "email", "draft"]
)
def test_values_under_a_telling_name_are_dropped(name: str) -> None:
    assert WORDS not in json.dumps(redact({name: WORDS, "deep": {name: [WORDS]}}))


class _Private(BaseModel):
    text: str


def test_an_object_is_named_and_not_shown(logs: Callable[..., Lines]) -> None:
    lines = logs()
    structlog.get_logger("a").info("b", thing=_Private(text=WORDS), raw=b"bytes")
    assert lines.last()["thing"] == "<_Private>"
    assert WORDS not in lines.stream.getvalue()


def test_an_exception_is_told_without_what_it_quotes(logs: Callable[..., Lines]) -> None:
    lines = logs()
    try:
        try:
            raise ValueError(f"cannot parse {WORDS}")
        except ValueError as error:
            raise Unavailable("The model does not answer.") from error
    except Unavailable:
        structlog.get_logger("a").exception("failed")
        logging.getLogger("asyncio").exception("failed")
    for line in lines.all():
        assert "domain.errors.Unavailable: The model does not answer." in line["exception"]
        assert "ValueError\n" in line["exception"]
        assert "test_logs.py" in line["exception"]
    assert WORDS not in lines.stream.getvalue()


def test_a_refused_value_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as caught:
        _Private.model_validate({"text": [WORDS]})
    assert WORDS not in describe_exception(caught.value)


def test_facts_about_the_machine_are_told() -> None:
    assert "No such file" in describe_exception(FileNotFoundError(2, "No such file"))


def test_a_long_text_is_cut() -> None:
    assert len(redact_text("x" * 100_000)) < 3_000


def test_a_record_with_broken_arguments_does_not_show_them(
    logs: Callable[..., Lines], capsys: pytest.CaptureFixture[str]
) -> None:
    logs()
    logging.getLogger("somebody").warning("%d", WORDS)
    said = capsys.readouterr().err
    assert "could not be written" in said
    assert WORDS not in said


def test_activities_are_known_by_their_input() -> None:
    delivery = DeliverInput(store="demo", query_id="q", purpose="reply", ordinal=1)
    expected = {"store": "demo", "query_id": "q"}
    assert ids_of(BeginInput(store="demo", query_id="q")) == expected
    assert ids_of(DeliveryFailure(delivery=delivery, reason="gone")) == expected
    assert ids_of(None) == ids_of("text") == {}
