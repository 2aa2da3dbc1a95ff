"""An explained search as tables of plain text: without colour, at most 100 columns, the same in a pipe."""

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retrieval.searching.explanation import ExplainedCandidate, Explanation
from retrieval.searching.verdict import (
    Contribution,
    contributions_of,
    evidence_of,
    meaning_leg,
    results_of,
    signs_of,
    telling_terms,
    verdict_of,
    word_leg,
)

WIDTH = 100
BAR = 14
Row = Sequence[str]
ADDS = (">adds", "", "because")


def explained_lines(explanation: Explanation) -> str:
    """What a search did, from the question's words to the verdict."""
    parts = [f"Question ({explanation.language.value}): {' '.join(explanation.text.split())[:400]}"]
    if explanation.embedder is not None:
        parts += [_terms(explanation), _by_meaning(explanation), _by_words(explanation), _ranking(explanation)]
        parts += [_reasons(item, explanation.bias) for item in results_of(explanation)]
        parts += [_signs(explanation)]
    return "\n\n".join([*parts, f"Verdict: {verdict_of(explanation)}", _served(explanation)])


def _terms(explanation: Explanation) -> str:
    rows = [
        (
            term.language.value,
            f"{term.term} (guessed)" if term.guessed else term.term,
            f"{term.weight:.2f}",
            f"{term.passages:,}" if term.passages else "none",
        )
        for term in telling_terms(explanation)
    ]
    return _table("Words of the question", ("in", "word", ">idf", ">passages with it"), rows)


def _by_meaning(explanation: Explanation) -> str:
    rows = []
    for item in meaning_leg(explanation):
        found = item.candidate
        figures = (found.meaning, found.closeness, found.sentence_closeness, found.title_closeness, found.alignment)
        rows.append((_place(item, found.meaning_rank), *_named(item), *(f"{figure:.2f}" for figure in figures)))
    head = (">#", "in", "passage", ">score", ">whole", ">sentence", ">title", ">word by word")
    return _table("By meaning", head, rows)


def _by_words(explanation: Explanation) -> str:
    rows = [
        (
            _place(item, item.candidate.word_rank),
            *_named(item),
            f"{item.candidate.bm25:.2f}",
            f"{item.candidate.coverage:.0%}",
        )
        for item in word_leg(explanation)
    ]
    return _table("By words", (">#", "in", "passage", ">BM25", ">question's words"), rows)


def _ranking(explanation: Explanation) -> str:
    rows = [
        (
            str(item.rank),
            *_named(item),
            item.candidate.kind.value,
            f"{item.score or 0:.2f}",
            "yes" if (item.score or 0) >= explanation.threshold else "no",
        )
        for item in results_of(explanation)
    ]
    return _table("Result", (">#", "in", "passage", "kind", ">chance", "over the threshold"), rows)


def _reasons(item: ExplainedCandidate, bias: float) -> str:
    heading = f"Why {item.candidate.title} ({item.candidate.passage_id}): {evidence_of(item, bias):+.2f} in all"
    return _table(heading, ADDS, _added(contributions_of(item), evidence_of(item, bias)))


def _signs(explanation: Explanation) -> str:
    total = sum(explanation.signs.values()) + explanation.signs_bias
    heading = f"Whether the first document answers: {total:+.2f} in all, above 0 it is likelier than not"
    return _table(heading, ADDS, _added(signs_of(explanation), total) if explanation.signs else [])


def _added(main: Sequence[Contribution], total: float) -> list[Row]:
    longest = max((abs(one.amount) for one in main), default=1.0)
    rows = [(f"{one.amount:+.2f}", _bar(one.amount / longest), one.words) for one in main]
    rest = total - sum(one.amount for one in main)
    return [*rows, (f"{rest:+.2f}", "", "everything else, with the bias")]


def _bar(share: float) -> str:
    return ("+" if share >= 0 else "-") * max(1, round(abs(share) * BAR))


def _served(explanation: Explanation) -> str:
    took = ", ".join(f"{part} {seconds * 1000:.1f} ms" for part, seconds in explanation.seconds.items())
    served = f"Embedder: {explanation.embedder or 'none'}. Reranker: {explanation.reranker}."
    return f"{served}\nTime: {took}." if took else served


def _place(item: ExplainedCandidate, place: int | None) -> str:
    return f"{place}" if item.candidate.preferred else f"{place}*"


def _named(item: ExplainedCandidate) -> tuple[str, str]:
    return item.candidate.language.value, f"{item.candidate.title}\n{item.candidate.passage_id}"


def _table(title: str, head: Row, rows: Iterable[Row]) -> str:
    """A column whose name begins with > holds numbers."""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, show_edge=False)
    for name in head:
        number = name.startswith(">")
        table.add_column(Text(name.removeprefix(">")), justify="right" if number else "left", overflow="fold")
    shown = [tuple(Text(cell) for cell in row) for row in rows]  # never markup: customers and documents wrote it
    for row in shown:
        table.add_row(*row)
    sheet = io.StringIO()
    Console(file=sheet, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False).print(table)
    body = "\n".join(line.rstrip() for line in sheet.getvalue().splitlines())
    starred = (
        "\n* of a kind that the intent does not suggest" if any(row[0].plain.endswith("*") for row in shown) else ""
    )
    return f"{title}\n{body.strip(chr(10))}{starred}" if shown else f"{title}: nothing"
