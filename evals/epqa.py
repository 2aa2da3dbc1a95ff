"""ePQA: is the first of ten candidates a full answer?"""

import functools
import time
from collections.abc import Callable, Sequence

from evals.epqa_data import FULL, EpqaGroup, Scorer, first_is_full, read_epqa
from evals.epqa_scorers import (
    added,
    candidates_of,
    embed_groups,
    encoder,
    epqa_features,
    logistic,
    meaning,
    reranker,
    weighted_overlap,
)
from evals.folds import FOLDS, cross_validated
from evals.intervals import difference, mean_estimate, share
from evals.tables import Part, Table, p_written, written
from evals.workbench import Workbench
from retrieval.reranking.features import shipped_weights
from retrieval.searching.candidates import Candidate

TARGET = 0.70
SHIPPED = "shipped reranker"
BOTH = "encoder + overlap"
Learn = Callable[[Sequence[EpqaGroup]], Scorer]
Scores = list[Sequence[float]]


async def measure_epqa(bench: Workbench) -> Part:
    """Every scorer over all groups, paired against the equal sum of encoder and overlap."""
    part = Part("epqa")
    groups = [group for group in read_epqa(bench.data) if group.is_answerable]
    bench.say(f"epqa: {len(groups)} questions with a full answer; embedding their candidates")
    embedded = await embed_groups(groups, bench.embedder)

    @functools.cache
    def found(group_id: str) -> list[Candidate]:
        return candidates_of(by_id[group_id], embedded)

    by_id = {group.id: group for group in groups}
    begun = time.perf_counter()
    for name in by_id:
        found(name)
    part.figures["ms a question, without embedding"] = 1_000 * (time.perf_counter() - begun) / len(groups)
    overlap = weighted_overlap(groups)
    scorers: dict[str, Scorer] = {
        SHIPPED: reranker(lambda group: found(group.id), shipped_weights()),
        "meaning alone": meaning(lambda group: found(group.id)),
        BOTH: added(encoder(embedded), overlap),
        "encoder": encoder(embedded),
        "weighted overlap": overlap,
    }
    learnt: dict[str, Learn] = {"features refitted here": logistic(epqa_features(lambda group: found(group.id)))}
    _tell(part, groups, _score(bench, groups, scorers, learnt), learnt)
    return part


def _score(
    bench: Workbench, groups: Sequence[EpqaGroup], scorers: dict[str, Scorer], learnt: dict[str, Learn]
) -> dict[str, Scores]:
    """The scores of each scorer for each group; those of a learnt one by what was learnt from other products."""
    scored: dict[str, Scores] = {}
    for name, scorer in scorers.items():
        bench.say(f"epqa: {name}")
        scored[name] = [scorer(group) for group in groups]
    for name, learn in learnt.items():
        bench.say(f"epqa: {name}, {FOLDS} folds by product")
        scored[name] = cross_validated(groups, [group.product for group in groups], learn)
    return scored


def _tell(part: Part, groups: Sequence[EpqaGroup], scored: dict[str, Scores], learnt: dict[str, Learn]) -> None:
    right = {name: first_is_full(groups, scores) for name, scores in scored.items()}
    chance = mean_estimate(
        [sum(one.label == FULL for one in group.candidates) / len(group.candidates) for group in groups]
    )
    rows = []
    for name, own in right.items():
        found, better = share(own), difference(own, right[BOTH])
        part.figures[name] = {"first is full": found, f"better than {BOTH} by": better, "trained": name in learnt}
        aim = part.aim("epqa first is full", found, TARGET) if name == SHIPPED else ""
        trained = f"here, {FOLDS} folds by product" if name in learnt else "elsewhere" if name == SHIPPED else "not"
        compared = ("", "") if name == BOTH else (written(better), p_written(better.p))
        rows.append([name, trained, str(found.n), written(found), aim, *compared])
    rows.append(["chance", "not", str(chance.n), written(chance), "", "", ""])
    part.figures["chance"] = chance
    part.tables.append(
        Table(
            "ePQA: the first of ten candidates is a full answer",
            ("ranking", "trained", "n", "share [95%]", "aim", f"better than {BOTH} by", "p"),
            rows,
            notes=(
                "Candidates are shuffled with a fixed seed, since their order in the file gives the labels away. "
                "The reranker gets them as if both searches had found exactly these ten, with statistics of words over "
                "what is known of the product.",
                "Whatever was trained on this data is told cross-validated: no product is learnt from and asked about.",
            ),
        )
    )
