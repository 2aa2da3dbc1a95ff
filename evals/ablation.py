"""What each part of the search is worth: the search without it, its weights fitted anew, on the same questions."""

from collections.abc import Iterable, Sequence

from domain.vocabulary import Language
from evals.demo import STORE
from evals.intervals import area_difference, difference, share
from evals.outcomes import Outcome, figures_of, hits, scores
from evals.questions import read_questions, split_of
from evals.tables import Part, Table, p_written, written
from evals.variants import ALL, VARIANTS, WHOLE, Recorded, Variant, ranked, refit
from evals.workbench import Workbench
from evals.xquad import TARGETS, Xquad, store_of
from retrieval.reranking.features import Weights, shipped_weights
from retrieval.reranking.training import read_questions as read_training_questions
from retrieval.search import PostgresKnowledge
from retrieval.searching.question import read_question
from retrieval.searching.settings import SearchSettings

EVERY = 2
"""Of XQuAD every second question is asked, for the time that it takes."""
Asked = tuple[str, Language, str, tuple[str, ...], bool]
"""Id, language, text, documents that answer, and whether none of them is in its language."""


async def measure_ablation(bench: Workbench, xquad: dict[Language, Xquad] | None) -> Part:
    """Every variant on the questions of the split dev, and on XQuAD where it is there."""
    part = Part("ablation")
    await bench.load_demo()
    own = [(each.id, each.language, each.text, each.documents, each.cross_language) for each in read_questions()]
    taught = [(each.id, each.language, each.text, each.documents, False) for each in read_training_questions()]
    bench.say(f"ablation: recording {len(taught) + len(own)} questions to fit on and to ask")
    fitted_on = await record(bench, STORE, [*taught, *(each for each in own if split_of(each[0]) == "fit")])
    asked = {"demo": await record(bench, STORE, [each for each in own if split_of(each[0]) == "dev"])}
    if xquad is not None:
        asked |= await _record_xquad(bench, xquad)
    found: dict[str, dict[str, list[Outcome]]] = {}
    for name, variant, weights in _fitted(bench, fitted_on):
        found[name] = {data: [_outcome(case, variant, weights) for case in cases] for data, cases in asked.items()}
    note = f"Weights fitted on {len(fitted_on)} other questions about the demo store, anew for each line but the first."
    part.tables.append(_demo_table(part, {name: own["demo"] for name, own in found.items()}, note))
    if xquad is not None:
        part.tables.append(_xquad_table(part, found, [name for name in asked if name != "demo"]))
    return part


def _fitted(bench: Workbench, cases: Sequence[Recorded]) -> Iterable[tuple[str, Variant, Weights]]:
    yield "as shipped", WHOLE, shipped_weights()
    for variant in (WHOLE, *VARIANTS):
        bench.say(f"ablation: {variant.name}")
        fits = variant.order is None
        yield variant.name, variant, refit(cases, variant, shipped_weights()) if fits else shipped_weights()


async def record(bench: Workbench, store: str, questions: Sequence[Asked]) -> list[Recorded]:
    """Everything that the search looks at for each question, without guesses at typos and foreign words in full too."""
    wide = SearchSettings(semantic_k=ALL, keyword_k=ALL)
    ways = [wide, wide.model_copy(update={"guess_typos": False}), wide.model_copy(update={"foreign_words": 1.0})]
    whole, literal, full = (PostgresKnowledge(bench.database, bench.embedder, settings=way) for way in ways)
    cases = []
    for name, language, text, documents, crosses in questions:
        question = read_question(store, text, language)
        found = await whole.find(question)
        guessed = any(term.trust < 1 for term in found.terms.terms)
        cases.append(
            Recorded(
                id=name,
                language=language,
                documents=documents,
                crosses=crosses,
                candidates=found.candidates,
                without_guesses=(await literal.find(question) if guessed else found).candidates,
                full_foreign=(await full.find(question)).candidates,
            )
        )
    return cases


async def _record_xquad(bench: Workbench, xquad: dict[Language, Xquad]) -> dict[str, list[Recorded]]:
    """Questions on paragraphs of the same language, and on those of another one."""
    asked: dict[str, list[Recorded]] = {"same language": [], "across languages": []}
    for asked_in, answered_in in TARGETS:
        bench.say(f"ablation: recording XQuAD, {asked_in.value} on {answered_in.value}")
        questions = xquad[asked_in].questions[::EVERY]
        crosses = asked_in is not answered_in
        rows = [(each.id, asked_in, each.text, (each.paragraph,), crosses) for each in questions]
        asked["across languages" if crosses else "same language"] += await record(bench, store_of(answered_in), rows)
    return asked


def _outcome(case: Recorded, variant: Variant, weights: Weights) -> Outcome:
    found = ranked(case, variant, weights)
    return Outcome(
        id=case.id,
        language=case.language,
        documents=case.documents,
        crosses=case.crosses,
        ranked=found,
        said_answerable=bool(found) and found[0][1] >= weights.threshold,
    )


def _demo_table(part: Part, found: dict[str, list[Outcome]], note: str) -> Table:
    whole = found[WHOLE.name]
    rows = []
    for name, own in found.items():
        figures = figures_of(own)
        first, third = (difference(hits(own, top), hits(whole, top)) for top in (1, 3))
        area = area_difference(scores(own), scores(whole))
        part.figures[name] = {"demo": {"figures": figures, "hit@1": first, "hit@3": third, "area": area}}
        compared = name != WHOLE.name
        rows.append(
            [
                name,
                f"{figures.hit_at_1.value:.3f}",
                written(first) if compared else "",
                p_written(first.p) if compared else "",
                f"{figures.hit_at_3.value:.3f}",
                written(third) if compared else "",
                f"{figures.area.value:.3f}" if figures.area else "",
                written(area) if compared else "",
            ]
        )
    answerable = len(hits(whole, 1))
    header = ("the search", "hit@1", "difference [95%]", "p", "hit@3", "difference [95%]", "AUROC", "difference [95%]")
    title = (
        f"Ablation on the demo store: {answerable} questions of dev with an answer, {len(whole) - answerable} without"
    )
    return Table(title, header, rows, (note, "Differences are to the search with everything, refitted; paired."))


def _xquad_table(part: Part, found: dict[str, dict[str, list[Outcome]]], data: Sequence[str]) -> Table:
    rows = []
    for name, own in found.items():
        row = [name]
        for each in data:
            first = share(hits(own[each], 1))
            worse = difference(hits(own[each], 1), hits(found[WHOLE.name][each], 1))
            part.figures[name][each] = {"hit@1": first, "difference": worse}
            row += [f"{first.value:.3f}", *((written(worse), p_written(worse.p)) if name != WHOLE.name else ("", ""))]
        rows.append(row)
    sizes = ", ".join(f"{len(found[WHOLE.name][each])} {each}" for each in data)
    header = ("the search", *(cell for each in data for cell in (f"hit@1 {each}", "difference [95%]", "p")))
    notes = (
        f"Every {EVERY}nd question ({sizes}). The same questions in several languages stand beside each other here, so "
        "the intervals are somewhat too narrow.",
    )
    return Table("Ablation on XQuAD", header, rows, notes)
