"""Checks of what answers over a connection: PostgreSQL, Temporal, the web process."""

import asyncio
import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from app.database import pending
from app.embedded.check_results import CheckResult, Verdict
from app.embedded.report import StackReport
from app.embedded.stack import fetch_status
from app.embedded.temporal import RETENTION_DAYS, SEARCH_ATTRIBUTES
from app.embedded.urls import database_urls
from app.settings import Settings
from app.temporal_client import connect
from domain.errors import HoldpointError
from domain.identifiers import WORKFLOW_TYPE

STUCK = 'TemporalReportedProblems is not null and ExecutionStatus = "Running"'
SHOWN = 3
EXAMINED = 50
"""At most so many failed runs are looked at one by one."""


def examine_database(settings: Settings, report: StackReport) -> Iterator[CheckResult]:
    """Reachable, of which version, with pgvector, migrated."""
    urls = database_urls(settings)
    try:
        with psycopg.connect(urls.owner, connect_timeout=5) as connection:
            version = str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index]
            vector = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
        with psycopg.connect(urls.app, connect_timeout=5):
            pass
    except psycopg.Error:
        if settings.database_url is None and report.up_pid is None:
            yield CheckResult("postgres", Verdict.SKIPPED, "does not run; `holdpoint up` starts it")
        else:
            todo = "check HOLDPOINT_DATABASE_URL" if settings.database_url else "look at logs/postgres.log"
            yield CheckResult("postgres", Verdict.FAULT, f"does not answer: {todo}")
        return
    if vector is None:
        yield CheckResult(
            "postgres", Verdict.FAULT, f"{version} has no pgvector: CREATE EXTENSION vector as a superuser"
        )
    else:
        yield CheckResult("postgres", Verdict.GOOD, f"{version} with pgvector {vector[0]}")
    try:
        waiting = pending(urls.owner)
    except (psycopg.Error, HoldpointError) as error:
        yield CheckResult("migrations", Verdict.FAULT, f"cannot be read: {str(error).strip().splitlines()[0]}")
        return
    if waiting:
        yield CheckResult("migrations", Verdict.FAULT, f"{len(waiting)} to apply: restart `holdpoint up`")
    else:
        yield CheckResult("migrations", Verdict.GOOD, "all applied")


def examine_temporal(settings: Settings, report: StackReport) -> list[CheckResult]:
    """Reachable, the namespace with its retention and search attributes, stuck and failed workflows."""
    if settings.temporal_address is None and report.up_pid is None:
        return [CheckResult("temporal", Verdict.SKIPPED, "does not run; `holdpoint up` starts it")]
    return asyncio.run(_examine_temporal(settings))


async def _examine_temporal(settings: Settings) -> list[CheckResult]:
    try:
        client = await connect(settings)
    except HoldpointError as error:
        return [CheckResult("temporal", Verdict.FAULT, error.message)]
    findings = []
    for check, look in (
        ("temporal", _namespace),
        ("search attributes", _search_attributes),
        ("stuck workflows", _stuck),
        ("failed queries", _failed),
    ):
        try:
            outcome, said = await look(settings, client)
        except RPCError as error:
            outcome, said = Verdict.FAULT, f"Temporal refused the question: {error.message}"
        findings.append(CheckResult(check, outcome, said))
    return findings


async def _namespace(settings: Settings, client: Client) -> tuple[Verdict, str]:
    name = settings.temporal_namespace
    try:
        told = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=name), timeout=timedelta(seconds=10)
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Verdict.FAULT, f"has no namespace {name}: create it, or set HOLDPOINT_TEMPORAL_NAMESPACE"
        raise
    days = told.config.workflow_execution_retention_ttl.ToTimedelta() / timedelta(days=1)
    said = f"{settings.temporal_target}, namespace {name}, keeps closed runs for {days:.0f} days"
    if days < RETENTION_DAYS:
        return Verdict.WARNING, f"{said}: fewer than the {RETENTION_DAYS} that replays and resets count on"
    return Verdict.GOOD, said


async def _search_attributes(settings: Settings, client: Client) -> tuple[Verdict, str]:
    told = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=settings.temporal_namespace), timeout=timedelta(seconds=10)
    )
    wrong = []
    for name, kind in SEARCH_ATTRIBUTES.items():
        wanted = IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
        if told.custom_attributes.get(name) != wanted:
            wrong.append(f"{name} ({kind})")
    if wrong:
        return Verdict.FAULT, f"missing or of another type, so create them in the namespace: {', '.join(wrong)}"
    return Verdict.GOOD, "all there"


async def _stuck(settings: Settings, client: Client) -> tuple[Verdict, str]:
    count = (await client.count_workflows(STUCK)).count
    if not count:
        return Verdict.GOOD, "none"
    shown = [execution.id async for execution in client.list_workflows(STUCK, limit=SHOWN)]
    return (
        Verdict.FAULT,
        f"{count}, such as {', '.join(shown)}: {_where(settings)} shows the error that has to be fixed",
    )


async def _failed(settings: Settings, client: Client) -> tuple[Verdict, str]:
    since = (datetime.now(UTC) - timedelta(hours=24)).isoformat(timespec="seconds")
    query = f'ExecutionStatus = "Failed" and WorkflowType = "{WORKFLOW_TYPE}" and CloseTime > "{since}"'
    failed = [execution async for execution in client.list_workflows(query, limit=EXAMINED)]
    still = [execution.id for execution in failed if not await _is_resolved(client, execution)]
    if still:
        shown = ", ".join(sorted(set(still))[:SHOWN])
        return (
            Verdict.FAULT,
            f"{len(still)} in 24 h, such as {shown}: take them over, or fix and reset ({_where(settings)})",
        )
    return Verdict.GOOD, f"{len(failed)} in 24 h, all taken over or reset since" if failed else "none in 24 h"


async def _is_resolved(client: Client, failed: WorkflowExecution) -> bool:
    latest = await client.get_workflow_handle(failed.id).describe()
    if latest.status is not WorkflowExecutionStatus.FAILED:
        return True
    try:
        await client.get_workflow_handle(failed.id.replace("query/", "takeover/", 1)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


def _where(settings: Settings) -> str:
    return settings.ui_url or "the Temporal UI"


def examine_web(settings: Settings, report: StackReport) -> CheckResult:
    """Whether the web process says that it can serve."""
    if not any(part.name == "web" for part in report.parts):
        return CheckResult("web", Verdict.SKIPPED, "does not run; `holdpoint up` starts it")
    status = fetch_status(settings, "/readyz")
    if status == http.HTTPStatus.OK:
        return CheckResult("web", Verdict.GOOD, f"{settings.web_url} is ready")
    told = "does not answer" if status is None else f"answers {status} on /readyz"
    return CheckResult("web", Verdict.FAULT, f"{settings.web_url} {told}: look at logs/web.log")
