"""A decision whose answer was lost, because the web process died or no worker answered, is sent again."""

from typing import Any

from domain.vocabulary import Scope
from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.integration.test_api_workflows import Desk, a_desk


async def send(desk: Desk, query_id: str, key: str, **fields: str) -> tuple[int, Any]:
    """Under a key that the API does not remember: the process that had reserved it is gone."""
    async with desk.shop.database.in_store(desk.shop.store) as connection:
        await connection.execute("DELETE FROM idempotency_keys WHERE key = %s", (key,))
    headers = {"authorization": f"Bearer {desk.keys[Scope.AGENT]}", "idempotency-key": key}
    answer = await desk.client.post(f"/v1/reviews/{query_id}/decision", json=fields, headers=headers)
    return answer.status_code, answer.json()


async def test_an_applied_decision_sent_again_is_answered_as_the_first_time(stack: Stack) -> None:
    async with a_desk(stack, FakeSteps(send=False)) as desk:
        query_id = await desk.ask()
        draft_hash = (await desk.until(query_id, "waiting_review"))["draft_hash"]
        approval = {"action": "approve", "draft_hash": draft_hash}
        first = await send(desk, query_id, "k1", **approval)
        assert first[0] == 200
        assert await send(desk, query_id, "k1", **approval) == first
        status, problem = await send(desk, query_id, "k2", **approval)
        assert (status, problem["code"]) == (409, "closed")
        replies = await desk.shop.rows("SELECT 1 FROM messages WHERE role IN ('assistant', 'agent')")
        applied = await desk.shop.rows("SELECT 1 FROM decisions WHERE refusal IS NULL")
        assert (len(replies), len(applied)) == (1, 1)


async def test_a_rejection_sent_again_does_not_reject_the_redraft(stack: Stack) -> None:
    async with a_desk(stack, FakeSteps(send=False)) as desk:
        query_id = await desk.ask()
        draft_hash = (await desk.until(query_id, "waiting_review"))["draft_hash"]
        rejection = {"action": "reject", "draft_hash": draft_hash, "reason": "Too short."}
        status, first = await send(desk, query_id, "k1", **rejection)
        assert (status, first["status"]) == (200, "waiting_review") and first["draft_hash"] != draft_hash
        assert await send(desk, query_id, "k1", **rejection) == (200, first)
        assert (await desk.until(query_id, "waiting_review"))["draft_hash"] == first["draft_hash"]
