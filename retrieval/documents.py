"""Reads knowledge files: a folder of Markdown, HTML, text and PDF, or JSON Lines.

Broken parts are named and skipped, never half-read.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, StringConstraints, ValidationError

from domain.errors import BadInput
from domain.knowledge import Document
from domain.values import Value
from domain.vocabulary import Kind, Language
from retrieval.editions import Editions
from retrieval.json_lines import Line, read_json_lines
from retrieval.parsers import PARSERS, Parsed
from retrieval.reports import Skipped

DetectLanguage = Callable[[str], Language | None]
"""The language of a text, None when it is none of the five or not sure."""

MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_TEXT_CHARACTERS = 500_000
MAX_ID_CHARACTERS = 200
JSON_LINES = frozenset({".jsonl", ".ndjson"})
KIND_OF_FOLDER = {
    "products": Kind.PRODUCT,
    "product": Kind.PRODUCT,
    "policies": Kind.POLICY,
    "policy": Kind.POLICY,
    "faqs": Kind.FAQ,
    "faq": Kind.FAQ,
}
LANGUAGES = ", ".join(language.value for language in Language)


def _moment(value: object) -> object:
    """Dates without a time begin at midnight, times without an offset are UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("write a date such as 2026-01-31, or a time with an offset") from None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _texts(value: object) -> object:
    """Attributes are text: numbers and truth values are written out."""
    if isinstance(value, dict):
        return {str(key): item if isinstance(item, str) else _written(item) for key, item in value.items()}
    return value


def _written(value: object) -> object:
    return (
        ("true" if value else "false") if isinstance(value, bool) else value if isinstance(value, dict) else str(value)
    )


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_ID_CHARACTERS)]
Moment = Annotated[datetime | None, BeforeValidator(_moment), BeforeValidator(_blank_is_none)]


_SAID = frozenset({"id", "effective_from", "effective_to"})
"""Fields of a file that are no attributes."""


class _Record(Value):
    """One object of a JSON Lines file, before its language is known. A misspelt field is a fault, not an omission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id
    kind: Kind
    language: Language | None = None
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARACTERS)]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2_000)] | None = None
    effective_from: Moment = None
    effective_to: Moment = None
    attributes: Annotated[dict[str, str], BeforeValidator(_texts)] = {}


class Unreadable(Skipped):
    """A part that was skipped, with the document it would have been, as far as that is known."""

    document_id: str | None = None


def read_documents(path: Path, detect: DetectLanguage) -> Iterator[Document | Unreadable]:
    """Every document below `path` in a fixed order; in place of a broken one, why it was skipped.

    Raises BadInput when `path` itself cannot be used.
    """
    if not path.exists():
        raise BadInput(f"{path} does not exist; name a folder of knowledge files or a JSON Lines file.")
    files = sorted(file for file in path.rglob("*") if _counts(file, path)) if path.is_dir() else [path]
    if not files:
        raise BadInput(f"{path} holds no files; put Markdown, HTML, text, PDF or JSON Lines into it.")
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
    if file.suffix.lower() in JSON_LINES:
        try:
            for line in read_json_lines(file):
                where = f"{name} line {line.number}"
                yield where, _from_line(line, where, detect)
        except BadInput as error:
            yield name, Unreadable(where=name, why=error.message)
        return
    document_id, language = _identity(file, root)
    try:
        yield name, _from_file(file, root, document_id, language, detect)
    except BadInput as error:
        yield name, Unreadable(where=name, why=error.message, document_id=document_id)


def _from_line(line: Line, where: str, detect: DetectLanguage) -> Document | Unreadable:
    if line.fields is None:
        return Unreadable(where=where, why=line.fault or "the line cannot be read.")
    claimed = line.fields.get("id")
    document_id = claimed.strip() if isinstance(claimed, str) else None
    try:
        return _document(line.fields, detect)
    except BadInput as error:
        return Unreadable(where=where, why=error.message, document_id=document_id or None)


def _document(fields: dict[str, Any], detect: DetectLanguage) -> Document:
    try:
        record = _Record.model_validate(fields)
    except ValidationError as error:
        raise BadInput(fault_of(error)) from error
    language = record.language or detect(f"{record.title}\n{record.text}")
    if language is None:
        raise BadInput(f"its language is not recognised; set `language` to one of {LANGUAGES}.")
    if record.effective_from and record.effective_to and record.effective_from >= record.effective_to:
        raise BadInput("`effective_to` has to be later than `effective_from`.")
    return Document.model_validate({**record.model_dump(), "language": language})


def fault_of(error: ValidationError) -> str:
    """The first thing wrong with a record, as one sentence."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:100]
    if first["type"] == "missing":
        return f"the field `{field}` is missing."
    if first["type"] == "extra_forbidden":
        return f"the field `{field}` is not known; correct its name or leave it out."
    said = first["msg"].removeprefix("Value error, ")
    return f"the field `{field}` cannot be used: {said[:1].lower()}{said[1:200]}."


def _identity(file: Path, root: Path) -> tuple[str, str | None]:
    """The path without its suffixes, and the language suffix if there is one: `policies/returns.es.md`."""
    stem, _, suffix = file.stem.rpartition(".")
    is_language = bool(stem) and suffix.lower() in {language.value for language in Language}
    name = stem if is_language else file.stem
    folder = file.parent.relative_to(root).as_posix()
    return (name if folder == "." else f"{folder}/{name}"), suffix.lower() if is_language else None


def _from_file(file: Path, root: Path, document_id: str, language: str | None, detect: DetectLanguage) -> Document:
    parser = PARSERS.get(file.suffix.lower())
    if parser is None:
        raise BadInput(f"files of the type {file.suffix or 'without a suffix'!r} are not known; use {_suffixes()}.")
    kind = _kind_of(file, root)
    parsed = parser(_bytes_of(file))
    if not parsed.text.strip():
        raise BadInput("it holds no text.")
    fields = {
        "id": parsed.fields.get("id") or document_id,
        "kind": kind,
        "language": language or _own_language(parsed),
        "title": (parsed.title or Path(document_id).name.replace("-", " ").replace("_", " ").strip())[:300],
        "text": parsed.text,
        "url": parsed.url if parsed.url and parsed.url.startswith(("http://", "https://")) else None,
        "effective_from": parsed.fields.get("effective_from"),
        "effective_to": parsed.fields.get("effective_to"),
        "attributes": {key: value for key, value in parsed.fields.items() if key not in _SAID},
    }
    return _document(fields, detect)


def _own_language(parsed: Parsed) -> str | None:
    claimed = (parsed.language or "").strip().lower()[:2]
    return claimed if claimed in {language.value for language in Language} else None


def _kind_of(file: Path, root: Path) -> Kind:
    for folder in (*reversed(file.relative_to(root).parent.parts), root.resolve().name):
        if kind := KIND_OF_FOLDER.get(folder.lower()):
            return kind
    raise BadInput("its kind is not known; put it into a folder called products, policies or faqs.")


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise BadInput("it is larger than 5 MB; split it.")
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"it cannot be read ({error.strerror or error.__class__.__name__}).") from error
    if not data.strip():
        raise BadInput("it is empty.")
    return data


def _suffixes() -> str:
    return ", ".join(sorted(set(PARSERS) | JSON_LINES))
