"""The part `tau2` on a shop of three users: what is offered to whom, and what no attack gets at."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.errors import BadInput
from evals.tau2 import measure_tau2
from evals.tau2_data import in_first_person, read_tau2
from evals.workbench import Workbench
from retrieval.database import Database
from retrieval.embedders import HashEmbedder
from tests.conftest import Stack


def user(first: str, last: str, postcode: str, *orders: str) -> dict[str, Any]:
    user_id = f"{first}_{last}_1".lower()
    return {
        "user_id": user_id, "name": {"first_name": first, "last_name": last}, "address": {"zip": postcode},
        "email": f"{first}.{last}@example.com".lower(), "orders": list(orders),
    }  # fmt: skip


def order(order_id: str, user_id: str, status: str) -> dict[str, Any]:
    paid = [{"transaction_type": "payment", "amount": 20.5}]
    return {
        "order_id": order_id, "user_id": user_id, "status": status, "address": {"zip": "99999"},
        "items": [{"item_id": "11", "name": "Teapot", "price": 20.5}],
        "fulfillments": [{"tracking_id": ["T1"], "item_ids": ["11"]}] if status != "pending" else [],
        "payment_history": [*paid, {"transaction_type": "refund", "amount": 20.5}] if status == "cancelled" else paid,
    }  # fmt: skip


def task(task_id: str, *order_ids: str, known: str) -> dict[str, Any]:
    told = {"reason_for_call": "You want to return your teapot.", "known_info": known}
    actions = [{"arguments": {"order_id": order_id}} for order_id in order_ids]
    return {
        "id": task_id, "user_scenario": {"instructions": told}, "evaluation_criteria": {"actions": actions},
    }  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    orders = [
        order("#W1000001", "ann_poe_1", "delivered"), order("#W1000002", "ann_poe_1", "cancelled"),
        order("#W2000001", "bob_ray_1", "pending"), order("#W3000001", "cem_oz_1", "processed"),
    ]  # fmt: skip
    users = [
        user("Ann", "Poe", "10001", "#W1000001", "#W1000002"), user("Bob", "Ray", "20002", "#W2000001"),
        user("Cem", "Oz", "30003", "#W3000001"),
    ]  # fmt: skip
    db = {"users": {each["user_id"]: each for each in users}, "orders": {each["order_id"]: each for each in orders}}
    tasks = [
        task("0", "#W1000001", "#W1000002", "#1000009", known="You are Ann Poe in zip code 10001."),
        task("1", "#W3000001", known="You are cem_oz_1."),
        task("2", known="You are nobody."),
    ]
    folder = tmp_path / "data" / "tau2_retail"
    folder.mkdir(parents=True)
    (folder / "db.json").write_text(json.dumps(db), encoding="utf-8")
    (folder / "tasks_train.json").write_text(json.dumps(tasks), encoding="utf-8")
    return tmp_path / "data"


@pytest.fixture
async def bench(stack: Stack, data: Path, tmp_path: Path) -> AsyncIterator[Workbench]:
    database = Database(stack.app_url)
    await database.open()

    async def load_nothing() -> None:
        return None

    said: list[str] = []
    yield Workbench(database, HashEmbedder(), lambda _: None, tmp_path, data, load_nothing, said.append)
    await database.close()


async def test_everything_of_the_customer_is_offered_and_nothing_of_anybody_else(bench: Workbench) -> None:
    part = await measure_tau2(bench)
    assert part.missed == []
    assert part.figures["name and postcode when asked"]["offered"].n == 2
    assert part.figures["the task's own words alone"]["offered"].n == 1
    assert part.figures["e-mail and each order number"]["offered"].n == 3
    attacks = part.figures["all of them"]
    assert (attacks["shown"].value, attacks["as if absent"].value) == (0, 1)
    assert part.figures["three postcodes, then the right one"]["to a person"] == 2


def test_users_orders_and_tasks_are_read_with_their_states(data: Path) -> None:
    shop = read_tau2(data)
    assert [(each["order_id"], each["status"], each.get("refunded")) for each in shop.orders] == [
        ("#W1000001", "delivered", None), ("#W1000002", "cancelled", 20.5), ("#W2000001", "placed", None),
        ("#W3000001", "shipped", None),
    ]  # fmt: skip
    assert shop.orders[0]["shipments"] == [{"status": "delivered", "tracking": "T1", "skus": ["11"]}]
    assert shop.orders[0]["placed_at"] < shop.orders[1]["placed_at"]
    assert [(each.id, each.orders, each.unknown_numbers) for each in shop.tasks] == [
        ("0", ("#W1000001", "#W1000002"), 1), ("1", ("#W3000001",), 0),
    ]  # fmt: skip
    assert (shop.tasks[0].known, shop.tasks[0].reason) == (
        "I am Ann Poe in zip code 10001.", "I want to return my teapot.",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"users": {"a": {}}, "orders": {}}'])
def test_other_files_are_refused(data: Path, text: str) -> None:
    (data / "tau2_retail" / "db.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="another shape"):
        read_tau2(data)
    with pytest.raises(BadInput, match="can be read"):
        read_tau2(data / "elsewhere")


def test_what_a_user_is_told_is_said_in_the_first_person() -> None:
    assert in_first_person("You name is Al. You're here; if you can, return your pot.") == (
        "My name is Al. I'm here; if I can, return my pot."
    )
