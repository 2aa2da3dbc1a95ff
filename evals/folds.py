"""Folds that keep together what belongs together: no product is learnt from and asked about. Pure."""

import hashlib
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
FOLDS = 5


def folds_of(keys: Sequence[Hashable], folds: int = FOLDS) -> list[int]:
    """The fold of each item, 0 to `folds` - 1: the same for the same key, in any run and order, and about equally
    large. Keys are dealt in the order of their hashes."""
    ordered = sorted(set(keys), key=lambda key: (hashlib.sha256(str(key).encode()).digest(), str(key)))
    dealt = {key: place % folds for place, key in enumerate(ordered)}
    return [dealt[key] for key in keys]


def cross_validated(
    items: Sequence[Item],
    keys: Sequence[Hashable],
    learn: Callable[[Sequence[Item]], Callable[[Item], Result]],
    folds: int = FOLDS,
) -> list[Result]:
    """What each item gets from something that learnt from the items of the other folds, in the order of the items."""
    dealt = folds_of(keys, folds)
    pairs = list(zip(items, dealt, strict=True))
    learnt = {fold: learn([item for item, own in pairs if own != fold]) for fold in sorted(set(dealt))}
    return [learnt[fold](item) for item, fold in pairs]
