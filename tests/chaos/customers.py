"""Customers: they ask, write again while they wait, ask for a person, and send everything again that failed."""

import asyncio
import json
import random
import uuid
from collections.abc import Sequence
from typing import Any

import httpx

from app.demo_loading import DEMO
from tests.chaos.insisting import insist
from tests.chaos.ledger import Ledger, Posted

ORDER_STATUS = (
    "Where is my order {}?",
    "¿Dónde está mi pedido {}?",
    "Où est ma commande {} ?",
    "Wo ist meine Bestellung {}?",
    "Onde está a minha encomenda {}?",
)
KNOWN = (
    "How long does standard delivery to Germany take?",
    "How much does shipping to Spain cost?",
    "What does a return cost me?",
    "My card is declined again and again, what can I do?",
    "Do I have to pay customs duties in Switzerland?",
)
PARKING = (
    "I have forgotten my password and now my account is locked. How do I get in again?",
    "Please delete my account.",
    "Please cancel my order, I don't need it any more.",
    "The checkout page shows error L-42 whenever I click Pay.",
    "When do I get my refund for the blanket I sent back?",
)
FOR_A_PERSON = (
    "I want to talk to a real person, please.",
    "This is the worst service I have ever had, I want to file a formal complaint.",
)
THANKS = ("Thanks a lot, everything worked!", "Vielen Dank, das war alles!")
AGAIN = ("Are you there?", "One more thing: how long does standard delivery to Germany take?", "Any news?")


class Customers:
    """All customers of one store."""

    def __init__(self, http: httpx.AsyncClient, store: str, ledger: Ledger, chance: random.Random) -> None:
        self._http, self._store, self._ledger, self._chance = http, store, ledger, chance
        lines = (DEMO / "orders.jsonl").read_text(encoding="utf-8").splitlines()
        self._orders: Sequence[dict[str, Any]] = [json.loads(line) for line in lines]

    async def ask(self, after: float, *, again: bool) -> None:
        """One customer, who begins after so many seconds and perhaps writes a second time."""
        text, customer = self._question()
        pause, wants_person = self._chance.uniform(0.0, 3.0), self._chance.random() < 0.04
        await asyncio.sleep(after)
        first = await self._post(Posted(self._store, uuid.uuid4().hex, text, customer))
        if first.query_id is None:
            return
        if again:
            await asyncio.sleep(pause)
            more = self._chance.choice(AGAIN)
            await self._post(Posted(self._store, uuid.uuid4().hex, more, customer, first.conversation_id))
        elif wants_person:
            await asyncio.sleep(pause)
            await self._want_person(first.query_id)

    def _question(self) -> tuple[str, dict[str, object]]:
        kinds = (ORDER_STATUS, KNOWN, PARKING, FOR_A_PERSON, THANKS)
        (kind,) = self._chance.choices(kinds, weights=(40, 18, 28, 7, 7))
        text = self._chance.choice(kind)
        order = self._chance.choice(self._orders)
        if kind is ORDER_STATUS:
            return text.format(order["order_id"]), {"email": order["email"], "verified": True}
        return text, {}

    async def _post(self, message: Posted) -> Posted:
        self._ledger.posted.append(message)
        body: dict[str, object] = {
            "store": self._store,
            "channel": "chaos",
            "message_id": message.message_id,
            "text": message.text,
        }
        body |= {"customer": message.customer} if message.customer else {}
        body |= {"conversation_id": message.conversation_id} if message.conversation_id else {}

        def tried() -> None:
            message.tries += 1

        answer = await insist(self._http, "POST", "/v1/queries", body=body, tried=tried)
        if answer is None or answer.status_code not in (200, 202):
            said = "no answer in time" if answer is None else f"{answer.status_code} {answer.text[:200]}"
            self._ledger.complaints.append(f"POST /v1/queries: {said}")
            return message
        told = answer.json()
        message.query_id, message.conversation_id = told["query_id"], told["conversation_id"]
        return message

    async def _want_person(self, query_id: str) -> None:
        answer = await insist(self._http, "POST", f"/v1/queries/{query_id}/human")
        if answer is None or not answer.is_success:
            said = "no answer in time" if answer is None else f"{answer.status_code} {answer.text[:200]}"
            self._ledger.complaints.append(f"POST …/human: {said}")
        else:
            self._ledger.person_wanted += 1
