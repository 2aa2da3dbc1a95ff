"""The demo store: is a document that answers among the first three, and does the score know when nothing answers?"""

from collections.abc import Sequence

from activities.classification.classifier import Classifier
from activities.classification.model import IntentModel
from domain.vocabulary import Intent, Language
from evals.calibration import calibration_error, reliability
from evals.intervals import Estimate, difference
from evals.outcomes import Figures, Outcome, figures_of, hits
from evals.questions import EvalQuestion, Split, read_questions, split_of
from evals.tables import Part, Table, p_written, written
from evals.workbench import Stopwatch, Workbench
from retrieval.reranking.features import shipped_weights
from retrieval.search import PostgresKnowledge

STORE = "demo"
TOP = 3
HIT, AREA = 0.95, 0.90
"""Least hit@3, and least area under the curve."""
HEADER = (
    "questions",
    "n",
    "hit@1 [95%]",
    "hit@3 [95%]",
    "aim",
    "candidates",
    "no answer",
    "AUROC [95%]",
    "aim",
    "said answerable",
)


async def measure_demo(bench: Workbench, split: Split = "dev") -> Part:
    """Hits, areas and calibration on one split of the questions; beside `dev` also on `fit`, which the weights know."""
    part = Part("demo")
    await bench.load_demo()
    questions = [question for question in read_questions() if split_of(question.id) == split]
    watch = Stopwatch()
    bench.say(f"demo: {len(questions)} questions of the split {split}")
    found = await ask(bench, questions, watch=watch)
    rows = [_row(part, f"all of {split}", found, aimed=True), *_divided(part, found)]
    if split == "dev":
        others = [question for question in read_questions() if split_of(question.id) == "fit"]
        bench.say(f"demo: {len(others)} questions of the split fit")
        rows.append(_row(part, "fit, learnt from", await ask(bench, others)))
    part.figures["ms p50"], part.figures["ms p95"] = watch.milliseconds(0.5), watch.milliseconds(0.95)
    notes = (
        "hit@k: of the questions with an answer; candidates: share of them with an answer among what the reranker "
        "had to choose from. AUROC: how well the best score tells them from those without one. "
        "Said answerable: share of those with an answer, and of those without, whose score reaches "
        f"{shipped_weights().threshold}. A whole search took {watch.told()} ms (p50 / p95).",
    )
    part.tables.append(Table(f"Demo store: questions of the split {split}", (*HEADER, "of those without"), rows, notes))
    part.tables.append(_calibration(part, found))
    part.tables.append(await _by_intent(bench, part, questions, found))
    return part


async def ask(
    bench: Workbench,
    questions: Sequence[EvalQuestion],
    *,
    intents: Sequence[Intent | None] | None = None,
    watch: Stopwatch | None = None,
) -> list[Outcome]:
    """Searches for each question as the graph does; without `intents` in all kinds."""
    knowledge = PostgresKnowledge(bench.database, bench.embedder)
    watch = watch or Stopwatch()
    outcomes = []
    await knowledge.explain(STORE, questions[0].text, language=questions[0].language)
    for question, intent in zip(questions, intents or [None] * len(questions), strict=True):
        async with watch.lap():
            laid_open = await knowledge.explain(
                STORE, question.text, language=question.language, intent=intent, top=TOP
            )
        found = laid_open.result
        outcomes.append(
            Outcome(
                id=question.id,
                language=question.language,
                documents=question.documents,
                crosses=question.cross_language,
                ranked=tuple((passage.document_id, passage.score) for passage in found.passages),
                candidates=frozenset(each.candidate.document_id for each in laid_open.candidates),
                said_answerable=found.answerable,
            )
        )
    return outcomes


def _divided(part: Part, found: Sequence[Outcome]) -> list[list[str]]:
    """The same by language, and by whether an answer exists in the customer's language."""
    rows = [
        _row(part, language.value, own)
        for language in Language
        if (own := [outcome for outcome in found if outcome.language is language])
    ]
    same = [outcome for outcome in found if outcome.is_answerable and not outcome.crosses]
    across = [outcome for outcome in found if outcome.crosses]
    return [*rows, _row(part, "answered in their language", same), _row(part, "only in another", across)]


def _row(part: Part, name: str, found: Sequence[Outcome], *, aimed: bool = False) -> list[str]:
    own = figures_of(found)
    part.figures[name] = own
    aims = ("", "")
    if aimed:
        aim = part.aim(f"demo {name} hit@3", own.hit_at_3, HIT)
        aims = aim, part.aim(f"demo {name} AUROC", own.area, AREA) if own.area else ""
    return [name, str(own.hit_at_1.n), *_hits(own, aims[0]), *_answerable(own, aims[1])]


def _hits(own: Figures, aim: str) -> tuple[str, str, str, str]:
    return _cell(own.hit_at_1), _cell(own.hit_at_3), aim, f"{own.among_candidates.value:.3f}"


def _answerable(own: Figures, aim: str) -> tuple[str, str, str, str, str]:
    said = own.said_unanswerable
    wrongly = f"{1 - said.value:.3f} [{1 - said.high:.3f}, {1 - said.low:.3f}]" if said.n else ""
    return str(said.n), written(own.area) if own.area else "", aim, _cell(own.said_answerable), wrongly


def _cell(found: Estimate) -> str:
    return written(found) if found.n else ""


def _calibration(part: Part, found: Sequence[Outcome]) -> Table:
    bins = reliability([outcome.score for outcome in found], [outcome.hit(1) for outcome in found])
    error = calibration_error(bins)
    part.figures["calibration"] = {"bins": bins, "expected error": error}
    rows = [[str(each.right.n), f"{each.score:.3f}", written(each.right)] for each in bins]
    note = f"Of all questions, those without an answer included. Expected calibration error {error:.3f}."
    title = "Demo store: does the score say how often the first document answers?"
    return Table(title, ("n", "mean score", "first document answers [95%]"), rows, (note,))


async def _by_intent(
    bench: Workbench, part: Part, questions: Sequence[EvalQuestion], found: Sequence[Outcome]
) -> Table:
    """All kinds against the kinds that the intent suggests, as the classifier reads it."""
    classifier = Classifier(bench.embedder, IntentModel.load())
    intents = [(await classifier.understand(question.text)).intents[0].intent for question in questions]
    bench.say("demo: the same with the kinds that each intent suggests")
    suggested = await ask(bench, questions, intents=intents)
    rows = []
    for top in (1, TOP):
        whole, some = hits(found, top), hits(suggested, top)
        own, better = figures_of(suggested), difference(some, whole)
        estimate = own.hit_at_1 if top == 1 else own.hit_at_3
        part.figures[f"hit@{top} by intent"] = {"share": estimate, "better than all kinds by": better}
        rows.append([f"hit@{top}", str(better.n), written(estimate), written(better), p_written(better.p)])
    header = ("figure", "n", "kinds of the intent [95%]", "better than all kinds by", "p")
    note = "The intent is the classifier's; other kinds count only where those suggested hold no answer."
    return Table("Demo store: products, policies and FAQs chosen by intent", header, rows, (note,))
