"""Does the confidence say how often an answer is right? On generated questions that nothing was fitted on.

Beside it stands the confidence as it was before it was fitted, on the same answers. Only answers count: clarifying
questions and drafts that say a person will look are left out, and counted in a note.
"""

from collections.abc import Sequence

from activities.guarding.confidence_weights import Weights, shipped_weights
from domain.policies import COLD_START_THRESHOLD, StorePolicy
from domain.vocabulary import Language
from evals.calibration import Bin, calibration_error, reliability
from evals.generated.asking import Answered, Judged, Run, answer_all, load_shoppers
from evals.generated.cases import Split
from evals.generated.loading import cases_of
from evals.intervals import Estimate, area_estimate, mean_estimate, share
from evals.selective import area_under_risk, risk_at
from evals.tables import Part, Table, written
from evals.workbench import Workbench

BINS = 10
ERROR = 0.03
"""The largest calibration error that is aimed at."""
ENOUGH = 2_000
"""Answers from which on a calibration error says something: that of a perfect score on 300 is .048."""
COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
NEW, OLD = "confidence", "earlier"


class Scored:
    """Answers with one number for each."""

    def __init__(self, name: str, answers: Sequence[Judged], scores: Sequence[float]) -> None:
        self.name = name
        self.scores = list(scores)
        self.right = [answer.right for answer in answers]

    @property
    def bins(self) -> list[Bin]:
        """Ten bins of about equally many answers."""
        return reliability(self.scores, self.right, BINS)

    @property
    def area(self) -> Estimate:
        """How well it tells right answers from wrong ones."""
        positives = [score for score, good in zip(self.scores, self.right, strict=True) if good]
        return area_estimate(positives, [s for s, good in zip(self.scores, self.right, strict=True) if not good])

    @property
    def brier(self) -> Estimate:
        """Mean squared difference to what was right."""
        return mean_estimate([(score - good) ** 2 for score, good in zip(self.scores, self.right, strict=True)])


async def measure_confidence(bench: Workbench, run: Run, policy: StorePolicy, split: Split = "test") -> Part:
    """Answers the questions of a split with the graph of `run`, and measures what is shipped. `test` is for reporting
    once; develop on the others."""
    await load_shoppers(bench)
    cases = cases_of(split)
    bench.say(f"confidence: {len(cases)} questions of the split {split}")
    return confidence_part(await answer_all(run, policy, cases, bench.say), split)


def confidence_part(answered: Answered, split: Split, weights: Weights | None = None) -> Part:
    """The figures of answers that are there already. Pure."""
    part, answers = Part("confidence"), answered.judged
    shipped = weights or shipped_weights()
    new = Scored(NEW, answers, [shipped.chance(each.features, each.intent, each.answered_in) for each in answers])
    old = Scored(OLD, answers, [each.earlier for each in answers])
    part.figures |= {"split": split, "version": shipped.version, "questions left out": answered.left_out}
    part.tables += [
        _overall(part, answered, split, (new, old)),
        _reliability(part, new),
        _sending(part, answers, (new, old)),
        _curve(part, (new, old)),
        _kinds(part, answers, new),
    ]
    return part


def _overall(part: Part, answered: Answered, split: Split, both: Sequence[Scored]) -> Table:
    rows = []
    for scored in both:
        error, n = calibration_error(scored.bins), len(scored.right)
        figures = {
            "n": n,
            "right": share(scored.right),
            "calibration error": error,
            "Brier score": scored.brier,
            "AUROC": scored.area,
            "AURC": area_under_risk(scored.scores, scored.right),
        }
        part.figures[scored.name] = figures
        rows.append(
            [
                scored.name,
                str(n),
                written(share(scored.right)),
                f"{error:.3f}",
                _aimed(part, error, n) if scored.name == NEW else "",
                written(scored.brier),
                written(scored.area),
                f"{figures['AURC']:.3f}",
            ]
        )
    left_out = ", ".join(f"{count} {name}" for name, count in sorted(answered.left_out.items())) or "none"
    notes = (
        f"Calibration error: {BINS} bins of equal mass; with fewer than {ENOUGH:,} answers it is mostly chance.",
        f"Left out, since they answer nothing automatically: {left_out}.",
        "AURC: mean share of wrong answers over all coverages, answers with the highest score first.",
    )
    header = ("score", "n", "right [95%]", "ECE", "aim", "Brier [95%]", "AUROC [95%]", "AURC")
    return Table(f"Confidence: answers to generated questions of the split {split}", header, rows, notes)


def _aimed(part: Part, error: float, n: int) -> str:
    met = error <= ERROR and n >= ENOUGH
    if not met:
        part.missed.append(f"calibration error of the confidence: {error:.3f} on {n}, wanted {ERROR:.3f} on {ENOUGH}")
    return f"≤ {ERROR:.3f} {'met' if met else 'MISSED'}"


def _reliability(part: Part, scored: Scored) -> Table:
    bins = scored.bins
    part.figures["reliability"] = bins
    rows = [[f"{each.score:.3f}", str(each.right.n), written(each.right)] for each in bins]
    return Table("Confidence: what it says and how often that is right", ("mean score", "n", "right [95%]"), rows)


def _sending(part: Part, answers: Sequence[Judged], both: Sequence[Scored]) -> Table:
    """What would leave by itself: the guard passed it, the table lets it go, the score reaches the threshold."""
    rows, figures = [], {}
    for scored in both:
        for name, language in [("all", None), *((each.value, each) for each in Language)]:
            mine = [
                (each.passed and score >= COLD_START_THRESHOLD, each.right)
                for each, score in zip(answers, scored.scores, strict=True)
                if language is None or each.language is language
            ]
            sent, good = share([left for left, _ in mine]), share([right for left, right in mine if left])
            figures[f"{scored.name} {name}"] = {"automated": sent, "right": good}
            rows.append([scored.name, name, str(sent.n), written(sent), str(good.n), written(good)])
    part.figures["sending"] = figures
    header = ("score", "language", "answers", "automated [95%]", "sent", "right of those sent [95%]")
    return Table(f"Confidence: what leaves by itself at {COLD_START_THRESHOLD}", header, rows)


def _curve(part: Part, both: Sequence[Scored]) -> Table:
    curves = {scored.name: [risk_at(scored.scores, scored.right, each) for each in COVERAGES] for scored in both}
    part.figures["risk and coverage"] = {
        name: [{"coverage": coverage, "threshold": cut, "wrong": wrong} for coverage, (cut, wrong) in points]
        for name, points in ((name, list(zip(COVERAGES, found, strict=True))) for name, found in curves.items())
    }
    rows = [
        [f"{coverage:.0%}", *(cell for scored in both for cell in _point(curves[scored.name][place]))]
        for place, coverage in enumerate(COVERAGES)
    ]
    header = ("coverage", *(name for scored in both for name in (f"{scored.name} from", "wrong [95%]")))
    return Table("Confidence: wrong answers among those with the highest scores", header, rows)


def _point(point: tuple[float, Estimate]) -> tuple[str, str]:
    threshold, wrong = point
    return f"{threshold:.3f}", written(wrong)


def _kinds(part: Part, answers: Sequence[Judged], scored: Scored) -> Table:
    rows, figures = [], {}
    for kind in sorted({each.kind for each in answers}):
        mine = [(score, each.right) for each, score in zip(answers, scored.scores, strict=True) if each.kind == kind]
        right, mean = share([good for _, good in mine]), sum(score for score, _ in mine) / len(mine)
        figures[kind] = {"right": right, "mean score": mean}
        rows.append([kind, str(right.n), written(right), f"{mean:.3f}"])
    part.figures["kinds"] = figures
    return Table("Confidence: what the questions are about", ("kind", "n", "right [95%]", "mean score"), rows)
