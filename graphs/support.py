"""The graph of one customer query.

    START ─ classify ─┬─ END                        nothing to answer
                      ├─ escalate
                      └─ retrieve ─┬─ escalate
                                   └─ generate ─┬─ escalate
                                                └─ guard ─┬─ END                 may be sent by itself
                                                          ├─ escalate
                                                          └─ await_human_review
    escalate ─ await_human_review ─┬─ generate      one redraft
                                   ├─ guard         an edit
                                   ├─ escalate      taken over, or rejected twice
                                   └─ END           approved, replied or closed

Every node is workflow-side and every router is async, so that the very same graph runs in memory and inside Temporal.
Nodes and routers read the state alone: a replay takes the same way whatever the settings are by then.
"""

from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from graphs.nodes import Nodes
from graphs.review import apply_decision, waiting_payload
from graphs.routers import after_classify, after_generate, after_guard, after_retrieve, after_review
from graphs.state import JSON, SupportState
from graphs.steps import Steps

NAME = "support"
RECURSION_LIMIT = 60
"""Far above the longest path through one invocation (8 nodes), far below what would stick a workflow task."""

Graph = StateGraph[SupportState, Any, SupportState, SupportState]


async def await_human_review(state: SupportState) -> JSON:
    """Waits, for as long as it takes, for a decision that was checked before it was let in."""
    decision = interrupt(waiting_payload(state))
    return apply_decision(state, decision)


def build_graph(steps: Steps) -> Graph:
    """A fresh graph over `steps`: the real ones in memory, a proxy that schedules activities inside Temporal."""
    nodes = Nodes(steps)
    graph: Graph = StateGraph(SupportState)
    for name, node in (
        ("classify", nodes.classify),
        ("retrieve", nodes.retrieve),
        ("generate", nodes.generate),
        ("guard", nodes.guard),
        ("escalate", nodes.escalate),
        ("await_human_review", await_human_review),
    ):
        graph.add_node(name, node, metadata={"execute_in": "workflow"})
    graph.add_edge(START, "classify")
    graph.add_conditional_edges("classify", after_classify, ["escalate", "retrieve", END])
    graph.add_conditional_edges("retrieve", after_retrieve, ["generate", "escalate"])
    graph.add_conditional_edges("generate", after_generate, ["guard", "escalate"])
    graph.add_conditional_edges("guard", after_guard, ["escalate", "await_human_review", END])
    graph.add_edge("escalate", "await_human_review")
    graph.add_conditional_edges("await_human_review", after_review, ["generate", "guard", "escalate", END])
    return graph
