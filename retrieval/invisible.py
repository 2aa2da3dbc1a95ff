"""Characters that nobody sees: what they hide must not reach a customer or a model. Pure."""

import re

TAGS = re.compile("[\U000e0020-\U000e007e]+")
"""Unicode's tag characters, a second alphabet that is never drawn."""
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""Flags such as Scotland's, the one honest use of tag characters."""

_JOINED = re.compile("(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """The text without characters that are not drawn. Flags and joined emoji stay as they are."""
    if text.isascii() and text.isprintable():
        return text
    kept = [found.group() for found in FLAG.finditer(text)]
    parts = [_without(part) for part in FLAG.split(text)] if kept else [_without(text)]
    return "".join(part + flag for part, flag in zip(parts, [*kept, ""], strict=True))


def _without(text: str) -> str:
    return "\u200d".join(_UNSEEN.sub("", part) for part in _JOINED.split(text))
