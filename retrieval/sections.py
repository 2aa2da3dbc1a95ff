"""Markdown as sections of plain blocks: paragraphs, lists, tables, each a list of lines. Pure.

Markup is gone; list items are lines that begin with `- ` or a number, those below another one are indented; each table
row is a line that names its columns; a term of a definition list stands before its definition.
"""

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from retrieval.invisible import visible
from retrieval.parsing.html import fragment_markdown

MAX_NESTING = 100

_SPACES = re.compile(r"[ \t\u00a0]+")
_DEFINED = re.compile(r"\n[ \t]*:[ \t]+")


class Shape(Enum):
    """What a block is made of."""

    PARAGRAPH = 1
    LIST = 2
    TABLE = 3
    CODE = 4


class Block(NamedTuple):
    """Lines that belong together."""

    shape: Shape
    lines: list[str]
    leads: bool = False
    """Whether it says what follows: `You need:`, a question, or a line in bold."""


class Section:
    """A run of blocks under one path of headings."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.blocks: list[Block] = []


@cache
def _parser() -> MarkdownIt:
    options = {"maxNesting": MAX_NESTING}
    return MarkdownIt("commonmark", options).enable("table").enable("strikethrough")


def sections_of(markdown: str) -> list[Section]:
    """The text under each heading, in order; a heading without text of its own gives none."""
    sections = [Section(())]
    headings: list[tuple[int, str]] = []
    tokens = iter(_parser().parse(visible(markdown)))
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            headings = [(depth, name) for depth, name in headings if depth < level]
            headings.append((level, _plain(next(tokens))))
            sections.append(Section(tuple(name for _, name in headings if name)))
        else:
            sections[-1].blocks += _blocks(token, tokens)
    return [section for section in sections if section.blocks]


def _blocks(token: Token, tokens: Iterator[Token]) -> Iterator[Block]:
    """The blocks that begin with this token; takes their tokens from the stream."""
    if token.type == "html_block":
        inner = iter(_parser().parse(fragment_markdown(token.content)))
        for each in inner:
            if each.type != "html_block":
                yield from _blocks(each, inner)
        return
    block = _block(token, tokens)
    lines = [line for line in block.lines if line.strip()] if block else []
    if block and lines:
        yield block._replace(lines=lines)


def _block(token: Token, tokens: Iterator[Token]) -> Block | None:
    if token.type == "inline":
        return _paragraph(token)
    if token.type in {"fence", "code_block"}:
        return Block(Shape.CODE, token.content.splitlines())
    if token.type in {"bullet_list_open", "ordered_list_open"}:
        return Block(Shape.LIST, _list_lines(token, tokens))
    if token.type == "table_open":
        return Block(Shape.TABLE, _table_lines(tokens))
    return None


def _paragraph(token: Token) -> Block:
    text = _plain(token)
    if _DEFINED.search(token.content) and not token.content.startswith(":"):
        return Block(Shape.LIST, [f"- {line}" for line in _definitions(token)])
    return Block(Shape.PARAGRAPH, [text], leads=text.endswith((":", "?", "：")) or _is_bold(token))


def _definitions(token: Token) -> Iterator[str]:
    """`Term: what it means` for each term of a paragraph in the shape of a definition list."""
    term, meanings = "", list[str]()
    for line in "".join(_texts(token, line_break="\n")).split("\n"):
        if found := re.match(r"[ \t]*:[ \t]+(.*)", line):
            meanings.append(found.group(1).strip())
        elif meanings:
            yield f"{term.rstrip(':')}: {' '.join(meanings)}"
            term, meanings = line.strip(), []
        else:
            term = f"{term} {line.strip()}".strip()
    yield f"{term.rstrip(':')}: {' '.join(meanings)}" if meanings else term


def _is_bold(token: Token) -> bool:
    children = [child for child in token.children or [] if child.type != "text" or child.content.strip()]
    return len(children) > 2 and children[0].type == "strong_open" and children[-1].type == "strong_close"


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
            continue
        if token.type == "list_item_open":
            number, fresh = number + 1, True
        text = _item_text(token, tokens)
        if text and (fresh or not lines):
            lines.append("  " * depth + (f"{number}. " if ordered else "- ") + text)
            fresh = False
        elif text:
            lines[-1] += " " + text
    return lines


def _item_text(token: Token, tokens: Iterator[Token]) -> str:
    if token.type == "inline":
        return _plain(token)
    if token.type == "table_open":
        return " / ".join(_table_lines(tokens))
    if token.type == "html_block":
        return " ".join(line for block in _blocks(token, tokens) for line in block.lines)
    return " ".join(token.content.split()) if token.type in {"fence", "code_block"} else ""


def _table_lines(tokens: Iterator[Token]) -> list[str]:
    """`Country: Spain; Days: 3` for each row: a row then makes sense without its table."""
    header: list[str] | None = None
    row: list[str] = []
    lines: list[str] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "inline":
            row.append(_plain(token))
        elif token.type == "tr_close":
            if header is None:
                header = row
            else:
                lines.append(_row(header, row))
            row = []
    return [line for line in lines if line] or [_row([], header or [])]


def _row(header: Sequence[str], cells: Sequence[str]) -> str:
    if len(cells) == 2 and not any(header) and all(cells):  # no names: the first cell names the second
        return f"{cells[0].rstrip(':')}: {cells[1]}"
    names = [*header, *[""] * len(cells)]
    return "; ".join(
        f"{name.rstrip(':')}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell
    )


def _plain(token: Token) -> str:
    """The words of an inline token on one line, without markup."""
    return _SPACES.sub(" ", visible("".join(_texts(token, line_break=" ")))).strip()


def _texts(token: Token, *, line_break: str) -> Iterator[str]:
    """Links keep their words, images their description."""
    for child in token.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            yield line_break
        elif child.type in {"image", "text", "code_inline", "text_special"}:
            yield child.content
        elif child.type == "html_inline" and child.content.lower().startswith("<br"):
            yield " "
