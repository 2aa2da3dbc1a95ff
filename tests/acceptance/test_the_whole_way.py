"""One installation as its people use it: asking, deciding by every way, and going on after outages."""

import asyncio
import json
import signal
import subprocess

import pytest

from app.demo_loading import DEMO
from app.embedded.temporal import temporal_binary
from domain.identifiers import workflow_id_of
from tests.acceptance.installation import Installation
from tests.acceptance.people import STORE, People, Trace

pytestmark = pytest.mark.slow

ORDERS = [json.loads(line) for line in (DEMO / "orders.jsonl").read_text(encoding="utf-8").splitlines()]
SHIPPED = next(order for order in ORDERS if order["status"] == "shipped")
WHERE_IS = {
    "en": "Where is my order {}?",
    "es": "¿Dónde está mi pedido {}?",
    "fr": "Où est ma commande {} ?",
    "de": "Wo ist meine Bestellung {}?",
    "pt": "Onde está a minha encomenda {}?",
}


@pytest.mark.parametrize("language", WHERE_IS)
async def test_ask_tells_where_an_order_is(installation: Installation, language: str) -> None:
    question = WHERE_IS[language].format(SHIPPED["order_id"])
    told = await installation.tell("ask", question, "--email", SHIPPED["email"])
    assert (told["disposition"], told["language"]) == ("sent_automatically", language)
    assert told["draft"]["language"] == language
    assert SHIPPED["order_id"] in told["reply"] and SHIPPED["tracking"] in told["reply"]


# --- one draft, one decision, one reply ---


async def approved_once(people: People, query_id: str, draft: str) -> None:
    seen = await people.until(query_id, {"sent"})
    assert (seen["disposition"], seen["reply"]) == ("sent_after_review", draft)
    assert await people.trace(query_id) == Trace(replies=(draft,), delivered=1, applied=("approve",))


async def test_a_draft_approved_over_the_api_leaves_once_however_often_it_is_approved(people: People) -> None:
    parked = await people.park()
    query_id, about = parked["query_id"], {"draft_hash": parked["draft_hash"]}
    first = await people.decide(query_id, "approve", key="approved-once", **about)
    again = await people.decide(query_id, "approve", key="approved-once", **about)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    other = await people.decide(query_id, "approve", **about)
    assert (other.status_code, other.json()["code"]) == (409, "closed")
    await approved_once(people, query_id, parked["draft"]["text"])


async def test_two_agents_who_approve_at_the_same_moment_send_one_reply(people: People) -> None:
    parked = await people.park()
    answers = await asyncio.gather(
        *(people.decide(parked["query_id"], "approve", draft_hash=parked["draft_hash"]) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    await approved_once(people, parked["query_id"], parked["draft"]["text"])


async def test_a_draft_is_approved_from_the_command_line(installation: Installation, people: People) -> None:
    parked = await people.park()
    listed = await installation.tell("review", "list")
    assert parked["query_id"] in [item["query_id"] for item in listed]
    decided = await installation.tell("review", "approve", parked["query_id"])
    assert (decided["status"], decided["disposition"]) == ("sent", "sent_after_review")
    await approved_once(people, parked["query_id"], parked["draft"]["text"])


async def test_a_draft_is_approved_with_nothing_but_temporals_own_program(
    installation: Installation, people: People
) -> None:
    parked = await people.park()
    decision = {"draft_hash": parked["draft_hash"], "agent": "Ana"}
    words = ["--workflow-id", workflow_id_of(STORE, parked["query_id"]), "--name", "approve"]
    for _ in range(2):  # the second comes too late or is refused, and neither does harm
        await signalled(installation, *words, "--input", json.dumps(decision))
    await approved_once(people, parked["query_id"], parked["draft"]["text"])
    by_hand = (await people.see(parked["query_id"]))["decisions"][0]["decision"]
    assert (by_hand["agent"], by_hand["via"], by_hand["proven"]) == ("Ana", "signal", False)


async def signalled(installation: Installation, *words: str) -> None:
    program = temporal_binary(installation.settings)
    address = ["--address", installation.settings.temporal_target]
    await asyncio.to_thread(
        subprocess.run, [program, "workflow", "signal", *address, *words], capture_output=True, timeout=30, check=False
    )


async def test_a_malformed_signal_changes_nothing_and_the_draft_can_still_be_approved(
    installation: Installation, people: People
) -> None:
    parked = await people.park()
    words = ["--workflow-id", workflow_id_of(STORE, parked["query_id"]), "--name", "approve"]
    await signalled(installation, *words, "--input", '"yes, please"')
    await signalled(installation, *words)
    answer = await people.decide(parked["query_id"], "approve", draft_hash=parked["draft_hash"])
    assert answer.status_code == 200, answer.text
    await approved_once(people, parked["query_id"], parked["draft"]["text"])


# --- more than one message ---


async def test_a_burst_of_messages_is_answered_once_by_its_last(people: People) -> None:
    first = await people.park()
    conversation = first["conversation_id"]
    burst = []
    for text in ("Hello?", "I mean my password.", "How long does standard delivery to Germany take?"):
        accepted = await people.ask(text, conversation_id=conversation)
        burst.append(accepted["query_id"])
        await asyncio.sleep(0.4)
    last = await people.until(burst[-1], {"waiting_review", "waiting_agent", "sent"})
    earlier = [await people.until(query_id, {"closed"}) for query_id in (first["query_id"], *burst[:-1])]
    assert [each["disposition"] for each in earlier] == ["superseded"] * 3
    assert earlier[0]["superseded_by"] in burst
    assert last["deadline_at"] == first["deadline_at"]  # the customer has waited since then
    stale = await people.decide(first["query_id"], "approve", draft_hash=first["draft_hash"])
    assert (stale.status_code, stale.json()["code"]) == (409, "closed")
    for query_id in (first["query_id"], *burst[:-1]):
        assert (await people.trace(query_id)).replies == ()


# --- outages ---


async def test_a_message_that_comes_while_temporal_is_away_is_answered_when_it_is_back(
    installation: Installation, people: People
) -> None:
    temporal = (await asyncio.to_thread(installation.parts))["temporal"]
    question = WHERE_IS["en"].format(SHIPPED["order_id"])
    temporal.send(signal.SIGSTOP)  # it neither answers nor dies, so that nothing restarts it
    try:
        accepted = await people.ask(question, email=SHIPPED["email"])
        await asyncio.sleep(5.0)  # longer than the web process tries to start it
        waiting = await people.see(accepted["query_id"])
        assert waiting["status"] == "received"
    finally:
        temporal.send(signal.SIGCONT)
    answered = await people.until(accepted["query_id"], {"sent"}, seconds=60)
    assert SHIPPED["order_id"] in answered["reply"]
    assert (await people.trace(accepted["query_id"])).delivered == 1


async def test_a_draft_waits_while_the_stack_is_down(installation: Installation, people: People) -> None:
    parked = await people.park()
    assert await asyncio.to_thread(installation.down) == 0
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", installation.settings.port)
    await asyncio.to_thread(installation.start)
    again = await people.see(parked["query_id"])
    assert (again["status"], again["draft_hash"]) == ("waiting_review", parked["draft_hash"])
    answer = await people.decide(parked["query_id"], "approve", draft_hash=parked["draft_hash"])
    assert answer.status_code == 200, answer.text
    await approved_once(people, parked["query_id"], parked["draft"]["text"])
