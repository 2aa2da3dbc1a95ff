"""The look-ups file (HOLDPOINT_LOOKUPS): which stores have systems of their own, with tokens that stand elsewhere."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from activities.lookups.by_store import Desk
from activities.lookups.descriptions import HttpDescription, LookUpsFile
from activities.lookups.http import HttpDesk
from activities.lookups.shopify import ShopifyDesk
from domain.errors import SetupError


def own_desks(file: Path) -> dict[str, Desk]:
    """The desks that a file describes, by store. Raises SetupError, one sentence without any value of the file."""
    described = read_lookups(file).stores
    return {store: _desk(store, each) for store, each in described.items()}


def read_lookups(file: Path) -> LookUpsFile:
    """The file, with the tokens it names. Raises SetupError."""
    try:
        with file.open("rb") as content:
            found = tomllib.load(content)
    except OSError as error:
        raise SetupError(f"{file} of HOLDPOINT_LOOKUPS cannot be read ({error.__class__.__name__}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = f": {error}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise SetupError(f"{file} of HOLDPOINT_LOOKUPS is no TOML in UTF-8{why}.") from None
    stores = found.get("stores")
    if isinstance(stores, dict):
        found["stores"] = {name: _with_token(name, each, file) for name, each in stores.items()}
    try:
        return LookUpsFile.model_validate(found)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        told = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:3])
        raise SetupError(f"{file} of HOLDPOINT_LOOKUPS cannot be used: {told}.") from None


def _with_token(store: str, described: Any, file: Path) -> Any:
    """A description with the token of the file that it names: secrets do not stand in the description itself."""
    if not isinstance(described, dict):
        return described
    if "token" in described:
        raise SetupError(
            f"{file}: the token of the store {store} does not belong there; name a file that holds it as token_file."
        )
    path = described.get("token_file")
    if path is None:
        return described
    try:
        token = (file.parent / str(path)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"{file}: the token file of the store {store} cannot be read ({error.__class__.__name__})."
        ) from None
    return {**{name: value for name, value in described.items() if name != "token_file"}, "token": token}


def _desk(store: str, described: Any) -> Desk:
    if isinstance(described, HttpDescription):
        return HttpDesk(store, described)
    return ShopifyDesk(store, described)
