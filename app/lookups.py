"""Constructs what looks up orders, customers and returns."""

from activities.classification.entities import OrderIdReader
from activities.customers import PostgresCustomers
from activities.lookups.looking_up import LookUps
from activities.orders import PostgresOrders
from activities.returns import PostgresReturns
from retrieval.database import Database


def build_lookups(database: Database, order_ids: OrderIdReader) -> LookUps:
    """The look-ups over our own tables."""
    return LookUps(
        orders=PostgresOrders(database),
        customers=PostgresCustomers(database),
        returns=PostgresReturns(database),
        order_ids=order_ids,
    )
