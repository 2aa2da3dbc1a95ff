"""Files to Markdown: what each format says, as one text with headings, lists and tables. Pure but for the PDF reader.

Every parser gives a `Parsed` or raises BadInput with one sentence that says what to do.
"""

import io
import logging
import re
from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from domain.errors import BadInput
from domain.values import Value

MAX_PDF_PAGES = 500

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z_]+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_FIRST_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")
_LEADING = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)
_SPACES = re.compile(r"\s+")
_APART = frozenset({"br", "li", "td", "th", "tr", "option", "summary"})
_DROPPED = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg", "iframe")
_BLOCKS = frozenset({"p", "div", "section", "article", "main", "blockquote", "dd", "dt", "dl", "pre", "figure"}) | {
    *("ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6")
}
_BLOCK_SELECTOR = "p, div, ul, ol, table, h1, h2, h3, h4, h5, h6"


class Parsed(Value):
    """A file's text as Markdown, with what it says about itself."""

    text: str
    title: str | None = None
    language: str | None = None
    url: str | None = None
    fields: dict[str, str] = {}
    """Other front matter fields, name to value."""


def decode(data: bytes) -> str:
    """UTF-8 text, with or without a byte order mark, lines ended by newlines. Raises BadInput for anything else."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadInput("it is UTF-16 text; save it as UTF-8.")
    if b"\0" in data:
        raise BadInput("it is a binary file, not text.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"it is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_markdown(data: bytes) -> Parsed:
    """Markdown, with an optional front matter of `name: value` lines; the title is there or the first heading."""
    text = decode(data)
    fields: dict[str, str] = {}
    if found := _FRONT_MATTER.match(text):
        fields = {name.lower(): value.strip("\"'") for name, value in _FIELD.findall(found.group(1))}
        text = text[found.end() :]
    heading = _FIRST_HEADING.search(text)
    return Parsed(
        text=text.strip(),
        title=fields.pop("title", None) or (heading.group(1).strip() if heading else None),
        language=fields.pop("language", None) or fields.pop("lang", None),
        url=fields.pop("url", None),
        fields=fields,
    )


def parse_text(data: bytes) -> Parsed:
    """Plain text: paragraphs between blank lines. A short first line that stands alone is the title."""
    text = decode(data).strip()
    first, _, rest = text.partition("\n")
    alone = bool(rest.strip()) and rest.startswith("\n") and len(first) <= 120
    return Parsed(text=escaped(rest.strip() if alone else text), title=first.strip() if alone else None)


def parse_html(data: bytes) -> Parsed:
    """HTML: headings, paragraphs, lists and tables of the main part; scripts, navigation and footers are left out."""
    tree = LexborHTMLParser(decode(data))
    title = _words(tree.css_first("h1")) or _words(tree.css_first("title"))
    canonical = tree.css_first("link[rel=canonical]")
    language = tree.root.attributes.get("lang") if tree.root else None
    tree.strip_tags(list(_DROPPED))
    root = tree.css_first("main") or tree.css_first("article") or tree.body
    try:
        text = "\n\n".join(_blocks(root)) if root else ""
    except RecursionError as error:
        raise BadInput("its tags are nested too deeply; save it as simpler HTML or as text.") from error
    return Parsed(
        text=text,
        title=title or None,
        language=language,
        url=canonical.attributes.get("href") if canonical else None,
    )


def parse_pdf(data: bytes) -> Parsed:
    """The text of a PDF, page by page. Raises BadInput for one that is broken, locked, too long or only pictures."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns about each oddity; what matters is raised
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadInput("the PDF is locked by a password; save it without one.")
        if len(reader.pages) > MAX_PDF_PAGES:
            raise BadInput(f"the PDF has more than {MAX_PDF_PAGES} pages; split it.")
        pages = [page.extract_text() for page in reader.pages]
        title = reader.metadata.title if reader.metadata else None
    except BadInput:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError) as error:
        # A broken file makes the reader fail in many ways; each of these means that the file is at fault.
        raise BadInput("the PDF is broken; open it and save it again.") from error
    text = "\n\n".join(page.replace("\0", "").strip() for page in pages).strip()
    if not text:
        raise BadInput("the PDF holds no text, only pictures; load its text instead.")
    paragraphs = [_SPACES.sub(" ", part) for part in re.split(r"\n\s*\n", text)]
    return Parsed(text=escaped("\n\n".join(paragraphs)), title=str(title).strip() if title else None)


def escaped(text: str) -> str:
    """Plain text as Markdown that means the same: no character is taken for markup."""
    lines = (_LEADING.sub(_escape_leading, _MARKUP.sub(r"\\\1", line.strip())) for line in text.split("\n"))
    return "\n".join(lines)


def _escape_leading(found: re.Match[str]) -> str:
    mark = found.group(2)
    return f"{mark[:-1]}\\{mark[-1]}"


PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    ".md": parse_markdown,
    ".markdown": parse_markdown,
    ".html": parse_html,
    ".htm": parse_html,
    ".txt": parse_text,
    ".text": parse_text,
    ".pdf": parse_pdf,
}


def _words(node: LexborNode | None) -> str:
    """All words below a node on one line. Inline markup adds no space, blocks and line breaks do."""
    return _SPACES.sub(" ", "".join(_texts(node))).strip() if node is not None else ""


def _texts(node: LexborNode) -> Iterator[str]:
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            yield child.text(deep=False)
        elif child.tag != "-comment":
            apart = child.tag in _APART or _is_block(child)
            yield " " if apart else ""
            yield from _texts(child)
            yield " " if apart else ""


def _blocks(node: LexborNode) -> Iterator[str]:
    """The blocks below a node as Markdown, words between blocks included."""
    loose: list[str] = []
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            loose.append(child.text(deep=False))
        elif child.tag != "-comment" and not _is_block(child):
            loose.append(" " if child.tag in _APART else "".join(_texts(child)))
        elif child.tag != "-comment":
            yield from _paragraph(loose)
            loose = []
            yield from _block(child, child.tag or "")
    yield from _paragraph(loose)


def _paragraph(loose: list[str]) -> Iterator[str]:
    if text := _SPACES.sub(" ", "".join(loose)).strip():
        yield escaped(text)


def _is_block(node: LexborNode) -> bool:
    return node.tag in _BLOCKS or node.css_first(_BLOCK_SELECTOR) is not None


def _block(node: LexborNode, tag: str) -> Iterator[str]:
    if re.fullmatch(r"h[1-6]", tag):
        if words := _words(node):
            yield f"{'#' * int(tag[1])} {escaped(words)}"
    elif tag in {"ul", "ol"}:
        items = [_words(item) for item in node.iter() if item.tag == "li"]
        marks = (f"{number}." if tag == "ol" else "-" for number in range(1, len(items) + 1))
        if any(items):
            yield "\n".join(f"{mark} {escaped(item)}" for mark, item in zip(marks, items, strict=True) if item)
    elif tag == "table":
        yield from _table(node)
    else:
        yield from _blocks(node)


def _table(node: LexborNode) -> Iterator[str]:
    rows = [[escaped(_words(cell)) for cell in row.css("th, td")] for row in node.css("tr")]
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    width = max(len(row) for row in rows)
    filled = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
    yield "\n".join([filled[0], "|" + "---|" * width, *filled[1:]])
