"""Reads addresses that somebody has written down, without being led where nobody should be.

A name is resolved once, its addresses are checked, and the connection goes to what was checked: a name that points
elsewhere a moment later changes nothing. Redirects are followed on the same site alone. Bytes and seconds are limited.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

from domain.errors import BadInput, Unavailable
from domain.values import Value

AGENT = "Holdpoint"
USER_AGENT = f"{AGENT}/1.0 (reads the sitemap of a shop for its support desk)"
MAX_REDIRECTS = 5
CONNECT_SECONDS = 5.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Fetched(Value):
    """What a server answered. `data` is empty for all but 200."""

    status: int
    data: bytes = b""
    content_type: str = ""
    """Without parameters, in small letters."""
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None


def site_of(url: httpx.URL) -> tuple[str, int | None]:
    """What two addresses have in common when they are of one site: `www.` and the usual ports make no difference."""
    return url.host.lower().removeprefix("www."), None if url.port in {None, PORTS.get(url.scheme)} else url.port


def parse_url(text: str) -> httpx.URL:
    """An address that can be read. Raises BadInput."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise BadInput("it is no address.") from error
    if url.scheme not in PORTS or not url.host:
        raise BadInput("it is no http or https address.")
    if url.port is not None and not 0 < url.port < 65536:
        raise BadInput("its port is none.")
    if url.userinfo:
        raise BadInput("it holds a name or password, which would be kept in clear; use an address without.")
    return url.copy_with(fragment=None)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when one kind is wrapped into the other."""
    ip = _unwrapped(address)
    return ip.is_global and not ip.is_multicast


def _never(address: str) -> bool:
    """Addresses that no intranet serves pages from: link-local ones are where clouds keep their keys."""
    ip = _unwrapped(address)
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified


def _unwrapped(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if inner is None and ip in NAT64:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


class CheckedTransport(httpx.AsyncBaseTransport):
    """Connects to the addresses that it has checked, under the name that was asked for."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._inner = httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_connections=8))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises BadInput for an address that must not be read, ConnectError for a name that is not known."""
        name = request.url.raw_host.decode("ascii").strip("[]")
        port = request.url.port or PORTS[request.url.scheme]
        addresses = await _resolve(name, port)
        for address in addresses:
            if _never(address) or not (self._private or is_public(address)):
                raise BadInput(
                    f"{name} is an address inside this network; for an intranet set HOLDPOINT_WATCH_PRIVATE=true."
                )
        request.extensions = {**request.extensions, "sni_hostname": name}
        url = request.url
        for address in addresses:
            request.url = url.copy_with(host=address)
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if address == addresses[-1]:
                    raise
        raise httpx.ConnectError(f"{name} has no address")

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _resolve(name: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise httpx.ConnectError(f"{name} is not known") from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Fetcher:
    """Reads one address after another; several at once if you like. Use it as a context."""

    def __init__(self, *, private: bool = False) -> None:
        self._client = httpx.AsyncClient(
            transport=CheckedTransport(private=private),
            headers={"User-Agent": USER_AGENT},
            timeout=httpx.Timeout(15.0, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(
        self, address: str, *, most: int, seconds: float, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """The answer with at most `most` bytes, within `seconds` in all.

        Raises BadInput for an answer that cannot be used, Unavailable for none, for 429 and for 5xx.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._followed(parse_url(address), most, headers or {})
        except TimeoutError as error:
            raise Unavailable(f"it was not there within {seconds:.0f} s.") from error
        except httpx.TimeoutException as error:
            raise Unavailable("it does not answer in time.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"it does not answer ({type(error).__name__}).") from error

    async def _followed(self, url: httpx.URL, most: int, headers: Mapping[str, str]) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            async with self._client.stream("GET", url, headers=dict(headers)) as response:
                target = response.headers.get("location")
                if response.status_code not in REDIRECTS or not target:
                    return await _read(response, most)
            further = _joined(url, target)
            if site_of(further) != site_of(url):
                raise BadInput(f"it leads to another site, {further.host[:100]}.")
            if url.scheme == "https" and further.scheme == "http":
                raise BadInput("it leads from https to http.")
            url = further
        raise BadInput(f"it leads on more than {MAX_REDIRECTS} times.")


def _joined(url: httpx.URL, target: str) -> httpx.URL:
    try:
        return parse_url(str(url.join(target)))
    except (httpx.InvalidURL, ValueError) as error:
        raise BadInput("it leads to what is no address.") from error


async def _read(response: httpx.Response, most: int) -> Fetched:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
        raise Unavailable(f"the server answers {status}.")
    data = bytearray()
    if status == httpx.codes.OK:
        async for piece in response.aiter_bytes():
            data += piece
            if len(data) > most:
                raise BadInput(f"it is larger than {most // (1024 * 1024)} MB.")
    return Fetched(
        status=status,
        data=bytes(data),
        content_type=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
        charset=response.charset_encoding,
        etag=response.headers.get("etag"),
        last_modified=response.headers.get("last-modified"),
    )
