"""Reads knowledge files: a folder of Markdown, HTML, text and PDF, or many documents a file in JSON Lines and CSV.

Broken parts are named and skipped, never half-read.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from domain.errors import BadInput
from domain.knowledge import Document
from domain.vocabulary import Kind, Language
from retrieval.delimited import read_delimited
from retrieval.editions import Editions
from retrieval.json_lines import Line, read_json_lines
from retrieval.parsing.formats import INSTEAD, PARSERS, RECORDS
from retrieval.parsing.parsed import Parsed
from retrieval.records import MAX_TITLE_CHARACTERS, DetectLanguage, document_of, fault_of
from retrieval.reports import Skipped

__all__ = ["DetectLanguage", "Unreadable", "fault_of", "read_documents"]

MAX_FILE_BYTES = 5 * 1024 * 1024
"""Of a file that is one document. JSON Lines and CSV may be as large as they like."""
HEAD_BYTES = 4_096
KIND_OF_FOLDER = {
    "products": Kind.PRODUCT,
    "product": Kind.PRODUCT,
    "policies": Kind.POLICY,
    "policy": Kind.POLICY,
    "faqs": Kind.FAQ,
    "faq": Kind.FAQ,
}

_SAID = frozenset({"id", "effective_from", "effective_to"})
"""Fields of a file that are no attributes."""
_CLAIM = re.compile(
    rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(?:[^\n]*\n){0,50}?id[ \t]*:[ \t]*[\"']?([^\r\n\"']+)"
    rb"|<meta\s+name\s*=\s*[\"']?id[\"']?\s+content\s*=\s*[\"']([^\"']+)",
    re.IGNORECASE,
)


class Unreadable(Skipped):
    """A part that was skipped, with the document it would have been, as far as that is known."""

    document_id: str | None = None


def read_documents(path: Path, detect: DetectLanguage) -> Iterator[Document | Unreadable]:
    """Every document below `path` in a fixed order; in place of a broken one, why it was skipped.

    Raises BadInput when `path` itself cannot be used.
    """
    if not path.exists():
        raise BadInput(f"{path} does not exist; name a folder of knowledge files or one file.")
    files = sorted(file for file in path.rglob("*") if _counts(file, path)) if path.is_dir() else [path]
    if not files:
        raise BadInput(f"{path} holds no files; put Markdown, HTML, text, PDF, JSON Lines or CSV into it.")
    if path.exists() and not path.is_dir() and not path.is_file():
        raise BadInput(f"{path} is no file and no folder; name one.")
    editions = Editions()
    for file in files:
        name = str(file.relative_to(path)) if path.is_dir() else file.name
        if why := _foreign(file, path):
            yield Unreadable(where=ascii(name)[1:-1] if not name.isprintable() else name, why=why)
            continue
        for where, found in _read(file, path if path.is_dir() else path.parent, name, detect):
            yield _admitted(found, where, editions)


def _counts(file: Path, root: Path) -> bool:
    parts = file.relative_to(root).parts
    hidden = any(part.startswith((".", "_")) for part in parts) or file.name.lower() == "readme.md"
    return not hidden and (file.is_file() or (file.is_symlink() and not file.exists()))


def _foreign(file: Path, path: Path) -> str | None:
    """Why a file of a folder is not to be read. A link could bring in any file of this machine."""
    if any("\ud800" <= character <= "\udfff" for character in str(file)):
        return "its name is not UTF-8; rename it."
    if not path.is_dir():
        return None
    if not file.exists():
        return "it is a link that leads nowhere; remove it."
    if not file.resolve().is_relative_to(path.resolve()):
        return "it is a link out of the folder; put the file itself there."
    return None


def _admitted(found: Document | Unreadable, where: str, editions: Editions) -> Document | Unreadable:
    if isinstance(found, Document) and (why := editions.admit(found, where)):
        return Unreadable(where=where, why=why, document_id=found.id)
    return found


def _read(file: Path, root: Path, name: str, detect: DetectLanguage) -> Iterator[tuple[str, Document | Unreadable]]:
    if file.suffix.lower() in RECORDS:
        read = read_delimited if file.suffix.lower() in {".csv", ".tsv"} else read_json_lines
        try:
            for line in read(file):
                where = f"{name} line {line.number}"
                yield where, _from_line(line, where, _folder_kind(file, root), detect)
        except BadInput as error:
            yield name, Unreadable(where=name, why=error.message)
        return
    try:
        yield name, _from_file(file, root, detect)
    except BadInput as error:
        yield name, Unreadable(where=name, why=error.message, document_id=_claimed_id(file, root))


def _from_line(line: Line, where: str, kind: Kind | None, detect: DetectLanguage) -> Document | Unreadable:
    if line.fields is None:
        return Unreadable(where=where, why=line.fault or "the line cannot be read.")
    claimed = line.fields.get("id")
    document_id = claimed.strip() if isinstance(claimed, str) else None
    try:
        return document_of(({"kind": kind} if kind else {}) | line.fields, detect)
    except BadInput as error:
        return Unreadable(where=where, why=error.message, document_id=document_id or None)


def _claimed_id(file: Path, root: Path) -> str | None:
    """The id that a broken file would have had, None when nobody can say: its document must not be taken for gone."""
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    except OSError:
        return None
    found = _CLAIM.search(head)
    if not found:
        return _identity(file, root)[0]
    return (found.group(1) or found.group(2)).decode("utf-8", errors="replace").strip()


def _identity(file: Path, root: Path) -> tuple[str, str | None]:
    """The path without its suffixes, and the language suffix if there is one: `policies/returns.es.md`."""
    stem, _, suffix = file.stem.rpartition(".")
    is_language = bool(stem) and suffix.lower() in {language.value for language in Language}
    name = stem if is_language else file.stem
    folder = file.parent.relative_to(root).as_posix()
    return (name if folder == "." else f"{folder}/{name}"), suffix.lower() if is_language else None


def _from_file(file: Path, root: Path, detect: DetectLanguage) -> Document:
    suffix = file.suffix.lower()
    parser = PARSERS.get(suffix)
    if parser is None:
        raise BadInput(
            INSTEAD.get(suffix)
            or f"files of the type {suffix or 'without a suffix'!r} are not known; use {_suffixes()}."
        )
    kind = _folder_kind(file, root)
    if kind is None:
        raise BadInput("its kind is not known; put it into a folder called products, policies or faqs.")
    document_id, language = _identity(file, root)
    parsed = parser(_bytes_of(file))
    if not parsed.text.strip():
        raise BadInput("it holds no text.")
    fields = {
        "id": parsed.fields.get("id") or document_id,
        "kind": kind,
        "language": language or _own_language(parsed),
        "title": (parsed.title or Path(document_id).name.replace("-", " ").replace("_", " ").strip())[
            :MAX_TITLE_CHARACTERS
        ],
        "text": parsed.text,
        "url": parsed.url if parsed.url and parsed.url.startswith(("http://", "https://")) else None,
        "effective_from": parsed.fields.get("effective_from"),
        "effective_to": parsed.fields.get("effective_to"),
        "attributes": {key: value for key, value in parsed.fields.items() if key not in _SAID},
    }
    return document_of(fields, detect, parsed.hidden)


def _own_language(parsed: Parsed) -> str | None:
    claimed = (parsed.language or "").strip().lower()[:2]
    return claimed if claimed in {language.value for language in Language} else None


def _folder_kind(file: Path, root: Path) -> Kind | None:
    """What the folder above says, the nearest first."""
    folders = (*reversed(file.relative_to(root).parent.parts), root.resolve().name)
    return next((kind for folder in folders if (kind := KIND_OF_FOLDER.get(folder.lower()))), None)


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)  # never more, whatever its size is said to be
    except OSError as error:
        raise BadInput(f"it cannot be read ({error.strerror or error.__class__.__name__}).") from error
    if len(data) > MAX_FILE_BYTES:
        raise BadInput("it is larger than 5 MB; split it, or load it as JSON Lines or CSV.")
    if not data.strip():
        raise BadInput("it is empty.")
    return data


def _suffixes() -> str:
    return ", ".join(sorted({*PARSERS, *RECORDS}))
