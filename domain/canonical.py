"""One way to write a value as bytes, so that equal values have equal hashes."""

import hashlib
import json


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces and unescaped Unicode. `value` holds JSON types only.

    Raises TypeError for anything else and ValueError for NaN or infinity.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_hex(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, 64 hex digits. Lone surrogates are replaced, so it never raises."""
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()


def content_hash(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`."""
    return sha256_hex(canonical_json(value))
