"""The customers' side of the API, over the real database and a fake door."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.vocabulary import Status
from tests.api_world import ANSWER, World, a_world
from tests.conftest import Stack


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with a_world(stack.app_url) as made:
        yield made


async def test_a_message_is_stored_and_its_workflow_started(world: World) -> None:
    response = await world.post("/v1/queries", world.message(language="pt-BR"))
    assert response.status_code == 202
    body = response.json()
    assert body["links"]["events"] == f"http://test/v1/queries/{body['query_id']}/events"
    assert [query.query_id for query in world.door.started] == [body["query_id"]]
    shown = (await world.get(f"/v1/queries/{body['query_id']}")).json()
    assert (shown["status"], shown["language"], shown["disposition"]) == ("received", "pt", None)


async def test_the_same_message_again_is_the_same_query(world: World) -> None:
    message = world.message()
    first, second = await world.post("/v1/queries", message), await world.post("/v1/queries", message)
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json()
    assert len(world.door.started) == 1


async def test_many_at_once_with_one_message_id_make_one_query(world: World) -> None:
    message = world.message()
    answers = await asyncio.gather(*(world.post("/v1/queries", message) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202]
    assert len({answer.json()["query_id"] for answer in answers}) == 1
    assert len({answer.json()["conversation_id"] for answer in answers}) == 1


async def test_a_message_id_with_other_words_is_refused(world: World) -> None:
    message = world.message()
    await world.post("/v1/queries", message)
    response = await world.post("/v1/queries", {**message, "text": "Something else"})
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert "message_id" in response.json()["detail"]


async def test_messages_of_one_conversation_are_numbered_and_gathered_while_one_is_open(world: World) -> None:
    first = (await world.post("/v1/queries", world.message())).json()
    message = world.message(conversation_id=first["conversation_id"], text="And a hat?")
    second = (await world.post("/v1/queries", message)).json()
    assert second["conversation_id"] == first["conversation_id"]
    assert [query.gather for query in world.door.started] == [False, True]


async def test_a_conversation_belongs_to_its_customer(world: World) -> None:
    first = (await world.post("/v1/queries", world.message(customer={"email": "ana@example.com"}))).json()
    place = {"conversation_id": first["conversation_id"]}
    stranger = await world.post("/v1/queries", world.message(**place, customer={"email": "eve@example.com"}))
    assert stranger.status_code == 403
    herself = await world.post("/v1/queries", world.message(**place, customer={"email": "ANA@example.com"}))
    assert herself.status_code == 202


async def test_an_unknown_conversation_is_not_found(world: World) -> None:
    assert (await world.post("/v1/queries", world.message(conversation_id="nope"))).status_code == 404


async def test_a_message_is_taken_in_while_temporal_is_away_and_started_when_it_is_sent_again(world: World) -> None:
    world.door.away = True
    message = world.message()
    assert (await world.post("/v1/queries", message)).status_code == 202
    world.door.away = False
    assert (await world.post("/v1/queries", message)).status_code == 200
    assert len(world.door.started) == 1


async def test_only_a_verify_key_vouches_for_a_customer(world: World) -> None:
    message = world.message(customer={"email": "ana@example.com", "verified": True})
    assert (await world.post("/v1/queries", message)).status_code == 403
    assert (await world.post("/v1/queries", message, scope="agent")).status_code == 403
    assert (await world.post("/v1/queries", message, scope="verify")).status_code == 202


async def test_a_key_serves_its_own_store_only(world: World, stack: Stack) -> None:
    async with a_world(stack.app_url) as other:
        query_id = await other.submit()
        assert (await world.get(f"/v1/queries/{query_id}")).status_code == 404
        assert (await world.post("/v1/queries", world.message(store=other.store))).status_code == 403


@pytest.mark.parametrize("scope", ["customer", "verify"])
async def test_customers_never_see_drafts_reasons_or_agents(world: World, scope: str) -> None:
    snapshot = await world.waiting()
    shown = (await world.get(f"/v1/queries/{snapshot.query_id}", scope=scope)).json()
    assert shown["status"] == "waiting_review"
    assert ANSWER not in json.dumps(shown)
    assert not {"draft", "reasons", "findings", "confidence", "held_by", "tier", "text"} & set(shown)
    assert "workflow" not in shown["links"]


async def test_agents_see_all_of_it(world: World) -> None:
    snapshot = await world.waiting()
    shown = (await world.get(f"/v1/queries/{snapshot.query_id}", scope="agent")).json()
    assert shown["draft"]["text"] == ANSWER
    assert shown["draft_hash"] == snapshot.waiting_hash
    assert shown["citations"][0]["document_id"] == "returns"
    assert shown["findings"][0]["check"] == "ungrounded_value"
    assert shown["customer"]["email"] == "ana@example.com"


async def test_a_failure_of_ours_shows_to_customers_as_waiting_for_an_agent(world: World) -> None:
    snapshot = await world.waiting(status=Status.FAILED, failure="A step has a bug.")
    shown = (await world.get(f"/v1/queries/{snapshot.query_id}")).json()
    assert shown["status"] == "waiting_agent"
    assert "bug" not in json.dumps(shown)


async def test_a_request_for_a_person_reaches_the_open_query(world: World) -> None:
    query_id = await world.submit()
    response = await world.post(f"/v1/queries/{query_id}/human")
    assert (response.status_code, response.json()["query_id"]) == (202, query_id)
    assert world.door.asked_for_person == [query_id]


async def test_a_request_for_a_person_after_the_end_opens_one_new_query(world: World) -> None:
    snapshot = await world.waiting()
    await world.record(snapshot.model_copy(update={"status": Status.SENT, "version": 2}))
    first = await world.post(f"/v1/queries/{snapshot.query_id}/human", {})
    again = await world.post(f"/v1/queries/{snapshot.query_id}/human", {})
    assert first.json()["query_id"] == again.json()["query_id"] != snapshot.query_id
    assert first.json()["conversation_id"] == snapshot.conversation_id
    assert world.door.started[-1].wants_person


async def test_feedback_is_kept_and_the_last_word_counts(world: World) -> None:
    query_id = await world.submit()
    path = f"/v1/queries/{query_id}/feedback"
    assert (await world.post(path, {"score": 2, "comment": "Hm"})).status_code == 204
    assert (await world.post(path, {"score": 5})).status_code == 204
    for bad in ({"score": 6}, {"score": "5"}, {"score": 2.5}, {}, {"score": 1, "name": "x"}):
        assert (await world.post(path, bad)).status_code == 422


async def test_a_request_under_one_idempotency_key_is_done_once(world: World) -> None:
    message = world.message()
    header = {"Idempotency-Key": "abc"}
    first = await world.client.post("/v1/queries", json=message, headers=world.headers(**header))
    again = await world.client.post("/v1/queries", json=message, headers=world.headers(**header))
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    other = await world.client.post("/v1/queries", json=world.message(), headers=world.headers(**header))
    assert other.status_code == 422
    unusable = await world.client.post("/v1/queries", json=message, headers=world.headers(**{"Idempotency-Key": "a b"}))
    assert unusable.status_code == 422


async def test_a_request_that_failed_frees_its_idempotency_key(world: World) -> None:
    headers = world.headers(**{"Idempotency-Key": "retry"})
    bad = await world.client.post("/v1/queries", json=world.message(conversation_id="nope"), headers=headers)
    good = await world.client.post("/v1/queries", json=world.message(), headers=headers)
    assert (bad.status_code, good.status_code) == (404, 202)


BAD_FIELDS: list[dict[str, Any]] = [
    {"text": ""},
    {"text": "   \n"},
    {"text": "x" * 20_001},
    {"text": None},
    {"text": 7},
    {"message_id": ""},
    {"channel": "Web Site"},
    {"store": "No Store"},
    {"customer": {"email": "nobody"}},
    {"customer": {"verified": "perhaps"}},
    {"language": "English, please"},
    {"agent": "Ana"},
]


@pytest.mark.parametrize("bad", BAD_FIELDS, ids=[json.dumps(bad)[:40] for bad in BAD_FIELDS])
async def test_an_unusable_field_is_named(world: World, bad: dict[str, Any]) -> None:
    response = await world.post("/v1/queries", world.message(**bad))
    assert response.status_code == 422
    problem = response.json()
    assert problem["errors"][0]["field"].startswith(next(iter(bad)))
    assert set(problem) >= {"type", "title", "status", "detail", "instance"}
    assert world.door.started == []


BAD_BODIES: list[tuple[bytes, str, int, str]] = [
    (b"", "application/json", 422, "body"),
    (b"{", "application/json", 422, "valid JSON"),
    (b"[]", "application/json", 422, ""),
    (b"null", "application/json", 422, ""),
    (b"\xff\xfe\x00", "application/json", 422, "UTF-8"),
    (b'{"text": "a\\u0000b"}', "application/json", 422, "NUL"),
    (b'{"text": "\\ud800"}', "application/json", 422, "surrogate"),
    (b'{"\\udfff": 1}', "application/json", 422, "surrogate"),
    (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "application/json", 422, "nested"),
    (b"[" * 200_000, "application/json", 422, ""),
    (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "application/json", 422, "nested"),
    (b'{"a": NaN}', "application/json", 422, "number"),
    (b'{"a": ' + b"9" * 10_000 + b"}", "application/json", 422, "number"),
    (b"text=hello", "application/x-www-form-urlencoded", 415, "JSON"),
    (b"{}", "", 415, "JSON"),
    (b"{}", "application/json; charset=utf-16", 415, "UTF-8"),
    (b'"' + b"x" * 300_000 + b'"', "application/json", 413, "256 kB"),
]


@pytest.mark.parametrize(("body", "media_type", "status", "says"), BAD_BODIES)
async def test_an_unreadable_body_is_refused(
    world: World, body: bytes, media_type: str, status: int, says: str
) -> None:
    headers = world.headers() | ({"Content-Type": media_type} if media_type else {})
    response = await world.client.post("/v1/queries", content=body, headers=headers)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]


async def test_a_body_without_length_is_limited_too(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1024

    headers = world.headers() | {"Content-Type": "application/json"}
    response = await world.client.post("/v1/queries", content=endless(), headers=headers)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/queries/nope", 404),
        ("GET", "/v1/queries/" + "0" * 32, 404),
        ("GET", "/v1/queries/%00", 404),
        ("GET", "/v1/queries/%ff", 404),
        ("GET", "/v1/queries/" + "0" * 32 + "/events", 404),
        ("POST", "/v1/queries/" + "0" * 32 + "/human", 404),
        ("DELETE", "/v1/queries", 405),
        ("PUT", "/v1/queries/" + "0" * 32, 405),
    ],
)
async def test_unknown_addresses_are_problems(world: World, method: str, path: str, status: int) -> None:
    response = await world.client.request(method, path, headers=world.headers())
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer nope", "Basic abc", "Bearer hp_customer_" + "x" * 43, "Bearer " + "x" * 9000],
)
async def test_without_a_valid_key_nothing_is_told(world: World, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await world.client.post("/v1/queries", json=world.message(), headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


async def test_the_database_away_is_a_problem_worth_another_try(world: World) -> None:
    await world.database.close()
    response = await world.get("/v1/queries/" + "0" * 32)
    assert response.status_code == 503
    ready = await world.client.get("/readyz")
    assert ready.json() == {"ready": False, "database": False, "temporal": True}
