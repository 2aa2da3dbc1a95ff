"""What a parser gives."""

from domain.values import Value


class Parsed(Value):
    """A file's text as Markdown, with what it says about itself."""

    text: str
    title: str | None = None
    language: str | None = None
    url: str | None = None
    fields: dict[str, str] = {}
    """What else the file says about itself, name to value."""
    hidden: str = ""
    """What the file holds and shows to no reader, a piece a line."""
