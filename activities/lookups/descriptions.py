"""What the look-ups file says of a store's systems: each value checked before anything is asked."""

from typing import Annotated, Any, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, field_validator

from domain.orders import OrderStatus
from domain.values import Value

ORDER_FIELDS = frozenset({"order_id", "email", "status", "placed_at", "currency", "total"})
"""What has to be said of every order. The address above all: an order without one is shown to nobody."""
CUSTOMER_FIELDS = frozenset({"email"})
RETURN_FIELDS = frozenset({"return_id", "order_id", "email", "status", "requested_at"})


def _path(expression: str) -> str:
    try:
        jmespath.compile(expression)
    except JMESPathError as error:
        raise ValueError(f"{expression[:60]!r} is no JMESPath expression") from error
    return expression


def _web(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError("an address begins with https:// or http://")
    return url


JmesPath = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_path)]
Url = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_web)]


class _Described(Value):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Described):
    """A list inside an order, such as its items."""

    list: JmesPath
    fields: dict[str, JmesPath]


class Endpoint(_Described):
    """Where one kind of record is asked for, and how an answer is read."""

    url: Url
    """`{email}`, `{order_id}`, `{order_ids}` (between commas) and `{limit}` are filled in, percent-encoded."""
    method: Literal["GET", "POST"] = "GET"
    body: dict[str, Any] | None = None
    """Of a POST; the same names in its texts are filled in, `{order_ids}` alone as a list."""
    list: JmesPath = "@"
    """Where the records are in the answer."""
    fields: dict[str, JmesPath]
    """Our name of a field, and where its value is in a record."""
    statuses: dict[str, str] = {}
    """Their word for a state, and ours."""
    items: Part | None = None
    shipments: Part | None = None
    timezone: str = "UTC"
    """Of times that come without an offset."""


class HttpDescription(_Described):
    """Systems that answer JSON over HTTP."""

    kind: Literal["http"]
    token: SecretStr | None = None
    token_in: str = "Authorization: Bearer"  # noqa: S105  the name of a header
    """The header that takes the token, and what stands before it."""
    headers: dict[str, str] = {}
    seconds: float = Field(default=10.0, gt=0, le=60)
    orders: Endpoint
    customers: Endpoint | None = None
    returns: Endpoint | None = None

    @field_validator("orders")
    @classmethod
    def _order(cls, endpoint: Endpoint) -> Endpoint:
        _need(endpoint, ORDER_FIELDS)
        strange = set(endpoint.statuses.values()) - set(OrderStatus)
        if strange:
            raise ValueError(f"{', '.join(sorted(strange))} is no state of an order here")
        if "{email}" not in f"{endpoint.url} {endpoint.body}":
            raise ValueError("`url` or `body` has to ask for the orders of an {email}")
        return endpoint

    @field_validator("customers")
    @classmethod
    def _customer(cls, endpoint: Endpoint | None) -> Endpoint | None:
        return endpoint and _need(endpoint, CUSTOMER_FIELDS)

    @field_validator("returns")
    @classmethod
    def _return(cls, endpoint: Endpoint | None) -> Endpoint | None:
        return endpoint and _need(endpoint, RETURN_FIELDS)


class ShopifyDescription(_Described):
    """A shop at Shopify, asked through its Admin GraphQL API."""

    kind: Literal["shopify"]
    shop: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$")
    token: SecretStr
    """Of an app with the scopes read_orders (read_all_orders for more than 60 days), read_customers, read_returns."""
    version: str = Field(default="2026-07", pattern=r"^\d{4}-\d{2}$")
    loyalty_tag: str = ""
    """Beginning of the customer tag whose rest names the loyalty tier; none: no tier is read."""
    seconds: float = Field(default=10.0, gt=0, le=60)
    url: Url | None = None
    """Instead of the shop's own address, such as a proxy."""


Description = Annotated[HttpDescription | ShopifyDescription, Field(discriminator="kind")]


class LookUpsFile(_Described):
    """The whole file: stores that have systems of their own. All others use our tables."""

    stores: dict[str, Description]


def _need(endpoint: Endpoint, names: frozenset[str]) -> Endpoint:
    lacking = names - endpoint.fields.keys()
    if lacking:
        raise ValueError(f"`fields` has to say where {', '.join(sorted(lacking))} is")
    return endpoint
