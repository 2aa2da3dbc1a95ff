"""What becomes of an edition that is loaded, case by case; and batches that are made while the last one is used."""

import asyncio
from datetime import UTC, datetime

import pytest

from domain.knowledge import Document
from domain.vocabulary import Kind, Language
from retrieval.loading.pumping import pump
from retrieval.loading.versions import Plan, Version, follow, passage_id, plan

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


def edition(begin: datetime | None = None, end: datetime | None = None) -> Document:
    return Document(
        id="returns",
        kind=Kind.POLICY,
        language=Language.EN,
        title="Returns",
        text="30 days.",
        effective_from=begin,
        effective_to=end,
    )


def stored(
    number: int,
    content_hash: str,
    begin: datetime | None = None,
    end: datetime | None = None,
    *,
    stands: bool = True,
    released: bool = False,
) -> Version:
    return Version(
        document_id="returns",
        language="en",
        version=number,
        effective_from=begin,
        effective_to=end,
        content_hash=content_hash,
        stands=stands,
        released=released,
    )


@pytest.mark.parametrize(
    ("versions", "document", "planned"),
    [
        ([], edition(), Plan(version=1)),
        ([stored(1, "new")], edition(), Plan(version=None)),
        ([stored(1, "old")], edition(), Plan(version=2, withdrawn=(1,))),
        # It was retired, and comes back: the gap stays visible.
        ([stored(1, "new", stands=False)], edition(), Plan(version=2)),
        # It was changed back: version 1 said the same, but another one stands.
        ([stored(1, "new", stands=False), stored(2, "old")], edition(), Plan(version=3, withdrawn=(2,))),
        # An edition that follows on another one leaves it alone.
        ([stored(1, "old", None, NEW_YEAR)], edition(NEW_YEAR), Plan(version=2)),
        # One that begins before the other ends contradicts it.
        ([stored(1, "old", None, SUMMER)], edition(NEW_YEAR), Plan(version=2, withdrawn=(1,))),
        ([stored(1, "a", None, NEW_YEAR), stored(2, "b", NEW_YEAR)], edition(), Plan(version=3, withdrawn=(1, 2))),
        ([stored(1, "old", SUMMER)], edition(NEW_YEAR, SUMMER), Plan(version=2)),
        # A person has released this very content before.
        ([stored(1, "new", stands=False, released=True)], edition(), Plan(version=2, released=True)),
        ([stored(1, "old", released=True)], edition(), Plan(version=2, withdrawn=(1,))),
    ],
)
def test_what_becomes_of_an_edition(versions: list[Version], document: Document, planned: Plan) -> None:
    assert plan(document, "new", versions) == planned


def test_two_editions_in_one_batch_know_of_each_other() -> None:
    first, second = edition(None, NEW_YEAR), edition(NEW_YEAR)
    after = follow([], first, "a", plan(first, "a", []))
    assert plan(second, "b", after) == Plan(version=2)
    assert plan(edition(), "c", after) == Plan(version=2, withdrawn=(1,))
    assert follow(after, first, "a", Plan(version=None)) == after


def test_passages_of_the_first_version_keep_short_ids() -> None:
    assert passage_id("returns.en#0", 1) == "returns.en#0"
    assert passage_id("odd#id.en#12", 3) == "odd#id.en@3#12"


async def test_the_next_batch_is_made_while_the_last_is_used_and_all_are_used_in_order() -> None:
    using, used, overlapped = False, list[int](), False
    left = iter(range(4))

    async def make() -> int | None:
        nonlocal overlapped
        await asyncio.sleep(0.01)
        overlapped = overlapped or using
        return next(left, None)

    async def use(number: int) -> None:
        nonlocal using
        assert not using
        using = True
        await asyncio.sleep(0.03)
        used.append(number)
        using = False

    await pump(make, use)
    assert used == [0, 1, 2, 3]
    assert overlapped


async def test_what_was_made_is_used_although_making_the_next_fails() -> None:
    used: list[int] = []
    left = iter([1])

    async def make() -> int | None:
        found = next(left, None)
        if found is None:
            raise RuntimeError("The model is away.")
        return found

    async def use(number: int) -> None:
        await asyncio.sleep(0.02)
        used.append(number)

    with pytest.raises(RuntimeError):
        await pump(make, use)
    assert used == [1]


async def test_a_batch_that_cannot_be_written_ends_it() -> None:
    async def make() -> int:
        await asyncio.sleep(0)
        return 1

    async def use(number: int) -> None:
        raise RuntimeError("The disk is full.")

    with pytest.raises(RuntimeError, match="disk"):
        await asyncio.wait_for(pump(make, use), 5)
