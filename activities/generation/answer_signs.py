"""What kind of answer a question asks for, and what kinds a sentence could be: by words and by shapes. Pure.

Word lists are data, in resources/answering.json and, for what the guard asks too, in resources/asked.json.
"""

import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache

from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES
from domain.vocabulary import Language

ASKED = ("place", "reason", "manner", "person", "choice", "thing", "count", "long")
"""Kinds of questions by the words of answering.json; `yes_no` besides, by how a clause begins."""
VALUED = ("money", "period", "measure", "percentage")
"""Kinds of questions by the words of asked.json: a value answers them."""
OPENINGS = ("yes", "no")
SAYS = ("unsure", "negation", "permission", "condition")
KINDS = ("yes_no", *ASKED, *VALUED, "alternative", "with_number")
SIGNS = (*OPENINGS, *SAYS, *VALUED, "number", "contact", "question", "mine", "short")

_NUMBER = re.compile(r"\d")
_MONEY = re.compile(r"[€$£]|\b(?:eur|euros?|chf|usd|gbp|gratis|gratuit[oae]?s?|kostenlos\w*|kostenfrei\w*|free)\b")
_PERCENTAGE = re.compile(r"\d\s?%|\b(?:percent|prozent|pour cent|por ciento|por cento)\b")
_PERIOD = re.compile(
    r"\b(?:\d+|one|two|three|eine[mnr]?|zwei|drei|une?|deux|trois|dos|tres|um|uma|duas|dois)\W{1,2}(?:\w+\W)?"
    r"(?:second|sekunde|seconde|segundo|minut|hour|stunde|heure|hora|day|tag|jour|dia|werktag|arbeitstag|week|woche"
    r"|semaine|semana|month|monat|mois|mes|year|jahr|an\b|ans\b|ano)\w*"
    r"|\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2}\s?h\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b"
    r"|\b(?:monday|montag|lundi|lunes|segunda|friday|freitag|vendredi|viernes|sexta|saturday|samstag|samedi|sabado)\b"
)
_MEASURE = re.compile(
    r"\d\s?(?:\"|''|'|°|(?:inch(?:es)?|in|cm|mm|m|m2|m²|km|ft|feet|foot|lbs?|pounds?|oz|ounces?|kg|g|grams?|gramm|gallons?"
    r"|quarts?|l|litres?|liters?|liter|ml|cl|watts?|w|v|volts?|amps?|a|mah|lm|lumen|degrees?|grad|bar)\b)|\bunit:"
)
_CONTACT = re.compile(r"\S+@\S+\.\w|https?://|www\.|\b\d{5}\b")
_ALTERNATIVE = re.compile(r"\b(?:or|oder|ou|o)\b")
_MINE = re.compile(r"(?:i|my|we|ich|mein\w*|je|mon|ma|yo|mi|eu|o meu|a minha)\b")
SHORT = 25
"""Characters: a sentence below says little."""
_SHAPES = {
    "money": _MONEY,
    "percentage": _PERCENTAGE,
    "period": _PERIOD,
    "measure": _MEASURE,
    "number": _NUMBER,
    "contact": _CONTACT,
    "question": re.compile(r"\?"),
}


@lru_cache(maxsize=1_024)
def asked_kinds(question: str, language: Language) -> frozenset[str]:
    """Of KINDS: what the question asks for."""
    plain = comparable(question)
    found = {kind for kind in (*ASKED, *VALUED) if _lists(language, kind).search(plain)}
    if _begins(language, "yes_no").search(plain) or _begins(language, "statements_too").match(plain):
        found.add("yes_no")
    if _ALTERNATIVE.search(plain):
        found.add("alternative")
    if _NUMBER.search(plain):
        found.add("with_number")
    return frozenset(found)


@lru_cache(maxsize=8_192)
def said_signs(text: str, language: Language) -> frozenset[str]:
    """Of SIGNS: what a sentence could answer."""
    plain = comparable(text)
    found = {name for name in OPENINGS if _begins(language, name).match(plain)}
    found |= {name for name in SAYS if _lists(language, name).search(plain)}
    found |= {name for name, pattern in _SHAPES.items() if pattern.search(plain)}
    if _MINE.match(plain):
        found.add("mine")
    if len(plain) < SHORT:
        found.add("short")
    return frozenset(found)


@cache
def _lists(language: Language, name: str) -> re.Pattern[str]:
    return compiled(words_for(language, name))


@cache
def _begins(language: Language, name: str) -> re.Pattern[str]:
    """At the beginning of a clause."""
    return re.compile(rf"(?:^\W*|[.,;:!?] \W*|\b(?:and|und|et|y|e|or|oder|ou|o) )(?:{_lists(language, name).pattern})")


def words_for(language: Language, name: str) -> Sequence[str]:
    """A list of words of one language, as it is written: asked.json has those of VALUED, answering.json the rest."""
    file = "asked.json" if name in VALUED else "answering.json"
    found: Sequence[str] = _read(file)[language.value][name]
    return found


@cache
def _read(file: str) -> dict[str, dict[str, list[str]]]:
    lists: dict[str, dict[str, list[str]]] = json.loads((RESOURCES / file).read_text(encoding="utf-8"))
    return lists
