"""Prompts, which are files: sections of text with `{slots}`, rendered by one pure function.

A file begins with lines such as `version: 1`, then come sections, each below a line `=== name`. What is put into a
slot is never looked through for slots again, so nobody's words can open one.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from activities.wording import RESOURCES
from domain.ports import Prompt, PromptDocument, PromptTurn

PROMPTS = RESOURCES / "prompts"
_SECTION = re.compile(r"^=== ([a-z._]+)\n", re.MULTILINE)
_SLOT = re.compile(r"\{([a-z_]+)\}")


class PromptFile(NamedTuple):
    """A file of prompts, read."""

    name: str
    version: str
    hash: str
    """SHA-256 of the file."""
    sections: Mapping[str, str]

    def text(self, section: str, /, **slots: str) -> str:
        """A section with its slots filled. Raises KeyError for a section or slot that is not there."""
        return _SLOT.sub(lambda slot: slots[slot[1]], self.sections[section])


@cache
def prompt_file(name: str) -> PromptFile:
    """The file of this name, read once a process. Raises ValueError for one without a version."""
    raw = (PROMPTS / f"{name}.txt").read_bytes()
    head, *pieces = _SECTION.split(raw.decode("utf-8"))
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if "version" not in fields:
        raise ValueError(f"prompts/{name}.txt has no line `version: …` before its first section")
    sections = {section: text.strip("\n") for section, text in zip(pieces[::2], pieces[1::2], strict=True)}
    return PromptFile(name, fields["version"], hashlib.sha256(raw).hexdigest(), sections)


def render(
    name: str,
    slots: Mapping[str, str],
    *,
    turns: Sequence[PromptTurn],
    documents: Sequence[PromptDocument] = (),
    sign: str = "",
) -> Prompt:
    """The prompt of this name: its section `system` with the slots filled, `citing` as it stands."""
    file = prompt_file(name)
    return Prompt(
        name=file.name,
        version=file.version,
        hash=file.hash,
        system=file.text("system", **slots),
        turns=tuple(turns),
        documents=tuple(documents),
        citing=file.sections.get("citing", ""),
        sign=sign,
    )
