"""Work on a store's knowledge that goes on in the background."""

from domain.values import Value


class ReindexInput(Value):
    """Whose knowledge is to be made searchable anew."""

    store: str
    keep_old: bool = False
    """Keep the vectors of embedders that no longer serve the store."""


class ReindexResult(Value):
    """What was made anew, in passages."""

    analysed: int = 0
    embedded: int = 0
    removed: int = 0
    """Vectors of embedders that no longer serve the store."""


class ReindexProgress(Value):
    """How far it is; the activity's heartbeats carry it, so the Temporal UI shows it."""

    done: int = 0
    total: int = 0
