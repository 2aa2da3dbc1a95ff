"""tau2-bench retail: a shop's 500 users and 1,000 orders, and tasks with the actions that solve them.

Yao, Barres and others, tau-bench (2024) and tau2-bench (2025; MIT licence). Only training tasks are read. Orders have
no dates there: a user's orders are dated in the order of their list, the last one newest.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from domain.values import Value

FOLDER = Path("tau2_retail")
STATUSES = {"pending": "placed", "processed": "shipped", "delivered": "delivered", "cancelled": "cancelled"}
"""What the shop's statuses are called here: a processed order has left with a tracking number."""
BEGINNING = datetime(2024, 1, 1, 12, tzinfo=UTC)
_SECOND_PERSON = (
    (r"\bYou are\b", "I am"), (r"\byou are\b", "I am"), (r"\bYou're\b", "I'm"), (r"\b[Yy]ou name\b", "My name"),
    (r"\bYour\b", "My"), (r"\byour\b", "my"), (r"\bYou\b", "I"), (r"\byou\b", "I"),
)  # fmt: skip


class Tau2User(Value):
    """A user of the shop."""

    user_id: str
    name: str
    postcode: str
    email: str


class Tau2Task(Value):
    """A training task that concerns orders."""

    id: str
    user: Tau2User
    reason: str
    """Why the user writes, in the first person."""
    known: str
    """What the user knows of who they are, in the first person."""
    orders: tuple[str, ...]
    """The orders that the actions of the solution look at or change."""
    unknown_numbers: int
    """How many order numbers the solution tries that the shop does not have."""


class Tau2Shop(Value):
    """Everything that is measured on."""

    users: tuple[Tau2User, ...]
    orders: tuple[dict[str, Any], ...]
    """As lines of an order file."""
    tasks: tuple[Tau2Task, ...]


def read_tau2(data: Path) -> Tau2Shop:
    """The shop with its tasks. Raises BadInput when the files are not there or have another shape."""
    folder = data / FOLDER
    try:
        db = json.loads((folder / "db.json").read_text(encoding="utf-8"))
        tasks = json.loads((folder / "tasks_train.json").read_text(encoding="utf-8"))
        users = {user_id: _user(user) for user_id, user in db["users"].items()}
        orders = tuple(_order(db, users, user_id, place) for user_id, place in _places(db))
        return Tau2Shop(users=tuple(users.values()), orders=orders, tasks=tuple(_tasks(tasks, db, users)))
    except OSError as error:
        raise BadInput(f"{folder} holds no db.json and tasks_train.json that can be read.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"The files in {folder} have another shape than those of tau2-bench.") from error


def in_first_person(text: str) -> str:
    """What a user is told about themselves, as they would say it."""
    for pattern, instead in _SECOND_PERSON:
        text = re.sub(pattern, instead, text)
    return text


def _user(user: dict[str, Any]) -> Tau2User:
    name = f"{user['name']['first_name']} {user['name']['last_name']}"
    return Tau2User(user_id=user["user_id"], name=name, postcode=user["address"]["zip"], email=user["email"])


def _places(db: dict[str, Any]) -> Iterator[tuple[str, int]]:
    return ((user_id, place) for user_id, user in db["users"].items() for place in range(len(user["orders"])))


def _order(db: dict[str, Any], users: dict[str, Tau2User], user_id: str, place: int) -> dict[str, Any]:
    """One order of a user as a line of an order file."""
    found, user = db["orders"][db["users"][user_id]["orders"][place]], users[user_id]
    paid, back = ([p["amount"] for p in found["payment_history"] if p["transaction_type"] == kind]
                  for kind in ("payment", "refund"))  # fmt: skip
    parcels = [
        {"status": STATUSES[found["status"]], "tracking": number, "skus": parcel["item_ids"]}
        for parcel in found["fulfillments"]
        for number in parcel["tracking_id"]
    ]
    items = [{"sku": i["item_id"], "name": i["name"], "quantity": 1, "price": i["price"]} for i in found["items"]]
    return {
        "order_id": found["order_id"], "email": user.email, "name": user.name, "postcode": found["address"]["zip"],
        "status": STATUSES[found["status"]], "placed_at": (BEGINNING + timedelta(days=place)).isoformat(),
        "currency": "USD", "total": round(sum(paid), 2), "items": items, "shipments": parcels,
    } | ({"refunded": round(sum(back), 2)} if back else {})  # fmt: skip


def _tasks(tasks: list[dict[str, Any]], db: dict[str, Any], users: dict[str, Tau2User]) -> Iterator[Tau2Task]:
    for task in tasks:
        arguments = [action["arguments"] for action in task["evaluation_criteria"]["actions"]]
        named = dict.fromkeys(each["order_id"] for each in arguments if each.get("order_id"))
        there = tuple(order_id for order_id in named if order_id in db["orders"])
        if not there:
            continue
        told = task["user_scenario"]["instructions"]
        yield Tau2Task(
            id=task["id"],
            user=users[db["orders"][there[0]]["user_id"]],
            reason=in_first_person(told["reason_for_call"]),
            known=in_first_person(told["known_info"]),
            orders=there,
            unknown_numbers=len(named) - len(there),
        )
