"""The classifier's way of reading on two public sets of questions: fine intents of a bank, and what is out of scope.

Its heads are fitted here on the sets' own examples, as `holdpoint train classifier` fits them on ours; nothing of these
sets is in the weights that ship.
"""

import csv
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from activities.classification.model import log_softmax
from activities.training.corpus import Corpus, Reader
from activities.training.heads import Labels, Recipe, fit_head, rarity_of, scores_of, space_of, sums_of
from domain.ports import Embedder
from evals.intervals import area_estimate, share
from evals.tables import Part, Table, written

BANKING, CLINC = Path("banking77"), Path("clinc_oos_val") / "clinc_val.json"
ACCURACY, AREA = 0.93, 0.98
RECIPE, LANDMARKS = Recipe(ridge=0.1, grams_c=1.0, grams_weigh=0.4), 5_000
"""Chosen on a fifth of BANKING77's training questions, held out."""
FOLDS = 5
OUT = "oos"


def banking_absent(data: Path) -> str | None:
    """Why BANKING77 can't be measured here."""
    return None if (data / BANKING / "test.csv").is_file() else f"there is no {BANKING} in the folder of public data"


def clinc_absent(data: Path) -> str | None:
    """Why CLINC150 can't be measured here."""
    return None if (data / CLINC).is_file() else f"there is no {CLINC} in the folder of public data"


async def measure_banking(embedder: Embedder, data: Path) -> Part:
    """BANKING77: fitted on its training questions, all of them, tested on its test questions."""
    part = Part("banking77")
    texts, labels = _banking(data / BANKING / "train.csv")
    asked, wanted = _banking(data / BANKING / "test.csv")
    reader = Reader(embedder)
    guesses = _guess(await reader.corpus(texts), labels, await reader.corpus(asked))
    right = share(list(guesses == wanted))
    part.figures["accuracy"] = right
    aim = part.aim("BANKING77, accuracy", right, ACCURACY)
    header = ("fitted on", "n", "accuracy [95%]", "aim")
    part.tables.append(Table("BANKING77", header, [[str(len(texts)), str(right.n), written(right), aim]]))
    return part


def _banking(path: Path) -> tuple[list[str], Labels]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], np.array([row["category"] for row in rows])


def _guess(known: Corpus, labels: Labels, asked: Corpus) -> Labels:
    classes = tuple(sorted(set(labels)))
    space, rarity = space_of(known.vectors, LANDMARKS), rarity_of(known.grams)
    sums = sums_of(known.likenesses(space), labels, classes)
    head = fit_head(sums, space, known.weighed(rarity), labels, classes=classes, recipe=RECIPE)
    scores = scores_of(head, asked.likenesses(space), asked.weighed(rarity), RECIPE)
    guesses: Labels = np.array(classes)[scores.argmax(axis=1)]
    return guesses


async def measure_clinc(embedder: Embedder, data: Path) -> Part:
    """CLINC150, validation split, five-fold: the scores know the intents of four fifths, and are judged on the rest."""
    part = Part("clinc_oos")
    stored = json.loads((data / CLINC).read_text(encoding="utf-8"))
    rows = [*stored["val"], *stored["oos_val"]]
    labels = np.array([label for _, label in rows])
    corpus = await Reader(embedder).corpus([text for text, _ in rows])
    folds = _folds(labels)
    features, right = _strangeness(corpus, labels, folds)
    strange = _joined(features, labels == OUT, folds)
    found = area_estimate(strange[labels == OUT].tolist(), strange[labels != OUT].tolist())
    alone = area_estimate(features[labels == OUT, 0].tolist(), features[labels != OUT, 0].tolist())
    accuracy = share(list(right[labels != OUT]))
    part.figures |= {"area": found, "area of the highest score alone": alone, "accuracy in scope": accuracy}
    aim = part.aim("CLINC150, area under the curve for out of scope", found, AREA)
    cells = [str(len(labels)), str(int((labels == OUT).sum())), written(found), aim, written(alone), written(accuracy)]
    header = ("n", "out of scope", "AUROC [95%]", "aim", "highest score alone", "accuracy in scope")
    part.tables.append(Table("CLINC150, out of scope, five-fold", header, [cells]))
    return part


def _folds(labels: Labels) -> npt.NDArray[np.int_]:
    """Every label evenly over the folds."""
    folds = np.zeros(len(labels), dtype=int)
    for label in sorted(set(labels)):
        at = np.flatnonzero(labels == label)
        folds[at] = np.arange(len(at)) % FOLDS
    return folds


def _strangeness(
    corpus: Corpus, labels: Labels, folds: npt.NDArray[np.int_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """(questions, 3): low highest score, low sum of scores, low likeness to what is known; and whether the intent is
    right. Each by a head and examples that do not hold the question, and nothing out of scope."""
    classes = tuple(sorted(set(labels) - {OUT}))
    features, right = np.zeros((len(labels), 3)), np.zeros(len(labels), dtype=bool)
    for fold in range(FOLDS):
        test, fit = folds == fold, (folds != fold) & (labels != OUT)
        space, rarity = space_of(corpus.vectors[fit], LANDMARKS), rarity_of(corpus.grams[fit])
        likenesses, grams = corpus.likenesses(space), corpus.weighed(rarity)
        sums = sums_of(likenesses[fit], labels[fit], classes)
        head = fit_head(sums, space, grams[fit], labels[fit], classes=classes, recipe=RECIPE)
        scores = scores_of(head, likenesses[test], grams[test], RECIPE)
        features[test, 0] = -log_softmax(scores / 0.1).max(axis=1)
        features[test, 1] = -scores.max(axis=1)
        features[test, 2] = -np.sort(corpus.vectors[test] @ corpus.vectors[fit].T, axis=1)[:, -3:].mean(axis=1)
        right[test] = np.array(classes)[scores.argmax(axis=1)] == labels[test]
    return features, right


def _joined(
    features: npt.NDArray[np.float64], strange: npt.NDArray[np.bool_], folds: npt.NDArray[np.int_]
) -> npt.NDArray[np.float64]:
    """One score, weights fitted on the other folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    joined = np.zeros(len(strange))
    for fold in range(FOLDS):
        test = folds == fold
        scaler = StandardScaler().fit(features[~test])
        model = LogisticRegression(class_weight="balanced").fit(scaler.transform(features[~test]), strange[~test])
        joined[test] = model.decision_function(scaler.transform(features[test]))
    return joined
