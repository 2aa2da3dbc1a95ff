"""Knowledge files are read, and each broken one is named with what to do, while the others are loaded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import BadInput
from domain.knowledge import Document
from domain.vocabulary import Kind, Language
from retrieval import documents as module
from retrieval.documents import Unreadable, read_documents

Write = Callable[..., Path]
Read = Callable[[], tuple[list[Document], dict[str, str]]]


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of text."""
    stream = f"BT /F 12 Tf 20 200 Td ({text}) Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF"
    return f"{body}xref\n0 6\n0000000000 65535 f \n{table}{trailer}".encode()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def run(name: str, content: str | bytes) -> Path:
        path = tmp_path / "knowledge" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return run


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run() -> tuple[list[Document], dict[str, str]]:
        found = list(read_documents(tmp_path / "knowledge", lambda text: Language.DE if "ist" in text else None))
        good = [item for item in found if isinstance(item, Document)]
        return good, {item.where: item.why for item in found if isinstance(item, Unreadable)}

    return run


def test_kind_language_and_id_come_from_the_path(write: Write, read: Read) -> None:
    write("policies/returns.es.md", "# Devoluciones\n\nTreinta días.")
    ([found], faults) = read()
    assert (found.id, found.kind, found.language, found.title) == (
        "policies/returns", Kind.POLICY, Language.ES, "Devoluciones",
    )  # fmt: skip
    assert faults == {}


def test_without_a_suffix_the_language_is_detected_or_the_file_skipped(write: Write, read: Read) -> None:
    write("faqs/a.txt", "Das ist es.")
    write("faqs/b.txt", "Hmm.")
    found, faults = read()
    assert [document.language for document in found] == [Language.DE]
    assert faults["faqs/b.txt"].startswith("its language is not recognised")


def test_front_matter_is_read_and_left_out_of_the_text(write: Write, read: Read) -> None:
    write(
        "faqs/a.md",
        "---\ntitle: Sale\nlanguage: fr\nurl: https://a.example\neffective_to: 2026-02-01\nsku: X1\n---\nTexte.",
    )
    ([found], _) = read()
    assert (found.title, found.language, found.url, found.text) == ("Sale", Language.FR, "https://a.example", "Texte.")
    assert found.effective_to is not None
    assert found.effective_to.isoformat() == "2026-02-01T00:00:00+00:00"
    assert found.attributes == {"sku": "X1"}


def test_html_keeps_headings_lists_and_tables_and_drops_the_rest(write: Write, read: Read) -> None:
    write(
        "policies/a.html",
        "<html lang=pt><title>T</title><nav>menu</nav><body><h1>Trocas</h1><p>Um <b>d</b>ois.<ul><li>a<li>b</ul>"
        "<table><tr><th>Zona<th>Dias<tr><td>1<td>2</table><script>bad()</script></body>",
    )
    ([found], _) = read()
    assert (found.language, found.title) == (Language.PT, "Trocas")
    assert found.text == "# Trocas\n\nUm dois.\n\n- a\n- b\n\n| Zona | Dias |\n|---|---|\n| 1 | 2 |"


def test_the_text_of_a_pdf_is_read(write: Write, read: Read) -> None:
    write("policies/a.en.pdf", pdf("Returns within 30 days."))
    ([found], faults) = read()
    assert (found.text, faults) == ("Returns within 30 days.", {})


def test_plain_text_is_not_taken_for_markup(write: Write, read: Read) -> None:
    write("faqs/a.en.txt", "Opening hours\n\n# 5 * 3\n- not a list\n1. nor this\n<b>")
    ([found], _) = read()
    assert found.title == "Opening hours"
    assert found.text == "\\# 5 \\* 3\n\\- not a list\n1\\. nor this\n\\<b\\>"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("faqs/a.en.md", b"", "empty"),
        ("faqs/a.en.md", b"  \n ", "empty"),
        ("faqs/a.en.md", b"---\ntitle: x\n---\n", "no text"),
        ("faqs/a.en.md", b"caf\xe9 cr\xe8me", "not UTF-8"),
        ("faqs/a.en.md", "utf-16".encode("utf-16"), "UTF-16"),
        ("faqs/a.en.md", b"\x7fELF\x00\x01", "binary"),
        ("faqs/a.en.md", b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
        ("faqs/a.en.pdf", b"%PDF-1.4 garbage", "broken"),
        ("faqs/a.en.pdf", pdf(""), "no text layer; run OCR"),
        ("faqs/a.en.docx", b"PK", "save it as PDF"),
        ("recipes/a.en.md", b"Soup.", "kind is not known"),
        ("faqs/a.en.html", b"<script>x</script>", "no text"),
        ("faqs/a.en.html", b"<div>" * 20_000 + b"x", "nested too deeply"),
        ("faqs/a\udcff.en.md", b"x", "name is not UTF-8"),
    ],
)
def test_a_broken_file_is_named_and_the_others_are_read(
    write: Write, read: Read, name: str, content: bytes, why: str
) -> None:
    write(name, content)
    write("faqs/good.en.md", "Good.")
    found, faults = read()
    assert [document.id for document in found] == ["faqs/good"]
    ((where, said),) = faults.items()
    assert where == name.replace("\udcff", "\\udcff")
    assert why in said
    assert said.endswith(".")


def test_a_link_out_of_the_folder_is_not_followed(write: Write, read: Read, tmp_path: Path) -> None:
    write("faqs/good.en.md", "Good.")
    faqs = next(tmp_path.rglob("good.en.md")).parent
    secret = tmp_path.parent / f"{tmp_path.name}.md"
    secret.write_text("Secret.")
    (faqs / "out.en.md").symlink_to(secret)
    (faqs / "gone.en.md").symlink_to(faqs / "nothing.md")
    (faqs / "inside.en.md").symlink_to(faqs / "good.en.md")
    found, faults = read()
    assert {document.id for document in found} == {"faqs/good", "faqs/inside"}
    assert "out of the folder" in faults["faqs/out.en.md"]
    assert "leads nowhere" in faults["faqs/gone.en.md"]


GOOD = {"id": "a", "kind": "faq", "language": "en", "title": "T", "text": "X"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[1]", "not an object"),
        ('"a"', "not an object"),
        (b"\xff\xfe{}", "UTF-16"),
        (b'{"id": "\xe9"}', "not UTF-8"),
        (json.dumps(GOOD | {"text": "a\0b"}), "zero character"),
        ('{"id": "\\ud800"}', "zero character"),
        ("[" * 100_000, "not JSON"),
        (json.dumps({**GOOD, "title": None}), "`title`"),
        (json.dumps({name: value for name, value in GOOD.items() if name != "text"}), "`text` is missing"),
        (json.dumps(GOOD | {"text": " "}), "`text`"),
        (json.dumps(GOOD | {"kind": "gossip"}), "`kind`"),
        (json.dumps(GOOD | {"language": "it"}), "`language`"),
        (json.dumps(GOOD | {"id": 5}), "`id`"),
        (json.dumps(GOOD | {"id": "x" * 201}), "`id`"),
        (json.dumps(GOOD | {"price": 5}), "`price` is not known"),
        (json.dumps(GOOD | {"url": "javascript:x"}), "`url`"),
        (json.dumps(GOOD | {"effective_from": "soon"}), "`effective_from`"),
        (json.dumps(GOOD | {"effective_from": "2026-02-01", "effective_to": "2026-01-01"}), "later"),
        (json.dumps(GOOD | {"attributes": {"a": {"b": 1}}}), "`attributes"),
        (json.dumps({name: value for name, value in GOOD.items() if name != "language"}), "language is not recognised"),
    ],
)
def test_a_broken_line_is_named(write: Write, read: Read, line: str | bytes, why: str) -> None:
    write("all.jsonl", line)
    found, faults = read()
    assert found == []
    assert why in next(iter(faults.values()))


def test_the_lines_around_a_broken_one_are_read(write: Write, read: Read) -> None:
    write(
        "all.jsonl", "\n".join([json.dumps(GOOD), "", "{oops", json.dumps(GOOD | {"id": "b", "attributes": {"n": 5}})])
    )
    found, faults = read()
    assert [document.id for document in found] == ["a", "b"]
    assert found[1].attributes == {"n": "5"}
    assert list(faults) == ["all.jsonl line 3"]


def test_an_endless_line_is_skipped_without_being_held(
    write: Write, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.json_lines.MAX_LINE_BYTES", 1_000)
    write("all.jsonl", json.dumps(GOOD | {"text": "x" * 10_000}) + "\n" + json.dumps(GOOD | {"id": "b"}))
    found, faults = read()
    assert [document.id for document in found] == ["b"]
    assert "longer" in faults["all.jsonl line 1"]


def test_an_id_counts_once_a_language(write: Write, read: Read) -> None:
    write("a.jsonl", json.dumps(GOOD) + "\n" + json.dumps(GOOD | {"language": "es"}))
    write("b.jsonl", json.dumps(GOOD))
    found, faults = read()
    assert len(found) == 2
    assert "used before, in a.jsonl line 1" in faults["b.jsonl line 1"]


@pytest.mark.parametrize(
    ("windows", "loaded"),
    [
        ([(None, "2026-01-01"), ("2026-01-01", None)], 2),
        ([("2026-01-01", None), (None, "2026-01-01")], 2),
        ([("2025-01-01", "2025-06-01"), ("2025-07-01", "2026-01-01"), ("2025-06-01", "2025-07-01")], 3),
        ([(None, "2026-01-02"), ("2026-01-01", None)], 1),
        ([("2026-01-01", None), ("2026-06-01", None)], 1),
        ([("2026-01-01", "2026-02-01"), ("2026-01-01", "2026-02-01")], 1),
        ([(None, None), ("2026-01-01", None)], 1),
        ([("2026-01-01T00:00:00+02:00", None), (None, "2025-12-31T22:00:00Z")], 2),
    ],
)
def test_editions_stand_side_by_side_unless_they_overlap(
    write: Write, read: Read, windows: list[tuple[str | None, str | None]], loaded: int
) -> None:
    lines = [json.dumps(GOOD | {"effective_from": begin, "effective_to": end}) for begin, end in windows]
    write("a.jsonl", "\n".join(lines))
    found, faults = read()
    assert len(found) == loaded
    assert all("in a.jsonl line 1;" in why and "is in effect" in why for why in faults.values())
    assert len(found) + len(faults) == len(windows)


def test_files_are_editions_of_one_document_by_the_id_in_their_front_matter(write: Write, read: Read) -> None:
    write("policies/returns.en.md", "---\neffective_from: 2026-01-01\n---\nThirty days.")
    write("policies/returns-old.en.md", "---\nid: policies/returns\neffective_to: 2026-01-01\n---\nTen days.")
    write("policies/returns-odd.en.md", "---\nid: policies/returns\neffective_from: 2025-06-01\n---\nNo.")
    found, faults = read()
    # Files are read in the order of their names: the odd one is met before those it clashes with.
    assert {(document.id, document.text) for document in found} == {("policies/returns", "No.")}
    assert sorted(faults) == ["policies/returns-old.en.md", "policies/returns.en.md"]
    assert faults["policies/returns.en.md"] == (
        "the id 'policies/returns' in en is in effect from 2026-01-01 here and from 2025-06-01 in "
        "policies/returns-odd.en.md; let `effective_to` of the older be `effective_from` of the newer."
    )


def test_hidden_files_and_readmes_are_left_out(write: Write, read: Read) -> None:
    write("faqs/.a.en.md", "x")
    write(".git/faqs/a.en.md", "x")
    write("faqs/README.md", "x")
    write("faqs/b.en.md", "x")
    found, faults = read()
    assert ([document.id for document in found], faults) == (["faqs/b"], {})


def test_a_path_that_is_not_there_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        list(read_documents(tmp_path / "nowhere", lambda _: None))
    with pytest.raises(BadInput, match="holds no files"):
        list(read_documents(tmp_path, lambda _: None))


def test_a_single_file_may_be_named(write: Write) -> None:
    path = write("faqs/a.en.md", "x")
    (found,) = read_documents(path, lambda _: None)
    assert isinstance(found, Document)
    assert (found.id, found.kind) == ("a", Kind.FAQ)


def test_every_kind_has_a_folder() -> None:
    assert set(module.KIND_OF_FOLDER.values()) == set(Kind)
