"""A language model for tests, beside the real ones: it writes what the test says, or does not answer."""

from collections.abc import Callable
from typing import Literal

from domain.errors import Unavailable
from domain.ports import ModelCitation, Prompt, Written


class ScriptedModel:
    """Satisfies `domain.ports.ReplyModel`. `prompts` lists what it was asked."""

    def __init__(
        self,
        text: str | Callable[[Prompt], str] = "A reply.",
        *,
        name: str = "scripted-1",
        failures: list[Unavailable] | None = None,
        ending: Literal["complete", "cut", "refused"] = "complete",
        cites: dict[str, str] | None = None,
        input_tokens: int = 400,
        output_tokens: int = 60,
    ) -> None:
        """`failures`: raised first, one a call. `cites`: words of the text to the id of the document behind them."""
        self.prompts: list[Prompt] = []
        self.failures = failures or []
        self._text, self._name, self._ending, self._cites = text, name, ending, cites or {}
        self._tokens = input_tokens, output_tokens

    @property
    def provider(self) -> str:
        return "scripted"

    @property
    def name(self) -> str:
        return self._name

    async def write(self, prompt: Prompt) -> Written:
        """Raises what it was told to raise."""
        self.prompts.append(prompt)
        if self.failures:
            raise self.failures.pop(0)
        text = self._text(prompt) if callable(self._text) else self._text
        places = [(text.index(words), len(words), document) for words, document in self._cites.items()]
        return Written(
            text=text,
            ending=self._ending,
            citations=tuple(
                ModelCitation(start=start, end=start + length, documents=(document,))
                for start, length, document in places
            ),
            provider=self.provider,
            model=self._name,
            input_tokens=self._tokens[0],
            output_tokens=self._tokens[1],
        )
