"""The search box of the console's knowledge pages: what would be found for a question, and why."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from activities.reading import cited_passages
from api.bodies import check_text
from api.console.knowledge import PLACE, AtDesk, Desk
from domain.errors import SetupError, Unavailable
from domain.values import Value
from domain.vocabulary import Intent, Kind, Language
from retrieval.searching.explanation import Explanation
from retrieval.searching.verdict import (
    Contribution,
    contributions_of,
    evidence_of,
    meaning_leg,
    results_of,
    signs_of,
    telling_terms,
    verdict_of,
    word_leg,
)

router = APIRouter(prefix=PLACE, include_in_schema=False)
HALF = 90
"""Width of half a bar's picture, in its own units."""


class Bar(Value):
    """One contribution as a bar to the right of the middle, or to the left where it speaks against the passage."""

    words: str
    amount: float
    start: float
    """Where it begins, from 0 to twice HALF."""
    length: float


@router.get("/search")
async def search_knowledge(
    desk: AtDesk,
    q: Annotated[str, Query(max_length=5_000)] = "",
    language: str = "",
    intent: str = "",
    kind: str = "",
) -> Response:
    """The search box; with a question, what was found and what decided."""
    check_text(q)
    given = {
        "q": q.strip(),
        "language": language if language in set(Language) else "",
        "intent": intent if intent in set(Intent) else "",
        "kind": kind if kind in set(Kind) else "",
    }
    options: dict[str, Any] = {"languages": list(Language), "intents": list(Intent), "kinds": list(Kind), "half": HALF}
    if not given["q"]:
        return desk.show("knowledge_search.html", given=given, found=None, refusal=None, **options)
    try:
        found = await _explain(desk, given)
    except (Unavailable, SetupError) as error:
        said = error.message
        return desk.show("knowledge_search.html", error.status, given=given, found=None, refusal=said, **options)
    told = await _told(desk, found)
    return desk.show("knowledge_search.html", given=given, found=found, refusal=None, **options, **told)


async def _told(desk: Desk, found: Explanation) -> dict[str, Any]:
    results = results_of(found)
    ids = [item.candidate.passage_id for item in results]
    return {
        "verdict": verdict_of(found),
        "results": [(item, bars_of(contributions_of(item, most=8)), evidence_of(item, found.bias)) for item in results],
        "signs": bars_of(signs_of(found, most=8)),
        "passages": await cited_passages(desk.parts.database, desk.store, ids),
        "terms": telling_terms(found),
        "by_meaning": meaning_leg(found),
        "by_words": word_leg(found),
    }


async def _explain(desk: Desk, given: dict[str, str]) -> Explanation:
    if desk.parts.knowledge is None:
        raise Unavailable("This process has no search; `holdpoint knowledge search --explain` shows the same.")
    return await desk.parts.knowledge.explain(
        desk.store,
        given["q"],
        language=Language(given["language"]) if given["language"] else None,
        intent=Intent(given["intent"]) if given["intent"] else None,
        kinds=(Kind(given["kind"]),) if given["kind"] else (),
    )


def bars_of(main: Sequence[Contribution]) -> tuple[Bar, ...]:
    """Contributions as bars; the longest fills its side."""
    longest = max((abs(one.amount) for one in main), default=1.0)
    return tuple(
        Bar(
            words=one.words,
            amount=one.amount,
            start=round(HALF + min(0.0, one.amount) / longest * HALF, 1),
            length=round(abs(one.amount) / longest * HALF, 1),
        )
        for one in main
    )
