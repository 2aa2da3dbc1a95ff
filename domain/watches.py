"""What is watched: a folder or a site whose knowledge is loaded again and again, on a schedule. Pure."""

import re
from fnmatch import fnmatchcase

from domain.canonical import content_hash
from domain.values import Value
from domain.vocabulary import Kind


class PageKind(Value):
    """What the pages of a site below one path are."""

    pattern: str
    """The beginning of a path, such as `/help/`, or with `*` in it the whole of one."""
    kind: Kind | None
    """None: such pages are left out."""

    def fits(self, path: str) -> bool:
        """Whether it speaks of this path."""
        return fnmatchcase(path, self.pattern) if "*" in self.pattern else path.startswith(self.pattern)


class Watch(Value):
    """One folder or sitemap of a store."""

    store: str
    watch_id: str
    location: str
    """An absolute path on the worker's machine, or the http(s) address of a sitemap."""
    every_minutes: int
    prune: bool = True
    """What is gone there is retired here."""
    kinds: tuple[PageKind, ...] = ()

    @property
    def is_site(self) -> bool:
        """Whether it is a sitemap rather than a folder."""
        return is_site(self.location)

    def kind_of(self, path: str) -> Kind | None:
        """What a page at this path is, by the longest pattern that fits; None: it is left out."""
        fitting = [each for each in self.kinds if each.fits(path)]
        return max(fitting, key=lambda each: len(each.pattern)).kind if fitting else None


class RefreshInput(Value):
    """Which watch is to be loaded again."""

    store: str
    watch_id: str


class RefreshProgress(Value):
    """How far it is; the activity's heartbeats carry it."""

    stage: str = ""
    """`pages` while a site is read, `documents` while they are loaded."""
    done: int = 0
    total: int | None = None
    """None: not known yet."""


class RefreshResult(Value):
    """What a refresh did; the row of the load in `knowledge_loads` holds every part."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0
    skipped: int = 0
    quarantined: int = 0
    not_loaded: tuple[str, ...] = ()
    """The first skipped parts, one sentence each."""
    in_quarantine: tuple[str, ...] = ()
    """The first documents that a person has to look at."""
    notes: tuple[str, ...] = ()


def is_site(location: str) -> bool:
    """Whether a location is an address rather than a folder."""
    return bool(re.match(r"https?://", location, re.IGNORECASE))


def watch_id_of(location: str) -> str:
    """The same location always has the same id: a few readable characters and a hash."""
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"^https?://(www\.)?", "", location.lower())).strip("-")
    telling = words[:24] if is_site(location) else words[-24:]
    return f"{telling.strip('-') or 'watch'}-{content_hash(['watch', location])[:6]}"
