"""The picture of the graph in README.md, drawn from the graph itself.

.venv/bin/python -m tests.graph_picture     draws it anew after the graph was changed
"""

import sys

from langchain_core.runnables.graph import Graph

from graphs.fakes import FakeSteps
from graphs.support import build_graph
from tests.house import ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- graph: begin -->", "<!-- graph: end -->"


def picture() -> str:
    """The graph as Mermaid, fenced for Markdown. What a node is told about its execution is left out."""
    drawn = build_graph(FakeSteps()).compile().get_graph()
    plain = Graph(nodes={key: node._replace(metadata=None) for key, node in drawn.nodes.items()}, edges=drawn.edges)
    lines = [line.replace("\t", "    ").rstrip() for line in plain.draw_mermaid().strip().splitlines()]
    return "\n".join(["```mermaid", *lines, "```"])


def embedded(readme: str) -> str:
    """What stands between the markers. Raises ValueError without them."""
    return readme.split(BEGIN)[1].split(END)[0].strip() if BEGIN in readme and END in readme else _without_markers()


def _without_markers() -> str:
    raise ValueError(f"README.md has lost the markers {BEGIN} and {END}")


def redraw(readme: str) -> str:
    """The README with the picture of today's graph."""
    return readme.replace(embedded(readme), picture())


if __name__ == "__main__":
    README.write_text(redraw(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md shows today's graph.\n")
