"""Whether certified thresholds keep their promise: stores that are made up, whose truth is therefore known exactly.

Everything here is synthetic and says so. A store is a distribution of scores with a chance of being right at each of
them; labels are drawn from it, a threshold is chosen from the labels, and the truth above that threshold is read off.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.certification import ALPHA, GRID, Item, certify
from domain.evidence import ACTS_AT, ALARM_RATES, MERIT_RATES, e_value
from domain.values import Value
from evals.certified_groups import simulate_families, told_families
from evals.intervals import Estimate, mean_estimate, share
from evals.made_up_stores import World, drawn_labels, made_up_store
from evals.tables import Part, Table, written

STORES = 1_000
LABELS = (300, 1_000)
MOST_BROKEN = 67
"""An exact procedure at 5% breaks more than 67 promises of 1,000 in 1 of 100 simulations, more than 50 in 46."""
SEED = 20_260_202
RUNS = 1_000
FAMILIES = 100
"""Whole stores, which take longer."""
LONGEST_AUDIT = 2_000


class Outcome(NamedTuple):
    """What one way of choosing a threshold did to one store."""

    broken: bool
    automated: float
    """Share of all drafts at or above the threshold; 0 without one."""


class Choice(Value):
    """One way of choosing a threshold, over all stores."""

    labels: int
    broken: int
    stores: int
    automated: Estimate
    chosen: int
    """Stores in which anything was automated."""


def naive_threshold(items: Sequence[Item], *, alpha: float = ALPHA) -> float | None:
    """What certification replaces: the lowest threshold at which the labels look good enough."""
    ordered = sorted(items, key=lambda item: item.score, reverse=True)
    scores = -np.array([item.score for item in ordered])
    errors = np.cumsum([not item.right for item in ordered])
    above = np.searchsorted(scores, -np.array(GRID), side="right")
    found = [g for g, n in zip(GRID, above, strict=True) if n and errors[n - 1] <= alpha * n]
    return min(found, default=None)


def best_threshold(world: World, *, alpha: float = ALPHA) -> float | None:
    """The lowest threshold that keeps the promise, for who knows the truth: no procedure can automate more."""
    found = ((g, *world.above(g)) for g in reversed(GRID))
    return next((g for g, kept, accuracy in found if kept and accuracy >= 1 - alpha), None)


def judged(world: World, threshold: float | None) -> Outcome:
    """The truth of a threshold."""
    if threshold is None:
        return Outcome(broken=False, automated=0.0)
    automated, accuracy = world.above(threshold)
    return Outcome(broken=accuracy < 1 - ALPHA, automated=automated)


def simulate_stores(labels: int, *, stores: int = STORES, seed: int = SEED) -> tuple[Choice, Choice, Choice]:
    """The certified, the naive and the best threshold in the same stores with the same labels."""
    certified, naive, best = [], [], []
    for number in range(stores):
        random = np.random.default_rng([seed, labels, number])
        world = made_up_store(random)
        items = drawn_labels(world, labels, random)
        certified.append(judged(world, certify(items).threshold))
        naive.append(judged(world, naive_threshold(items)))
        best.append(judged(world, best_threshold(world)))
    return _choice(labels, certified), _choice(labels, naive), _choice(labels, best)


def _choice(labels: int, outcomes: Sequence[Outcome]) -> Choice:
    return Choice(
        labels=labels,
        broken=sum(outcome.broken for outcome in outcomes),
        stores=len(outcomes),
        automated=mean_estimate([outcome.automated for outcome in outcomes]),
        chosen=sum(outcome.automated > 0 for outcome in outcomes),
    )


def labels_until_alarm(accuracy: float, *, runs: int = RUNS, longest: int = LONGEST_AUDIT) -> list[int | None]:
    """After how many audited replies the alarm is raised, run by run; None: not within `longest`."""
    enough = alarm_bounds(longest)
    random = np.random.default_rng([SEED, round(accuracy * 1_000)])
    errors = np.cumsum(random.random((runs, longest)) >= accuracy, axis=1)
    return _first(errors >= np.array(enough))


def labels_until_merit(accuracy: float, *, runs: int = RUNS, longest: int = LONGEST_AUDIT) -> list[int | None]:
    """After how many audited replies a step forward is earned, run by run; None: not within `longest`."""
    allowed = merit_bounds(longest)
    random = np.random.default_rng([SEED, round(accuracy * 1_000)])
    errors = np.cumsum(random.random((runs, longest)) >= accuracy, axis=1)
    return _first(errors <= np.array(allowed))


def _first(reached: npt.NDArray[np.bool_]) -> list[int | None]:
    return [int(run.argmax()) + 1 if run.any() else None for run in reached]


def alarm_bounds(longest: int) -> list[int]:
    """For 1, 2, … labels the fewest errors that raise the alarm: it grows with each error and shrinks with each label,
    so the bound never falls."""
    bounds: list[int] = []
    errors = 0
    for n in range(1, longest + 1):
        while errors <= n and e_value(errors, n, ALARM_RATES) < ACTS_AT:
            errors += 1
        bounds.append(errors)
    return bounds


def merit_bounds(longest: int) -> list[int]:
    """For 1, 2, … labels the most errors with which a step forward is earned; -1: not even without any."""
    bounds: list[int] = []
    errors = -1
    for n in range(1, longest + 1):
        while e_value(errors + 1, n, MERIT_RATES) >= ACTS_AT:
            errors += 1
        bounds.append(errors)
    return bounds


def measure_certificate(*, stores: int = STORES, runs: int = RUNS, families: int = FAMILIES) -> Part:
    """The part `certificate`: broken promises and automated shares, and how soon a bad group is noticed."""
    part = Part("certificate")
    rows = []
    for labels in LABELS:
        certified, naive, best = simulate_stores(labels, stores=stores)
        met = certified.broken <= MOST_BROKEN * stores / STORES
        if not met:
            part.missed.append(
                f"broken promises with {labels} labels: {certified.broken}, wanted {MOST_BROKEN} at most"
            )
        aim = f"≤ {MOST_BROKEN} {'met' if met else 'MISSED'}"
        rows += [_row("certified", certified, aim), _row("lowest with ≥ 90% observed", naive, "")]
        rows.append(_row("best, for who knows the truth", best, ""))
        part.figures[f"stores_{labels}_labels"] = {"certified": certified, "naive": naive, "best": best}
    part.tables.append(
        Table(
            f"Certified thresholds in {stores:,} made-up stores of true accuracy .86–.91",
            ("labels", "threshold", "broken promises", "aim", "automated share", "stores that automate"),
            rows,
            ("Synthetic. Broken: fewer than 90% of what the threshold lets out is right in truth. 95% intervals.",),
        )
    )
    whole = simulate_families(stores=families)
    part.figures["whole_stores"] = whole
    part.tables += [told_families(whole), _told_alarms(part, runs)]
    return part


def _row(name: str, choice: Choice, aim: str) -> tuple[str, ...]:
    broken = share([True] * choice.broken + [False] * (choice.stores - choice.broken))
    return (
        f"{choice.labels}",
        name,
        f"{choice.broken} of {choice.stores}: {written(broken)}",
        aim,
        written(choice.automated),
        str(choice.chosen),
    )


def _told_alarms(part: Part, runs: int) -> Table:
    rows = []
    for accuracy in (0.80, 0.85, 0.91, 0.95, 0.97):
        alarms, merits = (until(accuracy, runs=runs) for until in (labels_until_alarm, labels_until_merit))
        raised, earned = ([at for at in found if at is not None] for found in (alarms, merits))
        part.figures[f"accuracy_{accuracy:.2f}"] = {
            "runs": runs,
            "alarmed": len(raised),
            "median_labels_until_alarm": _median(alarms),
            "promoted": len(earned),
            "median_labels_until_promotion": _median(merits),
        }
        rows.append(
            (
                f"{accuracy:.2f}",
                written(share([at is not None for at in alarms])),
                _cell(_median(alarms)),
                written(share([at is not None for at in merits])),
                _cell(_median(merits)),
            )
        )
    return Table(
        f"Alarm and promotion over {LONGEST_AUDIT:,} audited replies, {runs:,} runs each",
        ("true accuracy", "alarmed", "median labels", "promoted", "median labels "),
        rows,
        ("Synthetic. An alarm at .90 or better, or a promotion below, is false. Medians over all runs.",),
    )


def _median(found: Sequence[int | None]) -> int | None:
    """Over all runs: None when fewer than half got there."""
    ordered = sorted(at if at is not None else LONGEST_AUDIT + 1 for at in found)
    middle = ordered[len(ordered) // 2]
    return middle if middle <= LONGEST_AUDIT else None


def _cell(median: int | None) -> str:
    return "never" if median is None else str(median)
