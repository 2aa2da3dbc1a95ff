"""Plain words as Markdown, and the Markdown that no reader sees. Pure."""

import re

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")
_LEADING = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)
_COMMENT = re.compile(r"(?<!\\)<!--(.*?)(?:-->|\Z)", re.DOTALL)
_HIDDEN_ELEMENT = re.compile(
    r"(?<!\\)<(?P<tag>[a-z][a-z0-9]{0,9})\b(?=[^<>]{0,400}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0"
    r"|opacity\s*:\s*0(?![.\d])|aria-hidden\s*=\s*[\"']?true|\shidden[\s>=]))[^<>]{0,400}>(?P<text>.{0,4000}?)</(?P=tag)\s*>",
    re.DOTALL | re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")


def escaped(text: str) -> str:
    """Plain text as Markdown that means the same: no character is taken for markup."""
    lines = (_LEADING.sub(_escape_leading, _MARKUP.sub(r"\\\1", line.strip())) for line in text.split("\n"))
    return "\n".join(lines)


def without_hidden(markdown: str) -> tuple[str, str]:
    """The Markdown without comments and hidden elements, and what these said, a piece a line."""
    if "<" not in markdown:
        return markdown, ""
    pieces: list[str] = []

    def take(found: re.Match[str]) -> str:
        pieces.append(_SPACES.sub(" ", found.groupdict().get("text") or found.group(1)).strip())
        return ""

    shown = _HIDDEN_ELEMENT.sub(take, _COMMENT.sub(take, markdown))
    return shown, "\n".join(piece for piece in pieces if piece)


def _escape_leading(found: re.Match[str]) -> str:
    mark = found.group(2)
    return f"{found.group(1)}{mark[:-1]}\\{mark[-1]}"
