"""Cuts a document into passages. Pure: the same document always gives the same passages.

Markdown is cut at its headings; under one heading, paragraphs are gathered up to MAX_CHARACTERS. Lists and tables stay
whole unless they are longer than that themselves, then they are cut between items or rows. A passage's text is plain:
markup is gone, list items are lines that begin with `- `, and each table row is a line that names its columns. The
headings above a passage are in its title: `Returns › How to send it back`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from domain.canonical import content_hash
from domain.knowledge import Document, Passage
from retrieval.sentences import sentences_of

__all__ = ["MAX_CHARACTERS", "VERSION", "passages_of", "sections_of", "sentences_of"]

MAX_CHARACTERS = 600
MAX_TITLE_CHARACTERS = 300
VERSION = "chunks/2"
"""Changes whenever the same document would be cut otherwise; documents are then embedded anew."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>")
_SPACES = re.compile(r"[ \t\u00a0]+")


class Section:
    """A run of blocks under one path of headings. Each block is a list of lines that should stay together."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.blocks: list[list[str]] = []


def passages_of(document: Document) -> tuple[Passage, ...]:
    """The passages of a document in reading order. A document without text gives one passage with its title alone."""
    cut = [
        (_title(document.title, section.path), text) for section in sections_of(document.text) for text in _cut(section)
    ]
    return tuple(
        _passage(document, position, title, text)
        for position, (title, text) in enumerate(cut or [(document.title, document.title)])
    )


def _passage(document: Document, position: int, title: str, text: str) -> Passage:
    return Passage(
        passage_id=f"{document.id}.{document.language.value}#{position}",
        document_id=document.id,
        kind=document.kind,
        language=document.language,
        title=title,
        text=text,
        url=document.url,
        content_hash=content_hash([document.id, document.language.value, title, text, document.url]),
    )


def _title(title: str, path: Sequence[str]) -> str:
    steps = [step for step in path if step.casefold() != title.casefold()]
    return " › ".join([title, *steps])[:MAX_TITLE_CHARACTERS]


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").enable("strikethrough")


def sections_of(markdown: str) -> list[Section]:
    """The text under each heading, in order; a heading without text of its own gives none."""
    sections = [Section(())]
    headings: list[tuple[int, str]] = []
    tokens = iter(_parser().parse(markdown))
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            headings = [(depth, name) for depth, name in headings if depth < level]
            headings.append((level, _plain(next(tokens))))
            sections.append(Section(tuple(name for _, name in headings if name)))
        else:
            lines = [line for line in _lines(token, tokens) if line.strip()]
            if lines:
                sections[-1].blocks.append(lines)
    return [section for section in sections if section.blocks]


def _lines(token: Token, tokens: Iterator[Token]) -> list[str]:
    """The lines of the block that begins with this token; takes the block's tokens from the stream."""
    if token.type == "inline":
        return [_plain(token)]
    if token.type in {"fence", "code_block"}:
        return token.content.splitlines()
    if token.type == "html_block":
        return [_SPACES.sub(" ", unescape(_TAG.sub(" ", line))).strip() for line in token.content.splitlines()]
    if token.type in {"bullet_list_open", "ordered_list_open"}:
        return _list_lines(token, tokens)
    if token.type == "table_open":
        return _table_lines(tokens)
    return []


def _list_lines(opening: Token, tokens: Iterator[Token], depth: int = 0) -> list[str]:
    ordered = opening.type == "ordered_list_open"
    number = int(opening.attrs.get("start", 1)) - 1 if ordered else 0
    lines: list[str] = []
    fresh = False
    for token in tokens:
        if token.type in {"bullet_list_close", "ordered_list_close"}:
            return lines
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lines += _list_lines(token, tokens, depth + 1)
        elif token.type == "list_item_open":
            number, fresh = number + 1, True
        elif token.type in {"inline", "fence", "code_block"}:
            text = (
                _plain(token) if token.type == "inline" else _SPACES.sub(" ", token.content.replace("\n", " ")).strip()
            )
            mark = f"{number}. " if ordered else "- "
            if fresh or not lines:
                lines.append("  " * depth + mark + text)
            else:
                lines[-1] += " " + text
            fresh = False
    return lines


def _table_lines(tokens: Iterator[Token]) -> list[str]:
    """`Country: Spain; Days: 3` for each row: a row then makes sense without its table."""
    header: list[str] = []
    row: list[str] = []
    lines: list[str] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "inline":
            row.append(_plain(token))
        elif token.type == "tr_close":
            if header:
                lines.append(_row(header, row))
            else:
                header = row
            row = []
    return lines or [_row([], header)]


def _row(header: Sequence[str], cells: Sequence[str]) -> str:
    names = [*header, *[""] * len(cells)]
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell)


def _plain(token: Token) -> str:
    """The words of an inline token, without markup. Links keep their words, images their description."""
    parts = []
    for child in token.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type in {"image", "text", "code_inline", "text_special"}:
            parts.append(child.content)
        elif child.type == "html_inline" and child.content.lower().startswith("<br"):
            parts.append(" ")
    return _SPACES.sub(" ", "".join(parts)).strip()


def _cut(section: Section) -> list[str]:
    """The section's blocks, gathered into texts of at most MAX_CHARACTERS."""
    texts: list[str] = []
    current = ""
    for block in section.blocks:
        for piece in _pieces("\n".join(block)):
            joined = f"{current}\n\n{piece}" if current else piece
            if current and len(joined) > MAX_CHARACTERS:
                texts.append(current)
                joined = piece
            current = joined
    return [*texts, current] if current else texts


def _pieces(block: str) -> list[str]:
    """The block whole when it fits, else cut between lines, sentences, words, and at last anywhere."""
    for pattern, glue in ((re.compile(r"\n"), "\n"), (_SENTENCE_END, " "), (re.compile(r"\s+"), " ")):
        if len(block) <= MAX_CHARACTERS:
            return [block]
        parts = pattern.split(block)
        if len(parts) > 1:
            return [piece for text in _gather(parts, glue) for piece in _pieces(text)]
    return [block[start : start + MAX_CHARACTERS] for start in range(0, len(block), MAX_CHARACTERS)]


def _gather(parts: Sequence[str], glue: str) -> list[str]:
    texts: list[str] = []
    for part in parts:
        if texts and len(texts[-1]) + len(glue) + len(part) <= MAX_CHARACTERS:
            texts[-1] += glue + part
        else:
            texts.append(part)
    return texts
