"""What a draft cites, with the places in its text that rest on it. Pure."""

from collections.abc import Sequence

from activities.generation.quotes import Quote
from domain.drafts import Citation


def citations_of(quotes: Sequence[Quote], text: str) -> tuple[Citation, ...]:
    """One citation a passage; its spans are the quoted sentences, each where it stands first after the one before."""
    return tuple(
        Citation(
            passage_id=quote.passage.passage_id,
            document_id=quote.passage.document_id,
            content_hash=quote.passage.content_hash,
            title=quote.passage.title,
            url=quote.passage.url,
            spans=_spans(quote, text),
        )
        for quote in quotes
    )


def _spans(quote: Quote, text: str) -> tuple[tuple[int, int], ...]:
    found, after = [], 0
    for part in quote.parts or (quote.text,):
        start = text.find(part, after)
        if start >= 0:
            after = start + len(part)
            found.append((start, after))
    return tuple(found)
