"""What a reply promises: values and commitments that need a source, because a store is held to them."""

from functools import lru_cache

from activities.generation.quotes import stems
from activities.guarding.clauses import clauses_of, content_of
from activities.guarding.context import Context
from activities.guarding.findings import MAX_EXCERPT, MAX_SENTENCES
from activities.guarding.sources import Sources, sources_of
from activities.guarding.values import CONTACTS, Stated, values_in, values_of
from activities.phrase_lists import comparable, phrase_pattern
from activities.wording import clean, sentences_of
from domain.findings import Finding
from domain.vocabulary import Language

MAX_ECHOED = 8_000
"""Characters of a message whose values may be repeated."""
BACKED = 0.4
"""A promise needs a clause of a source that is at least so much alike."""


def named(value: Stated) -> str:
    """The kind of a value in an agent's words."""
    return {"money": "amount", "measure": "measurement", "weekday": "day"}.get(value.kind, value.kind)


@lru_cache(maxsize=64)
def stated_in(reply: str, language: Language | None) -> tuple[tuple[str, tuple[Stated, ...]], ...]:
    """The sentences of a reply, each with its values; read once for all checks of one draft."""
    sentences = sentences_of(clean(reply), MAX_SENTENCES)
    return tuple((sentence, values_in(sentence, language)) for sentence in sentences)


class UngroundedValue:
    """A value that neither a cited passage nor a looked-up fact states. The customer's own values may be echoed, but
    not in a sentence that promises something."""

    name = "ungrounded_value"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        supported = values_of(*context.passages, *context.facts, *context.frame, hint=context.language)
        echoed = values_of(clean(context.message)[:MAX_ECHOED], hint=context.language)
        found = []
        for sentence, values in stated_in(context.reply, context.language):
            promises = bool(values) and phrase_pattern("commitments").search(comparable(sentence)) is not None
            for value in values:
                if value.kind in CONTACTS or supported.support(value):
                    continue
                if echoed.support(value) and not promises:
                    continue
                found.append(self._finding(value, echoed=echoed.support(value)))
        return found

    def _finding(self, value: Stated, *, echoed: bool) -> Finding:
        why = (
            f"The reply turns the customer's own {named(value)} into a promise that no passage or look-up supports."
            if echoed
            else f"No cited passage and no looked-up fact states this {named(value)}."
        )
        return Finding(check=self.name, on="reply", excerpt=value.excerpt.strip()[:MAX_EXCERPT], why=why)


class CommitmentWithoutPolicy:
    """A promise (money back, a replacement, a discount, a guarantee) that nothing cited says."""

    name = "commitment_without_policy"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        texts = [_source(text) for text in (*context.passages, *context.frame, *context.phrases)]
        sources = sources_of(context)
        found = []
        for sentence in sentences_of(clean(context.reply), MAX_SENTENCES):
            spoken = comparable(sentence)
            promise = phrase_pattern("commitments").search(spoken)
            if promise and not _is_said(spoken, texts) and not _is_backed(sentence, promise.group(), sources):
                why = "The reply commits the store to something that no cited passage says."
                found.append(Finding(check=self.name, on="reply", excerpt=sentence[:MAX_EXCERPT], why=why))
        return found


def _is_said(spoken: str, texts: list[str]) -> bool:
    """Said in these words by a source, or by a source that promises the same with nearly all of the words."""
    own = spoken.strip(" .!?„“”\"'«»-•")
    if any(own in text for text in texts):
        return True
    asked = stems(own)
    return any(len(asked & _promising(text)) >= 0.8 * len(asked) for text in texts)


@lru_cache(maxsize=1_024)
def _promising(text: str) -> frozenset[str]:
    """The stems of a source that promises something; none of one that does not."""
    return stems(text) if phrase_pattern("commitments").search(text) else frozenset()


def _is_backed(sentence: str, promise: str, sources: Sources) -> bool:
    """Whether a clause of a source speaks of the same as the clause that promises, in the promise's own words."""
    wanted = content_of(promise, sources.language)
    promising = [clause for clause in clauses_of(sentence, sources.language) if wanted & clause.stems]
    return bool(wanted) and all(
        any(wanted & other.stems and sources.likeness(clause, other) >= BACKED for other in sources.clauses)
        for clause in promising
    )


@lru_cache(maxsize=1_024)
def _source(text: str) -> str:
    return comparable(clean(text))
