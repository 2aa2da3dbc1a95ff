"""Whether a whole store keeps its promises: many groups, pools, one look at the labels after the other. Synthetic."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from domain.certificates import plan
from domain.certification import ALPHA, Item, certify
from domain.groups import Group
from domain.values import Value
from domain.vocabulary import Intent, Language
from evals.intervals import share
from evals.made_up_stores import World, drawn_labels, made_up_store
from evals.tables import Table, written

LOOKS = (500, 1_000, 1_500, 2_000)
"""Labels in all at each look."""
SEED = 20_260_303
INTENTS = (Intent.ORDER_STATUS, Intent.RETURN_REQUEST, Intent.PRODUCT_QUESTION, Intent.SHIPPING, Intent.PAYMENT)
KEYS = tuple(Group(intent=intent, language=language).key for intent in INTENTS for language in Language)


class Families(Value):
    """What became of the stores."""

    stores: int
    broken: int
    """Stores in which any certificate of any look is false."""
    certificates: int
    pooled: int
    false: int


def simulate_families(*, stores: int, looks: Sequence[int] = LOOKS, seed: int = SEED) -> Families:
    """Stores of 25 groups, each of true accuracy .86 to .91, certified again and again as labels come in."""
    found: list[list[tuple[bool, bool]]] = []
    for number in range(stores):
        random = np.random.default_rng([seed, number])
        traffic = dict(zip(KEYS, random.dirichlet([0.6] * len(KEYS)), strict=True))
        worlds = {key: made_up_store(random) for key in KEYS}
        found.append(_looks(traffic, worlds, looks, random))
    certificates = [each for store in found for each in store]
    return Families(
        stores=stores,
        broken=sum(any(false for false, _ in store) for store in found),
        certificates=len(certificates),
        pooled=sum(pooled for _, pooled in certificates),
        false=sum(false for false, _ in certificates),
    )


def _looks(
    traffic: Mapping[str, float], worlds: Mapping[str, World], looks: Sequence[int], random: np.random.Generator
) -> list[tuple[bool, bool]]:
    """Of each certificate whether it is false, and whether it is pooled."""
    items: dict[str, list[Item]] = {key: [] for key in KEYS}
    certificates, seen = [], 0
    for look, labels in enumerate(looks, 1):
        drawn = Counter(random.choice(KEYS, size=labels - seen, p=list(traffic.values())).tolist())
        seen = labels
        for key, number in drawn.items():
            items[key] += drawn_labels(worlds[key], number, random)
        planned = plan({key: len(found) for key, found in items.items() if found}, look)
        for pool in planned.pooling.pools:
            members = [member.key for member in pool.members]
            verdict = certify([item for key in members for item in items[key]], delta=planned.delta)
            if verdict.threshold is not None:
                false = _accuracy(members, verdict.threshold, traffic, worlds) < 1 - ALPHA
                certificates.append((false, pool.pooled))
    return certificates


def _accuracy(
    members: Sequence[str], threshold: float, traffic: Mapping[str, float], worlds: Mapping[str, World]
) -> float:
    """The truth about a pool: its members weighted by their traffic."""
    kept = right = 0.0
    for key in members:
        above, accuracy = worlds[key].above(threshold)
        kept += traffic[key] * above
        right += traffic[key] * above * accuracy
    return right / kept


def told_families(found: Families) -> Table:
    """The table of it."""
    broken = share([True] * found.broken + [False] * (found.stores - found.broken))
    return Table(
        f"Whole stores: 25 groups of true accuracy .86–.91, {len(LOOKS)} looks at {LOOKS[0]} to {LOOKS[-1]} labels",
        ("stores", "with any broken promise", "certificates", "of these pooled", "of these false"),
        [
            (
                str(found.stores),
                f"{found.broken}: {written(broken)}",
                str(found.certificates),
                str(found.pooled),
                str(found.false),
            )
        ],
        ("Synthetic. At most .05 of the stores may have a broken promise, over all their groups and looks.",),
    )
