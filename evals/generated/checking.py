"""Whether a draft says what was asked: by the facts that were written down beforehand, checked by a program. Pure.

Only answers are judged. A clarifying question, a notice and a draft that says a person will look answer nothing
automatically: they are neither right nor wrong, and are left out of every set of labels.
"""

import re
from collections.abc import Iterator

from activities.guarding.values import Values, values_in, values_of
from activities.wording import clean, fold, sentences_of
from domain.vocabulary import Language
from evals.generated.cases import GeneratedCase, Need, Reply

OUR_ADDRESSES = "@lumenoak.example"
SENTENCES = 40
"""Of a reply that are read."""
_GROUPED = re.compile(r"(?<=\d)[.,\u00a0\u202f' ](?=\d{3}(?!\d))")
_DECIMAL = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_ORDER_ID = re.compile(r"\bORD-\d{3,}\b")
_TRACKING = re.compile(r"\b[A-Z]{2}\d{9}[A-Z]{2}\b")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UNIT = (
    r"(?:working |business )?(?:days?|hours?|years?|months?)|(?:Werk|Arbeits)?tagen?|Werktage|Tage|Stunden?|Jahren?"
    r"|Monaten?|jours? ouvrés?|jours?|heures?|ans|mois|días? laborables?|días?|horas?|años?|meses"
    r"|dias? úteis|dias?|anos?"
)
_RANGE = r"\d{1,2}\s*(?:[-–]|to|bis|à|a)\s*\d{1,2}"
_MEASURED = re.compile(
    rf"(?<![\w,.])(?:(?P<known>(?:{_RANGE}|\d{{1,2}})\s(?P<unit>{_UNIT})\b)"
    rf"|(?P<range>{_RANGE})(?=\s*(?:[.,;)]|$)|\s+(?:for|in|für|bei|pour|en|para|em)\b)"
    r"|(?:(?<=,\s)|(?<=\be\s)|(?<=\by\s)|(?<=\bet\s)|(?<=\band\s)|(?<=\bund\s))"
    r"(?P<one>\d{1,2})(?=\s(?:for|für|pour|para|bei)\b))",
    re.IGNORECASE,
)
"""A number with its unit, or without one where the unit before is meant: `cards take 3–5 days, transfers 1–2`."""
_IN_WORDS = re.compile(
    r"\b(?:one|ein|eine[mnr]?|une?|uno|uma?) (?:to|or|bis|oder|à|ou|o|a) (?:two|zwei|deux|dos|dois|duas)\b",
    re.IGNORECASE,
)


def is_right(case: GeneratedCase, reply: Reply, language: Language) -> bool:
    """Whether an answer is right and complete: everything that is needed, from a document that states it, in the
    customer's language, and nothing of another customer. Nothing else in it is judged."""
    if not case.answerable or reply.language is not language or reply.source_languages - {language}:
        return False
    if case.documents and not set(case.documents) & set(reply.documents):
        return False
    if strangers_in(case, reply.text) or _wrong_dates(case, reply.text, language):
        return False
    stated, folded = stated_in(reply.text, language), plain(reply.text)
    return all(_is_met(need, stated, folded) for need in case.needs)


def is_judged(reply: Reply) -> bool:
    """Whether it answers at all."""
    return reply.kind == "answer"


def strangers_in(case: GeneratedCase, text: str) -> tuple[str, ...]:
    """Order ids, tracking numbers and addresses in a text that are neither this customer's, nor written by the
    customer, nor the store's."""
    found = [*_ORDER_ID.findall(text), *_TRACKING.findall(text), *_ADDRESS.findall(text)]
    known = {each.casefold() for each in case.own}
    said = case.text.casefold()
    return tuple(
        each
        for each in found
        if each.casefold() not in known and each.casefold() not in said and not each.endswith(OUR_ADDRESSES)
    )


def stated_in(text: str, language: Language) -> Values:
    """Every value of a text, of its numbers as they are written and as English writes them."""
    cleaned = clean(text.replace("º", "°"))  # cleaning would make the letter o of it
    cleaned = _IN_WORDS.sub("1-2", cleaned)
    return values_of(cleaned, _english(cleaned), *_implied(cleaned), hint=language)


def plain(text: str) -> str:
    """A text as phrases are compared with it."""
    return re.sub(r"\s+", " ", fold(clean(text)))


def meets(need: Need, text: str, language: Language) -> bool:
    """Whether a text in this language says what is needed."""
    return _is_met(need, stated_in(text, language), plain(text))


def _is_met(need: Need, stated: Values, folded: str) -> bool:
    if any(phrase in folded for phrase in need.phrases):
        return True
    return any(states(stated, value) for value in need.values)


def states(stated: Values, value: str) -> bool:
    """Whether these values hold the one that is written as English writes it."""
    wanted = values_in(_english(value), Language.EN)
    return bool(wanted) and all(stated.support(each) for each in wanted)


def _wrong_dates(case: GeneratedCase, text: str, language: Language) -> bool:
    if not case.dates:
        return False
    about = [sentence for sentence in sentences_of(clean(text), SENTENCES) if _ORDER_ID.search(sentence)]
    given = [value for sentence in about for value in values_in(sentence, language) if value.kind == "date"]
    allowed = values_of(*case.dates)
    return any(not allowed.support(value) for value in given)


def _implied(text: str) -> Iterator[str]:
    """What a sentence states without a unit that it has named before, with that unit."""
    for sentence in sentences_of(text, SENTENCES):
        unit = ""
        for found in _MEASURED.finditer(sentence):
            unit = found["unit"] or unit
            if unit and not found["unit"]:
                yield f"{found['range'] or found['one']} {unit}"


def _english(text: str) -> str:
    """Numbers with a point for the fraction and nothing between thousands."""
    return _DECIMAL.sub(".", _GROUPED.sub("", text))
