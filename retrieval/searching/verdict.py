"""An explained search in words: what each leg found, what spoke for a passage, whether anything answers. Pure."""

from collections.abc import Mapping, Sequence

from domain.values import Value
from domain.vocabulary import Language
from retrieval.searching.explanation import FEATURE_MODEL, ExplainedCandidate, ExplainedTerm, Explanation

FEATURE_WORDS = {
    "weakest_word": "the question's word that it covers least",
    "weaker_words": "the question's words that it covers least",
    "bm25": "words in common, weighed by rarity",
    "rarest_word": "rarest word it shares with the question",
    "weaker_words_lead": "its weakest words against the others'",
    "bm25_lead": "its words in common against the others'",
    "rarest_word_lead": "its rarest word against the others'",
    "closeness": "meaning of the whole passage",
    "title_closeness": "meaning of the title",
    "sentence_closeness": "meaning of its best sentence",
    "alignment": "likeness word by word",
    "coverage_same": "words it shares with the question",
    "coverage_other": "words it shares across languages",
    "title_coverage_same": "question's words in the title",
    "codes": "codes and numbers asked for that it has",
    "codes_missing": "codes and numbers asked for that it lacks",
    "meaning_lead": "its meaning against the others'",
    "alignment_lead": "its word-by-word likeness against the others'",
    "coverage_lead": "its shared words against the others'",
    "name_lead": "how clearly it is named, against the others",
    "first_by_meaning": "first by meaning",
    "first_by_words": "first by words",
    "same_language": "in the customer's language",
    "policy": "is a policy",
    "faq": "is an FAQ",
    "age": "its age",
}
SIGN_WORDS = FEATURE_WORDS | {
    "evidence": "what speaks for it",
    "evidence_lead": "its lead over the next document",
    "evidence_of_others": "what speaks for the others",
    "nearest_part": "meaning of its nearest part",
    "coverage": "words it shares with the question",
    "same_language": "there is a text in the customer's language",
}
SMALL = 0.05
"""A contribution below this says nothing, in the logistic function's own unit."""


class Contribution(Value):
    """What one feature adds to a passage's chance, or takes from it."""

    feature: str
    words: str
    amount: float
    """In the unit of the logistic function: 0 changes nothing, 0.7 about doubles the odds, -0.7 halves them."""


def contributions_of(candidate: ExplainedCandidate, most: int = 6) -> tuple[Contribution, ...]:
    """The main ones, the largest first whichever way they speak."""
    return _main(candidate.contributions, FEATURE_WORDS, most)


def signs_of(explanation: Explanation, most: int = 6) -> tuple[Contribution, ...]:
    """The main signs that the first document answers, or that it does not."""
    return _main(explanation.signs, SIGN_WORDS, most)


def _main(amounts: Mapping[str, float], words: Mapping[str, str], most: int) -> tuple[Contribution, ...]:
    ordered = sorted(amounts.items(), key=lambda item: -abs(item[1]))
    return tuple(
        Contribution(feature=name, words=words.get(name, name.replace("_", " ")), amount=amount)
        for name, amount in ordered[:most]
        if abs(amount) >= SMALL
    )


def evidence_of(candidate: ExplainedCandidate, bias: float) -> float:
    """How much speaks for this very passage in all: what the feature model orders by."""
    return bias + sum(candidate.contributions.values())


def meaning_leg(explanation: Explanation) -> tuple[ExplainedCandidate, ...]:
    """The documents that the search by meaning kept, in its order, each by its nearest passage."""
    return _leg([(item.candidate.meaning_rank, item) for item in explanation.candidates])


def word_leg(explanation: Explanation) -> tuple[ExplainedCandidate, ...]:
    """The same for the search by words."""
    kept = sorted(explanation.candidates, key=lambda item: -item.candidate.bm25)
    return _leg([(item.candidate.word_rank, item) for item in kept])


def _leg(ranked: Sequence[tuple[int | None, ExplainedCandidate]]) -> tuple[ExplainedCandidate, ...]:
    # Kinds that the intent suggests have an order of their own, and come first.
    places: dict[tuple[bool, int, str], ExplainedCandidate] = {}
    for place, item in ranked:
        if place is not None:
            places.setdefault((not item.candidate.preferred, place, item.candidate.document_id), item)
    return tuple(places[key] for key in sorted(places))


def results_of(explanation: Explanation) -> tuple[ExplainedCandidate, ...]:
    """The passages of the result, best first."""
    shown = {passage.passage_id for passage in explanation.result.passages}
    return tuple(
        item for item in explanation.candidates if item.rank is not None and item.candidate.passage_id in shown
    )


def telling_terms(explanation: Explanation) -> tuple[ExplainedTerm, ...]:
    """The terms that some passage holds, and those of the customer's language that none does; its own language first,
    the rarest first in each."""
    own = explanation.language
    kept = [term for term in explanation.terms if term.passages > 0 or term.language is own]
    order = {language: (language is not own, place) for place, language in enumerate(Language)}
    return tuple(sorted(kept, key=lambda term: (order[term.language], -term.weight, term.term)))


def verdict_of(explanation: Explanation) -> str:
    """In one sentence whether anything found answers, and by which figures."""
    found = explanation.result.passages
    if explanation.embedder is None:
        return "Nothing was searched: there is no word in this to search for."
    if not found:
        return "Nothing was found, so nothing answers this."
    best, threshold = found[0], explanation.threshold
    if explanation.reranker != FEATURE_MODEL:
        says = "answers" if explanation.result.answerable else "does not answer"
        return (
            f"“{best.title}” comes first by {explanation.reranker} ({best.score:.2f}); by its chance it {says} this "
            f"(threshold {threshold:.2f})."
        )
    if explanation.result.answerable:
        return f"“{best.title}” answers this: its chance of {best.score:.2f} reaches the threshold {threshold:.2f}."
    return f"Nothing found answers this: the best chance, {best.score:.2f}, is below the threshold {threshold:.2f}."
