"""`audit`, `certify` and `certificates` on a terminal and in a pipe."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from retrieval.database import Database
from tests.conftest import Stack
from tests.integration.audit_world import AuditWorld
from tests.integration.conftest import Command


def a_world(stack: Stack, work: Callable[[AuditWorld], Any], versions: dict[str, str] | None = None) -> AuditWorld:
    """A store in which something was done; outside of any running loop, as commands are."""

    async def make() -> AuditWorld:
        database = Database(stack.app_url)
        await database.open()
        world = await AuditWorld(database).open()
        world.versions = versions or world.versions
        await work(world)
        await database.close()
        return world

    return asyncio.run(make())


@pytest.fixture(scope="module")
def answering() -> dict[str, str]:
    """The versions of what this checkout answers with."""
    from app.settings import Settings
    from app.wiring import build_workshop

    return build_workshop(Settings(), Database("")).versions


def test_the_next_draft_is_shown_blind_and_labelled(command: Command, stack: Stack) -> None:
    world = a_world(stack, lambda world: world.drafted(0.4321, sent=True))
    code, out, err = command("audit", "next", "--store", world.store)
    assert code == 0
    assert out.splitlines()[2:] == ["Customer:", "Where is my order?", "", "Draft:", "It is on its way."]
    assert "1 wait." in err
    assert "0.43" not in out + err
    code, out, _ = command("audit", "next", "--store", world.store, "--json")
    item = json.loads(out)
    assert (item["intent"], item["waiting"]) == ("order_status", 1)
    assert not {"confidence", "findings", "threshold", "reasons", "streams"} & set(item)

    code, out, _ = command("audit", "label", item["query_id"], "wrong", "--agent", "Ana", "--store", world.store)
    assert (code, out) == (1, "")
    given = ("--harm", "false_fact", "--note", "no such date")
    code, out, _ = command(
        "audit", "label", item["query_id"], "wrong", *given, "--agent", "Ana", "--store", world.store
    )
    assert (code, out) == (0, f"{item['query_id']} is wrong, as Ana says.\n")
    code, _, err = command("audit", "label", item["query_id"], "right", "--agent", "Ben", "--store", world.store)
    assert (code, "Ana has labelled it wrong already" in err) == (1, True)
    code, out, _ = command("audit", "list", "--store", world.store)
    assert out.rstrip().split("order_status/en  ")[1].startswith("wrong (false_fact) by Ana")
    assert json.loads(command("audit", "next", "--store", world.store, "--json")[1]) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("audit", "label", "x", "maybe", "--agent", "Ana"), "'maybe' is no verdict; say right or wrong."),
        (("audit", "label", "x", "right", "--agent", " "), "Say who judges with --agent NAME."),
        (("audit", "list", "--state", "old"), "--state is waiting, labelled or all."),
        (("certificates", "void", "c1", "--reason", " "), "Say why with --reason, in up to 500 characters."),
    ],
)
def test_wrong_use_is_said_in_a_sentence(command: Command, stack: Stack, arguments: tuple[str, ...], said: str) -> None:
    world = a_world(stack, lambda world: world.drafted())
    assert command(*arguments, "--store", world.store) == (2, "", f"{said}\n")


def test_what_is_not_there_is_said_in_a_sentence(command: Command, stack: Stack) -> None:
    world = a_world(stack, lambda world: world.drafted())
    code, _, err = command("audit", "label", "f" * 32, "right", "--agent", "Ana", "--store", world.store)
    assert (code, "has no audit" in err) == (1, True)
    code, _, err = command("certificates", "show", "c1", "--store", world.store)
    assert (code, "has no certificate 'c1'" in err) == (1, True)
    code, _, err = command("audit", "next", "--store", "no-such-store")
    assert (code, "There is no store 'no-such-store'" in err) == (1, True)


def test_certifying_says_how_many_labels_are_missing(command: Command, stack: Stack, answering: dict[str, str]) -> None:
    world = a_world(stack, lambda world: world.judged(12), answering)
    code, out, _ = command("certify", "--store", world.store, "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        f"12 labels of what answers now in {world.store}.",
        "- order_status/en: too few labels, 12 of 68, also together with others.",
        "Nothing was looked at. Where 95% are right, 203 labels certify 4 times in 5.",
    ]
    code, out, err = command("certify", "--store", world.store)
    assert (code, out) == (1, "")
    assert err.startswith(f"No group of {world.store} has labels enough: 12 drafts")


def test_a_certificate_is_issued_shown_listed_and_voided(
    command: Command, stack: Stack, answering: dict[str, str]
) -> None:
    world = a_world(stack, lambda world: world.judged(80, 1), answering)
    code, out, _ = command("certify", "--store", world.store, "--agent", "Lea", "--json")
    report = json.loads(out)
    certificate_id = report["pools"][0]["certificate_id"]
    assert (code, report["recalibration"], report["labels"]) == (0, 1, 80)
    code, out, _ = command("certificates", "list", "--store", world.store)
    assert out == f"{certificate_id}  order_status/en  from 0.95  1 wrong of 80  10% of customers\n"
    code, out, _ = command("certificates", "show", certificate_id, "--store", world.store)
    assert out.startswith(
        "Of the answers to order status (en) with a confidence of 0.95 or more at least 90% are right:"
    )
    assert "issued" in out
    assert "by Lea" in out
    code, out, _ = command("store", "show", world.store)
    assert code == 0
    code, out, _ = command(
        "certificates", "void", certificate_id, "--reason", "new range", "--agent", "Lea", "--store", world.store
    )
    assert (code, out) == (0, f"{certificate_id} is void.\n")
    code, out, _ = command("certificates", "list", "--store", world.store, "--all", "--json")
    (found,) = json.loads(out)
    assert (found["valid"], found["voided_because"]) == (False, "new range (Lea)")
    code, out, err = command("certificates", "list", "--store", world.store)
    assert (code, out) == (0, "")
    assert "nothing leaves by itself" in err


def test_the_mode_of_a_group_is_set_and_shown(command: Command, stack: Stack) -> None:
    world = a_world(stack, lambda world: world.begun())
    code, _, err = command("store", "set", world.store, "mode.order_status/en=certified", "mode.*/de=shadow")
    assert (code, err) == (0, "")
    shown = command("store", "show", world.store)[1]
    assert "mode.order_status/en   certified" in shown
    assert "mode.*/de              shadow" in shown
    for wrong in ("mode.*/*=shadow", "mode.weather/en=shadow", "mode.shipping/en=loud", "holdout_share=90"):
        assert command("store", "set", world.store, wrong)[0] == 1
