"""A passage as the pieces that a reply may quote: sentences, items of lists, rows of tables, each with what it stands
under. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from activities.wording import fold
from domain.knowledge import Passage
from domain.vocabulary import Kind
from retrieval.sentences import split_sentences

MAX_PIECES = 24
"""Of a passage; cutting keeps passages far shorter."""
MAX_LEAD = 160
STEP = " › "
"""Between the headings of a title."""

_ITEM = re.compile(r"^\s*(?:[-•*]|\d{1,3}[.)])\s+")
_NUMBERED = re.compile(r"^\s*\d{1,3}[.)]\s+")
_CELL = re.compile(r"^[^:;.!?]{1,60}: \S")
_WORD = re.compile(r"\w")
_BARE = 3
_NO_NAMES = frozenset(("value", "wert", "angabe", "valeur", "valor", "detail", "details"))
"""Names of columns that say nothing."""
_MARKUP = re.compile(r"^\s*(?:#{1,6}\s+|>\s+)|\*\*|__|`")
_LEANS = re.compile(
    r"(?:it|its|they|them|their|this|these|that|those|he|she|otherwise|then|however|but|so|also"
    r"|er|sie|ihr|dies\w*|dann|dort|dabei|dafur|danach|sonst|aber|auch|deshalb|davon|diese[rnms]?"
    r"|il|elle|ils|elles|cela|ca|ce|cette|ces|celui|celle|sinon|ensuite|alors|mais"
    r"|este|esta|estos|estas|ese|esa|eso|esto|ello|ellos|ellas|si no|luego|entonces|pero|tambien|asi"
    r"|ele|ela|eles|elas|isto|isso|esse|essa|esses|essas|caso contrario|depois|mas|tambem|assim)\b"
)


Shape = Literal["sentence", "item", "step", "row"]


class Piece(NamedTuple):
    """Something that can be quoted by itself."""

    text: str
    """As a reply quotes it, with its full stop."""
    lead: str
    """What leads up to it: the sentence above its list. Empty for a sentence of a paragraph."""
    passage: Passage
    place: int
    """In its passage, from 0."""
    block: int
    """Pieces of one paragraph, list or table of the passage share it."""
    shape: Shape

    @property
    def leans(self) -> bool:
        """It begins with a word that points back at the sentence before."""
        return self.shape == "sentence" and self.place > 0 and _LEANS.match(fold(self.text)) is not None

    @property
    def words(self) -> int:
        return len(self.text.split())


def subject_of(passage: Passage) -> str:
    """What the document is about: its title; nothing for an FAQ, whose title is a question."""
    return "" if passage.kind is Kind.FAQ else passage.title.split(STEP)[0]


def context_of(piece: Piece) -> str:
    """What a piece stands under: the question of an FAQ, the heading, the sentence above a list."""
    passage = piece.passage
    headings = [passage.title] if passage.kind is Kind.FAQ else passage.title.split(STEP)[1:]
    return " ".join([*headings, piece.lead]).strip()


def cut_pieces(passage: Passage) -> list[Piece]:
    """The pieces in reading order, at most MAX_PIECES; without the title, a repeated question and markup."""
    found: list[Piece] = []
    lead, block, before = "", 0, "sentence"
    for line in _lines(passage):
        if not line:
            block += 1
            continue
        shape, texts = _cut(line)
        if shape != before:
            block += 1
        if shape == "sentence":
            *texts, lead = [*texts, ""] if not _leads(texts[-1]) else texts
        for text in texts:
            found.append(Piece(_ended(text), "" if shape == "sentence" else lead, passage, len(found), block, shape))
        before = shape
    if passage.kind is Kind.FAQ and len(found) > 1 and found[0].text.endswith("?"):
        found = [piece._replace(place=piece.place - 1) for piece in found[1:]]
    return found[:MAX_PIECES]


def _lines(passage: Passage) -> Iterator[str]:
    """Without marks, and without the title at the top; a line without a word is a blank one."""
    lines = [_MARKUP.sub("", line).strip() for line in passage.text.split("\n")]
    first = next((place for place, line in enumerate(lines) if line), None)
    if first is not None and fold(lines[first]).startswith(fold(passage.title)):
        lines[first] = lines[first][len(passage.title) :].lstrip(" :.-–—")
    yield from (line if _WORD.search(line) or line.startswith("|") else "" for line in lines)


def _cut(line: str) -> tuple[Shape, list[str]]:
    if _ITEM.match(line):
        return ("step" if _NUMBERED.match(line) else "item"), [_ITEM.sub("", line)]
    if line.startswith("|"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        return "row", [] if all(set(cell) <= set("-: ") for cell in cells) else [": ".join(cells[:2])]
    cells = _cells(line)
    if len(cells) > 1:
        return "row", [_row(cells)]
    return "sentence", [sentence for each in split_sentences(line) if _WORD.search(sentence := each.strip())] or [line]


def _cells(line: str) -> list[str]:
    """`Name: what it holds` for each cell of a row; what a cell holds may have semicolons. Empty when it is no row."""
    parts = line.split("; ")
    if len(parts) < 2 or not _CELL.match(parts[0]):
        return []
    cells: list[str] = []
    for part in parts:
        if _CELL.match(part):
            cells.append(part)
        else:
            cells[-1] += f"; {part}"
    return cells


def _row(cells: Sequence[str]) -> str:
    """`Service: Storage; Price: €4.00` as `Storage – Price: €4.00`: its first cell says what the row is about. A number
    or a letter there says nothing without its name. `Feature: Weight; Value: 4 kg` as `Weight: 4 kg`."""
    name, value = cells[0].split(": ", 1)
    if len(cells) == 2 and fold(cells[1].split(": ", 1)[0]) in _NO_NAMES:
        return f"{value}: {cells[1].split(': ', 1)[1]}"
    first = value if len(value) > _BARE and not value[0].isdigit() else f"{name}: {value}"
    return f"{first} – {'; '.join(cells[1:])}"


def _leads(sentence: str) -> bool:
    return sentence.endswith(":") and len(sentence) <= MAX_LEAD


def _ended(text: str) -> str:
    text = text.rstrip(",; ")
    return text if text.endswith((".", "!", "?", "…", ":")) else f"{text}."
