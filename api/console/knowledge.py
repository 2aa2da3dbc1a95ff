"""A store's knowledge at the console: documents and their versions, quarantine, gaps, the state of embedding."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse

from activities.gaps import close_gap, gap_groups
from api.bodies import check_text
from api.callers import Parts
from api.console.pages import stores_of
from api.console.rendering import page
from api.console.sessions import HOME, AtConsole, OwnForm, Seat
from api.parts import ApiParts
from domain.errors import BadInput, Conflict, NotFound
from domain.vocabulary import Kind, Language
from retrieval.knowledge_reading import (
    DocumentFilter,
    State,
    browse_documents,
    changes_between,
    knowledge_state,
    state_of,
)
from retrieval.loading.curation import (
    START,
    StoredDocument,
    list_documents,
    passages_of_version,
    release_document,
    retire_document,
    versions_of,
)
from retrieval.loading.writing import Key

PLACE = f"{HOME}/knowledge"
router = APIRouter(prefix=PLACE, include_in_schema=False)
PAGE_SIZE = 50
NO_STORE = "-"
"""No store can be called so: a form must name its own."""
STATES: tuple[str, ...] = ("standing", *get_args(State), "any")
DONE = {
    "released": "Released: it answers from now on.",
    "retired": "Retired: it answers nothing any more.",
    "closed": "The gap is closed.",
}


class Desk:
    """The agent, and the store whose knowledge is shown."""

    def __init__(self, parts: ApiParts, seat: Seat, store: str, stores: list[Any]) -> None:
        self.parts, self.seat, self.store, self.stores = parts, seat, store, stores

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of this store's knowledge."""
        usual = {"agent": self.seat.agent, "csrf": self.seat.csrf, "store": self.store, "stores": self.stores}
        return page(template, status, **usual, now=datetime.now(UTC), **values)

    def back(self, path: str, **values: Any) -> Response:
        """To a page of this store, after something was done."""
        return RedirectResponse(f"{PLACE}{path}?{urlencode({'store': self.store, **values})}", 303)


async def open_desk(parts: ApiParts, seat: Seat, store: str) -> Desk:
    """Raises NotFound for a store that this agent does not work for; none named is the first that they do."""
    stores = await stores_of(parts, seat)
    chosen = next((one.store for one in stores if store in ("", one.store)), None)
    if chosen is None:
        raise NotFound("There is no such store among those you work for.")
    structlog.contextvars.bind_contextvars(store=chosen)
    return Desk(parts, seat, chosen, stores)


async def find_desk(parts: Parts, seat: AtConsole, store: Annotated[str, Query(max_length=100)] = "") -> Desk:
    """The desk of a page's address."""
    return await open_desk(parts, seat, store)


async def find_desk_of_form(parts: Parts, seat: AtConsole, fields: OwnForm) -> tuple[Desk, dict[str, str]]:
    """The desk of a form, with its fields."""
    return await open_desk(parts, seat, fields.get("store") or NO_STORE), fields


AtDesk = Annotated[Desk, Depends(find_desk)]
FormAtDesk = Annotated[tuple[Desk, dict[str, str]], Depends(find_desk_of_form)]


@router.get("")
async def show_documents(
    desk: AtDesk,
    *,
    state: str = "",
    kind: str = "",
    language: str = "",
    words: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=2_000)] = "",
    done: str = "",
) -> Response:
    """The documents, and how the knowledge stands."""
    check_text(words)
    wanted = DocumentFilter.model_validate(
        {
            "state": state if state in STATES else "standing",
            "kind": kind if kind in set(Kind) else None,
            "language": language if language in set(Language) else None,
            "words": words.strip() or None,
        }
    )
    database = desk.parts.database
    found = await browse_documents(database, desk.store, wanted, after=read_key(cursor), most=PAGE_SIZE + 1)
    more = write_key(found[PAGE_SIZE - 1].key) if len(found) > PAGE_SIZE else None
    chosen = {name: value for name, value in wanted.model_dump(mode="json").items() if value}
    return desk.show(
        "knowledge.html",
        items=found[:PAGE_SIZE],
        more=f"{PLACE}?{urlencode({'store': desk.store, **chosen, 'cursor': more})}" if more else None,
        wanted=wanted,
        options={"states": STATES, "kinds": list(Kind), "languages": list(Language)},
        state=await knowledge_state(database, desk.store),
        said=DONE.get(done),
    )


@router.get("/state")
async def show_state(desk: AtDesk) -> Response:
    """How the knowledge stands, for the script that keeps it fresh while it changes."""
    return desk.show("knowledge_state.html", state=await knowledge_state(desk.parts.database, desk.store))


@router.get("/document")
async def show_document(
    desk: AtDesk,
    id: Annotated[str, Query(max_length=1_000)],
    language: str = "",
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """One version of a document: what it says, what changed, and its other versions."""
    check_text(id)
    database = desk.parts.database
    versions = await versions_of(database, desk.store, id)
    shown = _shown(versions, language, version)
    before = [one for one in versions if one.language is shown.language and one.version < shown.version]
    passages = await passages_of_version(database, desk.store, shown.key)
    older = await passages_of_version(database, desk.store, before[-1].key) if before else ()
    return desk.show(
        "knowledge_document.html",
        document=shown,
        versions=versions,
        passages=passages,
        before=before[-1] if before else None,
        changes=await changes_between(older, passages) if before else (),
        state_of=state_of,
    )


def _shown(versions: tuple[StoredDocument, ...], language: str, version: int | None) -> StoredDocument:
    """The version that is meant: of several the newest that was not withdrawn. Raises NotFound."""
    meant = [one for one in versions if language in ("", one.language) and version in (None, one.version)]
    if not meant:
        raise NotFound("The document has no such version.")
    return max(meant, key=lambda one: (one.withdrawn_at is None, one.loaded_at, one.version))


@router.get("/quarantine")
async def show_quarantine(desk: AtDesk, cursor: Annotated[str, Query(max_length=2_000)] = "") -> Response:
    """The documents that wait for a person, with why."""
    return await quarantine_page(desk, cursor)


async def quarantine_page(desk: Desk, cursor: str = "", refusal: str | None = None) -> Response:
    """The page, with why something was not done."""
    database, after = desk.parts.database, read_key(cursor)
    found = await list_documents(database, desk.store, state="quarantined", after=after, most=PAGE_SIZE + 1)
    more = write_key(found[PAGE_SIZE - 1].key) if len(found) > PAGE_SIZE else None
    return desk.show(
        "knowledge_quarantine.html",
        409 if refusal else 200,
        items=found[:PAGE_SIZE],
        more=f"{PLACE}/quarantine?{urlencode({'store': desk.store, 'cursor': more})}" if more else None,
        refusal=refusal,
    )


@router.post("/release")
async def release(at_desk: FormAtDesk) -> Response:
    """Lets a document out of quarantine."""
    desk, fields = at_desk
    document_id, language, version = _named(fields)
    name = desk.seat.agent.name
    try:
        await release_document(desk.parts.database, desk.store, document_id, language, version, agent=name)
    except Conflict as error:
        return await quarantine_page(desk, refusal=error.message)
    return desk.back("", done="released", words=document_id)


@router.post("/retire")
async def retire(at_desk: FormAtDesk) -> Response:
    """Takes a version out for good."""
    desk, fields = at_desk
    document_id, language, version = _named(fields)
    await retire_document(desk.parts.database, desk.store, document_id, language=language, version=version)
    return desk.back("", done="retired")


def _named(fields: dict[str, str]) -> tuple[str, Language, int]:
    """The version that a form names. Raises BadInput."""
    language, version = fields.get("language", ""), fields.get("version", "")
    if language not in set(Language) or not version.isdecimal() or len(version) > 6 or not fields.get("id"):
        raise BadInput("The form names no version of a document; reload the page and try again.")
    return fields["id"], Language(language), int(version)


@router.get("/gaps")
async def show_gaps(desk: AtDesk, closed: str = "", done: str = "") -> Response:
    """What customers asked and nothing answers."""
    groups = await gap_groups(desk.parts.database, desk.store, closed_too=bool(closed))
    return desk.show("knowledge_gaps.html", groups=groups, closed=bool(closed), said=DONE.get(done))


@router.post("/gaps/close")
async def close(at_desk: FormAtDesk) -> Response:
    """Someone has seen to a gap."""
    desk, fields = at_desk
    await close_gap(desk.parts.database, desk.store, fields.get("query_id", ""), desk.seat.agent.name)
    return desk.back("/gaps", done="closed")


def write_key(key: Key) -> str:
    """The cursor that goes on after a version."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_key(cursor: str) -> Key:
    """The version that a cursor stands for. Raises BadInput for one that no page gave out."""
    if not cursor:
        return START
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        document_id, language, version = found
    except (ValueError, TypeError, binascii.Error, RecursionError):
        document_id, language, version = None, None, None
    if not isinstance(document_id, str) or not isinstance(language, str) or type(version) is not int:
        raise BadInput("`cursor` is not one that a page gave out; start again without it.")
    check_text(document_id + language)
    return document_id, language, max(0, min(version, 2**31 - 1))
