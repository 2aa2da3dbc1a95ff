"""The agents' side of the API, over the real database and a fake door."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from activities.access import create_key, revoke_key
from domain.vocabulary import Language, Scope, Status
from tests.api_world import World, a_world
from tests.conftest import Stack


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with a_world(stack.app_url) as made:
        yield made


async def decide(world: World, query_id: str, **fields: Any) -> Any:
    return await world.post(f"/v1/reviews/{query_id}/decision", fields, scope="agent")


async def test_the_queue_shows_overdue_ones_first_and_then_by_deadline(world: World) -> None:
    late, soon, later = [await world.waiting(hours=hours) for hours in (-1, 2, 5)]
    page = (await world.get("/v1/reviews", scope="agent")).json()
    assert [item["query_id"] for item in page["items"]] == [late.query_id, soon.query_id, later.query_id]
    assert [item["overdue"] for item in page["items"]] == [True, False, False]
    assert page["next"] is None


async def test_pages_follow_each_other_without_gaps(world: World) -> None:
    made = {(await world.waiting(hours=hours)).query_id for hours in (-2, -1, 1, 1, 1, 2, 3)}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.get("/v1/reviews", scope="agent", limit=2, **cursor)).json()
        seen += [item["query_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(made)
    assert set(seen) == made


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"status": "waiting_agent"}, 1),
        ({"tier": 2}, 2),
        ({"intent": "return_request"}, 3),
        ({"intent": "refund"}, 0),
        ({"language": "de"}, 1),
        ({"overdue": "true"}, 1),
        ({"overdue": "false"}, 2),
        ({"held_by": "Ana"}, 0),
    ],
)
async def test_the_queue_is_filtered(world: World, wanted: dict[str, Any], expected: int) -> None:
    await world.waiting(hours=-1)
    await world.waiting(language=Language.DE)
    await world.waiting(status=Status.WAITING_AGENT)
    page = (await world.get("/v1/reviews", scope="agent", **wanted)).json()
    assert len(page["items"]) == expected


@pytest.mark.parametrize(
    "wanted",
    [
        {"status": "sent"},
        {"tier": 4},
        {"intent": "x"},
        {"limit": 0},
        {"cursor": "nope"},
        {"cursor": "e30"},
        {"cursor": "é"},
        {"held_by": "a\x00"},
    ],
)
async def test_unusable_filters_are_refused(world: World, wanted: dict[str, Any]) -> None:
    assert (await world.get("/v1/reviews", scope="agent", **wanted)).status_code == 422


@pytest.mark.parametrize("scope", ["customer", "verify"])
async def test_only_agents_review(world: World, scope: str) -> None:
    snapshot = await world.waiting()
    assert (await world.get("/v1/reviews", scope=scope)).status_code == 403
    for path in ("decision", "claim", "release"):
        body = {"action": "take_over"} if path == "decision" else None
        response = await world.post(f"/v1/reviews/{snapshot.query_id}/{path}", body, scope=scope)
        assert response.status_code == 403
    assert world.door.decisions == []


async def test_an_approval_carries_the_keys_name_and_not_the_bodys(world: World) -> None:
    snapshot = await world.waiting()
    claimed = await decide(world, snapshot.query_id, action="approve", draft_hash=snapshot.waiting_hash, agent="Eve")
    assert claimed.status_code == 422
    response = await decide(world, snapshot.query_id, action="approve", draft_hash=snapshot.waiting_hash)
    assert response.status_code == 200
    assert response.json()["disposition"] == "sent_after_review"
    (decision,) = world.door.decisions
    assert (decision.agent, decision.proven, decision.via) == ("agent of tests", True, "api")


async def test_a_stale_decision_is_refused_with_its_code(world: World) -> None:
    snapshot = await world.waiting()
    response = await decide(world, snapshot.query_id, action="approve", draft_hash="0" * 64)
    assert (response.status_code, response.json()["code"]) == (409, "stale")


async def test_a_decision_on_an_ended_query_is_refused(world: World) -> None:
    snapshot = await world.waiting()
    await decide(world, snapshot.query_id, action="approve", draft_hash=snapshot.waiting_hash)
    response = await decide(world, snapshot.query_id, action="approve", draft_hash=snapshot.waiting_hash)
    assert (response.status_code, response.json()["code"]) == (409, "closed")


async def test_an_edit_that_the_guard_objects_to_comes_back_with_findings_until_confirmed(world: World) -> None:
    snapshot = await world.waiting()
    edit = {"action": "edit", "draft_hash": snapshot.waiting_hash, "text": "We guarantee it."}
    refused = await decide(world, snapshot.query_id, **edit)
    assert refused.status_code == 409
    assert refused.json()["findings"][0]["check"] == "ungrounded_promise"
    confirmed = await decide(world, snapshot.query_id, **edit, confirm_findings=True)
    assert confirmed.json()["disposition"] == "sent_after_edit"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"action": "explode"},
        {"action": "approve"},
        {"action": "approve", "draft_hash": "abc"},
        {"action": "edit", "draft_hash": "0" * 64},
        {"action": "edit", "draft_hash": "0" * 64, "text": "  "},
        {"action": "reject", "draft_hash": "0" * 64},
        {"action": "reply"},
        {"action": "reply", "text": "x" * 20_001},
        {"action": "close"},
        {"action": "take_over", "confirm_findings": "perhaps"},
    ],
)
async def test_an_unusable_decision_is_refused(world: World, fields: dict[str, Any]) -> None:
    snapshot = await world.waiting()
    assert (await decide(world, snapshot.query_id, **fields)).status_code == 422


async def test_a_failed_query_is_taken_over_in_a_workflow_of_its_own(world: World) -> None:
    snapshot = await world.waiting(status=Status.FAILED, failure="A step has a bug.")
    reply = await decide(world, snapshot.query_id, action="reply", text="Hello")
    assert (reply.status_code, reply.json()["code"]) == (409, "failed")
    assert (await decide(world, snapshot.query_id, action="take_over")).status_code == 200
    (request,) = world.door.taken_over
    assert (request.query_id, request.agent) == (snapshot.query_id, "agent of tests")


async def test_a_query_is_held_by_one_agent_at_a_time(world: World) -> None:
    snapshot = await world.waiting()
    path = f"/v1/reviews/{snapshot.query_id}"
    assert (await world.post(f"{path}/claim", scope="agent")).json()["held_by"] == "agent of tests"
    world.keys["agent"], mine = (
        (await create_key(world.database, world.store, Scope.AGENT, label="Bo")).key,
        world.keys["agent"],
    )
    taken = await world.post(f"{path}/claim", {}, scope="agent")
    assert (taken.status_code, taken.json()["code"]) == (409, "held")
    world.keys["agent"] = mine
    assert (await world.post(f"{path}/release", scope="agent")).json()["held_by"] is None


async def test_a_decision_while_temporal_is_away_is_worth_another_try(world: World) -> None:
    snapshot = await world.waiting()
    world.door.away = True
    response = await decide(world, snapshot.query_id, action="take_over")
    assert response.status_code == 503
    assert response.headers["retry-after"]


async def test_a_revoked_key_opens_nothing(world: World) -> None:
    made = await create_key(world.database, world.store, Scope.AGENT)
    await revoke_key(world.database, made.key_id)
    world.keys["agent"] = made.key
    assert (await world.get("/v1/reviews", scope="agent")).status_code == 401
