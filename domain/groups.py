"""Which replies a promise is about: the groups of intent and language, and how small ones are pooled. Pure.

A group is one intent in one language. The pools that labels are tested in form a partition of the groups, settled by
counts of labels alone before anybody looks whether they say right or wrong: whoever has labels enough is tested alone,
the rest together with the other languages of its intent, then with the other intents of its language, then with all
that is left of the store. What a pool certifies is true of the pool as a whole and of none of its members.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from domain.values import Value
from domain.vocabulary import Intent, Language

ALONE = 200
"""Labels from which on a group is tested by itself: enough to certify a true accuracy of .95 four times in five."""
SEEN = 5
"""With fewer labels a group joins no pool: of what nobody has seen, nothing is promised."""
ANY = "*"

Level = Literal["group", "intent", "language", "store"]


class Group(Value):
    """One intent in one language."""

    intent: Intent
    language: Language

    @property
    def key(self) -> str:
        """`order_status/en`, as it is stored."""
        return f"{self.intent.value}/{self.language.value}"


class Pool(Value):
    """Groups that are tested together; a single one for the level `group`."""

    key: str
    """`order_status/en`, `order_status/*`, `*/en` or `*/*`."""
    level: Level
    members: tuple[Group, ...]
    labels: int

    @property
    def pooled(self) -> bool:
        """Whether what is certified is only the rate over several groups."""
        return len(self.members) > 1

    @property
    def words(self) -> str:
        """As it stands in a sentence: `order status in en`, `order status in de, es, fr`."""
        return _words(self.level, self.members)


class Pooling(Value):
    """The partition, and what is left over."""

    pools: tuple[Pool, ...]
    left_over: dict[str, int]
    """Key of a group to its labels: too few of them, even together."""


def group_of(key: str) -> Group:
    """The group of a stored key. Raises ValueError for one that names none."""
    intent, _, language = key.partition("/")
    return Group(intent=Intent(intent), language=Language(language))


def pools_of(counts: Mapping[str, int], *, alone: int = ALONE, enough: int, seen: int = SEEN) -> Pooling:
    """Settles which groups are tested together, from the number of labels of each group.

    `enough` is the least that a pool needs to be tested; a group needs `alone`. Deterministic: it depends on nothing
    but the counts.
    """
    left = {key: count for key, count in sorted(counts.items()) if count >= seen}
    pools: list[Pool] = []
    for level in ("group", "intent", "language", "store"):
        least = alone if level == "group" else enough
        for pool_key, keys in _gathered(level, left).items():
            labels = sum(left[key] for key in keys)
            # A pool of one is no pool: it waits for a wider one, or for labels of its own.
            if labels < least or (level in ("intent", "language") and len(keys) < 2):
                continue
            members = tuple(group_of(key) for key in keys)
            pools.append(_pool(pool_key, level, members, labels))
            left = {key: count for key, count in left.items() if key not in keys}
    taken = {member.key for pool in pools for member in pool.members}
    return Pooling(pools=tuple(pools), left_over={k: n for k, n in sorted(counts.items()) if k not in taken})


def _pool(key: str, level: Level, members: tuple[Group, ...], labels: int) -> Pool:
    # All that is left may be a single group: then it is that group, and named so.
    if len(members) == 1:
        return Pool(key=members[0].key, level="group", members=members, labels=labels)
    return Pool(key=key, level=level, members=members, labels=labels)


def _gathered(level: Level, keys: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in keys:
        intent, _, language = key.partition("/")
        wide = {"group": key, "intent": f"{intent}/{ANY}", "language": f"{ANY}/{language}", "store": f"{ANY}/{ANY}"}
        found.setdefault(wide[level], []).append(key)
    return found


def _words(level: Level, members: tuple[Group, ...]) -> str:
    languages = ", ".join(sorted({member.language.value for member in members}))
    intents = ", ".join(sorted({member.intent.words for member in members}))
    if level == "store":
        return f"all that has too few labels of its own ({', '.join(member.key for member in members)})"
    return f"{intents} in {languages}"
