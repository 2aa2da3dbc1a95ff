"""The search behind the console's search box, built at its first use: most web processes never need an encoder."""

import asyncio
from collections.abc import Callable, Sequence

from activities.language import LanguageReader
from domain.vocabulary import Intent, Kind, Language
from retrieval.search import PostgresKnowledge
from retrieval.searching.explanation import Explanation


class ConsoleSearch:
    """Satisfies `api.ports.KnowledgeExplainer`."""

    def __init__(self, build: Callable[[], PostgresKnowledge]) -> None:
        self._build = build
        self._languages = LanguageReader()
        self._knowledge: PostgresKnowledge | None = None
        self._building = asyncio.Lock()

    async def explain(
        self, store: str, text: str, *, language: Language | None, intent: Intent | None, kinds: Sequence[Kind]
    ) -> Explanation:
        """What a search would find and why, in the language it reads where none is given.

        Raises Unavailable, or SetupError when the settings name a model that cannot be had.
        """
        knowledge = await self._built()
        spoken = language or (await asyncio.to_thread(self._languages.read, text)).language
        return await knowledge.explain(store, text, language=spoken, intent=intent, kinds=kinds)

    async def _built(self) -> PostgresKnowledge:
        async with self._building:
            if self._knowledge is None:
                knowledge = await asyncio.to_thread(self._build)
                await knowledge.warm_up()
                self._knowledge = knowledge
        return self._knowledge
