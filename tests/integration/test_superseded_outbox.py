"""A worker dies between entering a reply and handing it over, and the customer writes again before it is back."""

from psycopg.types.json import Jsonb

from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.desk_fixtures import a_shop


async def test_a_reply_that_was_only_entered_does_not_wait_for_ever_once_its_query_is_superseded(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False), webhook_url="http://127.0.0.1:9/") as shop:
        asked = await shop.ask()
        await asked.until("waiting_review")
        async with shop.database.in_store(shop.store) as connection:
            await connection.execute(
                "INSERT INTO outbox (store, query_id, purpose, ordinal, content_hash, body, helpdesk, status) "
                "VALUES (%s, %s, 'reply', 1, 'h', %s, 'webhook', 'pending')",
                (shop.store, asked.given.query_id, Jsonb({})),
            )
        await shop.ask("One more thing.", conversation=asked.given.conversation_id)
        assert (await asked.until("closed"))["disposition"] == "superseded"
        rows = await shop.rows("SELECT status, failure FROM outbox")
        assert rows == [{"status": "failed", "failure": "The customer wrote again before it left."}]
