"""A real Chromium in front of the real pages; without one, these tests are skipped with a reason."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from app.embedded.foundation import free_port
from tests.api_world import World, a_world
from tests.conftest import Stack

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass
class Console:
    """The console of one world, served on a port of its own."""

    world: World
    url: str
    browser: Browser
    dark: bool = False

    async def open(self, *, width: int = 1280, height: int = 900, dark: bool = False, script: bool = True) -> Page:
        """A page of a new browser profile."""
        context: BrowserContext = await self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            locale="en-GB",
        )
        page = await context.new_page()
        page.set_default_timeout(8000)
        return page

    async def log_in(self, page: Page, name: str = "") -> str:
        """A new agent logs in and replaces the one-time password; the queue is shown then."""
        name, password = await self.world.an_agent(name)
        await page.goto(f"{self.url}/console")
        await page.get_by_label("Name").fill(name)
        await page.get_by_label("Password").fill(password)
        await page.get_by_role("button", name="Log in").click()
        await page.get_by_label("Present password").fill(password)
        await page.get_by_label("New password", exact=True).fill("correct horse battery")
        await page.get_by_label("New password again").fill("correct horse battery")
        await page.get_by_role("button", name="Set the password").click()
        await page.get_by_role("heading", name="Waiting for a person").wait_for()
        return name


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield chromium
        await chromium.close()


@pytest.fixture
async def console(stack: Stack, browser: Browser) -> AsyncIterator[Console]:
    async with a_world(stack.app_url, temporal_ui_url="http://127.0.0.1:8233") as world:
        port = free_port()
        config = uvicorn.Config(world.app, port=port, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.02)
        try:
            yield Console(world, f"http://127.0.0.1:{port}", browser)
        finally:
            for context in browser.contexts:
                await context.close()
            world.feed.close()
            server.should_exit = True
            await serving
