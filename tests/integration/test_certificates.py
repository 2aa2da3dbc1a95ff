"""Certificates in the real database: issued from labels, read when work on a query begins, void once things change."""

import pytest

from activities.certificates import find_certificate, list_certificates, read_pinned, void_certificate
from activities.certifying import certify_store
from activities.rerunning import rerun
from activities.rollout import read_moves, read_states
from activities.stores import set_store
from domain.certificates import CertifyReport
from domain.certification import share_of_delta
from domain.errors import BadInput, NotFound
from domain.policies import COLD_START_KEY
from domain.steps import Case
from domain.vocabulary import Intent, Language
from retrieval.database import Database
from tests.integration.audit_world import AuditWorld

DOCUMENT = """INSERT INTO documents (store, document_id, language, version, kind, title, content_hash)
              VALUES (%(store)s, %(id)s, 'en', %(version)s, %(kind)s, 'Title', %(hash)s)"""


async def certify(world: AuditWorld, *, dry_run: bool = False) -> CertifyReport:
    return await certify_store(world.database, world.store, world.versions, by="Lea", dry_run=dry_run)


async def a_certified_group(world: AuditWorld, number: int = 80, errors: int = 0) -> str:
    """One group with a certificate; its id."""
    await world.judged(number, errors)
    report = await certify(world)
    (pool,) = report.pools
    assert pool.certificate_id is not None, pool.explanation
    return pool.certificate_id


async def void_reason(world: AuditWorld, certificate_id: str) -> str | None:
    """Why it is void once a query has begun."""
    await world.begun()
    return (await find_certificate(world.database, world.store, certificate_id)).voided_because


async def test_too_few_labels_certify_nothing_and_spend_nothing(audited: AuditWorld) -> None:
    await audited.judged(40)
    report = await certify(audited, dry_run=True)
    assert (report.pools, report.left_over, report.delta) == ((), {"order_status/en": 40}, 0.0)
    assert report.needed == 68  # the fewest with two errors at delta .0304, the first recalibration's part
    with pytest.raises(BadInput, match="40 drafts of what answers now are labelled; a pool needs 68"):
        await certify(audited)
    assert await audited.rows("SELECT * FROM recalibrations") == []


async def test_a_dry_run_counts_labels_and_looks_at_none(audited: AuditWorld) -> None:
    await audited.judged(80, 80)
    report = await certify(audited, dry_run=True)
    (pool,) = report.pools
    assert (pool.key, pool.labels, pool.verdict) == ("order_status/en", 80, None)
    assert pool.explanation == "80 labels, 68 are needed: it would be tested."
    assert await audited.rows("SELECT * FROM recalibrations") == []


async def test_a_certificate_decides_from_the_next_query_on(audited: AuditWorld) -> None:
    assert (await audited.policy()).groups == ()
    await audited.judged(80, 1, confidence=0.9)
    await audited.judged(20, 14, confidence=0.6)
    report = await certify(audited)
    (pool,) = report.pools
    assert pool.explanation.startswith(
        "Certified from a confidence of 0.90: of 80 audited drafts at or above it 1 were"
    )
    rule = (await audited.policy()).send_rule(Intent.ORDER_STATUS, Language.EN)
    assert (rule.threshold, rule.share, rule.certificate) == (0.9, 10, pool.certificate_id)
    found = await find_certificate(audited.database, audited.store, pool.certificate_id or "")
    assert (found.labels, found.n, found.errors, found.alpha, found.level) == (100, 80, 1, 0.10, "group")
    assert found.delta == share_of_delta(0.05, 1) == report.delta
    assert (found.issued_by, found.versions, found.valid, found.pooled) == ("Lea", audited.versions, True, False)
    assert "at least 90% are right: of 80 audited ones 1 were wrong" in found.promise
    (move,) = await read_moves(audited.database, audited.store)
    assert (move.because, move.share_before, move.share_after) == ("began", 0, 10)


async def test_a_group_that_is_wrong_too_often_is_told_so(audited: AuditWorld) -> None:
    await audited.judged(80, 20)
    (pool,) = (await certify(audited)).pools
    assert pool.certificate_id is None
    assert "better answers are needed, not more labels" in pool.explanation
    await audited.judged(1)
    assert (await certify(audited, dry_run=True)).recalibration == 2
    assert await list_certificates(audited.database, audited.store) == ()


async def test_small_groups_are_pooled_and_the_certificate_says_so(audited: AuditWorld) -> None:
    for language in ("en", "es", "fr"):
        await audited.judged(30, group=f"shipping/{language}")
    await audited.judged(4, group="payment/de")
    report = await certify(audited)
    (pool,) = report.pools
    assert (pool.key, pool.level, report.left_over) == ("shipping/*", "intent", {"payment/de": 4})
    found = await find_certificate(audited.database, audited.store, pool.certificate_id or "")
    assert found.pooled
    assert "of each by itself nothing is promised" in found.promise
    policy = await audited.policy()
    assert policy.send_rule(Intent.SHIPPING, Language.ES).certificate == pool.certificate_id
    assert policy.send_rule(Intent.SHIPPING, Language.DE).certificate is None
    assert policy.send_rule(Intent.PAYMENT, Language.DE).certificate is None


async def test_each_look_spends_less_and_replaces_what_it_tested(audited: AuditWorld) -> None:
    first = await a_certified_group(audited)
    await audited.judged(20)
    report = await certify(audited)
    assert (report.recalibration, report.delta) == (2, share_of_delta(0.05, 2))
    certificates = await list_certificates(audited.database, audited.store)
    assert [one.voided_because for one in certificates] == [None, "A newer look at the labels decides."]
    assert certificates[1].certificate_id == first
    assert [
        row["labels"] for row in await audited.rows("SELECT labels FROM recalibrations ORDER BY recalibration")
    ] == [
        80,
        100,
    ]


@pytest.mark.parametrize("name", ["classifier", "generator", "guard", "confidence", "retriever"])
async def test_another_version_of_what_answers_voids_for_good(audited: AuditWorld, name: str) -> None:
    certificate_id = await a_certified_group(audited)
    before = dict(audited.versions)
    audited.versions[name] = "next"
    # Reading does not void: another process may be behind or ahead.
    pinned = await read_pinned(audited.database, audited.store, audited.versions)
    assert pinned.send_rule(Intent.ORDER_STATUS, Language.EN).certificate is None
    assert (await find_certificate(audited.database, audited.store, certificate_id)).valid
    assert f"{name} ({before.get(name, 'none')} → next)" in (await void_reason(audited, certificate_id) or "")
    audited.versions = before
    assert (await audited.policy()).groups == ()
    # Labels of other drafts do not certify what answers now.
    audited.versions[name] = "next"
    assert (await certify(audited, dry_run=True)).labels == 0


async def test_labels_of_what_answered_before_are_counted_apart(audited: AuditWorld) -> None:
    await audited.judged(3)
    audited.versions["generator"] = "next"
    report = await certify(audited, dry_run=True)
    assert (report.labels, report.outdated) == (0, 3)


async def test_a_changed_rule_voids_its_intents_alone(audited: AuditWorld) -> None:
    await audited.judged(210, group="order_status/en")
    await audited.judged(210, group="return_request/en")
    ids = {pool.key: pool.certificate_id or "" for pool in (await certify(audited)).pools}
    await set_store(audited.database, audited.store, {"return_form_url": "https://shop.example/back"})
    assert "rules for return request" in (await void_reason(audited, ids["return_request/en"]) or "")
    assert await void_reason(audited, ids["order_status/en"]) is None
    await set_store(audited.database, audited.store, {"table.order_status": "2"})
    assert "rules for order status" in (await void_reason(audited, ids["order_status/en"]) or "")


async def test_changed_knowledge_draws_more_and_a_changed_policy_voids(audited: AuditWorld) -> None:
    await set_store(audited.database, audited.store, {"audit_rate": "20", "audit_sent_rate": "5"})
    await audited.rows("UPDATE queries SET made_with = '{}'")
    returns = {"id": "returns", "kind": "policy", "hash": "h1", "version": 1, "store": audited.store}
    await audited.rows(DOCUMENT, **returns)
    await set_store(audited.database, audited.store, {"audit_rate": "100"})
    await audited.judged(80, cites="returns")
    (pool,) = (await certify(audited)).pools
    certificate_id = pool.certificate_id or ""
    found = await find_certificate(audited.database, audited.store, certificate_id)
    assert set(found.documents) == {"returns"}
    await set_store(audited.database, audited.store, {"audit_rate": "20"})
    assert await _rates(audited) == {"draft": 20, "sent": 5}

    await audited.rows(DOCUMENT, id="news", kind="faq", hash="h1", version=1, store=audited.store)
    assert await _rates(audited) == {"draft": 40, "sent": 10}
    assert await void_reason(audited, certificate_id) is None

    await audited.rows(
        "UPDATE documents SET withdrawn_at = now(), withdrawn_because = 'replaced' WHERE kind = 'policy'"
    )
    await audited.rows(DOCUMENT, **returns | {"hash": "h2", "version": 2})
    assert await void_reason(audited, certificate_id) == "A policy that its answers cite has changed since: returns."
    assert await _rates(audited) == {"draft": 20, "sent": 5}


async def test_frozen_questions_that_are_answered_alike_bring_the_rates_back(audited: AuditWorld) -> None:
    await audited.judged(60, cites="help")
    await audited.judged(20)
    (pool,) = (await certify(audited)).pools
    certificate_id = pool.certificate_id or ""
    await set_store(audited.database, audited.store, {"audit_rate": "20"})
    await audited.rows(DOCUMENT, id="news", kind="faq", hash="h1", version=1, store=audited.store)
    assert await _rates(audited) == {"draft": 40, "sent": 100}
    policy = await audited.policy()
    asked: list[Case] = []

    async def answer(case: Case) -> str | None:
        asked.append(case)
        return "Something else." if len(asked) == 7 else "It is on its way."

    found = await rerun(audited.database, audited.store, certificate_id, policy, answer)
    assert (found.questions, len(found.changed), found.confirmed) == (60, 1, False)
    assert found.changed == (asked[6].query.query_id,)
    assert [turn.text for turn in asked[0].thread] == ["Where is my order?"]
    assert await _rates(audited) == {"draft": 40, "sent": 100}
    found = await rerun(audited.database, audited.store, certificate_id, policy, answer)
    assert (found.questions, found.confirmed) == (60, True)
    assert await _rates(audited) == {"draft": 20, "sent": 100}
    await void_certificate(audited.database, audited.store, certificate_id, reason="x", by="Lea")
    with pytest.raises(BadInput, match="is void; certify again"):
        await rerun(audited.database, audited.store, certificate_id, policy, answer)


async def _rates(world: AuditWorld) -> object:
    query_id = (await world.begun()).case.query.query_id
    (row,) = await world.rows("SELECT made_with FROM queries WHERE query_id = %(id)s", id=query_id)
    return row["made_with"]["rates"]


async def test_an_alarm_voids_the_certificate_and_takes_a_step_back(audited: AuditWorld) -> None:
    await set_store(audited.database, audited.store, {"rollout_share": "50"})
    certificate_id = await a_certified_group(audited)
    sent = [await audited.drafted(sent=True) for _ in range(8)]
    labelled = [await audited.label(snapshot.query_id, right=False) for snapshot in sent]
    assert [found.move is not None for found in labelled] == [False, False, False, True, *[False] * 4]
    (move,) = [found.move for found in labelled if found.move]
    assert (move.because, move.share_before, move.share_after) == ("alarm", 50, 25)
    found = await find_certificate(audited.database, audited.store, certificate_id)
    assert found.voided_because is not None
    assert found.voided_because.startswith("Alarm: ")
    assert (await audited.policy()).send_rule(Intent.ORDER_STATUS, Language.EN).certificate is None
    # The mean over q of (q / .1)³ is 19.99, and of (q / .1)⁴ 66.6. What follows concerns a certificate that is void.
    assert found.voided_because.endswith("4 of 4 audited replies were wrong, clearly more than promised (e-value 67).")
    # Drafts drawn before the alarm do not certify the group again; those after it do.
    assert (await certify(audited, dry_run=True)).labels == 0
    await audited.judged(130)
    (pool,) = (await certify(audited)).pools
    assert pool.certificate_id
    assert (await audited.policy()).send_rule(Intent.ORDER_STATUS, Language.EN).share == 25


async def test_right_replies_earn_the_next_share(audited: AuditWorld) -> None:
    await a_certified_group(audited)
    labelled = await audited.judged(110, sent=True)
    moves = [found.move for found in labelled if found.move]
    assert [(move.because, move.share_before, move.share_after) for move in moves] == [
        ("earned", 10, 25),
        ("earned", 25, 50),
    ]
    (state,) = await read_states(audited.database, audited.store)
    assert state.share == 50
    assert 0 < state.labels < 60
    assert state.alarm < 1 < state.merit


async def test_replies_of_another_certificate_are_no_evidence(audited: AuditWorld) -> None:
    await a_certified_group(audited)
    waiting = [await audited.drafted(sent=True) for _ in range(6)]
    await audited.judged(20)
    await certify(audited)
    assert (await audited.policy()).groups
    for snapshot in waiting:
        assert (await audited.label(snapshot.query_id, right=False)).move is None


async def test_an_alarm_stops_a_cold_start_step_by_step_until_a_person_sets_its_share(database: Database) -> None:
    world = await AuditWorld(database).open(send_mode="cold_start", rollout_share=25)
    moves = [found.move for found in await world.judged(16, 16, sent=True) if found.move]
    assert [(move.group_key, move.share_before, move.share_after) for move in moves] == [
        (COLD_START_KEY, 25, 10),
        (COLD_START_KEY, 10, 0),
    ]
    assert (await world.policy()).send_rule(Intent.ORDER_STATUS, Language.EN).share == 0
    await set_store(world.database, world.store, {"rollout_share": "10"})
    assert (await world.policy()).send_rule(Intent.ORDER_STATUS, Language.EN).share == 10
    assert (await read_moves(world.database, world.store))[0].because == "set"


async def test_a_lead_may_void_a_certificate(audited: AuditWorld) -> None:
    certificate_id = await a_certified_group(audited)
    voided = [
        await void_certificate(audited.database, audited.store, certificate_id, reason=why, by="Lea")
        for why in ("new range of products", "again")
    ]
    assert voided == [True, False]
    found = await find_certificate(audited.database, audited.store, certificate_id)
    assert found.voided_because == "new range of products (Lea)"
    with pytest.raises(NotFound, match="has no certificate"):
        await void_certificate(audited.database, audited.store, "c0", reason="x", by="Lea")


async def test_certificates_of_one_store_are_nothing_to_another(audited: AuditWorld, database: Database) -> None:
    certificate_id = await a_certified_group(audited)
    other = await AuditWorld(database).open()
    assert (await other.policy()).groups == ()
    with pytest.raises(NotFound):
        await find_certificate(database, other.store, certificate_id)
    with pytest.raises(NotFound):
        await void_certificate(database, other.store, certificate_id, reason="x", by="Lea")
    assert (await find_certificate(database, audited.store, certificate_id)).valid
