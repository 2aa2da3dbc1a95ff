"""What the rooms need from the world, each a Protocol. A fake stands beside the first adapter of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from domain.attachments import PromptImage
from domain.customers import CustomerRecord, Return
from domain.drafts import Citation
from domain.findings import Reason
from domain.knowledge import Passage, SearchResult
from domain.orders import Order
from domain.proposals import RefundProposal
from domain.steps import GenerateInput
from domain.values import Value
from domain.vocabulary import Intent, Kind, Language

EmbeddingRole = Literal["passage", "question"]
"""What a text is to the search: a part of what the store knows, or what somebody asks."""

OURS = "holdpoint"
"""Provider of the models that run inside our own process, as traces name it."""


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """Name and version: vectors of different names are never compared."""
        ...

    @property
    def dimensions(self) -> int: ...

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """One unit vector a text, in order. Some models embed what is asked otherwise than what may answer: `role`.

        Raises Unavailable when a remote model does not answer, ModelUnusable (one too) when a setting has to be
        corrected.
        """
        ...


class KnowledgeSearch(Protocol):
    """Finds passages of one store."""

    async def warm_up(self) -> None:
        """Loads what is slow to load, so that no customer waits for it."""
        ...

    async def search(
        self,
        store: str,
        text: str,
        *,
        language: Language,
        intent: Intent | None = None,
        kinds: Sequence[Kind] = (),
        at: datetime | None = None,
        top: int = 3,
    ) -> SearchResult:
        """Best first, at most `top`, valid at `at` (default now). `kinds` wins over what `intent` suggests."""
        ...

    async def passages(self, store: str, passage_ids: Sequence[str]) -> tuple[Passage, ...]:
        """The passages in the order asked for; ids that are gone are left out."""
        ...

    async def around(self, store: str, passage_ids: Sequence[str], *, reach: int = 2) -> tuple[Passage, ...]:
        """Passages that stand before and after these in their documents, at most `reach` places away, in reading
        order and without these. Raises Unavailable."""
        ...


class OrderDesk(Protocol):
    """The store's order system. It never says whether an order of somebody else exists."""

    async def orders_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Order, ...]:
        """This customer's orders, newest first; with `order_ids` only those. Raises Unavailable."""
        ...


class CustomerDesk(Protocol):
    """The store's customer records."""

    async def customer_of(self, store: str, email: str) -> CustomerRecord | None:
        """The record of a customer of whom it is known who they are, None where there is none. Raises Unavailable."""
        ...

    async def emails_of(self, store: str, names: Sequence[str], postcode: str) -> tuple[str, ...]:
        """The addresses of the customers at a postcode who bear one of these names, which are cut from what they
        wrote; none where this cannot be searched for. Raises Unavailable."""
        ...


class ReturnDesk(Protocol):
    """The store's returns."""

    async def returns_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Return, ...]:
        """This customer's returns, newest first; with `order_ids` only those of these orders. Raises Unavailable."""
        ...


class Composed(Value):
    """A text composed for a customer, before it becomes a draft."""

    text: str
    kind: Literal["answer", "clarification", "holding"]
    citations: tuple[Citation, ...] = ()
    facts: dict[str, str] = {}
    coverage: float = 0.0
    used: tuple[str, ...] = ()
    """As in `Draft`."""
    answers: float | None = None
    """As in `Draft`."""
    proposal: RefundProposal | None = None
    reasons: tuple[Reason, ...] = ()
    stand_in: bool = False
    """Both as in `Draft`."""
    provider: str = OURS
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


class Generator(Protocol):
    """Composes a reply from a question, passages and looked-up facts."""

    @property
    def name(self) -> str: ...

    @property
    def remote(self) -> bool:
        """True when it calls something outside this process: it then runs as an activity of its own."""
        ...

    async def compose(self, request: GenerateInput, passages: Sequence[Passage]) -> Composed:
        """Raises Unavailable when a model does not answer."""
        ...


class ChatAnswer(Value):
    """What a language model wrote."""

    text: str = ""
    ending: Literal["complete", "cut", "refused"] = "complete"
    """Whether it came to its end, ran out of tokens, or the model would not answer."""
    input_tokens: int = 0
    output_tokens: int = 0


class ChatModel(Protocol):
    """A language model that answers one question in a given form."""

    @property
    def name(self) -> str:
        """As its server calls it."""
        ...

    async def answer(self, instructions: str, question: str, schema: Mapping[str, Any]) -> ChatAnswer:
        """One answer, meant to be JSON that fits `schema` (JSON Schema): check it, some servers do not. One attempt.

        Raises Unavailable when the model does not answer, ModelUnusable (one too) when a setting has to be corrected.
        """
        ...


class PromptTurn(Value):
    """One message of a prompt."""

    role: Literal["user", "assistant"]
    text: str


class PromptDocument(Value):
    """A passage as it is shown to a model: data, never instructions."""

    id: str
    title: str
    text: str


class Prompt(Value):
    """What a model is asked, rendered from a file of prompts."""

    name: str
    version: str
    hash: str
    """SHA-256 of the file it was rendered from."""
    system: str
    turns: tuple[PromptTurn, ...]
    """Of the customer and of the store in turn; the first and the last are the customer's."""
    documents: tuple[PromptDocument, ...] = ()
    images: tuple[PromptImage, ...] = ()
    """They go with the last turn."""
    citing: str = ""
    """For models without citations of their own: how to name documents, by their place from 1 on, in the text."""
    sign: str = ""
    """What stands between the words of the documents instead of spaces, lest they be taken for instructions."""
    max_tokens: int = 500
    temperature: float = 0.3


class ModelCitation(Value):
    """A part of a written text that rests on documents, as a model with citations of its own says."""

    start: int
    end: int
    documents: tuple[str, ...]


class Written(Value):
    """What a model wrote for a customer."""

    text: str
    ending: Literal["complete", "cut", "refused"] = "complete"
    citations: tuple[ModelCitation, ...] = ()
    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0


class ReplyModel(Protocol):
    """A language model that writes replies. One attempt a call."""

    @property
    def provider(self) -> str:
        """Such as `cohere`."""
        ...

    @property
    def name(self) -> str:
        """As its server calls it."""
        ...

    async def write(self, prompt: Prompt) -> Written:
        """Raises Unavailable when it does not answer, ModelUnusable (one too) when a setting has to be corrected."""
        ...


class Outbound(Value):
    """A reply or notice on its way to the customer."""

    store: str
    query_id: str
    conversation_id: str
    key: str
    """The outbox key: `{query_id}/{purpose}/{ordinal}`, the same at every attempt and after every reset."""
    purpose: Literal["reply", "notice"]
    text: str
    language: Language
    author: str
    """`holdpoint` or the agent's name."""
    content_hash: str


class Receipt(Value):
    """Proof that a helpdesk took a reply."""

    external_id: str | None = None
    found: bool = False
    """True when it was found there already by the look-up, not sent now."""


class Helpdesk(Protocol):
    """Where replies leave to. `deliver` may be called again with the same key: the second call sends nothing new."""

    @property
    def name(self) -> str: ...

    async def deliver(self, outbound: Outbound, settings: Mapping[str, str]) -> Receipt:
        """Raises Unavailable when it is worth trying again, BadInput when it never will be."""
        ...

    async def find(self, outbound: Outbound, settings: Mapping[str, str]) -> Receipt | None:
        """What the helpdesk holds under this key, None when nothing. Raises Unavailable."""
        ...
