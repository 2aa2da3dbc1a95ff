"""Replies that repeat the instructions that the generator was given."""

import re
from functools import lru_cache

from activities.guarding.canaries import canaries_in
from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT
from activities.phrase_lists import comparable
from activities.wording import clean
from domain.findings import Finding

WORDS = 8
"""So many words in a row that stand in a prompt are no accident."""
_WORD = re.compile(r"[^\W_]+")


class PromptLeak:
    """A mark of the prompt, or WORDS words in a row of it at any place, that no passage or phrase holds as well."""

    name = "prompt_leak"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        reply = clean(context.reply)
        marks = [*canaries_in(reply), *(mark for mark in context.canaries if mark in reply)]
        if marks:
            return [self._finding(marks[0])]
        if not context.prompts:
            return []
        told = frozenset().union(*(_runs(text) for text in (*context.passages, *context.frame, *context.phrases)))
        secret = frozenset().union(*(_runs(prompt) for prompt in context.prompts)) - told
        shared = next((run for run in _in_order(reply) if run in secret), None)
        return [] if shared is None else [self._finding(" ".join(shared))]

    def _finding(self, excerpt: str) -> Finding:
        why = "The reply repeats the instructions that the generator was given."
        return Finding(check=self.name, on="reply", excerpt=excerpt[:MAX_EXCERPT], why=why)


def _in_order(text: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(comparable(text))
    return [tuple(words[start : start + WORDS]) for start in range(len(words) - WORDS + 1)]


@lru_cache(maxsize=512)
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_in_order(text))
