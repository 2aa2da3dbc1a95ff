"""CSV and the other formats: each fault is one sentence, and the rest is read."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import BadInput
from domain.knowledge import Document
from domain.vocabulary import Kind, Language
from retrieval import delimited
from retrieval.documents import Unreadable, read_documents
from retrieval.parsing.letters import fault_of_letters
from retrieval.parsing.markdown import parse_markdown

Read = Callable[[str, str | bytes], tuple[list[Document], dict[str, str]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads one file below the folder `faqs`."""

    def run(name: str, content: str | bytes) -> tuple[list[Document], dict[str, str]]:
        path = tmp_path / "faqs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = list(read_documents(tmp_path, lambda _: Language.EN))
        good = [item for item in found if isinstance(item, Document)]
        return good, {item.where.removeprefix("faqs/"): item.why for item in found if isinstance(item, Unreadable)}

    return run


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rows_are_documents_whatever_parts_their_cells(read: Read, delimiter: str, end: str, mark: str) -> None:
    rows = [
        "ID|Kind|Language|Title|Text|Price",
        '1|product|de|Lampe|"Hell; so, ""gut""|x"|19,90',
        "||||| ",
        "2|faq|en|T|X|",
    ]
    cells = [row.replace('"Hell; so, ""gut""|x"', "\0").replace("|", delimiter) for row in rows]
    cells = [row.replace("19,90", '"19,90"').replace("\0", '"Hell; so, ""gut""|x"') for row in cells]
    found, faults = read("a.csv", mark + end.join(cells))
    assert faults == {}
    assert [(each.id, each.kind, each.language, each.title, each.text) for each in found] == [
        ("1", Kind.PRODUCT, Language.DE, "Lampe", 'Hell; so, "gut"|x'),
        ("2", Kind.FAQ, Language.EN, "T", "X"),
    ]
    assert [each.attributes for each in found] == [{"price": "19,90"}, {}]


def test_quoted_cells_hold_lines_and_the_folder_says_the_kind(read: Read) -> None:
    found, faults = read(
        "a.csv", 'sep=;\nid;title;text;effective_from;attributes\n1;T;"- a\n- b";2026-01-01;"{""n"": 5}"\n2;T;x;soon;\n'
    )
    assert [(each.kind, each.text, each.attributes) for each in found] == [(Kind.FAQ, "- a\n- b", {"n": "5"})]
    assert "`effective_from`" in faults["a.csv line 5"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"name,body\n1,2\n", "`id` and `title` and `text`"),
        (b"id,title,text,id\n", "names `id` twice"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"PK\x03\x04", "archive (ZIP)"),
        (b"\x1f\x8b\x08", "archive (gzip)"),
        (b"%PDF-1.7", "end with .pdf"),
        ("id,title,text".encode("utf-16"), "UTF-16"),
        ("id,title,text," + ",".join(f"c{number}" for number in range(300)), "more than 200 columns"),
        ("x" * 1_100_000, "first row is too long"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(read: Read, content: bytes, why: str) -> None:
    found, faults = read("a.csv", content)
    assert found == []
    assert why in faults["a.csv"]


def test_a_bad_row_is_named_and_the_others_are_read(read: Read) -> None:
    rows = [b"id,title,text", b"1,A,B", b"2,A", b"3,A,B,C", b"4,A,\xfc", b"5,A,a\0b", b'6,A,"a"b', b"7,,x", b"8,A,B"]
    found, faults = read("a.csv", b"\n".join(rows))
    assert [each.id for each in found] == ["1", "8"]
    assert {place.removeprefix("a.csv line "): why.split(";")[0][:30] for place, why in faults.items()} == {
        "3": "the row has 2 cells and the fi", "4": "the row has 4 cells and the fi",
        "5": "the row is not UTF-8 text", "6": "the row holds zero bytes",
        "7": "the row does not end or its qu", "8": "the field `title` is missing.",
    }  # fmt: skip


def test_a_quotation_mark_that_never_ends_costs_its_row_alone(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW", 2_000)
    rows = "".join(f"{number},A,B\n" for number in range(2, 500))
    found, faults = read("a.csv", f'id,title,text\n1,A,"open\nmore\n{rows}')
    assert [each.id for each in found] == [str(number) for number in range(2, 500)]
    assert list(faults) == ["a.csv line 2"]


def test_large_tables_and_lines_are_streamed(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    with path.open("w") as file:
        file.write("id,kind,title,text\n")
        for number in range(18_000):
            file.write(f"{number},faq,T,{'word ' * 60}\n")
    assert path.stat().st_size > 5 * 1024 * 1024
    assert sum(isinstance(each, Document) for each in read_documents(path, lambda _: Language.EN)) == 18_000


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a.zip", "unpack it"),
        ("a.docx", "save it as PDF"),
        ("a.xlsx", "save it as CSV"),
        ("a.png", "run OCR"),
        ("a.json", "end with .jsonl"),
        ("a.exe", "not known"),
    ],
)
def test_formats_that_are_not_read_say_what_to_do(read: Read, name: str, why: str) -> None:
    assert why in read(name, b"x")[1][name]


def test_an_archive_is_refused_under_any_name(read: Read) -> None:
    assert "archive (ZIP)" in read("a.en.md", b"PK\x03\x04text")[1]["a.en.md"]


@pytest.mark.parametrize("text", ["RÃ¼ckgabe fÃ¼r GrÃ¶ÃŸe", "l\ufffdtters", "â€œquotedâ€\x9d and itâ€™s"])
def test_letters_that_were_broken_before_are_refused(text: str) -> None:
    assert (fault_of_letters(text) or "").endswith("save it anew from the original.")


@pytest.mark.parametrize("text", ["Größe, château, coração", "São Paulo: â, Ã", "ÂÃ as letters; à propos — café “ok”"])
def test_letters_with_marks_are_not_taken_for_broken_ones(text: str) -> None:
    assert fault_of_letters(text) is None


def test_front_matter_may_hold_lists_remarks_and_longer_texts() -> None:
    parsed = parse_markdown(
        b"---\n# note\ntitle: 'A: b'\nid: x/y # why\ntags:\n  - one\n  - two\nmore: >\n  long\n---\n# H\n\nT"
    )
    assert (parsed.title, parsed.text) == ("A: b", "# H\n\nT")
    assert parsed.fields == {"id": "x/y", "tags": "one, two", "more": "long"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("---\ntitle: x\ntext", "no end"),
        ("---\ntitle: x\nnonsense\n---\nT", "line 3 of its front matter"),
        ("---\ntitle: x\ntitle: y\n---\nT", "names `title` twice"),
    ],
)
def test_front_matter_gone_wrong_is_named(content: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_markdown(content.encode())


def test_a_rule_at_the_beginning_is_no_front_matter() -> None:
    assert parse_markdown(b"---\n\nText: more\n").text == "---\n\nText: more"
    assert parse_markdown(b"---\nJust words\n---\n").text == "---\nJust words\n---"


def test_a_broken_file_is_known_by_the_id_it_claims(read: Read, tmp_path: Path) -> None:
    read("a.en.md", b"---\nid: policies/returns\n---\n\xff\xfe")
    read("b.en.html", b"<meta name=id content='x/y'>" + b"<div>" * 20_000)
    (tmp_path / "faqs" / "c.en.md").write_bytes(b"\xff")
    found = [each for each in read_documents(tmp_path, lambda _: None) if isinstance(each, Unreadable)]
    assert [each.document_id for each in found] == ["policies/returns", "x/y", "faqs/c"]


@pytest.mark.parametrize(
    "text", [">" * 10_000 + " x", "- " * 10_000 + "x", "\n".join("  " * n + "- x" for n in range(90))]
)
def test_bottomless_lists_are_refused(read: Read, text: str) -> None:
    assert "nested too deeply" in read("a.en.md", text)[1]["a.en.md"]


def test_what_only_hides_is_no_document(read: Read) -> None:
    assert "no text that a reader sees" in read("a.en.md", "<!-- all of it -->")[1]["a.en.md"]
    assert "no text that a reader sees" in read("a.en.md", "\u200b\u200b")[1]["a.en.md"]


def test_hidden_words_travel_with_the_document_but_not_in_its_text(read: Read) -> None:
    line = {"id": "a", "title": "T\u200bi", "text": "Seen. <!-- not seen -->", "language": "en"}
    ((found,), _) = read("all.jsonl", json.dumps(line))
    assert (found.title, found.text, found.kind) == ("Ti", "Seen. ", Kind.FAQ)
    assert found.hidden == "not seen\nT\u200bi"


def test_a_line_without_end_costs_milliseconds(read: Read) -> None:
    began = time.process_time()
    read("a.en.md", "# " * 200_000)
    read("b.en.md", "<span style=display:none>" * 15_000)
    read("c.en.txt", "word " * 90_000)
    assert time.process_time() - began < 5
