"""Logs: one shape for everything a process says, whichever library says it, on standard error.

Standard output belongs to what a command prints. `configure_logs` is called once a process; modules log through
`structlog.get_logger(__name__)`, libraries through `logging`, and both come out as the same lines.
"""

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from app.redaction import MAX_TEXT, describe_exception, redact, redact_text
from app.settings import Settings

MAX_EXCEPTION = 8_000
OURS = ("domain", "graphs", "retrieval", "activities", "workflows", "evals", "api", "app")
"""Only our own rooms speak at `debug`: libraries show whole messages there, Temporal's worker each payload."""
QUIET = ("httpx", "httpcore", "urllib3", "requests", "asyncio", "psycopg", "markdown_it", "uvicorn.access")
"""Loggers that tell each request with its full address, or more than anybody reads: heard from WARNING upwards."""
SILENT = ("opentelemetry",)
"""Says at every attempt that a collector is away; app/telemetry_export.py says it once."""
PREFIXES = ("query/", "takeover/")
CORE_FIELDS = frozenset({"workflow_id", "run_id", "workflow_type", "activity_id", "activity_type", "attempt", "error"})
"""What may be told of the SDK's own records; the rest may hold a failure with its message."""


def configure_logs(settings: Settings, process: str, stream: TextIO | None = None) -> None:
    """Sets up the logs of this process (`worker`, `web`, `up`, `command`) from `log_level` and `log_format`.

    A command that a person runs is told of warnings alone, in the console's shape. Calling it again replaces what was
    there. `stream` is standard error unless a test says otherwise.
    """
    if process == "command":
        level = settings.log_level if settings.log_level in {"debug", "error"} else "warning"
        settings = settings.model_copy(update={"log_format": "console", "log_level": level})
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(allow={"temporal_workflow", "temporal_activity", "temporal_log"}),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
        _add_temporal,
        _add_trace,
        _add_exception,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Handler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redacted,
                _renderer(settings, target),
            ],
        )
    )
    _attach(handler, settings.log_level.upper())


def _renderer(settings: Settings, target: TextIO) -> Processor:
    if settings.log_format == "console":
        return structlog.dev.ConsoleRenderer(colors=hasattr(target, "isatty") and target.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _attach(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in ("uvicorn", "uvicorn.error"):
        own = logging.getLogger(name)
        own.handlers.clear()
        own.propagate = True
    logging.captureWarnings(capture=True)
    _tell_context_apart()


def _tell_context_apart() -> None:
    """Temporal's loggers put the context into the message by default; here it becomes fields of its own."""
    for module in ("temporalio.workflow", "temporalio.activity"):
        logger = getattr(
            sys.modules.get(module), "logger", None
        )  # a command that never needs Temporal loads none of it
        for option in ("workflow_info_on_message", "activity_info_on_message"):
            if hasattr(logger, option):
                setattr(logger, option, False)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is logging's
        """Says that a record could not be written, and not what was in it, as the usual handler would."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"A log record of {record.name} could not be written.\n")


def _named(process: str) -> Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _add_temporal(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Workflow, activity, store and query of a record that was written inside one."""
    for name in ("temporal_workflow", "temporal_activity"):
        known = event.pop(name, None)
        if isinstance(known, MutableMapping):
            for field in ("workflow_id", "run_id", "workflow_type", "activity_type", "attempt"):
                _set(event, field.replace("activity_type", "activity"), known.get(field))
            _set(event, "run_id", known.get("workflow_run_id"))
    core = getattr(event.pop("temporal_log", None), "fields", None)
    if isinstance(core, dict):
        for field in sorted(CORE_FIELDS & core.keys()):
            _set(event, field, core[field] if field != "error" else _kind(core[field]))
    parts = str(event.get("workflow_id", "")).split("/")
    if len(parts) == 3 and f"{parts[0]}/" in PREFIXES:
        _set(event, "store", parts[1])
        _set(event, "query_id", parts[2])
    return event


def _kind(error: Any) -> str:
    return redact_text(str(error).partition("{")[0].strip()[:200])


def _set(event: EventDict, name: str, value: Any) -> None:
    if value is not None:
        event.setdefault(name, value)


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The trace in which a record was written, where tracing is on."""
    found = _find_trace() if _find_trace is not None else None
    if found is not None:
        event["trace_id"], event["span_id"] = found
    return event


_find_trace: Callable[[], tuple[str, str] | None] | None = None


def link_traces(find: Callable[[], tuple[str, str] | None] | None) -> None:
    """Puts the ids of the current trace and span, as `find` tells them, on every record; None: no longer."""
    global _find_trace  # noqa: PLW0603  of the process, like the logs themselves
    _find_trace = find


def _add_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    told = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if told is True:
        told = sys.exc_info()
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["exception"] = redact_text(describe_exception(error), MAX_EXCEPTION)
    return event


def _redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    message, exception = event.pop("event", ""), event.pop("exception", None)
    plain = redact(event)
    plain["event"] = redact_text(str(message), MAX_TEXT)
    if exception is not None:
        plain["exception"] = exception
    return plain
