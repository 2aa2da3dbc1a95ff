"""A shop's own system for tests: a real HTTP server that answers as Shopify's Admin API does, and as a plain JSON API.

It checks the token, keeps what it was asked, and does wrong what it was told to, answer by answer.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "shpat_s3cret0123456789"
Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What one answer does wrong."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    cut: bool = False


@dataclass
class Shop:
    """The server, what it holds, what it was asked, and what it will do wrong next."""

    url: str
    orders: list[Body] = field(default_factory=list)
    customers: list[Body] = field(default_factory=list)
    asked: list[Body] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    careless: bool = False
    """It answers with everybody's records, as a badly described system would."""

    def then(self, *faults: Fault) -> None:
        """The next answers do this wrong, one each."""
        self.faults += faults

    def graphql(self, body: Body) -> Body:
        """The answer to a query of ours, which it tells by the field that is asked for."""
        search = body["variables"]["search"]
        email = re.search(r'email:"([^"]*)"', search)
        names = re.findall(r'name:"([^"]*)"', search)

        def wanted(record: Body, address: str) -> bool:
            named = not names or record.get("name", "").lstrip("#") in names
            return self.careless or (address == (email[1] if email else "") and named)

        if "customers(" in body["query"]:
            found = [each for each in self.customers if wanted(each, each["defaultEmailAddress"]["emailAddress"])]
            return {"data": {"customers": {"nodes": found}}}
        found = [each for each in self.orders if wanted(each, each["email"])]
        start = int(body["variables"].get("after") or 0)
        end = start + body["variables"]["first"]
        page = {"hasNextPage": end < len(found), "endCursor": str(end)}
        return {"data": {"orders": {"nodes": found[start:end], "pageInfo": page}}}

    def plain(self, asked: Body) -> Body:
        """The answer of the plain interface: orders of an address, under `data`."""
        email = asked.get("email", "")
        return {"data": {"orders": [each for each in self.orders if self.careless or each["mail"] == email]}}


@contextmanager
def serve_shop() -> Iterator[Shop]:
    """The server while the block runs."""
    shop = Shop("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            shop.asked.append({"path": self.path, "token": self.headers.get("X-Shopify-Access-Token", ""), **body})
            if self.headers.get("X-Shopify-Access-Token") != TOKEN:
                self._send(401, b'{"errors": "[API] Invalid API key or access token"}')
                return
            self._answer(shop.graphql(body) if "query" in body else shop.plain(body))

        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            shop.asked.append({"path": self.path, "token": self.headers.get("Authorization", ""), **asked})
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._send(403, b"no")
                return
            self._answer(shop.plain(asked))

        def _answer(self, right: Body) -> None:
            fault = shop.faults.pop(0) if shop.faults else Fault()
            time.sleep(fault.delay)
            content = fault.body or json.dumps(right).encode()
            if fault.cut:
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
                return
            self._send(fault.status, content, *fault.headers)

        def _send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in (("content-type", "application/json"), ("content-length", str(len(content))), *headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: tests print enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def money(amount: str, currency: str = "EUR") -> Body:
    return {"presentmentMoney": {"amount": amount, "currencyCode": currency}}


def shopify_order(name: str, email: str, **other: Any) -> Body:
    """An order as Shopify tells it: placed, nothing sent yet, unless `other` says more."""
    return {
        "name": name,
        "email": email,
        "createdAt": "2026-11-01T09:30:00Z",
        "cancelledAt": None,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "returnStatus": "NO_RETURN",
        "totalPriceSet": money("79.90"),
        "totalRefundedSet": money("0.0"),
        "shippingAddress": {"name": "Ana Sousa", "zip": "1100-148"},
        "lineItems": {
            "nodes": [{"sku": "LO-1", "name": "Lamp", "quantity": 1, "originalUnitPriceSet": money("79.90")}]
        },
        "fulfillments": [],
        "returns": {"nodes": []},
        **other,
    }


def parcel(status: str, **other: Any) -> Body:
    """A parcel as Shopify tells it."""
    return {
        "displayStatus": status,
        "deliveredAt": "2026-11-05T14:00:00Z" if status == "DELIVERED" else None,
        "estimatedDeliveryAt": "2026-11-06T18:00:00Z",
        "trackingInfo": [{"company": "DHL", "number": "JD014"}],
        "fulfillmentLineItems": {"nodes": [{"lineItem": {"sku": "LO-1"}}]},
        **other,
    }
