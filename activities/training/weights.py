"""Writing what was fitted: one small file of numbers, and a card beside it that says where they come from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.classification.figures import Figure
from activities.classification.model import HeadCard, Numbers
from activities.training.heads import GAMMA, KEPT_GRAMS, Head, Space


def write_weights(
    folder: Path,
    *,
    heads: dict[str, tuple[Head, HeadCard]],
    spaces: dict[str, tuple[Space, Numbers]],
    judges: Numbers,
    embedder: str,
    data_hash: str,
    figures: tuple[Figure, ...],
    more: dict[str, Any],
) -> int:
    """Writes `intents.npz` and `intents.json`; returns the bytes of both. `spaces` are landmarks and rarities, each
    named like the head whose weights say which n-grams are kept; `more` are further figures for the card."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: _kept_grams(heads[name][0].grams, rarity) for name, (_, rarity) in spaces.items()}
    arrays: dict[str, NDArray[Any]] = {"judges": judges.astype(np.float32)}
    for name, (space, rarity) in spaces.items():
        arrays[f"{name}_landmarks"] = space.landmarks
        arrays[f"{name}_scale"] = np.array(space.scale, dtype=np.float64)
        arrays[f"{name}_buckets"] = kept[name].astype(np.uint32)
        arrays[f"{name}_rarity"] = rarity[kept[name]].astype(np.float16)
    for name, (head, described) in heads.items():
        arrays[f"{name}_kernel"] = head.kernel.astype(np.float32)
        arrays[f"{name}_bias"] = head.bias.astype(np.float32)
        arrays[f"{name}_grams"] = head.grams[kept[described.space]].astype(np.float16)
        arrays[f"{name}_gram_bias"] = head.gram_bias.astype(np.float32)
    path = folder / "intents.npz"
    np.savez_compressed(path, allow_pickle=False, **arrays)
    card = {
        "version": f"intents-{data_hash[:12]}",
        "embedder": embedder,
        "data_hash": data_hash,
        "gamma": GAMMA,
        "heads": {name: each._asdict() for name, (_, each) in heads.items()},
        "figures": {each.language: _figure(each) for each in figures} | more,
    }
    written = (folder / "intents.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return path.stat().st_size + written


def _figure(figure: Figure) -> dict[str, float]:
    return {"n": figure.n, "macro_f1": round(figure.f1, 4), "low": round(figure.low, 4), "high": round(figure.high, 4)}


def _kept_grams(weights: Numbers, rarity: Numbers) -> NDArray[np.int64]:
    """Buckets of the n-grams that matter most, ascending."""
    matter = np.abs(weights).max(axis=1) * rarity
    return np.sort(np.argsort(-matter, kind="stable")[: min(KEPT_GRAMS, int((matter > 0).sum()))])
