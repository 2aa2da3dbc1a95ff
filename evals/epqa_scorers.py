"""Ways to rank the ten candidates of a question of ePQA: the shipped reranker, simpler ones, and learnt ones.

The reranker sees each candidate as it would if both searches had found exactly these ten, in a store that holds what is
known of the product: the same functions cut terms, pieces and sentences, embed and weigh.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.knowledge import Passage
from domain.ports import Embedder
from domain.vocabulary import Kind, Language
from evals.baselines import standardised
from evals.epqa_data import FULL, EpqaGroup, Scorer
from retrieval.analysis import question_terms, terms
from retrieval.loading.preparing import PreparedPassage, prepare_passage
from retrieval.postings import term_hash
from retrieval.reranking.features import Weights, chances, features
from retrieval.searching.candidates import Candidate
from retrieval.searching.finding import embed_question
from retrieval.searching.pool import pool_of, shortlist
from retrieval.searching.question import Question, Vocabulary, WeightedTerms, read_question, weigh
from retrieval.vectors import pack

STORE = "epqa"
ENGLISH = Language.EN
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
"""All candidates are of the same age."""
Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Embedded:
    """Vectors of texts, made beforehand: scorers then need no waiting."""

    places: dict[str, int]
    vectors: npt.NDArray[np.float32]
    asked: dict[str, list[float]]
    """By question: the vector that the search would look for."""

    def of(self, text: str) -> npt.NDArray[np.float32]:
        """The unit vector of a text. Raises KeyError for one that was not embedded."""
        result: npt.NDArray[np.float32] = self.vectors[self.places[text]]
        return result


@lru_cache(maxsize=20_000)
def prepared(title: str, text: str) -> PreparedPassage:
    """A text about a product as the loader would prepare it: under the product's title, which is the same for all."""
    name = sha256(f"{title}\0{text}".encode()).hexdigest()[:16]
    passage = Passage(
        passage_id=name,
        document_id=name,
        kind=Kind.PRODUCT,
        language=ENGLISH,
        title=title or "Product",
        text=text,
        content_hash="",
    )
    return prepare_passage(passage)


def texts_of(groups: Sequence[EpqaGroup]) -> list[str]:
    """Everything that has to be embedded, each text once."""
    texts: dict[str, None] = {}
    for group in groups:
        texts[group.question] = None
        for candidate in group.candidates:
            texts |= dict.fromkeys((candidate.text, *prepared(group.title, candidate.text).texts))
    return list(texts)


async def embed_groups(groups: Sequence[EpqaGroup], embedder: Embedder) -> Embedded:
    """All that the scorers read."""
    texts = texts_of(groups)
    vectors = np.asarray(await embedder.embed(texts), dtype=np.float32)
    asked = {each: await embed_question(embedder, read_question(STORE, each, ENGLISH)) for each in _questions(groups)}
    return Embedded({text: place for place, text in enumerate(texts)}, vectors, asked)


def _questions(groups: Sequence[EpqaGroup]) -> list[str]:
    return list(dict.fromkeys(group.question for group in groups))


def candidates_of(group: EpqaGroup, embedded: Embedded) -> list[Candidate]:
    """The ten as the reranker gets them, in their order."""
    question = read_question(STORE, group.question, ENGLISH)
    passages = [prepared(group.title, candidate.text) for candidate in group.candidates]
    terms = _weighed(group, question)
    asked = embedded.asked[group.question]
    # Two of the ten may say the same: each is then a row of its own.
    rows = [
        _row(each, terms, np.asarray(asked, dtype=np.float32), embedded) | {"passage_id": str(place)}
        for place, each in enumerate(passages)
    ]
    rows = [row | {"document_id": row["passage_id"]} for row in rows]
    pool = pool_of(rows, question, asked, terms, kinds=tuple(Kind), at=MOMENT)
    found = {item.passage_id: item for item in shortlist(pool, semantic_k=len(rows), keyword_k=len(rows))}
    return [found[str(place)] for place in range(len(rows))]


def _weighed(group: EpqaGroup, question: Question) -> WeightedTerms:
    """The question's terms, with statistics over what is known of the product."""
    counted, length = _statistics(group.title, group.known)
    asked = [term for term in question.terms if term.language is ENGLISH]
    frequencies = {term.hash: counted.get(term.hash, 0) for term in asked}
    return weigh(asked, frequencies, {ENGLISH: Vocabulary(len(group.known), length / len(group.known))})


@cache
def _statistics(title: str, known: tuple[str, ...]) -> tuple[dict[int, int], int]:
    """In how many texts each term occurs, and how many terms all have together."""
    counted: Counter[int] = Counter()
    length = 0
    for text in known:
        postings = prepared(title, text).indexed.postings
        counted.update(term_hash(STORE, ENGLISH, term) for term in postings.terms)
        length += postings.length
    return dict(counted), length


def _row(
    made: PreparedPassage, terms: WeightedTerms, asked: npt.NDArray[np.float32], embedded: Embedded
) -> dict[str, Any]:
    """What the statement `details` would read of a passage."""
    passage, indexed = made.passage, made.indexed
    counts = dict(zip(indexed.postings.terms, indexed.postings.frequencies, strict=True))
    whole, *parts = made.texts
    return passage.model_dump() | {
        "length": indexed.postings.length,
        "pieces": indexed.pieces,
        "parts": pack([embedded.of(part).tolist() for part in parts]),
        "closeness": float(embedded.of(whole) @ asked),
        "frequencies": [counts.get(terms.terms[place].term, 0) for place in terms.known],
        "in_title": [terms.terms[place].term in indexed.title_terms for place in terms.known],
        "since": MOMENT,
    }


Found = Callable[[EpqaGroup], Sequence[Candidate]]
"""The candidates of a group as the reranker gets them; made once, since several scorers read them."""


def reranker(found: Found, weights: Weights) -> Scorer:
    """The default reranker as it ships: its weights know nothing of this data."""
    return lambda group: chances(found(group), ENGLISH, weights)


def meaning(found: Found) -> Scorer:
    """What the search by meaning orders by, without any fitted weights."""
    return lambda group: [candidate.meaning for candidate in found(group)]


def encoder(embedded: Embedded) -> Scorer:
    """The cosine of question and candidate."""
    return lambda group: [
        float(embedded.of(candidate.text) @ embedded.of(group.question)) for candidate in group.candidates
    ]


def weighted_overlap(groups: Sequence[EpqaGroup]) -> Scorer:
    """The rarity, over all texts of the data, of the question's stemmed words that a candidate has."""
    texts = {candidate.text for group in groups for candidate in group.candidates}
    counted = Counter(term for text in texts for term in _terms(text))

    def score(group: EpqaGroup) -> list[float]:
        asked = question_terms(group.question, ENGLISH)
        rarity = {term: float(np.log1p(len(texts) / (1 + counted[term]))) for term in asked}
        return [sum(rarity[term] for term in asked if term in _terms(each.text)) for each in group.candidates]

    return score


def added(*scorers: Scorer) -> Scorer:
    """Scorers as deviations from their means within the group, added with equal weight."""
    return lambda group: np.sum([standardised(np.asarray(scorer(group))) for scorer in scorers], axis=0).tolist()


def epqa_features(found: Found) -> Callable[[EpqaGroup], Rows]:
    """The features of the default reranker, one row a candidate: what can be learnt from."""
    return lambda group: features(found(group), ENGLISH)


def logistic(rows_of: Callable[[EpqaGroup], Rows], strength: float = 1.0) -> Callable[[Sequence[EpqaGroup]], Scorer]:
    """Learns a logistic function of rows that tells full answers from the others. For cross-validation only."""

    def learn(groups: Sequence[EpqaGroup]) -> Scorer:
        from sklearn.linear_model import LogisticRegression

        rows = np.concatenate([rows_of(group) for group in groups])
        labels = [candidate.label == FULL for group in groups for candidate in group.candidates]
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        deviation[deviation == 0] = 1.0
        model = LogisticRegression(C=strength, max_iter=2_000).fit((rows - mean) / deviation, labels)
        return lambda group: model.decision_function((rows_of(group) - mean) / deviation).tolist()

    return learn


@lru_cache(maxsize=20_000)
def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text, ENGLISH))
