"""Agents judge audits and leads look at certificates in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from activities.certifying import certify_store
from tests.browser.conftest import Console
from tests.integration.audit_world import AuditWorld

SHOTS = os.environ.get("SCREENSHOTS")


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def fits(page: Page) -> bool:
    """Nothing sticks out at the side."""
    wide: bool = await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return wide


async def audited(console: Console) -> AuditWorld:
    """The console's store with a certified group, a pool, evidence, a move, and drafts that wait for a label."""
    world = await AuditWorld(console.world.database, console.world.store).open()
    await world.judged(90, 1)
    for language in ("es", "fr", "de"):
        await world.judged(32, group=f"shipping/{language}", confidence=0.88)
    await world.judged(3, group="payment/pt")
    await certify_store(world.database, world.store, world.versions, by="Lea")
    await world.judged(12, 1, sent=True)
    await world.judged(4, 4, group="shipping/es", sent=True)
    for _ in range(3):
        await world.drafted(0.12, cites="policies/returns")
    return world


async def test_an_agent_judges_one_draft_after_the_other(console: Console) -> None:
    world = await audited(console)
    page = await console.open()
    await console.log_in(page)
    await page.get_by_role("link", name="Automation").click()
    await page.get_by_role("link", name="Audits", exact=True).click()
    await expect(page.locator(".draft")).to_contain_text("It is on its way.")
    await expect(page.locator("main")).not_to_contain_text("onfidence")
    await shoot(page, "audits")
    await page.get_by_role("button", name="Right").click()
    await expect(page.get_by_role("status")).to_contain_text("Labelled right")
    await page.get_by_label("False promise").check()
    await page.get_by_label("Note").fill("no refund after 30 days")
    await page.get_by_role("button", name="Wrong").click()
    await expect(page.get_by_role("status")).to_contain_text("Labelled wrong")
    await page.get_by_role("link", name="Later").click()
    await page.get_by_role("button", name="Right").click()
    await expect(page.locator(".empty")).to_contain_text("Nothing waits for a label")
    rows = await world.rows("SELECT verdict, harm, note FROM audit_labels ORDER BY label_id DESC LIMIT 2")
    assert rows[1] == {"verdict": "wrong", "harm": "false_promise", "note": "no refund after 30 days"}


async def test_wrong_needs_a_harm_without_scripts_too(console: Console) -> None:
    world = await audited(console)
    page = await console.open(script=False)
    await console.log_in(page)
    await page.goto(f"{console.url}/console/audits")
    before = await world.rows("SELECT count(*) AS labels FROM audit_labels")
    await page.get_by_role("button", name="Wrong").click()
    assert await page.locator("input[name=harm]:invalid").count() > 0
    assert await world.rows("SELECT count(*) AS labels FROM audit_labels") == before
    await page.get_by_label("Policy").check()
    await page.get_by_role("button", name="Wrong").click()
    await expect(page.get_by_role("status")).to_contain_text("Labelled wrong")


async def test_a_lead_sees_what_is_promised_and_takes_it_back(console: Console) -> None:
    await audited(console)
    page = await console.open()
    await console.log_in(page)
    await page.get_by_role("link", name="Automation").click()
    rows = page.locator(".groups tbody tr")
    await expect(rows).to_have_count(5)
    await expect(rows.first).to_contain_text("1 of 90 wrong")
    await expect(rows.first.get_by_role("img", name="alarm")).to_be_visible()
    await expect(page.locator(".moves").first).to_contain_text("alarm")
    await shoot(page, "certificates")
    await rows.first.get_by_text("Void", exact=True).click()
    await rows.first.get_by_label("Why it should count no more").fill("new range of products")
    await rows.first.get_by_role("button", name="Void it").click()
    await expect(page.get_by_role("status")).to_contain_text("The certificate is void")
    await expect(page.locator("main")).to_contain_text("new range of products")


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (390, False), (390, True)])
async def test_both_pages_fit_their_window(console: Console, width: int, dark: bool) -> None:
    await audited(console)
    page = await console.open(width=width, dark=dark)
    await console.log_in(page)
    for name in ("audits", "certificates"):
        await page.goto(f"{console.url}/console/{name}")
        await shoot(page, f"{name}-{width}{'-dark' if dark else ''}")
        assert await fits(page), name


async def test_everything_is_reached_with_the_keyboard(console: Console) -> None:
    await audited(console)
    page = await console.open()
    await console.log_in(page)
    await page.goto(f"{console.url}/console/audits")
    reached = []
    for _ in range(20):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
    for name in (
        "Skip to the content",
        "Automation",
        "Certificates",
        "Audits",
        "Right",
        "Later",
        "harm",
        "note",
        "Wrong",
    ):
        assert name in reached
