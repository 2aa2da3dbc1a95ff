"""The embedders of this process: the one that is chosen, and those that stores were embedded with before."""

from collections.abc import Callable

from domain.ports import Embedder

Revive = Callable[[str], Embedder | None]
"""An embedder by the name that it had, None when the settings no longer say how to reach it."""


class EmbedderShelf:
    """Embedders by name. A store is searched with the one that has all its passages, whichever is chosen now."""

    def __init__(self, chosen: Embedder, revive: Revive = lambda name: None) -> None:
        self.chosen = chosen
        self._revive = revive
        self._known: dict[str, Embedder | None] = {chosen.name: chosen}

    def named(self, name: str) -> Embedder | None:
        """The embedder of that name, None when this process cannot have it."""
        if name not in self._known:
            self._known[name] = self._revive(name)
        return self._known[name]
