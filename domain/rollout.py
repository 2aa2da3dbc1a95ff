"""How many customers are answered automatically: shares that grow when it is earned and shrink on an alarm. Pure."""

from domain.canonical import sha256_hex

SHARES = (10, 25, 50, 100)
"""Percentage of customers, one step after the other."""
STOPPED = 0
"""One step below the first, where there is no certificate that an alarm could void."""


def forward(share: int) -> int:
    """The next larger share; 100 stays. What an alarm has stopped does not start again by itself."""
    if share == STOPPED:
        return STOPPED
    return next((step for step in SHARES if step > share), SHARES[-1])


def back(share: int) -> int:
    """The next smaller share, at last none."""
    return next((step for step in reversed(SHARES) if step < share), STOPPED)


def place_of(purpose: str, store: str, who: str) -> float:
    """Where somebody or something falls, from 0 to below 100: the same place every time, another for each purpose."""
    return int(sha256_hex(f"{purpose}/{store}/{who}")[:13], 16) / 16**13 * 100
