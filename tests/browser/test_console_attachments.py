"""Files that customers sent along, as an agent sees them in a real browser."""

from io import BytesIO

import httpx
from playwright.async_api import expect

from activities.attachments.desk import Upload
from domain.attachments import Scan
from tests.api_world import ATTACHMENT_LIMIT, World, a_world
from tests.browser.conftest import Console
from tests.browser.test_console import shoot
from tests.conftest import Stack
from tests.pictures import pdf, png


async def keep(world: World, name: str, content: bytes) -> str:
    desk = world.app.state.parts.desk
    return str((await desk.take_in(world.store, Upload(name, BytesIO(content)))).attachment_id)


async def test_an_agent_sees_photos_and_finds_documents_beside_the_message(console: Console) -> None:
    world = console.world
    photo = await keep(world, "damage<b>.png", png(60, 40))
    document = await keep(world, "receipt.pdf", pdf(javascript=True))
    bad = await keep(world, "bad.png", png(5, 5))
    desk = world.app.state.parts.desk
    found = await desk.find(world.store, bad)
    await desk._store.note_scan(found, Scan(state="infected", by="clamd", found="Eicar"))
    snapshot = await world.waiting("It came like this.", attachments=(photo, document, bad))
    page = await console.open()
    await console.log_in(page)
    await page.goto(f"{console.url}/console/queries/{snapshot.query_id}")
    files = page.get_by_role("list", name="Attachments").get_by_role("listitem")
    await expect(files).to_have_count(3)
    image = page.get_by_alt_text("damage_b_.png")
    await expect(image).to_be_visible()
    assert await image.evaluate("image => image.naturalWidth") == 60
    await expect(files.nth(0)).to_contain_text("not scanned for malware")
    await expect(files.nth(1)).to_contain_text("holds scripts")
    await expect(files.nth(2)).to_contain_text("clamd found Eicar")
    await shoot(page, "attachments")
    async with page.expect_download() as download:
        await files.nth(1).get_by_role("link", name="receipt.pdf").click()
    assert (await download.value).suggested_filename == "receipt.pdf"
    answer = await page.goto(f"{console.url}/console/attachments/{photo}")
    assert answer is not None
    assert "sandbox" in answer.headers["content-security-policy"]
    refused = await page.goto(f"{console.url}/console/attachments/{bad}")
    assert refused is not None
    assert refused.status == 403


async def test_nobody_sees_a_file_without_logging_in_or_of_another_store(console: Console, stack: Stack) -> None:
    photo = await keep(console.world, "x.png", png())
    async with httpx.AsyncClient(base_url=console.url) as client:
        answer = await client.get(f"/console/attachments/{photo}")
        assert answer.status_code == 303
        too_large = await client.post(
            "/v1/attachments", content=png(tail=b"x" * 4 * ATTACHMENT_LIMIT), headers=console.world.headers()
        )
        assert too_large.status_code == 413
        assert too_large.headers["connection"] == "close"
    page = await console.open()
    await console.log_in(page)
    async with a_world(stack.app_url) as other:
        strange = await keep(other, "x.png", png())
        for attachment_id, status in ((photo, 200), (strange, 404), ("x", 404)):
            shown = await page.goto(f"{console.url}/console/attachments/{attachment_id}")
            assert shown is not None
            assert shown.status == status
