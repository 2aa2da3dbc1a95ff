"""Simpler ways to rank the same texts, which a search has to beat. Each gives a score a text, higher is better."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from domain.errors import SetupError

Scores = npt.NDArray[np.float64]
RANK_CONSTANT = 60
"""Of reciprocal-rank fusion, as in Cormack, Clarke and Büttcher (2009)."""
_WORD = re.compile(r"\w+")


class Bm25:
    """BM25 over lower-cased words, by the library rank-bm25 with its own defaults."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Raises SetupError where the library, which only evaluations need, is not installed."""
        try:
            from rank_bm25 import BM25Okapi
        except ImportError as error:
            raise SetupError("BM25 needs rank-bm25: run `make evals-retrieval`, which installs it.") from error
        self._index = BM25Okapi([words_of(text) for text in texts])

    def scores(self, question: str) -> Scores:
        """How well each text fits, in order."""
        return np.asarray(self._index.get_scores(words_of(question)), dtype=np.float64)


def words_of(text: str) -> list[str]:
    """Lower-cased words, without stemming or stop words."""
    return _WORD.findall(text.lower())


def places(scores: Scores) -> npt.NDArray[np.int64]:
    """The place of each score, from 1; of equal ones the earlier is first."""
    order = np.argsort(-scores, kind="stable")
    result = np.empty(len(scores), dtype=np.int64)
    result[order] = np.arange(1, len(scores) + 1)
    return result


def reciprocal_ranks(*legs: Scores) -> Scores:
    """Plain reciprocal-rank fusion of the legs."""
    result: Scores = np.sum([1 / (RANK_CONSTANT + places(leg)) for leg in legs], axis=0)
    return result


def standardised(scores: Scores) -> Scores:
    """Scores as deviations from their mean; all 0 where they are all the same."""
    deviation = scores.std()
    result: Scores = (scores - scores.mean()) / deviation if deviation > 0 else np.zeros(len(scores))
    return result


def sum_of_deviations(*legs: Scores) -> Scores:
    """The legs as deviations from their means, added with equal weight."""
    result: Scores = np.sum([standardised(leg) for leg in legs], axis=0)
    return result
