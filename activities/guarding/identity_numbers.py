"""Numbers that identify a person, told by their checksums: national ids of the countries of the five languages.

Kept apart from the check: this module loads Presidio and spaCy (some 2 seconds, 100 MB) and is imported on first use.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import spacy
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    CryptoRecognizer,
    IbanRecognizer,
    IpRecognizer,
    MacAddressRecognizer,
    PhoneRecognizer,
)
from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.pt import nif
from stdnum.us import ssn

LANGUAGE = "en"
"""Recognisers are patterns and checksums: all of them run on every text, under one name."""
REGIONS = ("GB", "IE", "DE", "AT", "CH", "FR", "BE", "ES", "MX", "PT", "BR", "US")
LEAST = 0.4
"""Presidio's score of a telephone number; checksums give 1."""


class _Kind(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    needs: re.Pattern[str] | None = None
    """Words one of which has to stand before: for numbers whose checksum one in ten passes."""


_NEAR = {
    "cpf": re.compile(r"\bcpf\b|\d\.\d{3}\.", re.I),
    "nif": re.compile(r"\bnif\b|contribuinte|fiscal", re.I),
    "idnr": re.compile(r"steuer|\bidnr\b|tax", re.I),
    "nhs": re.compile(r"\bnhs\b", re.I),
}
_NINO = r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
_IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
_NIR = r"\b[12](?: ?\d){2}(?: ?\d){2}(?: ?[\dAB]){2}(?: ?\d){8}\b"
_KINDS = (
    _Kind("a bank account (IBAN)", re.compile(_IBAN), iban.is_valid),
    _Kind("a card number", re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])"), luhn.is_valid),
    _Kind("a Spanish identity number", re.compile(r"\b\d{8}[ -]?[A-Z]\b"), dni.is_valid),
    _Kind("a Spanish foreigner's number", re.compile(r"\b[XYZ][ -]?\d{7}[ -]?[A-Z]\b"), nie.is_valid),
    _Kind("a Brazilian tax number", re.compile(r"\b\d{3}\.?\d{3}\.?\d{3}-?\d{2}\b"), cpf.is_valid, _NEAR["cpf"]),
    _Kind("a French social security number", re.compile(_NIR), nir.is_valid),
    _Kind("a Portuguese tax number", re.compile(r"\b\d{3} ?\d{3} ?\d{3}\b"), nif.is_valid, _NEAR["nif"]),
    _Kind("a German tax number", re.compile(r"\b\d{2} ?\d{3} ?\d{3} ?\d{3}\b"), idnr.is_valid, _NEAR["idnr"]),
    _Kind("a British insurance number", re.compile(_NINO), lambda _: True),
    _Kind("a British health number", re.compile(r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b"), nhs.is_valid, _NEAR["nhs"]),
    _Kind("a US social security number", re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), ssn.is_valid),
)
BEFORE = 40
"""Letters before a number in which the words that it needs are looked for."""


class NationalNumbers(EntityRecognizer):
    """Presidio's door to the checksums of python-stdnum."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["NATIONAL_NUMBER"], supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """Every number of a known kind whose checksum is right."""
        del entities, nlp_artifacts
        return [
            RecognizerResult("NATIONAL_NUMBER", match.start(), match.end(), 1.0)
            for kind in _KINDS
            for match in kind.pattern.finditer(text)
            if _stands(kind, match, text)
        ]


def _stands(kind: _Kind, match: re.Match[str], text: str) -> bool:
    around = text[max(0, match.start() - BEFORE) : match.end()]
    return (kind.needs is None or kind.needs.search(around) is not None) and kind.is_valid(match.group())


class _BlankEngine(SpacyNlpEngine):
    """A tokenizer and no model: there is nothing to download."""

    def __init__(self) -> None:
        super().__init__(models=[{"lang_code": LANGUAGE, "model_name": "blank"}])
        self.nlp = {LANGUAGE: spacy.blank(LANGUAGE)}  # type: ignore[assignment]  # its own default is None

    def load(self) -> None:
        """Nothing to load."""


def personal_numbers(text: str) -> list[tuple[int, int, str]]:
    """Start, end and kind of everything in the text that identifies a person, without overlaps."""
    results = [result for result in _engine().analyze(text, language=LANGUAGE) if result.score >= LEAST]
    found: list[tuple[int, int, str]] = []
    for result in sorted(results, key=lambda result: (-result.score, result.start)):
        if all(result.end <= start or result.start >= end for start, end, _ in found):
            found.append((result.start, result.end, _told(result, text)))
    return sorted(found)


def _told(result: RecognizerResult, text: str) -> str:
    words = text[result.start : result.end]
    if result.entity_type == "NATIONAL_NUMBER":
        return next(kind.name for kind in _KINDS if kind.pattern.fullmatch(words) and kind.is_valid(words))
    return f"a {result.entity_type.replace('_', ' ').lower()}"


@cache
def _engine() -> AnalyzerEngine:
    said = Pattern(
        "password", r"\b(?:password|passwort|contraseña|mot de passe|palavra-passe|senha)\s*[:=]\s*\S{4,40}", 0.9
    )
    recognisers = [
        NationalNumbers(),
        CreditCardRecognizer(supported_language=LANGUAGE),
        IbanRecognizer(supported_language=LANGUAGE),
        CryptoRecognizer(supported_language=LANGUAGE),
        IpRecognizer(supported_language=LANGUAGE),
        MacAddressRecognizer(supported_language=LANGUAGE),
        PhoneRecognizer(supported_language=LANGUAGE, supported_regions=REGIONS),
        PatternRecognizer("PASSWORD", patterns=[said], supported_language=LANGUAGE),
    ]
    registry = RecognizerRegistry(recognizers=recognisers, supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry=registry, nlp_engine=_BlankEngine(), supported_languages=[LANGUAGE])
