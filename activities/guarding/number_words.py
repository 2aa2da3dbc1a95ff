"""Numbers that are written as words, as digits: `within thirty days` and `dans les trente jours` state values too."""

import re
from functools import lru_cache

from text_to_num import alpha2digit

from activities.guarding.tongue import tongue_of
from domain.vocabulary import Language

LEAST = 2.0
"""Smaller ones stand as words: `one`, `un` and `eine` are articles far more often than numbers."""
_PERCENT = re.compile(r"\b(?:per cent|percent|pour cent|por ciento|por cento|prozent)\b", re.I)
_PRONOUN = re.compile(
    r"\b(?:the|these|those|die|diese|beiden|les|ces|los|las|estos|estas|os|as|estes|estas)"
    r" (?:two|zwei|deux|dos|dois|duas)\b",
    re.I,
)
_UNITS = {
    Language.EN: r"days?|weeks?|months?|years?|hours?|minutes?",
    Language.DE: r"tag(?:e[sn]?)?|wochen?|monat(?:e[sn]?|s)?|jahr(?:e[sn]?|s)?|stunden?|minuten?|werktag(?:e[sn]?|s)?",
    Language.FR: r"jours?|semaines?|mois|ans?|années?|heures?|minutes?",
    Language.ES: r"días?|semanas?|mes(?:es)?|años?|horas?|minutos?",
    Language.PT: r"dias?|semanas?|mês|meses|anos?|horas?|minutos?",
}
_ONE = {
    Language.EN: r"(?:within|in|after|for|under) (?:a|an|one)(?: (?:single|working|business))?",
    Language.DE: r"(?:innerhalb|binnen|nach|in|für|seit) (?:eine[rnms]?)",
    Language.FR: r"(?:dans|sous|en|après|pendant|d') ?(?:une?)",
    Language.ES: r"(?:en|dentro de|tras|durante|de) (?:una?)",
    Language.PT: r"(?:em|dentro de|após|durante|de|n) ?(?:uma?)",
}


@lru_cache(maxsize=4_096)
def with_digits(text: str, hint: Language | None = None, *, freely: bool = False) -> str:
    """The text with numbers from two upwards in digits, and with `1` for the article of a period (`within a week`;
    with `freely` also where no such word stands before it)."""
    if not any(letter.isalpha() for letter in text):
        return text
    language = tongue_of(text, hint)
    plain = _PERCENT.sub("%", _PRONOUN.sub("¤", text))
    if freely:
        plain = re.sub(
            rf"\b(?:a|an|one|eine[rnms]?|une?|una?|uma?)(?= (?:{_UNITS[language]})\b)", "1", plain, flags=re.I
        )
    single = re.compile(rf"\b({_ONE[language]})(?= (?:{_UNITS[language]})\b)", re.I)
    plain = single.sub(lambda found: f"{found.group().split()[0]} 1", plain)
    return str(alpha2digit(plain, language.value, LEAST))
