"""Which version of which edition a load makes, and which ones it withdraws. Pure."""

from collections.abc import Sequence
from datetime import datetime

from domain.knowledge import Document
from domain.values import Value

FIRST = 1


class Version(Value):
    """A version of an edition that the store holds."""

    document_id: str
    language: str
    version: int
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    content_hash: str
    stands: bool
    """Neither replaced nor retired."""
    released: bool = False
    """A person found nothing wrong with its suspicions."""


class Plan(Value):
    """What becomes of a document that is loaded."""

    version: int | None
    """The version to write; None when the same already stands."""
    withdrawn: tuple[int, ...] = ()
    released: bool = False
    """The same content was released before."""


def plan(document: Document, content_hash: str, versions: Sequence[Version]) -> Plan:
    """What to do, given every version of the document in its language.

    A new version takes the place of the one of its edition, and of other editions whose time in effect overlaps: two
    that contradict each other must not stand together.
    """
    released = any(one.released and one.content_hash == content_hash for one in versions)
    standing = [one for one in versions if one.stands]
    same = next((one for one in standing if one.effective_from == document.effective_from), None)
    if same is not None and same.content_hash == content_hash:
        return Plan(version=None)
    withdrawn = tuple(one.version for one in standing if one is same or _overlap(one, document))
    latest = max((one.version for one in versions), default=FIRST - 1)
    return Plan(version=latest + 1, withdrawn=withdrawn, released=released)


def follow(versions: Sequence[Version], document: Document, content_hash: str, planned: Plan) -> list[Version]:
    """The versions of the document once the plan is carried out: two editions of it may come in one batch."""
    if planned.version is None:
        return list(versions)
    new = Version(
        document_id=document.id,
        language=document.language.value,
        version=planned.version,
        effective_from=document.effective_from,
        effective_to=document.effective_to,
        content_hash=content_hash,
        stands=True,
    )
    after = [one.model_copy(update={"stands": one.stands and one.version not in planned.withdrawn}) for one in versions]
    return [*after, new]


def _overlap(one: Version, document: Document) -> bool:
    return not (_over(one.effective_to, document.effective_from) or _over(document.effective_to, one.effective_from))


def _over(end: datetime | None, begin: datetime | None) -> bool:
    return end is not None and begin is not None and end <= begin


def passage_id(first: str, version: int) -> str:
    """The id of a passage in a version: `returns.es#2`, from the second version on `returns.es@2#2`."""
    if version == FIRST:
        return first
    document, _, position = first.rpartition("#")
    return f"{document}@{version}#{position}"
