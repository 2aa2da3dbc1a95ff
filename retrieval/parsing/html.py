"""HTML: headings, paragraphs, lists and tables of the main part. Pure.

Scripts, navigation and footers are left out, and so is what no reader sees, which is handed on to be examined.
"""

import re
from collections.abc import Iterator
from enum import Enum
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from domain.errors import BadInput
from retrieval.parsing.hiding import Hidden
from retrieval.parsing.html_writer import Writer
from retrieval.parsing.letters import decode_html
from retrieval.parsing.parsed import Parsed

MAX_DEPTH = 15_000
"""Open tags at one place. The parser's time grows with the square: at this depth it takes a third of a second."""
MAX_ATTRIBUTES = 5_000
MAX_HIDDEN = 100_000
"""Characters that nobody sees, as far as they are examined."""

_SPACES = re.compile(r"\s+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)")
_UNNESTED = frozenset(
    "p li dt dd td th tr option thead tbody tfoot br hr img input meta link area base col source wbr".split()
)
_DROPPED = frozenset(
    "script style noscript template nav aside svg iframe select textarea input object canvas audio video".split()
)
_DROPPED_OUTSIDE = frozenset({"header", "footer", "form"})
"""Dropped unless they hold the page's own heading or lie in its main part."""
_QUESTIONS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"})
_SAID = frozenset({"id", "effective_from", "effective_to"})


class Event(Enum):
    """What a walk through a page meets."""

    ENTER = 1
    LEAVE = 2
    TEXT = 3
    COMMENT = 4
    LEFT_OUT = 5


def parse_html(data: bytes) -> Parsed:
    """The main part of a page as Markdown. Raises BadInput for one that no parser takes in reasonable time."""
    source = decode_html(data)
    _refuse_depth(source)
    tree = LexborHTMLParser(source)
    root = tree.css_first("main") or tree.css_first("article") or tree.body
    text, hidden = _read(tree, root) if root is not None else ("", "")
    canonical = tree.css_first("link[rel=canonical]")
    return Parsed(
        text=text,
        title=_words(tree.css_first("h1")) or _words(tree.css_first("title")) or None,
        language=tree.root.attributes.get("lang") if tree.root else None,
        url=canonical.attributes.get("href") if canonical else None,
        fields=_fields(tree),
        hidden=hidden,
    )


def fragment_markdown(html: str) -> str:
    """A piece of HTML, such as stands inside Markdown, as Markdown; empty for one that is too deep to be text."""
    try:
        _refuse_depth(html)
    except BadInput:
        return ""
    tree = LexborHTMLParser(html)
    return _read(tree, tree.body)[0] if tree.body is not None else ""


def _refuse_depth(source: str) -> None:
    depth = deepest = 0
    for found in _TAG.finditer(source):
        if found.group(2).lower() not in _UNNESTED:
            depth = max(0, depth - 1) if found.group(1) else depth + 1
            deepest = max(deepest, depth)
        if len(found.group(3)) > MAX_ATTRIBUTES and len(found.group(3).split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES:
            raise BadInput("one of its tags has thousands of attributes; save it as simpler HTML or as text.")
    if deepest > MAX_DEPTH:
        raise BadInput("its tags are nested too deeply; save it as simpler HTML or as text.")


def _read(tree: LexborHTMLParser, root: LexborNode) -> tuple[str, str]:
    writer = Writer()
    secrets: list[str] = []
    hides = Hidden(tree)
    for event, node in _walk(root, hides):
        if event is Event.TEXT:
            writer.text(node.text(deep=False))
        elif event is Event.ENTER and node.tag in {"br", "wbr"}:
            writer.text(" " if node.tag == "br" else "")
        elif event is Event.ENTER:
            writer.enter(node, node.tag or "")
        elif event is Event.LEAVE:
            writer.leave(node, node.tag or "")
        elif event is Event.COMMENT:
            secrets.append(node.comment_content or "")
        elif node.tag not in _DROPPED:
            secrets.append(node.text(deep=True, separator=" "))
    secrets += (node.text(deep=True, separator=" ") for node in islice(hides.doubtful, 1_000))
    pieces = (_SPACES.sub(" ", secret).strip() for secret in secrets)
    return writer.markdown(), "\n".join(piece for piece in pieces if piece)[:MAX_HIDDEN]


def _walk(root: LexborNode, hides: Hidden) -> Iterator[tuple[Event, LexborNode]]:
    """Every node below the root. Without recursion: pages may be nested deeper than Python's stack."""
    inside = root.tag in {"main", "article"}
    node = root.first_child
    while node is not None:
        if node.is_text_node:
            yield Event.TEXT, node
        elif node.is_comment_node:
            yield Event.COMMENT, node
        elif node.mem_id in hides.left_out or _is_dropped(node, inside=inside):
            yield Event.LEFT_OUT, node
        else:
            yield Event.ENTER, node
            if (child := node.first_child) is not None:
                node = child
                continue
            yield Event.LEAVE, node
        while node.next is None:
            if (above := node.parent) is None or above.mem_id == root.mem_id:
                return
            node = above
            yield Event.LEAVE, node
        node = node.next


def _is_dropped(node: LexborNode, *, inside: bool) -> bool:
    if node.tag in _DROPPED:
        return True
    if node.tag == "button":  # of a heading that unfolds its answer it is the question
        return node.parent is not None and node.parent.tag not in _QUESTIONS
    if inside or node.tag not in _DROPPED_OUTSIDE:
        return False
    return node.css_first("h1, h2, article, main") is None


def _fields(tree: LexborHTMLParser) -> dict[str, str]:
    """What `<meta name=… content=…>` says of the document's id and its time in effect."""
    fields = {}
    for node in tree.css("meta[name]"):
        name = (node.attributes.get("name") or "").strip().lower().replace("-", "_")
        if name in _SAID:
            fields[name] = (node.attributes.get("content") or "").strip()
    return fields


def _words(node: LexborNode | None) -> str:
    """All words below a node on one line. Inline markup adds no space, a line break does."""
    below = node.traverse(include_text=True) if node is not None else ()
    return _SPACES.sub(" ", "".join(" " if each.tag == "br" else _own(each) for each in below)).strip()


def _own(node: LexborNode) -> str:
    return node.text(deep=False) if node.is_text_node else ""
