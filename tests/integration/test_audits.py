"""Audits: what is drawn, that it is blind, and what labels are taken."""

import pytest

from activities.auditing import count_audits, label_audit, list_audits, next_audit
from domain.errors import BadInput, Conflict, NotFound
from domain.rollout import place_of
from domain.vocabulary import Harm
from graphs.fakes import FakeSteps
from retrieval.database import Database
from tests.conftest import Stack
from tests.desk_fixtures import a_shop
from tests.integration.audit_world import AuditWorld


async def test_the_draw_is_a_hash_of_the_query_and_a_secret(audited: AuditWorld) -> None:
    await audited.rows(
        "UPDATE stores SET settings = settings || '{\"audit_rate\": 40}' WHERE store = %(store)s", store=audited.store
    )
    made = [await audited.drafted(0.01 * place) for place in range(40)]
    secret = (await audited.rows("SELECT audit_secret FROM stores WHERE store = %(store)s", store=audited.store))[0]
    drawn = {entry.query_id for entry in await list_audits(audited.database, audited.store)}
    expected = {one.query_id for one in made if place_of("audit/draft", secret["audit_secret"], one.query_id) < 40}
    assert drawn == expected
    assert 0 < len(drawn) < 40


async def test_a_rate_of_all_draws_all_and_writing_again_draws_nothing_more(audited: AuditWorld) -> None:
    snapshot = await audited.drafted()
    await audited.records.record(snapshot.model_copy(update={"version": 2}))
    await audited.records.record(snapshot, repair=True)
    rows = await audited.rows("SELECT stream, rate, inclusion, confidence, split FROM audits")
    assert rows == [{"stream": "draft", "rate": 100.0, "inclusion": 1.0, "confidence": 0.95, "split": "certify"}]


async def test_a_reply_that_left_by_itself_is_drawn_from_both_streams(audited: AuditWorld) -> None:
    snapshot = await audited.drafted(sent=True)
    (entry,) = await list_audits(audited.database, audited.store)
    assert (entry.query_id, entry.streams, entry.label) == (snapshot.query_id, ("draft", "sent"), None)


async def test_one_item_stands_for_a_conversation_with_its_chance(audited: AuditWorld) -> None:
    await audited.rows(
        "UPDATE stores SET settings = settings || '{\"audit_rate\": 50}' WHERE store = %(store)s", store=audited.store
    )
    for name in range(12):
        for _ in range(4):
            await audited.drafted(conversation=f"talk {name}")
    rows = await audited.rows(
        """SELECT a.conversation_id, a.inclusion,
                  (SELECT count(*) FROM queries o
                   WHERE o.conversation_id = q.conversation_id AND o.seq < q.seq) AS earlier
           FROM audits a JOIN queries q USING (store, query_id)"""
    )
    assert len({row["conversation_id"] for row in rows}) == len(rows) >= 8
    # half at the first draft, a quarter at the second, and so on
    assert all(row["inclusion"] == pytest.approx(0.5 * 0.5 ** row["earlier"]) for row in rows)
    assert len({row["earlier"] for row in rows}) > 1


@pytest.mark.parametrize(
    ("changes", "drawn"),
    [
        ({"reasons": ("below_threshold", "rollout", "shadow")}, True),
        ({"reasons": ("guard",)}, True),
        ({"reasons": ("consequence", "below_threshold")}, True),
        ({"reasons": ("tier", "below_threshold")}, False),
        ({"reasons": ("no_answer",)}, False),
        ({"group": "refund/en"}, False),
        ({"kind": "clarification"}, False),
        ({"held": "model_partly"}, False),
        ({"stand_in": True}, False),
    ],
)
async def test_what_could_never_leave_is_not_drawn(
    audited: AuditWorld, changes: dict[str, object], drawn: bool
) -> None:
    await audited.drafted(**changes)  # type: ignore[arg-type]
    assert bool(await list_audits(audited.database, audited.store)) is drawn


async def test_what_guard_or_bar_hold_back_is_judged_and_does_not_certify(audited: AuditWorld) -> None:
    for reasons in (("guard",), ("consequence",), ("below_threshold",)):
        await audited.drafted(reasons=reasons)
    rows = await audited.rows("SELECT passed FROM audits ORDER BY drawn_at")
    assert [row["passed"] for row in rows] == [False, False, True]


async def test_labels_that_may_fit_a_scorer_are_told_apart_by_conversation(audited: AuditWorld) -> None:
    await audited.rows(
        "UPDATE stores SET settings = settings || '{\"fit_share\": 50}' WHERE store = %(store)s", store=audited.store
    )
    for _ in range(30):
        await audited.drafted(sent=True)
    rows = await audited.rows("SELECT conversation_id, array_agg(DISTINCT split) AS splits FROM audits GROUP BY 1")
    assert {tuple(row["splits"]) for row in rows} == {("fit",), ("certify",)}


async def test_the_auditor_sees_words_and_nothing_that_could_sway_them(audited: AuditWorld) -> None:
    first, second = await audited.drafted(0.31, sent=True), await audited.drafted(0.99)
    item = await next_audit(audited.database, audited.store)
    assert item is not None
    assert (item.query_id, item.waiting) == (first.query_id, 2)
    assert [(turn.role, turn.text) for turn in item.thread] == [("customer", "Where is my order?")]
    assert item.draft.text == "It is on its way."
    told = item.model_dump_json()
    assert not {word for word in ("confidence", "0.31", "threshold", "finding", "sent", "reason") if word in told}
    put_off = await next_audit(audited.database, audited.store, after=first.query_id)
    assert put_off is not None
    assert put_off.query_id == second.query_id


async def test_a_label_is_written_once_and_may_be_corrected(audited: AuditWorld) -> None:
    query_id = (await audited.drafted()).query_id
    await audited.label(query_id, right=False, note=" wrong date ")
    await audited.label(query_id, right=False)
    with pytest.raises(Conflict, match="Ana has labelled it wrong already"):
        await audited.label(query_id, right=True, agent="Ben")
    await audited.label(query_id, right=True, agent="Ben", correct=True)
    (entry,) = await list_audits(audited.database, audited.store, state="labelled")
    assert entry.label is not None
    assert (entry.label.verdict, entry.label.harm, entry.label.agent) == ("right", None, "Ben")
    kept = await audited.rows("SELECT verdict, harm, note, agent FROM audit_labels ORDER BY label_id")
    assert kept == [
        {"verdict": "wrong", "harm": "false_fact", "note": "wrong date", "agent": "Ana"},
        {"verdict": "right", "harm": None, "note": "", "agent": "Ben"},
    ]
    assert await next_audit(audited.database, audited.store) is None
    assert [count.model_dump() for count in await count_audits(audited.database, audited.store)] == [
        {"group_key": "order_status/en", "drawn": 1, "labelled": 1}
    ]


async def test_labels_that_say_nothing_are_refused(audited: AuditWorld) -> None:
    query_id = (await audited.drafted()).query_id
    with pytest.raises(BadInput, match="Say what was wrong"):
        await label_audit(audited.database, audited.store, query_id, "wrong", agent="Ana")
    with pytest.raises(BadInput, match="did no harm"):
        await label_audit(audited.database, audited.store, query_id, "right", harm=Harm.TONE, agent="Ana")
    with pytest.raises(NotFound, match="has no audit"):
        await audited.label("0" * 32, right=True)


async def test_another_store_sees_none_of_it(audited: AuditWorld, database: Database) -> None:
    query_id = (await audited.drafted()).query_id
    await audited.label(query_id, right=True)
    other = await AuditWorld(database).open()
    assert await next_audit(database, other.store) is None
    assert await list_audits(database, other.store) == ()
    with pytest.raises(NotFound):
        await other.label(query_id, right=True)
    for table in ("audits", "audit_labels", "certificates", "recalibrations", "group_states", "rollout_moves"):
        assert await other.rows(f"SELECT * FROM {table}") == []


async def test_a_running_query_is_drawn_when_it_waits_and_when_it_leaves(stack: Stack) -> None:
    rates = {"audit_rate": 100, "audit_sent_rate": 100}
    async with a_shop(stack.settings, stack.app_url, FakeSteps(), **rates) as shop:
        asked = await shop.ask()
        await asked.until("sent")
        rows = await shop.rows("SELECT stream, group_key, certificate_id, passed FROM audits ORDER BY stream")
        assert [(row["stream"], row["group_key"]) for row in rows] == [("draft", None), ("sent", "cold_start")]
        assert all(row["passed"] and row["certificate_id"] is None for row in rows)
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False), **rates) as shop:
        asked = await shop.ask()
        await asked.until("waiting_review")
        assert [row["stream"] for row in await shop.rows("SELECT stream FROM audits")] == ["draft"]
        await asked.decide("approve", draft_hash=(await asked.row())["draft_hash"])
        await asked.until("sent")
        assert [row["stream"] for row in await shop.rows("SELECT stream FROM audits")] == ["draft"]
