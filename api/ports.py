"""What the API needs from the workflows and the search, as Protocols. `api.fakes.FakeDoor` stands beside them."""

from collections.abc import Sequence
from typing import Protocol

from activities.intake import StartableQuery
from domain.decisions import Decision
from domain.identifiers import takeover_id_of, workflow_id_of
from domain.snapshots import DecisionAnswer, TakeOverInput
from domain.values import Value
from domain.vocabulary import Intent, Kind, Language
from retrieval.searching.explanation import Explanation


class Where(Value):
    """The workflow that answers for a query: its own, or after a failure the one in which an agent took it over."""

    store: str
    query_id: str
    taken_over: bool = False

    @property
    def workflow_id(self) -> str:
        """The id under which Temporal knows it."""
        name = takeover_id_of if self.taken_over else workflow_id_of
        return name(self.store, self.query_id)


class WorkflowDoor(Protocol):
    """The way to the running workflows. Every method raises Unavailable when Temporal or its workers do not answer."""

    async def start(self, query: StartableQuery) -> None:
        """Starts the workflow of a stored query unless it exists."""
        ...

    async def decide(self, where: Where, decision: Decision) -> DecisionAnswer:
        """Hands a decision over. Raises DecisionRefused when it changes nothing, NotFound when no workflow runs."""
        ...

    async def claim(self, where: Where, agent: str) -> None:
        """Holds a query for an agent. Raises DecisionRefused when another agent holds it, NotFound."""
        ...

    async def release(self, where: Where, agent: str) -> None:
        """Gives a held query back. Raises DecisionRefused, NotFound."""
        ...

    async def request_human(self, where: Where) -> None:
        """The customer asks for a person. Raises NotFound when no workflow runs."""
        ...

    async def take_over_failed(self, request: TakeOverInput) -> None:
        """Opens a failed query again for an agent; doing it twice changes nothing."""
        ...

    async def count_stuck(self) -> int:
        """Workflows that run and make no progress because of an error in their code."""
        ...

    async def is_ready(self) -> bool:
        """Whether Temporal answers. Never raises."""
        ...


class KnowledgeExplainer(Protocol):
    """Searches a store's knowledge and says what led to the result."""

    async def explain(
        self, store: str, text: str, *, language: Language | None, intent: Intent | None, kinds: Sequence[Kind]
    ) -> Explanation:
        """`language`: None when it is to be read from the text. Raises Unavailable or SetupError."""
        ...
