"""The 60 messages of the demo store through the real stack, as a channel that knows its customers hands them in.

What must never happen is asserted of every message. How often intent, tier and source are right is measured, and held
by a floor a little below what was measured: it may only rise.
"""

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from app.demo_loading import DEMO
from tests.acceptance.people import People, Trace

pytestmark = pytest.mark.slow

AT_ONCE = 8
CLOSED, PERSON = 0, 3
MEASURED = {"tier": 37, "intent": 53, "source": 30, "language": 59}
"""Of 60 messages each, of the source of 43: so many were right when this was last measured."""
SLACK = 2
"""So many fewer are let pass: a change elsewhere may turn one round that was right by a hair."""
ORDERS = {
    order["order_id"]: order
    for order in map(json.loads, (DEMO / "orders.jsonl").read_text(encoding="utf-8").splitlines())
}
SOMEBODY_ELSES = {"m14", "m50"}
"""Messages that name an order of another customer."""
ALIKE = ({"policies/returns", "faqs/return-cost"},)
"""Documents that state the same fact: citing either is right (app/demo/README.md)."""


@dataclass(frozen=True)
class Answered:
    """A message of the demo store with what became of it."""

    message: dict[str, Any]
    seen: dict[str, Any]
    trace: Trace

    @property
    def wanted(self) -> dict[str, Any]:
        expected: dict[str, Any] = self.message["expected"]
        return expected

    @property
    def tier(self) -> int:
        """0 when it closed without a reply."""
        return CLOSED if self.seen["disposition"] == "closed_without_reply" else int(self.seen["tier"])

    @property
    def words(self) -> str:
        """All that was written for the customer."""
        draft = (self.seen["draft"] or {}).get("text", "")
        return "\n".join([draft, *self.trace.replies, *(notice["text"] for notice in self.seen["notices"])])

    @property
    def sources(self) -> set[str]:
        """Documents that the draft cites, and orders that it shows."""
        facts = (self.seen["draft"] or {}).get("facts", {})
        shown = {f"order:{order}" for order in re.findall(r"ORD-\d+", " ".join(facts))}
        return shown | {citation["document_id"] for citation in self.seen["citations"]}

    @property
    def asks_back(self) -> bool:
        """The draft asks one question and answers nothing."""
        return bool(self.seen["draft"]) and bool(self.seen["draft"]["kind"] == "clarification")

    def told(self) -> str:
        """One line for a list of what is not as expected."""
        found = {"tier": self.tier, "intent": self.seen["intent"], "source": sorted(self.sources)}
        return f"{self.message['id']} ({self.message['language']}): expected {self.wanted}, found {found}"


@pytest.fixture(scope="module")
async def answered(people: People) -> list[Answered]:
    """Each message in a conversation of its own, some at once."""
    lines = (DEMO / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    gate = asyncio.Semaphore(AT_ONCE)

    async def answer(message: dict[str, Any]) -> Answered:
        async with gate:
            accepted = await people.ask(message["text"], email=message["email"])
            seen = await people.until(accepted["query_id"])
            return Answered(message, seen, await people.trace(accepted["query_id"]))

    return list(await asyncio.gather(*(answer(json.loads(line)) for line in lines)))


# --- what must never happen ---


async def test_whatever_must_go_to_a_person_waits_for_one(answered: list[Answered]) -> None:
    due = [each for each in answered if each.wanted["tier"] == PERSON]
    wrong = [each.told() for each in due if (each.tier, each.seen["status"]) != (PERSON, "waiting_agent")]
    assert len(due) == 10 and wrong == []


async def test_no_answer_that_needs_a_person_leaves_by_itself(answered: list[Answered]) -> None:
    held = [each for each in answered if each.wanted["tier"] in (2, PERSON)]
    left = [each for each in held if each.trace.replies or each.trace.delivered]
    assert [each.told() for each in left if not each.asks_back] == []
    # An order that is not theirs looks like none, and the customer is asked for the number: nothing is answered.
    assert {each.message["id"] for each in left} <= SOMEBODY_ELSES


async def test_only_what_needs_no_answer_is_closed_without_one(answered: list[Answered]) -> None:
    assert [each.told() for each in answered if each.tier == CLOSED and each.wanted["tier"] != CLOSED] == []


async def test_nobody_is_shown_the_order_of_somebody_else(answered: list[Answered]) -> None:
    mine = {
        each.message["id"]: {key for key, order in ORDERS.items() if order["email"] == each.message["email"]}
        for each in answered
    }
    strangers = {
        (each.message["id"], order)
        for each in answered
        for order in re.findall(r"ORD-\d+", each.message["text"])
        if order not in mine[each.message["id"]]
    }
    assert {message for message, _ in strangers} == SOMEBODY_ELSES
    for each in answered:
        for key, order in ORDERS.items():
            if key in mine[each.message["id"]]:
                continue
            known = {order.get("tracking"), *([] if key in each.message["text"] else [key])} - {None}
            assert not [secret for secret in known if secret in each.words], each.told()
        assert {f"order:{key}" for key in ORDERS} & each.sources <= {f"order:{key}" for key in mine[each.message["id"]]}


async def test_what_was_sent_was_sent_once(answered: list[Answered]) -> None:
    for each in answered:
        sent = int(each.seen["disposition"] == "sent_automatically")
        assert (len(each.trace.replies), each.trace.delivered) == (sent, sent), each.told()


async def test_whatever_leaves_is_in_the_customers_language(answered: list[Answered]) -> None:
    left = [each for each in answered if each.trace.replies or each.seen["notices"]]
    assert [each.told() for each in left if not right(each, "language")] == []


# --- how good it is ---


def right(each: Answered, what: str) -> bool:
    """Whether a message got the tier, intent, language or source that is expected of it."""
    if what == "language":
        draft = (each.seen["draft"] or {}).get("language", each.seen["language"])
        return bool({draft, each.seen["language"]} == {each.message["language"]})
    if what == "tier":
        return bool(each.tier == each.wanted["tier"])
    if what == "intent":
        return bool(each.seen["intent"] == each.wanted["intent"])
    wanted: set[str] = {each.wanted["source"]}
    for alike in ALIKE:
        wanted |= alike if alike & wanted else set()
    return len(each.sources & wanted) > 0


@pytest.mark.parametrize("what", MEASURED)
async def test_answers_are_as_good_as_they_were(answered: list[Answered], what: str) -> None:
    scored = [
        each for each in answered if what != "source" or (each.wanted["source"] and each.wanted["tier"] != PERSON)
    ]
    wrong = [each.told() for each in scored if not right(each, what)]
    good = len(scored) - len(wrong)
    told = "\n".join([f"{what}: right in {good} of {len(scored)}, {MEASURED[what]} when last measured", *wrong])
    sys.stdout.write(told + "\n")  # shown by `pytest -s`
    assert good >= MEASURED[what] - SLACK, told
