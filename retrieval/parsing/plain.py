"""Plain text. Pure."""

from retrieval.parsing.letters import decode
from retrieval.parsing.markup import escaped
from retrieval.parsing.parsed import Parsed


def parse_text(data: bytes) -> Parsed:
    """Plain text: paragraphs between blank lines. A short first line that stands alone is the title."""
    text = decode(data).strip()
    first, _, rest = text.partition("\n")
    alone = bool(rest.strip()) and rest.startswith("\n") and len(first) <= 120
    return Parsed(text=escaped(rest.strip() if alone else text), title=first.strip() if alone else None)
