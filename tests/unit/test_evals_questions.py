"""The labelled questions are complete, balanced and agree with the knowledge of the demo store."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.errors import BadInput
from domain.vocabulary import Language
from evals.questions import QUESTIONS, languages_of, read_questions, split_of

DEMO = Path(__file__).parents[2] / "app" / "demo"
TRAINING = Path(__file__).parents[2] / "retrieval" / "resources" / "questions.jsonl"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes lines, each a good question with some fields replaced, and gives their file."""

    def written(*changes: dict[str, Any]) -> Path:
        good = {"id": "q001", "language": "en", "text": "Can I?", "documents": ["faqs/a"], "cross_language": False}
        file = tmp_path / "questions.jsonl"
        file.write_text("".join(json.dumps(good | change) + "\n" for change in changes), encoding="utf-8")
        return file

    return written


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """One FAQ in English and German, with an earlier edition in French."""
    folder = tmp_path / "knowledge" / "faqs"
    folder.mkdir(parents=True)
    for name in ("a.en.md", "a.de.md", "a.2025.fr.md"):
        (folder / name).write_text("# A\n\nYes.\n", encoding="utf-8")
    return folder.parent


def test_there_are_three_hundred_questions_with_opaque_ids() -> None:
    assert [question.id for question in read_questions()] == [f"q{number:03d}" for number in range(1, 301)]


def test_each_language_asks_thirty_in_a_language_that_answers_twenty_across_and_ten_without_an_answer() -> None:
    counts = Counter(
        (question.language, "across" if question.cross_language else "same" if question.documents else "none")
        for question in read_questions()
    )
    expected = {"same": 30, "across": 20, "none": 10}
    assert counts == {(language, kind): number for language in Language for kind, number in expected.items()}


def test_half_of_the_questions_without_an_answer_are_near_misses_and_say_so() -> None:
    notes = Counter(question.note for question in read_questions() if not question.documents)
    assert notes == {
        "no answer: the store has the thing, this fact is stated nowhere": 25,
        "no answer: nothing of the kind is in the store": 25,
    }


def test_most_documents_of_the_store_answer_some_question() -> None:
    asked = {document for question in read_questions() for document in question.documents}
    assert len(asked) >= 0.9 * len(languages_of(DEMO / "knowledge"))


def test_no_question_is_one_that_was_trained_on_or_shown_as_a_message() -> None:
    known = {
        json.loads(line)["text"].casefold().strip()
        for path in (TRAINING, DEMO / "messages.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert not known & {question.text.casefold() for question in read_questions()}


def test_the_order_of_the_ids_does_not_tell_what_is_asked() -> None:
    questions = read_questions()
    first, second = questions[:150], questions[150:]
    for half in (first, second):
        assert {question.language for question in half} == set(Language)
        assert 15 <= sum(not question.documents for question in half) <= 35
        assert 35 <= sum(question.cross_language for question in half) <= 65


def test_the_splits_have_about_their_shares_and_each_has_every_kind_of_question() -> None:
    questions = read_questions()
    shares = Counter(split_of(question.id) for question in questions)
    assert abs(shares["fit"] - 120) <= 20 and abs(shares["dev"] - 90) <= 20 and abs(shares["test"] - 90) <= 20
    kinds = {(split_of(q.id), q.language, q.cross_language, bool(q.documents)) for q in questions}
    assert len(kinds) == 3 * len(Language) * 3


def test_the_split_of_an_id_never_changes() -> None:
    assert [split_of(f"q00{number}") for number in range(1, 6)] == ["dev", "test", "fit", "fit", "fit"]


def test_earlier_editions_are_not_counted_as_languages_of_a_document(knowledge: Path) -> None:
    assert languages_of(knowledge) == {"faqs/a": {Language.EN, Language.DE}}


def test_a_good_file_is_read_in_its_order(write: Write, knowledge: Path) -> None:
    path = write(
        {"id": "q007", "text": "Eins?", "language": "de"}, {"id": "q002", "language": "pt", "cross_language": True}
    )
    assert [question.id for question in read_questions(path, knowledge)] == ["q007", "q002"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([{"id": "shipping-1"}], "id"),
        ([{"language": "it"}], "language"),
        ([{"text": "  "}], "text"),
        ([{"notes": "misspelt"}], "notes"),
        ([{"documents": ["faqs/b"]}], "there is no document faqs/b"),
        ([{"documents": ["faqs/a", "faqs/a"]}], "each named once"),
        ([{}, {"text": "Other?"}], "id is given twice"),
        ([{}, {"id": "q002", "text": " CAN  i? "}], "text is given twice"),
        ([{"cross_language": True}], "cross_language is not True"),
        ([{"language": "fr"}], "cross_language is not False"),
        ([{"documents": [], "cross_language": True}], "cross_language is not True"),
    ],
)
def test_a_fault_is_refused_with_its_line(
    write: Write, knowledge: Path, changes: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(BadInput, match=f"line {len(changes)}") as caught:
        read_questions(write(*changes), knowledge)
    assert said in caught.value.message


def test_the_file_lies_beside_the_code() -> None:
    assert QUESTIONS.is_file()
