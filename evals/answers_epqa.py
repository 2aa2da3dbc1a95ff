"""ePQA: how many questions are answered with a full answer, when hardly any that has none may be answered.

Of ten candidates the best is taken, and given when its score is above a threshold. The threshold is where a share of
the questions without a full answer would be answered too; told is the curve over that share. The features are those by
which the offline replies choose sentences (activities/generation/answer_features.py); what was trained on this data is
cross-validated by product.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from activities.generation.answer_features import NAMES, Known, Offer, features, texts_of
from domain.ports import Embedder
from domain.vocabulary import Language
from evals.epqa_data import FULL, EpqaGroup, read_epqa
from evals.folds import FOLDS, cross_validated
from evals.intervals import AREA_RESAMPLES, SEED, Estimate, share
from evals.tables import Part, Table, written
from evals.workbench import Workbench

TARGET = 0.30
AT = 0.10
"""Share of the questions without a full answer that may be answered where the target counts."""
CURVE = (0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.50)
STRENGTH = 0.01
"""Of scikit-learn's C, for features in units of one deviation."""
TREES = 250
FITTED = "logistic over the features"
BOTH = "logistic and forest"
ASKED_BEFORE = " Question: "
"""In answers of other customers, what stands before the question that they were given to."""
Rows = npt.NDArray[np.float64]
Scores = Sequence[float]
Item = tuple[EpqaGroup, Rows]
Scorer = Callable[[Item], Scores]


async def measure_epqa(bench: Workbench) -> Part:
    """All questions, those without a full answer included."""
    part = Part("epqa")
    groups = read_epqa(bench.data)
    bench.say(f"epqa: {len(groups)} questions; embedding their candidates")
    items = list(zip(groups, await rows_of(groups, bench.embedder), strict=True))
    products = [group.product for group in groups]
    found: dict[str, list[Scores]] = {
        "nearness alone": [rows[:, NAMES.index("near_text")].tolist() for _, rows in items],
        "words alone": [rows[:, NAMES.index("cover_joined")].tolist() for _, rows in items],
    }
    for name, learn in ((FITTED, fit_logistic), (BOTH, fit_both)):
        bench.say(f"epqa: {name}, {FOLDS} folds by product")
        found[name] = cross_validated(items, products, learn)
    _tell(part, groups, found)
    return part


async def rows_of(groups: Sequence[EpqaGroup], embedder: Embedder) -> list[Rows]:
    """One row a candidate, by the features of the offline replies."""
    offers = [[offer_of(candidate.text, group.title) for candidate in group.candidates] for group in groups]
    pairs = list(zip(groups, offers, strict=True))
    texts = list(dict.fromkeys(text for group, own in pairs for text in texts_of(group.question, own)))
    vectors = np.asarray(await embedder.embed(texts), dtype=np.float32)
    known = Known({text: place for place, text in enumerate(texts)}, vectors)
    return [features(group.question, Language.EN, own, known) for group, own in pairs]


def offer_of(candidate: str, title: str) -> Offer:
    """A candidate as a piece of the product's page. An answer that another customer got stands under what was asked."""
    text, _, asked = candidate.partition(ASKED_BEFORE)
    return Offer(text.strip() or "-", asked.strip(), title, Language.EN)


def fit_logistic(items: Sequence[Item]) -> Scorer:
    """Learns which candidates are full answers."""
    from sklearn.linear_model import LogisticRegression

    rows, full = _examples(items)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation[deviation == 0] = 1.0
    model = LogisticRegression(C=STRENGTH, max_iter=2_000).fit((rows - mean) / deviation, full)
    return lambda item: model.predict_proba((item[1] - mean) / deviation)[:, 1].tolist()


def fit_forest(items: Sequence[Item]) -> Scorer:
    """The same by randomised trees."""
    from sklearn.ensemble import ExtraTreesClassifier

    rows, full = _examples(items)
    model = ExtraTreesClassifier(TREES, min_samples_leaf=5, max_features=0.3, random_state=SEED).fit(rows, full)
    return lambda item: model.predict_proba(item[1])[:, 1].tolist()


def fit_both(items: Sequence[Item]) -> Scorer:
    """The mean of both chances."""
    first, second = fit_logistic(items), fit_forest(items)
    return lambda item: np.mean([first(item), second(item)], axis=0).tolist()


def answered_in_full(groups: Sequence[EpqaGroup], scores: Sequence[Scores], at: float) -> Estimate:
    """Share of the questions with a full answer that get one, at the threshold where at most `at` of those without
    one are answered; the interval by bootstrap over both, the threshold chosen anew each time."""
    right, tops, empty = _tops(groups, scores)
    value = _share_above(right, tops, empty, at)
    random, drawn = np.random.default_rng(SEED), []
    for _ in range(AREA_RESAMPLES):
        own = random.integers(0, len(tops), len(tops))
        others = random.integers(0, len(empty), len(empty))
        drawn.append(_share_above(right[own], tops[own], empty[others], at))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value=value, low=float(low), high=float(high), n=len(tops))


def _examples(items: Sequence[Item]) -> tuple[Rows, npt.NDArray[np.bool_]]:
    rows = np.concatenate([rows for _, rows in items])
    return rows, np.array([candidate.label == FULL for group, _ in items for candidate in group.candidates])


def _tops(groups: Sequence[EpqaGroup], scores: Sequence[Scores]) -> tuple[npt.NDArray[np.bool_], Rows, Rows]:
    """Of the answerable questions whether the best candidate is full and its score; of the others the best score."""
    best = [int(np.argmax(own)) for own in scores]
    top = np.array([own[place] for own, place in zip(scores, best, strict=True)])
    answerable = np.array([group.is_answerable for group in groups])
    full = np.array([group.candidates[place].label == FULL for group, place in zip(groups, best, strict=True)])
    return full[answerable], top[answerable], top[~answerable]


def _share_above(right: npt.NDArray[np.bool_], tops: Rows, empty: Rows, at: float) -> float:
    allowed = int(at * len(empty))
    threshold = np.sort(empty)[::-1][allowed] if allowed < len(empty) else -np.inf
    return float((right & (tops > threshold)).mean())


def _tell(part: Part, groups: Sequence[EpqaGroup], found: dict[str, list[Scores]]) -> None:
    without = sum(not group.is_answerable for group in groups)
    rows, curve = [], []
    for name, scores in found.items():
        right, _, _ = _tops(groups, scores)
        first, at_target = share(right.tolist()), answered_in_full(groups, scores, AT)
        aim = part.aim("epqa answered in full", at_target, TARGET) if name == BOTH else ""
        points = {at: answered_in_full(groups, scores, at) for at in CURVE}
        told: dict[str, Any] = {
            "first is full": first,
            "answered in full": at_target,
            "unanswerable questions": without,
        }
        part.figures[name] = told | {"curve": {f"{at:.2f}": point for at, point in points.items()}}
        rows.append([name, str(first.n), str(without), written(at_target), aim, written(first)])
        curve.append([name, *(f"{point.value:.3f}" for point in points.values())])
    part.tables.append(
        Table(
            f"ePQA: answered with a full answer, at most {AT:.0%} of the questions without one answered",
            ("choice", "n", "without", "answered in full [95%]", "aim", "best is full [95%]"),
            rows,
            notes=(
                f"Logistic and forest were trained here, {FOLDS} folds by product: no product is learnt from and asked "
                "about. Features and strengths were chosen with this data at hand, so the figure may flatter a little.",
            ),
        )
    )
    part.tables.append(
        Table(
            "ePQA: the curve, by the share of questions without a full answer that are answered all the same",
            ("choice", *(f"{at:.0%}" for at in CURVE)),
            curve,
        )
    )
