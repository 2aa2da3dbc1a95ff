"""Constructs what looks up orders, customers and returns."""

from pathlib import Path

from activities.classification.entities import OrderIdReader
from activities.customers import PostgresCustomers
from activities.lookups.by_store import DesksByStore
from activities.lookups.looking_up import LookUps
from activities.lookups.tries import PostgresTries
from activities.orders import PostgresOrders
from activities.returns import PostgresReturns
from app.lookups_file import own_desks
from retrieval.database import Database


def build_desks(database: Database, file: Path | None) -> DesksByStore:
    """The systems that the look-ups file describes, and our own tables for all other stores. Raises SetupError."""
    return DesksByStore(
        own_desks(file) if file is not None else {},
        orders=PostgresOrders(database),
        customers=PostgresCustomers(database),
        returns=PostgresReturns(database),
    )


def build_lookups(database: Database, order_ids: OrderIdReader, file: Path | None = None) -> LookUps:
    """The look-ups, over the systems of `file` where it describes any. Raises SetupError."""
    desks = build_desks(database, file)
    tries = PostgresTries(database)
    return LookUps(orders=desks, customers=desks, returns=desks, order_ids=order_ids, tries=tries)
