"""Agents at work in a real browser: log in, read the queue, decide."""

import json
import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from domain.drafts import Citation, Draft
from domain.findings import Finding
from domain.vocabulary import Language, Status
from retrieval.embedders import HashEmbedder
from retrieval.ingest import load_knowledge
from tests.api_world import ANSWER, World, a_draft
from tests.browser.conftest import Console

SHOTS = os.environ.get("SCREENSHOTS")
"""A folder to keep pictures in, for people who judge the design."""


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def knows_returns(world: World, folder: Path) -> Draft:
    """Loads a policy into the store's knowledge, and gives a draft that cites it."""
    text = "Shoes and clothes can be sent back within 30 days of delivery.\nThe return is free of charge."
    file = folder / "knowledge.jsonl"
    file.write_text(json.dumps({"id": "returns", "kind": "policy", "language": "en", "title": "Returns", "text": text}))
    await load_knowledge(world.database, HashEmbedder(), world.store, file, detect=lambda _: None)
    async with world.database.in_store(world.store) as connection:
        cursor = await connection.execute(
            "SELECT passage_id, document_id, content_hash, title FROM passages WHERE store = %s", (world.store,)
        )
        row = await cursor.fetchone()
    gone = Citation(passage_id="gone#1", document_id="gone", content_hash="x", title="An old FAQ")
    return a_draft().model_copy(update={"citations": (Citation.model_validate(row), gone)})


async def test_an_agent_logs_in_reads_a_draft_and_approves_it(console: Console, tmp_path: Path) -> None:
    world = console.world
    draft = await knows_returns(world, tmp_path)
    snapshot = await world.waiting(
        "Hello! Can I send back shoes that don't fit? I bought them <b>last week</b>.", draft=draft
    )
    await world.waiting("Wo bleibt mein Paket? Ich warte seit drei Wochen.", language=Language.DE, hours=-1)
    await world.waiting("This is the third time I complain.", status=Status.WAITING_AGENT, hours=1)
    await world.waiting(
        "¿Cuándo llega mi pedido?", language=Language.ES, status=Status.FAILED, failure="A bug.", hours=9
    )
    page = await console.open()
    name = await console.log_in(page)
    rows = page.locator(".queue tbody tr")
    await expect(rows).to_have_count(4)
    await expect(rows.first).to_contain_text("Overdue")
    await shoot(page, "queue")
    await page.get_by_role("link", name="Hello! Can I send back shoes").click()
    await expect(page.locator(".draft")).to_contain_text(ANSWER)
    await expect(page.locator(".draft mark")).to_have_text("30 days")
    await expect(page.locator(".source").first).to_contain_text("free of charge")
    await shoot(page, "draft")
    await page.get_by_role("button", name="Approve and send").click()
    await expect(page.get_by_role("status")).to_contain_text("Approved")
    (decision,) = world.door.decisions
    assert (decision.agent, decision.via, decision.proven) == (name, "console", True)
    assert decision.draft_hash == snapshot.waiting_hash


async def test_an_edit_that_the_guard_objects_to_is_shown_and_sent_only_when_confirmed(console: Console) -> None:
    world = console.world
    await world.waiting()
    page = await console.open()
    await console.log_in(page)
    await page.locator(".message a").click()
    await page.get_by_text("Edit", exact=True).click()
    await page.get_by_label("Reply to the customer").fill("We guarantee it.\nReally.")
    await page.get_by_role("button", name="Send the edited reply").click()
    await expect(page.get_by_role("alert")).to_contain_text("no source supports")
    await expect(page.get_by_label("Reply to the customer")).to_have_value("We guarantee it.\nReally.")
    await shoot(page, "findings")
    assert world.door.decisions == []
    await page.get_by_role("button", name="Send anyway").click()
    await expect(page.get_by_role("status")).to_contain_text("edited reply")
    assert world.door.decisions[0].text == "We guarantee it.\nReally."
    assert world.door.decisions[0].confirm_findings


async def test_a_draft_is_rejected_with_a_reason(console: Console) -> None:
    await console.world.waiting()
    page = await console.open()
    await console.log_in(page)
    await page.locator(".message a").click()
    await page.get_by_text("Reject", exact=True).click()
    await page.get_by_label("What is wrong with the draft").fill("Too curt.")
    await page.get_by_role("button", name="Reject the draft").click()
    await expect(page.get_by_role("status")).to_contain_text("Rejected")
    assert console.world.door.decisions[0].reason == "Too curt."


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
async def test_an_agent_takes_over_and_replies(console: Console, script: bool) -> None:
    await console.world.waiting()
    page = await console.open(script=script)
    await console.log_in(page)
    await page.locator(".message a").click()
    await page.get_by_role("button", name="Take over").click()
    await shoot(page, "reply")
    await page.get_by_label("Your reply").fill("I have sent you the form.")
    await page.get_by_role("button", name="Send the reply").click()
    await expect(page.get_by_role("status")).to_contain_text("Your reply")
    assert [decision.action.value for decision in console.world.door.decisions] == ["take_over", "reply"]


async def test_new_queries_appear_by_themselves_and_a_changed_one_says_so(console: Console) -> None:
    world = console.world
    page = await console.open()
    await console.log_in(page)
    await expect(page.locator(".empty")).to_be_visible()
    await shoot(page, "empty")
    snapshot = await world.waiting()
    await expect(page.locator(".queue tbody tr")).to_have_count(1)
    await page.locator(".message a").click()
    await page.get_by_text("Edit", exact=True).click()
    await page.get_by_label("Reply to the customer").fill("My own words")
    await world.record(snapshot.model_copy(update={"status": Status.SENT, "version": 9}))
    await expect(page.locator("#stale")).to_be_visible()
    await expect(page.get_by_label("Reply to the customer")).to_have_value("My own words")


async def test_the_queue_is_walked_with_the_keyboard(console: Console) -> None:
    for hours in (1, 2, 3):
        await console.world.waiting(f"Message {hours}", hours=hours)
    page = await console.open()
    await console.log_in(page)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator(".message a").nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".conversation")).to_contain_text("Message 2")


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1280, True)])
async def test_pages_fit_the_window_and_the_light(console: Console, tmp_path: Path, width: int, dark: bool) -> None:
    world = console.world
    draft = await knows_returns(world, tmp_path)
    long = "Averyveryverylongwordwithoutanyspaces" * 6
    finding = Finding(check="x", on="reply", excerpt="30 days", why="No cited passage says 30 days.")
    await world.waiting(f"I need help. {long}", findings=(finding,), hours=-2, draft=draft)
    await world.waiting("Bonjour, où est ma commande ?", language=Language.FR, status=Status.WAITING_AGENT)
    page = await console.open(width=width, height=844, dark=dark)
    await console.log_in(page)
    for name in ("queue", "query"):
        if name == "query":
            await page.locator(".message a").first.click()
            await expect(page.locator(".draft")).to_contain_text(ANSWER)
        # A page is measured without its stylesheet while that is on its way, and nothing but the load waits for it.
        await page.wait_for_load_state("load")
        await shoot(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_what_customers_write_is_never_run(console: Console) -> None:
    snapshot = await console.world.waiting("<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{7*7}}")
    page = await console.open()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: pytest.fail("a script of the customer ran"))
    await console.log_in(page)
    await page.goto(f"{console.url}/console/queries/{snapshot.query_id}")
    await expect(page.locator(".turn .text").first).to_contain_text("<script>alert(1)</script>")
    await expect(page.locator(".turn .text").first).to_contain_text("{{7*7}}")
    assert not [line for line in said if "Content Security Policy" in line]
