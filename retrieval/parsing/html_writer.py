"""Writes the elements of a page as Markdown, one event after the other, so that no depth of tags is too deep."""

import re

from selectolax.lexbor import LexborNode

from retrieval.parsing.html_tables import Cell, Row, table_markdown
from retrieval.parsing.markup import escaped

MAX_INDENT = 12

_SPACES = re.compile(r"\s+")
_HEADING = re.compile(r"h[1-6]")
_LISTS = frozenset({"ul", "ol", "dl", "menu"})
_ITEMS = frozenset({"li", "dt", "dd"})
_BLOCKS = frozenset(
    "p div section article main blockquote pre figure figcaption address details hr fieldset header footer".split()
)
_LAYOUT = "table, h1, h2, h3, h4, h5, h6, p + p"


class _Item:
    """One line of a list: how deep it is, how it begins, what it says."""

    def __init__(self, depth: int, mark: str) -> None:
        self.depth = depth
        self.mark = mark
        self.text = ""
        self.is_term = False


class _Table:
    """A table that is being read."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.cells: list[Cell] = []
        self.in_head = False
        self.caption = ""


class Writer:
    """Takes enter, leave and text events in document order; `markdown()` is what they said."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._loose: list[str] = []
        self._lists: list[tuple[str, list[int]]] = []
        self._items: list[_Item] = []
        self._table: _Table | None = None
        self._in_cell = False
        self._layouts: list[int] = []

    def markdown(self) -> str:
        """Everything written so far."""
        self._break()
        self._end_list()
        return "\n\n".join(self._blocks)

    def text(self, words: str) -> None:
        """Words between tags."""
        self._loose.append(words)

    def enter(self, node: LexborNode, tag: str) -> None:
        """An element begins."""
        if self._table is not None:
            self._enter_table_part(node, tag, self._table)
        elif tag == "table":
            self._break()
            if not _is_layout(node):
                self._table = _Table()
        elif tag in _LISTS:
            self._break()
            self._lists.append((tag, [_start(node)]))
        elif tag in _ITEMS:
            self._begin_item(tag)
        elif _is_apart(tag):
            self._break()

    def leave(self, node: LexborNode, tag: str) -> None:
        """An element ends."""
        if self._table is not None:
            self._leave_table_part(node, tag, self._table)
        elif tag in _LISTS:
            self._break()
            if self._lists:
                self._lists.pop()
            if not self._lists:
                self._end_list()
        elif tag in _ITEMS:
            self._break()
        elif _HEADING.fullmatch(tag):
            self._heading("#" * int(tag[1]) + " ", "")
        elif tag == "summary":
            self._heading("**", "**")
        elif _is_apart(tag):
            self._break()

    def _enter_table_part(self, node: LexborNode, tag: str, table: _Table) -> None:
        if tag in {"td", "th", "caption"}:
            self._loose = []
            self._in_cell = True
        elif tag == "thead":
            table.in_head = True
        elif tag == "tr":
            table.cells = []
        elif self._in_cell and (_is_apart(tag) or tag in _ITEMS):
            self._loose.append(" ")

    def _leave_table_part(self, node: LexborNode, tag: str, table: _Table) -> None:
        if tag in {"td", "th"}:
            columns, rows = _span(node, "colspan"), _span(node, "rowspan")
            table.cells.append(Cell(escaped(self._taken()), tag == "th", columns, rows))
            self._in_cell = False
        elif tag == "caption":
            table.caption = self._taken()
        elif tag == "tr":
            table.rows.append(Row(tuple(table.cells), table.in_head))
        elif tag == "thead":
            table.in_head = False
        elif tag == "table":
            self._table = None
            self._end_table(table)
        elif self._in_cell and (_is_apart(tag) or tag in _ITEMS):
            self._loose.append(" ")

    def _end_table(self, table: _Table) -> None:
        self._loose = []
        markdown = table_markdown(table.rows)
        if markdown and table.caption:
            self._blocks_of_items()
            self._blocks.append(escaped(table.caption.rstrip(":. ")) + ":")
        if markdown:
            self._blocks_of_items()
            self._blocks.append(markdown)

    def _begin_item(self, tag: str) -> None:
        self._break()
        if tag == "dd" and self._items and self._items[-1].is_term:
            return
        if tag == "dt" and self._items and self._items[-1].is_term and self._items[-1].text.endswith(":"):
            self._items[-1].text = self._items[-1].text[:-1] + ","
            return
        kind, counter = self._lists[-1] if self._lists else ("ul", [1])
        depth = min(len(self._lists) - 1, MAX_INDENT, self._items[-1].depth + 1 if self._items else 0)
        self._items.append(_Item(max(depth, 0), f"{counter[0]}." if kind == "ol" else "-"))
        self._items[-1].is_term = tag == "dt"
        counter[0] += 1

    def _heading(self, before: str, after: str) -> None:
        words = self._taken()
        if words and self._lists:
            self._add_to_item(words)
        elif words:
            self._blocks.append(f"{before}{escaped(words)}{after}")

    def _break(self) -> None:
        """Ends the run of words: they belong to the open item, or are a paragraph."""
        words = self._taken()
        if not words:
            return
        if self._lists:
            self._add_to_item(words)
        else:
            self._blocks.append(escaped(words))

    def _add_to_item(self, words: str) -> None:
        if not self._items:
            self._items.append(_Item(0, "-"))
        item = self._items[-1]
        fresh_term = item.is_term and (not item.text or item.text.endswith(","))
        if fresh_term and words[-1] not in ".?!:,;":
            words += ":"
        item.text = f"{item.text} {escaped(words)}".strip()

    def _end_list(self) -> None:
        self._blocks_of_items()
        self._lists = []

    def _blocks_of_items(self) -> None:
        lines = [f"{'    ' * item.depth}{item.mark} {item.text}" for item in self._items if item.text]
        if lines:
            self._blocks.append("\n".join([lines[0].lstrip(), *lines[1:]]))
        self._items = []

    def _taken(self) -> str:
        words = _SPACES.sub(" ", "".join(self._loose)).strip()
        self._loose = []
        return words


def _is_apart(tag: str) -> bool:
    """Whether words before and after the tag are not of one paragraph."""
    return (
        tag in _BLOCKS
        or tag in _LISTS
        or tag in {"table", "caption", "tr", "td", "th", "summary"}
        or bool(_HEADING.fullmatch(tag))
    )


def _is_layout(table: LexborNode) -> bool:
    """Whether a table only arranges the page."""
    if table.attributes.get("role") == "presentation":
        return True
    return any(part.css_first(_LAYOUT) is not None for part in table.iter())


def _start(node: LexborNode) -> int:
    written = node.attributes.get("start") or "1"
    return int(written) if written.isascii() and written.isdigit() and len(written) < 7 else 1


def _span(node: LexborNode, name: str) -> int:
    written = node.attributes.get(name) or "1"
    if not (written.isascii() and written.isdigit()):
        return 1
    return max(1, min(int(written[:5]), 1_000))
