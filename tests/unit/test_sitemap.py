"""Sitemaps are read as they are met in the wild, and nothing in one harms its reader."""

import gzip
from datetime import UTC, datetime

import pytest

from activities.embedding import ConsiderateEmbedder
from app.cli.watch import WrongUse, _watch
from domain.errors import BadInput
from domain.vocabulary import Kind
from domain.watches import PageKind, Watch, watch_id_of
from retrieval.embedders import HashEmbedder
from retrieval.fetching import is_public, parse_url, site_of
from retrieval.site import document_id_of, path_of
from retrieval.sitemap import MAX_ENTRIES, parse_sitemap

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
ONE = f"<urlset {NAMESPACE}><url><loc> https://a.example/x </loc><lastmod>2026-05-01</lastmod></url></urlset>".encode()
BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<urlset><url><loc>&c;</loc></url></urlset>"""
FILE = b"""<!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/hostname">]><urlset><url><loc>&f;</loc></url></urlset>"""


def test_pages_are_listed_with_the_day_of_their_last_change() -> None:
    for data in (ONE, gzip.compress(ONE), b"\xef\xbb\xbf" + ONE, ONE.decode().encode("utf-16")):
        (page,) = parse_sitemap(data).pages
        assert page.url == "https://a.example/x"
        assert page.lastmod == datetime(2026, 5, 1, 23, 59, 59, 999999, tzinfo=UTC)


def test_an_index_lists_sitemaps() -> None:
    found = parse_sitemap(b"<sitemapindex><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>")
    assert [each.url for each in found.sitemaps] == ["https://a.example/s.xml"] and not found.pages


@pytest.mark.parametrize("said", ["yesterday", "2026", "2026-13-01", ""])
def test_a_date_that_is_none_is_as_good_as_nothing(said: str) -> None:
    data = f"<urlset><url><lastmod>{said}</lastmod><loc>https://a.example/x</loc></url></urlset>".encode()
    assert parse_sitemap(data).pages[0].lastmod is None


def test_images_and_alternates_of_a_page_are_no_pages() -> None:
    inner = (
        "<url><loc>https://a.example/x</loc><i:image xmlns:i='i'><i:loc>https://a.example/x.png</i:loc></i:image></url>"
    )
    assert [each.url for each in parse_sitemap(f"<urlset>{inner}</urlset>".encode()).pages] == ["https://a.example/x"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB, "document type"),
        (FILE, "document type"),
        (b"<urlset><url><loc>https://a.example/x</loc></url>", "not well-formed"),
        (b"<html><body>Not found</body></html>", "no sitemap"),
        (b"Not found", "not well-formed"),
        (b"", "not well-formed"),
        (b'<?xml version="1.0" encoding="x-strange"?><urlset></urlset>', "encoding|well-formed"),
        (gzip.compress(ONE)[:-12], "ends too early"),
        (gzip.compress(b"<urlset>" + b" " * (51 * 1024 * 1024)), "50 MB"),
        (b"<urlset>" + b"<a>" * 100, "nested"),
        (b"<urlset>" + b"<url><loc>a</loc></url>" * (MAX_ENTRIES + 1), "more than 50,000"),
    ],
)
def test_what_is_no_sitemap_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_sitemap(data)


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 192.168.0.1 172.16.0.1 169.254.169.254 0.0.0.0 100.64.0.1 ::1 fe80::1 fc00::1 224.0.0.1 "
    "::ffff:127.0.0.1 64:ff9b::a00:1 2002:7f00:1:: ::".split(),
)
def test_addresses_inside_a_network_are_told_from_others(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet_are_public() -> None:
    assert is_public("93.184.215.14") and is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


def test_a_site_is_its_host_whatever_the_usual_port_and_www_say() -> None:
    home = site_of(parse_url("https://www.a.example/sitemap.xml"))
    assert home == site_of(parse_url("http://A.example:80/x"))
    assert home != site_of(parse_url("https://a.example:8443/")) and home != site_of(parse_url("https://b.a.example/"))


@pytest.mark.parametrize(
    "address", ["ftp://a.example/", "https://", "https://me:secret@a.example/", "http://a:99999/", "x"]
)
def test_addresses_that_cannot_be_read_are_refused(address: str) -> None:
    with pytest.raises(BadInput):
        parse_url(address)


def test_a_page_is_named_by_its_path() -> None:
    assert document_id_of("https://a.example/") == "index"
    assert document_id_of("https://a.example/hilfe/r%C3%BCckgabe/") == "hilfe/rückgabe"
    assert document_id_of("https://a.example/p?id=7") == "p?id=7"
    assert document_id_of("https://a.example/a%00b").isprintable()
    long = [document_id_of(f"https://a.example/{'x' * 300}{end}") for end in "ab"]
    assert len(set(long)) == 2 and max(map(len, long)) == 200
    assert path_of("https://a.example/hilfe/r%C3%BCckgabe?a=1") == "/hilfe/rückgabe"


def test_the_longest_pattern_says_what_a_page_is() -> None:
    kinds = (
        PageKind(pattern="/", kind=Kind.FAQ),
        PageKind(pattern="/p/", kind=Kind.PRODUCT),
        PageKind(pattern="/p/old/", kind=None),
        PageKind(pattern="/*/legal/*", kind=Kind.POLICY),
    )
    watch = Watch(store="s", watch_id="w", location="https://a.example/s.xml", every_minutes=5, kinds=kinds)
    paths = ("/x", "/p/1", "/p/old/1", "/de/legal/agb")
    assert [watch.kind_of(path) for path in paths] == [Kind.FAQ, Kind.PRODUCT, None, Kind.POLICY]
    assert watch.model_copy(update={"kinds": kinds[1:]}).kind_of("/x") is None


def test_a_location_always_has_the_same_id() -> None:
    first = watch_id_of("https://shoes.example/sitemap.xml")
    assert first == watch_id_of("https://shoes.example/sitemap.xml") != watch_id_of("https://shoes.example/other.xml")
    assert watch_id_of("/srv/ünïcode !").isascii() and watch_id_of("/")


def test_what_is_added_is_checked_before_anything_is_kept() -> None:
    made = _watch("https://a.example/s.xml#x", "shop", "6h", Kind.FAQ, "/p/=product, /old/=skip")
    assert (made.location, made.every_minutes) == ("https://a.example/s.xml", 360)
    assert [made.kind_of(path) for path in ("/x", "/p/1", "/old/1")] == [Kind.FAQ, Kind.PRODUCT, None]
    for location, every, kind, kinds in (
        ("https://a.example/s.xml", "6h", None, ""),
        ("https://me:secret@a.example/s.xml", "6h", Kind.FAQ, ""),
        ("ftp://a.example/", "6h", None, ""),
        ("folder", "6h", Kind.FAQ, ""),
        ("folder", "0m", None, ""),
        ("folder", "soon", None, ""),
        ("https://a.example/s.xml", "6h", None, "help=faq"),
        ("https://a.example/s.xml", "6h", None, "/help/=blog"),
    ):
        with pytest.raises(WrongUse):
            _watch(location, "shop", every, kind, kinds)


async def test_a_considerate_embedder_gives_the_same_vectors_a_few_at_a_time() -> None:
    texts = [f"text {number}" for number in range(20)]
    inner = HashEmbedder()
    assert await ConsiderateEmbedder(inner, at_once=8).embed(texts) == await HashEmbedder().embed(texts)
    assert ConsiderateEmbedder(inner).name == inner.name and ConsiderateEmbedder(inner).dimensions == inner.dimensions
