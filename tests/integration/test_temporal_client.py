"""The connection to Temporal, and what `doctor` says about workflows that went wrong."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.service import TLSConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from app.embedded.check_results import Verdict
from app.embedded.checkup_servers import examine_temporal
from app.embedded.report import StackReport
from app.settings import Settings
from app.temporal_client import connect, tls_of
from domain.errors import SetupError, Unavailable
from tests.conftest import Stack

pytestmark = pytest.mark.slow
RUNNING = StackReport(home="", up_pid=1, parts=())
QUEUE = "doctor"
FAILED = "query/00-doctor/one"  # sorts first among the failures that other tests leave


@workflow.defn(name="SupportQuery")
class Failing:
    """Fails as a programming error does, unless it is told not to."""

    @workflow.run
    async def run(self, well: bool) -> None:
        if not well:
            raise ApplicationError("a bug", non_retryable=True)


@workflow.defn(name="Stuck")
class Stuck:
    """Cannot complete its workflow task."""

    @workflow.run
    async def run(self) -> None:
        raise TypeError("a bug outside of what turns bugs into failures")


async def said(stack: Stack, check: str) -> tuple[Verdict, str]:
    findings = await asyncio.to_thread(examine_temporal, stack.settings, RUNNING)
    found = next(finding for finding in findings if finding.check == check)
    return found.verdict, found.said


async def test_the_client_reaches_the_embedded_server(stack: Stack) -> None:
    client = await connect(stack.settings)

    assert client.namespace == "default"
    assert await client.service_client.check_health()


async def test_a_server_that_is_away_is_one_sentence_without_the_key() -> None:
    embedded = Settings.model_validate({"temporal_address": None, "temporal_port": 1})
    external = Settings.model_validate({"temporal_address": "127.0.0.1:1", "temporal_api_key": "s3cret"})

    with pytest.raises(Unavailable, match="start the stack with `holdpoint up`"):
        await connect(embedded)
    with pytest.raises(Unavailable, match="check HOLDPOINT_TEMPORAL_ADDRESS") as refused:
        await connect(external)
    assert "s3cret" not in refused.value.message


def test_tls_is_off_at_home_and_follows_the_settings_elsewhere(tmp_path: Path) -> None:
    names = ("temporal_tls_server_ca", "temporal_tls_client_cert", "temporal_tls_client_key")
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    away = {"temporal_address": "cloud.example.com:7233"}
    files = {name: tmp_path / name for name in names}

    assert tls_of(Settings.model_validate({"temporal_address": None})) is False
    assert tls_of(Settings.model_validate(away)) is False
    assert tls_of(Settings.model_validate(away | {"temporal_tls": True})) == TLSConfig()
    assert tls_of(Settings.model_validate(away | {"temporal_api_key": "k"})) == TLSConfig()
    assert tls_of(Settings.model_validate(away | files)) == TLSConfig(
        server_root_ca_cert=b"temporal_tls_server_ca",
        client_cert=b"temporal_tls_client_cert",
        client_private_key=b"temporal_tls_client_key",
    )
    with pytest.raises(SetupError, match="cannot be read"):
        tls_of(Settings.model_validate(away | {"temporal_tls_server_ca": tmp_path / "missing"}))


async def test_doctor_counts_failed_queries_until_they_are_taken_over(stack: Stack) -> None:
    client = await connect(stack.settings)
    async with Worker(client, task_queue=QUEUE, workflows=[Failing], workflow_runner=UnsandboxedWorkflowRunner()):
        with pytest.raises(WorkflowFailureError):
            await client.execute_workflow("SupportQuery", False, id=FAILED, task_queue=QUEUE)
        await eventually(stack, "failed queries", FAILED)
        await client.execute_workflow("SupportQuery", True, id=FAILED.replace("query/", "takeover/"), task_queue=QUEUE)
    _, sentence = await said(stack, "failed queries")
    assert FAILED not in sentence


async def test_doctor_finds_a_stuck_workflow(stack: Stack) -> None:
    client = await connect(stack.settings)
    async with Worker(client, task_queue=QUEUE, workflows=[Stuck], workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await client.start_workflow(
            "Stuck", id="stuck/doctor", task_queue=QUEUE, task_timeout=timedelta(seconds=1)
        )
        try:
            sentence = await eventually(stack, "stuck workflows", "stuck/doctor")
        finally:
            await handle.terminate()
    assert stack.settings.ui_url is not None
    assert stack.settings.ui_url in sentence


async def eventually(stack: Stack, check: str, text: str) -> str:
    """What doctor says once it complains with that text; visibility follows a moment later than the workflow."""
    for _ in range(90):
        outcome, sentence = await said(stack, check)
        if text in sentence:
            assert outcome is Verdict.FAULT
            return sentence
        await asyncio.sleep(0.5)
    pytest.fail(f"{check}: {text!r} not in {sentence!r}")
