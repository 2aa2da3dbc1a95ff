"""Kills one part of the stack after the other, without warning, and never a process that is not of this stack."""

import asyncio
import random
import signal

from tests.acceptance.installation import Installation
from tests.chaos.ledger import Ledger

PARTS = ("worker", "web", "temporal", "postgres")


async def kill_at_random(
    installation: Installation, kills: int, every: float, ledger: Ledger, chance: random.Random
) -> None:
    """`kills` times `kill -9`, on average `every` seconds apart; each part has its turn, also while others start.

    One in four comes together with the next: what one part would make good for another is then lost too.
    """
    together = False
    for part in _turns(kills, chance):
        if not together:
            await asyncio.sleep(chance.uniform(0.2, 1.8) * every)
        together = chance.random() < 0.25
        mark = None
        while mark is None:
            mark = (await asyncio.to_thread(installation.parts)).get(part)
            if mark is None:  # it is not up yet again
                await asyncio.sleep(0.2)
        mark.send(signal.SIGKILL)
        ledger.kills[part] = ledger.kills.get(part, 0) + 1


def _turns(kills: int, chance: random.Random) -> list[str]:
    turns: list[str] = []
    while len(turns) < kills:
        turns += chance.sample(PARTS, len(PARTS))
    return turns[:kills]
