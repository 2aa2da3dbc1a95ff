"""The marks by which models without citations of their own name the sources of a sentence, read as citations."""

import re
from collections.abc import Sequence

from domain.ports import ModelCitation
from retrieval.sentences import split_sentences

_NUMBERS = re.compile(r"[ \t]*(?:[\[【]\^?\d{1,3}(?:\s?[,;]\s?\d{1,3})*(?:†[^\]】\n]{0,40})?[\]】](?!\())+")
_NUMBER = re.compile(r"(?<![†\w])\d{1,3}(?![\w])")


def numbered(text: str, ids: Sequence[str]) -> tuple[str, tuple[ModelCitation, ...]]:
    """The text without marks such as `[2]`, and what they said: each cites, for the sentence before it, the document
    of that place from 1 on. Numbers that no document has are dropped."""
    plain, marks, end = "", [], 0
    for mark in _NUMBERS.finditer(text):
        plain += text[end : mark.start()]
        end = mark.end()
        numbers = [int(number) for number in _NUMBER.findall(mark.group())]
        marks.append((len(plain), [ids[number - 1] for number in numbers if 1 <= number <= len(ids)]))
    plain += text[end:]
    found: dict[tuple[int, int], list[str]] = {}
    spans = sentence_spans(plain)[::-1]
    for place, documents in marks:
        span = next((span for span in spans if span[0] < place), None)
        if span is not None and documents:
            found.setdefault(span, []).extend(documents)
    return plain, tuple(
        ModelCitation(start=start, end=stop, documents=tuple(dict.fromkeys(documents)))
        for (start, stop), documents in sorted(found.items())
    )


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end, in characters; those without a letter or digit are left out."""
    spans, line_start = [], 0
    for line in text.splitlines(keepends=True):
        place = line_start
        for sentence in split_sentences(line.strip()):
            start = text.index(sentence, place) if sentence else place
            place = start + len(sentence)
            if any(letter.isalnum() for letter in sentence):
                spans.append((start, place))
        line_start += len(line)
    return spans
