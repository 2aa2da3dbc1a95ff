"""The console's doors: log-in, sessions, forms, and who may see what. What agents do there is in tests/browser."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from api.console.attempts import PER_NAME, PER_NAME_ANYWHERE, Attempts
from api.console.rendering import due, grouped, marked, span, web_address
from domain.errors import TooMany
from domain.vocabulary import Status
from tests.api_world import World, a_world
from tests.conftest import Stack

OWN = "correct horse battery"


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with a_world(stack.app_url) as made:
        yield made


async def log_in(world: World, name: str, password: str, **headers: str) -> httpx.Response:
    fields = {"name": name, "password": password, "next": "/console"}
    return await world.client.post("/console/login", data=fields, headers=headers)


def csrf_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    return found.group(1)


async def at_console(world: World, *, stores: tuple[str, ...] | None = None) -> str:
    """An agent who has logged in and chosen a password; returns the name."""
    name, password = await world.an_agent(stores=stores)
    assert (await log_in(world, name, password)).headers["location"] == "/console/password"
    page = await world.client.get("/console/password")
    fields = {"csrf": csrf_of(page), "old": password, "new": OWN, "again": OWN}
    changed = await world.client.post("/console/password", data=fields)
    assert changed.status_code == 303, changed.text
    return name


async def test_nobody_gets_in_without_a_session(world: World) -> None:
    for path in ("/console", "/console/rows", "/console/password", "/console/queries/" + "0" * 32):
        response = await world.client.get(path)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/console/login")
    assert (await world.client.get("/console/live")).status_code == 204
    assert (await world.client.post("/console/queries/" + "0" * 32 + "/decision")).status_code == 303


async def test_the_root_leads_to_the_console(world: World) -> None:
    assert (await world.client.get("/")).headers["location"] == "/console"


async def test_a_one_time_password_opens_nothing_but_its_own_change(world: World) -> None:
    name, password = await world.an_agent()
    response = await log_in(world, name, password)
    assert response.headers["location"] == "/console/password"
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await world.client.get("/console")).headers["location"] == "/console/password"


@pytest.mark.parametrize(
    ("new", "again", "says"),
    [("short", "short", "12"), (OWN, "another thing here", "differ"), ("{old}", "{old}", "other than")],
)
async def test_a_poor_password_is_refused(world: World, new: str, again: str, says: str) -> None:
    name, password = await world.an_agent()
    await log_in(world, name, password)
    page = await world.client.get("/console/password")
    words = {"new": new.format(old=password), "again": again.format(old=password), "old": password}
    response = await world.client.post("/console/password", data={"csrf": csrf_of(page), **words})
    assert response.status_code == 422
    assert says in response.text


async def test_a_changed_password_ends_the_other_sessions(world: World) -> None:
    name = await at_console(world)
    elsewhere = httpx.AsyncClient(transport=world.client._transport, base_url="http://test")
    await elsewhere.post("/console/login", data={"name": name, "password": OWN})
    assert (await elsewhere.get("/console")).status_code == 200
    page = await world.client.get("/console/password")
    fields = {"csrf": csrf_of(page), "old": OWN, "new": OWN + "!", "again": OWN + "!"}
    assert (await world.client.post("/console/password", data=fields)).status_code == 303
    assert (await world.client.get("/console")).status_code == 200
    assert (await elsewhere.get("/console")).status_code == 303


async def test_log_out_ends_the_session_at_the_server(world: World) -> None:
    await at_console(world)
    token = world.client.cookies["holdpoint_session"]
    page = await world.client.get("/console")
    assert (await world.client.post("/console/logout", data={"csrf": csrf_of(page)})).status_code == 303
    again = await world.client.get("/console", headers={"Cookie": f"holdpoint_session={token}"})
    assert again.status_code == 303


async def test_wrong_names_and_passwords_are_refused_alike_and_after_a_few_not_even_tried(world: World) -> None:
    name, password = await world.an_agent()
    answers = [await log_in(world, name, "wrong") for _ in range(PER_NAME)]
    unknown = await log_in(world, "Nobody", "wrong")
    assert {answer.status_code for answer in answers} == {401}
    assert unknown.status_code == 401
    assert "Name or password is wrong." in unknown.text
    assert (await log_in(world, name, password)).status_code == 429


def test_attempts_are_forgotten_after_a_while_and_remembered_in_bounds() -> None:
    now = 0.0
    attempts = Attempts(clock=lambda: now)
    for _ in range(PER_NAME):
        attempts.begin("Ana", "1.2.3.4")
    with pytest.raises(TooMany):
        attempts.begin("ANA", "1.2.3.4")
    attempts.begin("Ana", "5.6.7.8")
    now = 301.0
    attempts.begin("Ana", "1.2.3.4")
    for number in range(20_000):
        attempts.begin(f"n{number}", f"10.0.{number // 250}.{number % 250}")
    assert len(attempts._failures) <= 10_000


def test_neither_blanks_in_the_name_nor_other_addresses_give_more_attempts() -> None:
    attempts = Attempts(clock=lambda: 0.0)
    for blanks in range(PER_NAME):
        attempts.begin(f" Ana{' ' * blanks} Silva", "1.2.3.4")
    with pytest.raises(TooMany):
        attempts.begin("Ana Silva", "1.2.3.4")
    for number in range(PER_NAME_ANYWHERE - PER_NAME):
        attempts.begin("Ana Silva", f"10.0.0.{number}")
    with pytest.raises(TooMany):
        attempts.begin("Ana Silva", "10.0.1.1")
    attempts.begin("Ben", "10.0.1.1")


async def test_a_form_from_elsewhere_or_without_its_token_changes_nothing(world: World) -> None:
    snapshot = await world.waiting()
    await at_console(world)
    path = f"/console/queries/{snapshot.query_id}/decision"
    csrf = csrf_of(await world.client.get(f"/console/queries/{snapshot.query_id}"))
    good = {"csrf": csrf, "action": "approve", "draft_hash": snapshot.waiting_hash or ""}
    for fields, headers in (
        ({**good, "csrf": ""}, {}),
        ({**good, "csrf": "0" * 64}, {}),
        ({**good, "csrf": "é"}, {}),
        (good, {"Origin": "https://evil.example"}),
        (good, {"Origin": "null"}),
        (good, {"Origin": "http://["}),
        (good, {"Sec-Fetch-Site": "cross-site"}),
    ):
        response = await world.client.post(path, data=fields, headers=headers)
        assert response.status_code == 403
        assert "text/html" in response.headers["content-type"]
    assert world.door.decisions == []
    assert (await world.client.post(path, data=good, headers={"Origin": "http://test"})).status_code == 303


async def test_an_agent_sees_the_stores_they_work_for_and_no_other(world: World, stack: Stack) -> None:
    await at_console(world)
    async with a_world(stack.app_url) as other:
        snapshot = await other.waiting("A message of another shop")
        response = await world.client.get(f"/console/queries/{snapshot.query_id}")
        assert response.status_code == 404
        assert "text/html" in response.headers["content-type"]
        assert "another shop" not in (await world.client.get("/console")).text
        assert "another shop" not in (await world.client.get("/console", params={"store": other.store})).text


async def test_unusable_filters_and_forms_are_no_errors_of_ours(world: World) -> None:
    snapshot = await world.waiting()
    await at_console(world)
    strange = {"status": "x", "tier": "9", "intent": "\x00", "language": "xx", "store": "' or 1=1"}
    assert (await world.client.get("/console", params=strange)).status_code == 200
    assert (await world.client.get("/console", params={"cursor": "x"})).status_code == 422
    csrf = csrf_of(await world.client.get("/console"))
    path = f"/console/queries/{snapshot.query_id}/decision"
    for fields, status in (
        ({"action": "explode"}, 422),
        ({}, 422),
        ({"action": "reply", "text": "a\x00b"}, 422),
        ({"action": "approve", "draft_hash": "x"}, 422),
        ({"action": "approve", "draft_hash": "0" * 64}, 409),
        ({"action": "reject", "draft_hash": snapshot.waiting_hash or ""}, 422),
    ):
        response = await world.client.post(path, data={"csrf": csrf, **fields})
        assert response.status_code == status, fields
        assert "text/html" in response.headers["content-type"]
    assert (await world.client.post(path, json={"csrf": csrf})).status_code == 415


async def test_pages_forbid_what_they_do_not_need(world: World) -> None:
    snapshot = await world.waiting(status=Status.WAITING_AGENT)
    await at_console(world)
    for path in ("/console", f"/console/queries/{snapshot.query_id}", "/console/queries/" + "0" * 32, "/console/login"):
        response = await world.client.get(path)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["cache-control"] == "no-store"
        assert "<script>" not in response.text
        assert " onclick" not in response.text
        assert " style=" not in response.text
    for name in ("console.css", "console.js", "icon.svg"):
        assert (await world.client.get(f"/console/static/{name}")).status_code == 200
    assert (await world.client.get("/console/static/../rendering.py")).status_code in {303, 404}


async def test_the_log_in_leads_back_into_the_console_only(world: World) -> None:
    for target in ("//evil.example", "https://evil.example", "/console/../v1", "/consoleevil", "/console\\evil"):
        page = await world.client.get("/console/login", params={"next": target})
        assert 'name="next" value="/console"' in page.text
    page = await world.client.get("/console/login", params={"next": "/console/queries/abc?x=1"})
    assert 'value="/console/queries/abc?x=1"' in page.text


def test_words_of_the_guard_are_marked_and_everything_is_escaped() -> None:
    shown = marked("<b> 30 days or 30 days & more", ["30 days", "<b>", ""])
    assert shown == "<mark>&lt;b&gt;</mark> <mark>30 days</mark> or <mark>30 days</mark> &amp; more"


def test_looked_up_facts_are_grouped_by_what_they_are_about() -> None:
    facts = {"order/A-1/total": "5 EUR", "order/A-1/status": "lost", "limit": "500"}
    assert grouped(facts) == {"order A-1": {"total": "5 EUR", "status": "lost"}, "": {"limit": "500"}}


def test_only_web_addresses_are_followed() -> None:
    assert web_address("https://shop.example/r") == "https://shop.example/r"
    for bad in (None, "", "javascript:alert(1)", "data:text/html,x", "//x", "http://[bad"):
        assert web_address(bad) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (90, "1 min"), (5399, "89 min"), (5400, "1 h"), (172800, "2 d")]
)
def test_spans_are_short(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_a_deadline_says_which_side_it_is_on() -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert due(now + timedelta(hours=3), now) == "in 3 h"
    assert due(now - timedelta(minutes=5), now) == "5 min ago"
