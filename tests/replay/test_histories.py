"""Every recorded history still replays: a change that would break open queries is noticed here."""

import json
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import StateGraph
from temporalio.client import WorkflowHistory
from temporalio.langgraph import LangGraphPlugin
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from app.temporal_worker import DATA_CONVERTER, WORKFLOWS, langgraph_plugin, workflow_runner
from graphs.support import NAME, build_graph
from tests.replay.recording import HISTORIES, SCENARIOS
from workflows.schedule import ScheduledSteps

FILES = sorted(HISTORIES.glob("*.json"))


def replayer(plugin: LangGraphPlugin | None = None) -> Replayer:
    return Replayer(
        workflows=list(WORKFLOWS),
        plugins=[plugin or langgraph_plugin()],
        data_converter=DATA_CONVERTER,
        workflow_runner=workflow_runner(),
    )


def history_of(path: Path) -> WorkflowHistory:
    found = json.loads(path.read_text(encoding="utf-8"))
    return WorkflowHistory.from_json(found.pop("workflowId"), found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_the_history_replays(path: Path) -> None:
    await replayer().replay_workflow(history_of(path))


def test_every_path_has_a_history() -> None:
    assert {scenario.__name__ for scenario, _ in SCENARIOS} <= {path.stem for path in FILES}


def test_no_history_names_the_machine_it_was_recorded_on() -> None:
    for path in FILES:
        assert "site-packages" not in path.read_text(encoding="utf-8")


async def test_a_graph_that_lost_a_node_does_not_replay() -> None:
    graph = build_graph(ScheduledSteps())

    async def pass_by(_: dict[str, object]) -> dict[str, object]:
        return {"guard": {"outcome": "pass", "send": False, "reasons": [], "findings": [], "confidence": 0.5}}

    changed = StateGraph(graph.state_schema)
    for name, node in graph.nodes.items():
        action: Any = pass_by if name == "guard" else node.runnable
        changed.add_node(name, action, metadata=node.metadata)
    changed.edges, changed.branches = graph.edges, graph.branches
    with pytest.raises(NondeterminismError):
        await replayer(LangGraphPlugin(graphs={NAME: changed})).replay_workflow(history_of(HISTORIES / "approved.json"))
