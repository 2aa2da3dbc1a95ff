"""Markdown with front matter. Pure."""

import re

from domain.errors import BadInput
from retrieval.parsing.letters import decode
from retrieval.parsing.parsed import Parsed

MAX_FRONT_MATTER_LINES = 200

_RULE = re.compile(r"---[ \t]*")
_FIELD = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*))?")
_FIRST_HEADING = re.compile(r"^#[ \t]+(\S.*)$", re.MULTILINE)
_LATER = re.compile(r"\s#.*")


def parse_markdown(data: bytes) -> Parsed:
    """Markdown, with an optional front matter of `name: value` lines; the title is there or the first heading.

    Raises BadInput for text that is no UTF-8 and for front matter that cannot be understood.
    """
    fields, text = split_front_matter(decode(data))
    heading = _FIRST_HEADING.search(text)
    return Parsed(
        text=text.strip(),
        title=fields.pop("title", None) or (heading.group(1).rstrip(" \t#") if heading else None),
        language=fields.pop("language", None) or fields.pop("lang", None),
        url=fields.pop("url", None),
        fields=fields,
    )


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """The fields between two lines of `---` at the very beginning, and the text after them."""
    lines = text.split("\n")
    if not _RULE.fullmatch(lines[0]) or len(lines) < 2 or not _FIELD.fullmatch(_first_field(lines)):
        return {}, text  # a horizontal rule, not front matter
    end = next((at for at, line in enumerate(lines[1 : MAX_FRONT_MATTER_LINES + 1], 1) if _RULE.fullmatch(line)), None)
    if end is None:
        raise BadInput("its front matter has no end; close it with a line of `---`.")
    return _fields(lines[1:end]), "\n".join(lines[end + 1 :])


def _first_field(lines: list[str]) -> str:
    return next((line for line in lines[1:20] if not line.startswith("#")), "")


def _fields(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for number, line in enumerate(lines, 2):
        if not line.strip() or line.startswith("#"):
            continue
        if name and line.startswith((" ", "\t", "- ")):  # a list or a longer text below its name
            fields[name] = ", ".join(part for part in (fields[name].strip(">|"), _bare(line.strip(" \t-"))) if part)
            continue
        found = _FIELD.fullmatch(line.rstrip())
        if not found:
            raise BadInput(f"line {number} of its front matter is not `name: value`; correct it.")
        name = found.group(1).lower()
        if name in fields:
            raise BadInput(f"its front matter names `{name}` twice; leave one.")
        fields[name] = _bare(found.group(2) or "")
    return fields


def _bare(value: str) -> str:
    value = value.strip()
    if value[:1] in {'"', "'"} and value.endswith(value[0]) and len(value) > 1:
        return value[1:-1]
    return _LATER.sub("", value).strip()
