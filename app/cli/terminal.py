"""What customers wrote is shown on agents' terminals, and must not steer them."""

import io
from typing import TextIO

# C0 but for tab and line feed, DEL, C1, and the characters that turn the direction of writing.
_STEERING = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
VISIBLE = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _STEERING}
"""Each character that a terminal would obey, and how it is shown instead."""


class ShieldedTerminal(io.TextIOWrapper):
    """Writes to a terminal as text whatever would be an order to it."""

    def write(self, text: str) -> int:
        return super().write(text.translate(VISIBLE))


def shielded(stream: TextIO) -> TextIO:
    """The stream, shielded where it is a terminal. Files and pipes get every character as it is."""
    if not stream.isatty() or not isinstance(stream, io.TextIOWrapper):
        return stream
    return ShieldedTerminal(stream.detach(), encoding="utf-8", errors="backslashreplace", line_buffering=True)
