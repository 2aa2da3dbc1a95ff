"""Questions of customers about the demo store, each with every document that answers it.

They measure the search for knowledge. A split decides what a question may be used for: `fit` to fit, `dev` to compare
and choose, `test` to report once. **Nobody looks at what the search does with the questions of `test` before the end:
no scores, no ranks, no single results.** A number chosen after such a look is no longer measured but remembered.

A document is named by its id, the path below the knowledge folder without language and suffix; its editions share it.
Answers are judged by the edition in effect: conditions that have been replaced answer nothing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints, ValidationError

from domain.errors import BadInput
from domain.values import Value
from domain.vocabulary import Language

QUESTIONS = Path(__file__).parent / "resources" / "questions.jsonl"
KNOWLEDGE = Path(__file__).parents[1] / "app" / "demo" / "knowledge"

Split = Literal["fit", "dev", "test"]
BOUNDS: Mapping[Split, float] = {"fit": 0.4, "dev": 0.7, "test": 1.0}
"""Where each split ends, as a share of all hashes: 40%, 30% and 30% of the questions."""
_HASHES = 2**32


class EvalQuestion(Value):
    """A question with what answers it. A misspelt field is a fault, not an omission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^q\d{3}$")]
    """Says nothing about the question: it only decides on the split."""
    language: Language
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    documents: tuple[str, ...]
    """Ids of every document that fully answers it, sorted; empty where none does."""
    cross_language: bool
    """Documents answer it, but none of them in its language."""
    note: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None


def split_of(id: str) -> Split:
    """What the question of this id may be used for. The same everywhere and for ever, whatever questions are added."""
    share = int.from_bytes(hashlib.sha256(id.encode()).digest()[:4], "big") / _HASHES
    return next(split for split, end in BOUNDS.items() if share < end)


def read_questions(path: Path = QUESTIONS, knowledge: Path = KNOWLEDGE) -> list[EvalQuestion]:
    """The questions in the order of the file. Raises BadInput naming the line that is wrong: a field, an id or a text
    given twice, a document that is not in `knowledge`, or a `cross_language` that its files contradict."""
    languages = languages_of(knowledge)
    questions: list[EvalQuestion] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            question = EvalQuestion.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"{path.name}, line {number}: {where or 'line'}: {first['msg']}.") from error
        fault = _fault(question, languages, seen)
        if fault:
            raise BadInput(f"{path.name}, line {number} ({question.id}): {fault}.")
        seen |= {question.id, _folded(question.text)}
        questions.append(question)
    return questions


def languages_of(knowledge: Path) -> dict[str, frozenset[Language]]:
    """Document id to the languages in which an edition of it is in effect. Files that name a year, such as
    `returns.2025.de.md`, are earlier editions and do not count."""
    found: dict[str, set[Language]] = defaultdict(set)
    for file in knowledge.rglob("*.md"):
        name, *rest = file.name.removesuffix(".md").split(".")
        if len(rest) == 1:
            found[f"{file.parent.relative_to(knowledge).as_posix()}/{name}"].add(Language(rest[0]))
    return {document: frozenset(languages) for document, languages in found.items()}


def _fault(question: EvalQuestion, languages: Mapping[str, frozenset[Language]], seen: set[str]) -> str | None:
    unknown = [document for document in question.documents if document not in languages]
    if unknown:
        return f"there is no document {unknown[0]}"
    if list(question.documents) != sorted(set(question.documents)):
        return "its documents are to be sorted, each named once"
    if question.id in seen:
        return "its id is given twice"
    if _folded(question.text) in seen:
        return "its text is given twice"
    if question.cross_language != _crosses(question.language, question.documents, languages):
        return f"cross_language is not {question.cross_language} by the files of its documents"
    return None


def _crosses(language: Language, documents: Sequence[str], languages: Mapping[str, frozenset[Language]]) -> bool:
    return bool(documents) and not any(language in languages[document] for document in documents)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
