"""XQuAD: the paragraph that answers, among 110, in the same language and across languages.

Questions and paragraphs are the same in English, Spanish and German, translated by people (Artetxe, Ruder and Yogatama,
2020; CC BY-SA 4.0). Each language's paragraphs become documents of a store of their own. All have the same title, a
word for "paragraph", so that no title helps.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from domain.errors import BadInput
from domain.ports import Embedder
from domain.values import Value
from domain.vocabulary import Kind, Language
from evals.baselines import Bm25, Scores, places, reciprocal_ranks, sum_of_deviations
from evals.intervals import Estimate, difference, share
from evals.tables import Part, Table, p_written, written
from evals.workbench import Stopwatch, Workbench
from retrieval.search import PostgresKnowledge
from retrieval.sentences import sentences_of

FOLDER = "xquad_half"
TITLES = {Language.EN: "Paragraph", Language.ES: "Párrafo", Language.DE: "Absatz"}
TOP = 5
TARGETS: dict[tuple[Language, Language], tuple[float, float | None]] = {
    (Language.EN, Language.EN): (0.97, None),
    (Language.ES, Language.ES): (0.965, None),
    (Language.DE, Language.DE): (0.955, None),
    (Language.ES, Language.EN): (0.85, 0.97),
    (Language.DE, Language.EN): (0.85, 0.97),
}
"""Language of the questions and of the paragraphs, to the least hit@1 and hit@5."""


class Asked(Value):
    """A question with the paragraph that answers it."""

    id: str
    text: str
    paragraph: str


class Paragraph(Value):
    """A paragraph of one language."""

    id: str
    text: str


@dataclass(frozen=True)
class Xquad:
    """The paragraphs and questions of one language."""

    paragraphs: tuple[Paragraph, ...]
    questions: tuple[Asked, ...]


def xquad_absent(data: Path) -> str | None:
    """Why it can not be measured here; None when it can."""
    missing = [language.value for language in TITLES if not (data / FOLDER / f"{language.value}.jsonl").is_file()]
    return f"{data / FOLDER} has no {', '.join(f'{name}.jsonl' for name in missing)}" if missing else None


def read_xquad(path: Path) -> Xquad:
    """One language's file. Raises BadInput when it has another shape."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return Xquad(
            tuple(Paragraph(id=row["passage_id"], text=row["text"]) for row in rows),
            tuple(
                Asked(id=asked["id"], text=asked["text"], paragraph=row["passage_id"])
                for row in rows
                for asked in row["questions"]
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path.name} does not have the shape of XQuAD's rows (passage_id, text, questions).") from error


def store_of(language: Language) -> str:
    """Name of the store with a language's paragraphs."""
    return f"xquad-{language.value}"


async def load_xquad(bench: Workbench) -> dict[Language, Xquad]:
    """Reads all languages, and loads each into a store of its own."""
    found = {language: read_xquad(bench.data / FOLDER / f"{language.value}.jsonl") for language in TITLES}
    for language, own in found.items():
        facts = {"kind": Kind.FAQ.value, "language": language.value, "title": TITLES[language]}
        await bench.load(store_of(language), [facts | {"id": each.id, "text": each.text} for each in own.paragraphs])
    return found


async def measure_xquad(bench: Workbench, found: dict[Language, Xquad]) -> Part:
    """hit@1 and hit@5 of the search beside simpler rankings of the same paragraphs."""
    part = Part("xquad")
    rows: list[list[str]] = []
    for asked_in, answered_in in TARGETS:
        bench.say(f"xquad: questions in {asked_in.value} on paragraphs in {answered_in.value}")
        questions, paragraphs = found[asked_in].questions, found[answered_in].paragraphs
        watch = Stopwatch()
        ranked = {"search": await _searched(bench, asked_in, answered_in, questions, watch)}
        ranked |= await _baselines(bench.embedder, questions, paragraphs)
        rows += _rows(part, (asked_in, answered_in), questions, ranked, watch)
    header = ("questions → text", "ranking", "n", "hit@1 [95%]", "aim", "hit@5 [95%]", "aim", "search better by", "p")
    part.tables.append(
        Table(
            "XQuAD: the right one of 110 paragraphs",
            (*header, "ms p50 / p95"),
            rows,
            notes=(
                "Intervals: Wilson for shares, paired bootstrap over questions for differences of hit@1; "
                "p by McNemar's exact test.",
                "The weights were fitted on other data; all paragraphs of a language have the same title.",
            ),
        )
    )
    return part


async def _searched(
    bench: Workbench, asked_in: Language, answered_in: Language, questions: Sequence[Asked], watch: Stopwatch
) -> list[list[str]]:
    knowledge = PostgresKnowledge(bench.database, bench.embedder)
    result = []
    await knowledge.explain(store_of(answered_in), questions[0].text, language=asked_in, top=TOP)
    for question in questions:
        async with watch.lap():
            found = await knowledge.explain(store_of(answered_in), question.text, language=asked_in, top=TOP)
        result.append([passage.document_id for passage in found.result.passages])
    return result


async def _baselines(
    embedder: Embedder, questions: Sequence[Asked], paragraphs: Sequence[Paragraph]
) -> dict[str, list[list[str]]]:
    """The best TOP paragraphs of each question, by each of the simpler rankings."""
    words = Bm25([each.text for each in paragraphs])
    meaning = await sentence_closeness(embedder, [each.text for each in questions], [each.text for each in paragraphs])
    ranked: dict[str, list[list[str]]] = {}
    for question, near in zip(questions, meaning, strict=True):
        said = words.scores(question.text)
        for name, scores in {
            "BM25": said,
            "encoder on sentences": near,
            "reciprocal-rank fusion": reciprocal_ranks(said, near),
            "equal sum of z-scores": sum_of_deviations(said, near),
        }.items():
            best = np.argsort(places(scores))[:TOP]
            ranked.setdefault(name, []).append([paragraphs[place].id for place in best])
    return ranked


async def sentence_closeness(embedder: Embedder, questions: Sequence[str], texts: Sequence[str]) -> list[Scores]:
    """For each question the cosine of its nearest sentence in each text."""
    sentences = [sentences_of(text) for text in texts]
    vectors = np.asarray(await embedder.embed([each for own in sentences for each in own]), dtype=np.float64)
    starts = np.cumsum([0, *(len(own) for own in sentences)])[:-1]
    asked = np.asarray(await embedder.embed(questions, role="question"), dtype=np.float64)
    near = np.maximum.reduceat(asked @ vectors.T, starts, axis=1)
    return list(near)


def _rows(
    part: Part,
    languages: tuple[Language, Language],
    questions: Sequence[Asked],
    ranked: dict[str, list[list[str]]],
    watch: Stopwatch,
) -> list[list[str]]:
    pair = " → ".join(language.value for language in languages)
    hits = {name: {top: _hits(questions, found, top) for top in (1, TOP)} for name, found in ranked.items()}
    rows = []
    figures = part.figures.setdefault(pair, {"ms p50": watch.milliseconds(0.5), "ms p95": watch.milliseconds(0.95)})
    for name, own in hits.items():
        first, five = share(own[1]), share(own[TOP])
        better = difference(hits["search"][1], own[1])
        figures[name] = {"hit@1": first, "hit@5": five, "search better by": better}
        aims = _aims(part, pair, languages, first, five) if name == "search" else ("", "")
        compared = ("", "", watch.told()) if name == "search" else (written(better), p_written(better.p), "")
        rows.append([pair, name, str(first.n), written(first), aims[0], written(five), aims[1], *compared])
    return rows


def _aims(
    part: Part, pair: str, languages: tuple[Language, Language], first: Estimate, five: Estimate
) -> tuple[str, str]:
    least, least_five = TARGETS[languages]
    aim = part.aim(f"xquad {pair} hit@1", first, least)
    return aim, part.aim(f"xquad {pair} hit@5", five, least_five) if least_five is not None else ""


def _hits(questions: Sequence[Asked], ranked: Sequence[Sequence[str]], top: int) -> list[bool]:
    return [question.paragraph in found[:top] for question, found in zip(questions, ranked, strict=True)]
