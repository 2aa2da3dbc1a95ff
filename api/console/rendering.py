"""Pages from templates: everything escaped, nothing loaded from elsewhere, no script in the page itself."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

ROOM = Path(__file__).parent.parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LABELS = {
    "waiting_review": "Draft to review",
    "waiting_agent": "Needs an agent",
    "failed": "Failed",
    "received": "Received",
    "working": "Working",
    "sent": "Sent",
    "closed": "Closed",
    "sent_automatically": "sent automatically",
    "sent_after_review": "sent after review",
    "sent_after_edit": "sent after an edit",
    "handled_by_agent": "handled by an agent",
    "superseded": "superseded by a newer message",
    "closed_without_reply": "closed without a reply",
    "take_over": "took over",
    "approve": "approved",
    "edit": "edited",
    "reject": "rejected",
    "reply": "replied",
    "close": "closed",
    "standing": "not withdrawn",
    "any": "all",
    "quarantined": "in quarantine",
    "faq": "FAQ",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "image/gif": "GIF",
    "application/pdf": "PDF",
    "javascript": "holds scripts",
    "embedded_files": "holds files",
    "launches": "starts programs",
    "encrypted": "is encrypted",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "pt": "Portuguese",
}
ROLES = {"customer": "Customer", "assistant": "Holdpoint", "agent": "Agent", "notice": "Notice"}


def label(value: object) -> str:
    """A word of our vocabularies as people write it; the empty string for None."""
    text = "" if value is None else str(value)
    return LABELS.get(text) or text.replace("_", " ")


def moment(at: datetime) -> Markup:
    """A time as UTC; the script turns it into the reader's own time."""
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), utc.strftime("%d %b %H:%M UTC")
    )


def day(at: datetime) -> Markup:
    """A day, in UTC: what is in effect changes at its midnight as a rule."""
    utc = at.astimezone(UTC)
    return Markup('<span title="{}">{}</span>').format(utc.isoformat(timespec="minutes"), utc.strftime("%d %b %Y"))


def span(seconds: float) -> str:
    """A length of time in one unit: 45 s, 12 min, 3 h, 5 d."""
    length = abs(seconds)
    for unit, size, limit in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 48)):
        if length < size * limit:
            return f"{int(length // size)} {unit}"
    return f"{int(length // 86_400)} d"


def amount(size: int) -> str:
    """Bytes in one unit: 800 B, 12 kB, 3.4 MB."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.0f} kB" if size < 1024**2 else f"{size / 1024**2:.1f} MB"


def due(deadline: datetime, now: datetime | None = None) -> str:
    """How far a deadline is away: `in 3 h` or `12 min ago`."""
    left = (deadline - (now or datetime.now(UTC))) / timedelta(seconds=1)
    return f"in {span(left)}" if left > 0 else f"{span(left)} ago"


def age(at: datetime, now: datetime | None = None) -> str:
    """How long ago something was."""
    return span(((now or datetime.now(UTC)) - at) / timedelta(seconds=1))


def marked(text: str, excerpts: Iterable[str]) -> Markup:
    """A text with the given words marked, everything escaped."""
    places = sorted({(at, at + len(words)) for words in excerpts if words for at in _places(text, words)})
    parts, end = [], 0
    for start, stop in places:
        if start < end:
            continue
        parts += [escape(text[end:start]), Markup("<mark>{}</mark>").format(text[start:stop])]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])


def grouped(facts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Looked-up facts by what they are about: `order/ORD-1/total` is the `total` of `order ORD-1`."""
    groups: dict[str, dict[str, str]] = {}
    for path, value in facts.items():
        *about, name = path.split("/")
        groups.setdefault(" ".join(about), {})[name] = value
    return groups


def _places(text: str, words: str) -> list[int]:
    found: list[int] = []
    at = text.find(words)
    while at >= 0 and len(found) < 50:
        found.append(at)
        at = text.find(words, at + len(words))
    return found


def web_address(url: str | None) -> str | None:
    """The URL when it is one to follow (http or https), else None."""
    try:
        return url if url and urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None


ENVIRONMENT = Environment(
    loader=FileSystemLoader(ROOM / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters.update(label=label, moment=moment, day=day, due=due, age=age, span=span, web_address=web_address)
ENVIRONMENT.filters.update(amount=amount)
ENVIRONMENT.globals.update(marked=marked, grouped=grouped, roles=ROLES)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, with the headers that keep it safe."""
    shown = {"agent": None, "csrf": "", "live": None, **values}
    return HTMLResponse(ENVIRONMENT.get_template(template).render(shown), status, HEADERS)
