"""Audits at the console: one draft after the other, judged without knowing what the score said of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from activities.auditing import count_audits, label_audit, next_audit
from activities.reading import cited_passages
from api.console.knowledge import AtDesk, Desk, FormAtDesk
from api.console.sessions import HOME
from api.texts import known_id
from domain.errors import BadInput, Conflict
from domain.vocabulary import Harm

PLACE = f"{HOME}/audits"
router = APIRouter(prefix=PLACE, include_in_schema=False)
DONE = {"right": "Labelled right. Here is the next one.", "wrong": "Labelled wrong. Here is the next one."}


@router.get("")
async def show_audit(desk: AtDesk, after: Annotated[str, Query(max_length=64)] = "", done: str = "") -> Response:
    """The next draft to judge."""
    return await audit_page(desk, after=after if after.isalnum() else "", said=DONE.get(done))


@router.post("/label")
async def label(at_desk: FormAtDesk) -> Response:
    """Writes what the agent says, and shows the next one."""
    desk, fields = at_desk
    verdict, harm = _verdict(fields.get("verdict", "")), fields.get("harm", "")
    try:
        if verdict == "wrong" and harm not in set(Harm):
            raise BadInput("Say what is wrong with the draft, then label it wrong.")
        await label_audit(
            desk.parts.database,
            desk.store,
            known_id(fields.get("query_id", "")),
            verdict,
            agent=desk.seat.agent.name,
            harm=Harm(harm) if verdict == "wrong" else None,
            note=fields.get("note", ""),
        )
    except (BadInput, Conflict) as error:
        return await audit_page(desk, refusal=error.message, status=error.status, given=fields)
    return RedirectResponse(f"{PLACE}?store={desk.store}&done={verdict}", 303)


async def audit_page(
    desk: Desk,
    *,
    after: str = "",
    said: str | None = None,
    refusal: str | None = None,
    status: int = 200,
    given: dict[str, str] | None = None,
) -> Response:
    """The page, with why a label was not taken and what was typed."""
    item = await next_audit(desk.parts.database, desk.store, after=after)
    ids = [one.passage_id for one in item.draft.citations] if item else []
    typed = {"harm": "", "note": "", "query_id": "", **(given or {})}
    if item is None or typed["query_id"] != item.query_id:
        typed = {"harm": "", "note": "", "query_id": ""}
    return desk.show(
        "audits.html",
        status,
        item=item,
        passages=await cited_passages(desk.parts.database, desk.store, ids),
        counts=await count_audits(desk.parts.database, desk.store),
        harms=list(Harm),
        said=said,
        refusal=refusal,
        given=typed,
    )


def _verdict(word: str) -> Literal["right", "wrong"]:
    """Raises BadInput for anything else."""
    if word == "right":
        return "right"
    if word == "wrong":
        return "wrong"
    raise BadInput("The form says neither right nor wrong; reload the page and try again.")
