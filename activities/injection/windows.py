"""A text in pieces: an order among much else is met by itself in one of them. Pure."""

import re

MAX_WINDOWS = 60
SHORTEST, LONGEST = 30, 320
"""Characters of a piece: shorter sentences are joined with the next, longer ones are cut."""
_END = re.compile(r"(?<=[.!?…:;])[\"'”»)\]]*\s+|\n+|\s[-–—*•]\s|(?<=[。!?])|\]\]>|-->|<!--")


def windows_of(text: str) -> list[str]:
    """The pieces in their order; none when the text is one piece itself. Of a very long text MAX_WINDOWS, from its
    beginning and its end."""
    pieces: list[str] = []
    for sentence in filter(None, (part.strip() for part in _END.split(text))):
        if pieces and len(pieces[-1]) < SHORTEST:
            pieces[-1] = f"{pieces[-1]} {sentence}"
        else:
            pieces.append(sentence)
    cut = [part for piece in pieces for part in _cut(piece)]
    if len(cut) < 2:
        return []
    return cut if len(cut) <= MAX_WINDOWS else cut[: MAX_WINDOWS // 2] + cut[-MAX_WINDOWS // 2 :]


def _cut(piece: str) -> list[str]:
    if len(piece) <= LONGEST:
        return [piece]
    step = LONGEST - 80
    return [piece[start : start + LONGEST] for start in range(0, len(piece) - 80, step)]
