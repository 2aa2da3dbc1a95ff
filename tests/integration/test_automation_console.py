"""The console's pages of audits and certificates over the real database: what they show, take, and for whom."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from activities.auditing import list_audits
from activities.certificates import list_certificates
from activities.certifying import certify_store
from api.console.certificates import bet_of
from domain.vocabulary import Harm
from tests.api_world import World, a_world
from tests.conftest import Stack
from tests.integration.audit_world import AuditWorld
from tests.integration.test_api_console import at_console, csrf_of


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with a_world(stack.app_url) as made:
        yield made


@pytest.fixture
async def audited(world: World) -> AuditWorld:
    return await AuditWorld(world.database, world.store).open()


async def post(world: World, path: str, page: httpx.Response, **fields: str) -> httpx.Response:
    data = {"csrf": csrf_of(page), "store": world.store, **fields}
    return await world.client.post(f"/console/{path}", data=data)


async def audits(world: World, **params: Any) -> httpx.Response:
    return await world.client.get("/console/audits", params=params)


async def test_nobody_reads_or_judges_without_a_session(world: World) -> None:
    for path in ("audits", "certificates"):
        assert (await world.client.get(f"/console/{path}")).headers["location"].startswith("/console/login")
    for path in ("audits/label", "certificates/void"):
        assert (await world.client.post(f"/console/{path}")).status_code == 303


async def test_a_form_without_its_token_changes_nothing(world: World, audited: AuditWorld) -> None:
    query_id = (await audited.drafted()).query_id
    await at_console(world)
    answer = await world.client.post(
        "/console/audits/label", data={"store": world.store, "query_id": query_id, "verdict": "right"}
    )
    assert answer.status_code == 403
    assert [entry.label for entry in await list_audits(world.database, world.store)] == [None]


async def test_an_empty_store_says_what_comes(world: World) -> None:
    await at_console(world)
    assert "Nothing waits for a label" in (await audits(world)).text
    assert "Nothing was drawn yet" in (await world.client.get("/console/certificates")).text


async def test_drafts_are_judged_blind_one_after_the_other(world: World, audited: AuditWorld) -> None:
    for confidence in (0.1234, 0.9876):
        await audited.drafted(confidence, sent=confidence > 0.5)
    await at_console(world)
    page = await audits(world)
    assert "Where is my order?" in page.text
    assert "It is on its way." in page.text
    assert not {word for word in ("0.12", "0.98", "onfidence", "threshold", "automatically") if word in page.text}
    first, second = sorted(await list_audits(world.database, world.store), key=lambda entry: entry.drawn_at)
    later = await audits(world, after=first.query_id)
    assert f'value="{second.query_id}"' in later.text

    answer = await post(world, "audits/label", page, query_id=first.query_id, verdict="right")
    assert answer.headers["location"] == f"/console/audits?store={world.store}&done=right"
    page = await audits(world, done="right")
    assert "Labelled right." in page.text
    answer = await post(world, "audits/label", page, query_id=second.query_id, verdict="wrong", note="odd <b>")
    assert answer.status_code == 422
    assert "Say what is wrong with the draft" in answer.text
    assert "odd &lt;b&gt;" in answer.text
    given = {"query_id": second.query_id, "verdict": "wrong", "harm": "false_promise", "note": "odd <b>"}
    assert (await post(world, "audits/label", page, **given)).status_code == 303
    labels = {entry.query_id: entry.label for entry in await list_audits(world.database, world.store)}
    judged = labels[second.query_id]
    assert judged is not None
    assert (judged.verdict, judged.harm, judged.note) == ("wrong", Harm.FALSE_PROMISE, "odd <b>")


async def test_what_another_agent_has_judged_is_not_replaced(world: World, audited: AuditWorld) -> None:
    query_id = (await audited.drafted()).query_id
    await at_console(world)
    page = await audits(world)
    await audited.label(query_id, right=False, agent="Ben")
    answer = await post(world, "audits/label", page, query_id=query_id, verdict="right")
    assert answer.status_code == 409
    assert "Ben has labelled it wrong already" in answer.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"query_id": "0" * 32, "verdict": "right"}, 404),
        ({"query_id": "../x", "verdict": "right"}, 404),
        ({"query_id": "0" * 32, "verdict": "maybe"}, 422),
        ({"query_id": "0" * 32, "verdict": "right", "store": "elsewhere"}, 404),
    ],
)
async def test_forms_that_fit_nothing_are_refused(
    world: World, audited: AuditWorld, fields: dict[str, str], status: int
) -> None:
    await audited.drafted()
    await at_console(world)
    page = await audits(world)
    assert (await post(world, "audits/label", page, **fields)).status_code == status


async def test_groups_are_shown_with_what_is_in_force_and_what_moved(world: World, audited: AuditWorld) -> None:
    await audited.judged(80, 1)
    await audited.judged(3, group="shipping/de")
    await certify_store(world.database, world.store, audited.versions, by="Lea")
    await audited.judged(5, 1, sent=True)
    await at_console(world)
    page = await world.client.get("/console/certificates")
    assert page.status_code == 200
    for words in (
        "Order status: English",
        "1 of 80 wrong",
        "by Lea",
        "10%",
        "Shipping: German",
        "1 of 5 audited replies",
    ):
        assert words in page.text
    assert page.text.count("<svg viewBox") == 2
    assert "style=" not in page.text
    assert "Certified for the first time" in page.text

    (found,) = await list_certificates(world.database, world.store)
    answer = await post(world, "certificates/void", page, certificate_id=found.certificate_id, reason=" ")
    assert (answer.status_code, "Say why" in answer.text) == (422, True)
    answer = await post(world, "certificates/void", page, certificate_id=found.certificate_id, reason="new <range>")
    assert answer.headers["location"].endswith("done=voided")
    page = await world.client.get("/console/certificates", params={"done": "voided"})
    assert "new &lt;range&gt;" in page.text
    assert (await audited.policy()).groups == ()
    answer = await post(world, "certificates/void", page, certificate_id="c0", reason="x")
    assert answer.status_code == 404


def test_the_picture_of_a_bet_stays_within_its_frame() -> None:
    # 1 is the middle, 20 the right end, 1/20 the left; sqrt(20) = 4.47 lies half way to the right
    assert (bet_of(1.0).start, bet_of(1.0).width) == (50, 0)
    assert (bet_of(4.4721).start, bet_of(4.4721).width) == (50, 25)
    assert (bet_of(0.05).start, bet_of(0.05).width) == (0, 50)
    assert (bet_of(1e300).start, bet_of(1e300).width) == (50, 50)
    assert (bet_of(0.0).start, bet_of(0.0).width) == (0, 50)
