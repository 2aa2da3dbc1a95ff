"""Cuts a document into passages. Pure: the same document always gives the same passages.

Markdown is cut at its headings; under one heading, blocks are gathered up to MAX_CHARACTERS. Lists and tables stay
whole unless they are longer than that themselves; then they are cut between items or rows, and what led to them (`You
need:`, a question) begins each piece. The headings above a passage are in its title: `Returns › How to send it back`.

Passages do not overlap. What an overlap would carry over is in the title and in the repeated lead, and two passages
with one sentence in common would take two of the few places of an answer and count its words twice.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from domain.canonical import content_hash
from domain.knowledge import Document, Passage
from retrieval.invisible import visible
from retrieval.sections import Block, Section, Shape, sections_of
from retrieval.sentences import sentences_of, split_sentences

__all__ = ["MAX_CHARACTERS", "VERSION", "passages_of", "sections_of", "sentences_of"]

MAX_CHARACTERS = 600
MAX_TITLE_CHARACTERS = 300
MAX_LEAD = 160
"""A longer paragraph before a list is text of its own, and not repeated."""
VERSION = "chunks/4"
"""Changes whenever the same document would be cut otherwise; documents are then embedded anew."""

_INDENTED = re.compile(r"\s")


def passages_of(document: Document) -> tuple[Passage, ...]:
    """The passages of a document in reading order. A document without text gives one passage with its title alone."""
    name = visible(document.title).strip()
    cut = [(_title(name, section.path), text) for section in sections_of(document.text) for text in _cut(section)]
    return tuple(
        _passage(document, position, title, text) for position, (title, text) in enumerate(cut or [(name, name)])
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
    """The document's title and the headings. When they are too long those in the middle go, for the last one asks what
    the passage answers."""
    steps = [step for step in path if step.casefold() != title.casefold()]
    while len(steps) > 1 and len(" › ".join([title, *steps])) > MAX_TITLE_CHARACTERS:
        steps.pop(0)
    joined = " › ".join([title, *steps])
    if len(joined) > MAX_TITLE_CHARACTERS and steps:
        room = max(MAX_TITLE_CHARACTERS - len(steps[0]) - 3, 80)
        joined = f"{title[:room].strip()} › {steps[0]}"
    return joined[:MAX_TITLE_CHARACTERS].strip()


def _cut(section: Section) -> list[str]:
    """The section's blocks, gathered into texts of at most MAX_CHARACTERS."""
    texts: list[str] = []
    for lead, block in _led(section.blocks):
        for piece in _with_lead(lead, block):
            if texts and len(texts[-1]) + 2 + len(piece) <= MAX_CHARACTERS:
                texts[-1] += "\n\n" + piece
            else:
                texts.append(piece)
    return texts


def _led(blocks: Iterable[Block]) -> Iterator[tuple[str, Block]]:
    """Each block with the paragraph that leads to it: `You need:` before its list, a question before its answer."""
    lead: list[Block] = []
    for block in blocks:
        text = "\n".join(each.lines[0] for each in lead)
        if block.leads and len(block.lines[0]) + len(text) < MAX_LEAD:
            lead.append(block)
        else:
            yield text, block
            lead = []
    if lead:
        yield "", Block(Shape.PARAGRAPH, [each.lines[0] for each in lead])


def _with_lead(lead: str, block: Block) -> Iterator[str]:
    room = MAX_CHARACTERS - (len(lead) + 1 if lead else 0)
    for piece in _pieces_of(block, room):
        yield f"{lead}\n{piece}" if lead else piece


def _pieces_of(block: Block, room: int) -> list[str]:
    if block.shape is not Shape.LIST or len("\n".join(block.lines)) <= room:
        return _pieces("\n".join(block.lines), room)
    return [piece for text in _gather(_items(block.lines, room), "\n", room) for piece in _pieces(text, room)]


def _items(lines: Sequence[str], room: int) -> list[str]:
    """The items of a list, each with those below it. When these are too many, the item is repeated above the rest."""
    items: list[list[str]] = []
    for line in lines:
        if not items or not _INDENTED.match(line):
            items.append([line])
        elif len("\n".join(items[-1])) + 1 + len(line) > room and len(items[-1][0]) <= MAX_LEAD:
            items.append([items[-1][0], line])
        else:
            items[-1].append(line)
    return ["\n".join(item) for item in items]


def _pieces(block: str, room: int) -> list[str]:
    """The block whole when it fits, else cut between lines, sentences, words, and at last anywhere."""
    if len(block) <= room:
        return [block]
    for split, glue in ((str.splitlines, "\n"), (split_sentences, " "), (str.split, " ")):
        parts = [part for part in split(block) if part]
        if len(parts) > 1:
            return [piece for text in _gather(parts, glue, room) for piece in _pieces(text, room)]
    return [block[start : start + room] for start in range(0, len(block), room)]


def _gather(parts: Sequence[str], glue: str, room: int) -> list[str]:
    """The parts joined to texts that fit, of about equal lengths: a short last one would say too little by itself."""
    total = sum(len(part) + len(glue) for part in parts)
    fair = total / -(-total // room)
    texts: list[str] = []
    for part in parts:
        if texts and len(texts[-1]) < fair and len(texts[-1]) + len(glue) + len(part) <= room:
            texts[-1] += glue + part
        else:
            texts.append(part)
    return texts
