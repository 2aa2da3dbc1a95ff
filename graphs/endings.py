"""How a query ends when the graph has reached its end."""

from domain.drafts import Draft
from domain.values import Value
from domain.vocabulary import Disposition


class Ending(Value):
    """A reply to send, or none."""

    disposition: Disposition
    reply: Draft | None = None
    """What leaves; None closes without a reply."""
    agent: str | None = None
    """Who decided it; None: nobody had to."""
