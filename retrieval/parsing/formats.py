"""The formats that knowledge files may have, by the suffix of their names."""

from collections.abc import Callable

from retrieval.parsing.html import parse_html
from retrieval.parsing.markdown import parse_markdown
from retrieval.parsing.parsed import Parsed
from retrieval.parsing.pdf import parse_pdf
from retrieval.parsing.plain import parse_text

PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    ".md": parse_markdown,
    ".markdown": parse_markdown,
    ".html": parse_html,
    ".htm": parse_html,
    ".txt": parse_text,
    ".text": parse_text,
    ".pdf": parse_pdf,
}
"""One document a file."""
RECORDS = frozenset({".jsonl", ".ndjson", ".csv", ".tsv"})
"""Many documents a file, one a line or row."""
INSTEAD = {
    **dict.fromkeys(
        (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst"), "it is an archive; unpack it."
    ),
    **dict.fromkeys(
        (".docx", ".doc", ".odt", ".rtf", ".pages"), "it is a text document; save it as PDF, HTML or Markdown."
    ),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "it is a spreadsheet; save it as CSV in UTF-8."),
    **dict.fromkeys((".pptx", ".ppt", ".odp"), "it is a presentation; save it as PDF."),
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".gif", ".webp", ".tiff"), "it is a picture; run OCR on it or write it down."
    ),
    ".json": "it is JSON; write one object a line and let its name end with .jsonl.",
    ".xml": "it is XML; save it as HTML or CSV.",
}
"""What to do with formats that are often met and not read."""
