"""What became of labelled questions, and the figures that follow. Pure."""

from collections.abc import Sequence

from domain.values import Value
from domain.vocabulary import Language
from evals.intervals import Estimate, area_estimate, share

FEW = 5
"""With fewer questions of one side the area under the curve is not told."""


class Outcome(Value):
    """A labelled question with the documents that were ranked for it."""

    id: str
    language: Language
    documents: tuple[str, ...]
    """Those that answer it; empty where none does."""
    crosses: bool
    """None of those is in its language."""
    ranked: tuple[tuple[str, float], ...]
    """Documents with their scores, best first."""
    candidates: frozenset[str] = frozenset()
    """Documents that the reranker had to choose from."""
    said_answerable: bool

    @property
    def is_answerable(self) -> bool:
        """Whether the store can answer it."""
        return bool(self.documents)

    @property
    def score(self) -> float:
        """Of the best document; 0 where nothing was found."""
        return self.ranked[0][1] if self.ranked else 0.0

    def hit(self, top: int) -> bool:
        """Whether an answering document is among the best `top`."""
        return any(document in self.documents for document, _ in self.ranked[:top])


class Figures(Value):
    """How good a ranking is on some questions."""

    hit_at_1: Estimate
    """Of the answerable ones."""
    hit_at_3: Estimate
    among_candidates: Estimate
    """Of the answerable ones: what the reranker could have put first at best."""
    area: Estimate | None
    """Area under the ROC curve of the best score, answerable against not; None where either side is too few."""
    said_answerable: Estimate
    """Share of the answerable ones that are called so."""
    said_unanswerable: Estimate
    """Share of the others that are called unanswerable."""


def hits(outcomes: Sequence[Outcome], top: int) -> list[bool]:
    """For each answerable question whether it was hit, in order."""
    return [outcome.hit(top) for outcome in outcomes if outcome.is_answerable]


def scores(outcomes: Sequence[Outcome]) -> tuple[list[float], list[float]]:
    """Best scores of the answerable questions, and of the others, each in order."""
    positives = [outcome.score for outcome in outcomes if outcome.is_answerable]
    return positives, [outcome.score for outcome in outcomes if not outcome.is_answerable]


def figures_of(outcomes: Sequence[Outcome]) -> Figures:
    """All figures of these questions."""
    positives, negatives = scores(outcomes)
    enough = min(len(positives), len(negatives)) >= FEW
    return Figures(
        hit_at_1=share(hits(outcomes, 1)),
        hit_at_3=share(hits(outcomes, 3)),
        among_candidates=share([bool(each.candidates & {*each.documents}) for each in outcomes if each.is_answerable]),
        area=area_estimate(positives, negatives) if enough else None,
        said_answerable=share([outcome.said_answerable for outcome in outcomes if outcome.is_answerable]),
        said_unanswerable=share([not outcome.said_answerable for outcome in outcomes if not outcome.is_answerable]),
    )
