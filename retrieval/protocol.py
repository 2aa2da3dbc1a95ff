"""Marks of the protocols in which models are spoken to, and links that carry customers' data away. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_ESCAPE = re.compile(r"\\([\\`*_\[\]<>#|~{}])")
_TOKENS = re.compile(
    r"<\|\s?/?(?:im_start|im_end|im_sep|system|user|assistant|endoftext|end_of_text|begin_of_text|eot_id|start_header_id"
    r"|end_header_id|endofprompt)\s?\|?>|\[/?INST\]|<</?SYS>>|\bBEGININSTRUCTION\b|<(?:start|end)_of_turn>"
    r"|</?(?:system|assistant|instructions?|system_?prompt|user_?message|tool_?call|function_?calls?|admin|override)\b[^<>]{0,80}>"
    r"|\[/?(?:system|assistant|system_?prompt|admin)(?:\s(?:message|prompt|note|override))?\]"
    r"|[\"']role[\"']\s*:\s*[\"'](?:system|assistant|developer|tool)[\"']"
    r"|(?<![-=*#])[-=*#]{2,40}[ \t]{0,5}(?:begin|start|end)(?: of)? (?:system|prompt|instructions?)\b"
    r"|###\s*(?:instruction|system)s?\s*###"
    r"|^#{1,6}\s*(?:system prompt|system message|assistant|human|instruction)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_SPEAKER = (
    r"(?:system|sistema|système|assistant|assistent|asistente|assistente|ai|ki|ia|developer|chatbot|ai[ -]assistant"
    r"|ki-assistent|(?:asistente|assistente|assistant)(?: de)? ia)"
)
_ORDER_LINE = re.compile(
    rf"^\W{{0,6}}{_SPEAKER}(?: (?:prompt|message|note|override|instruction|update))?\W{{0,3}}:\W{{0,3}}"
    r"(?=[^\n]{0,120}\b(?:you (?:must|are|will|should|shall|have)|ignore|disregard|forget|respond|reply (?:to|with)"
    r"|approve|grant|du (?:bist|musst|sollst)|sage dem|antworte|ignoriere|vergiss|versprich|genehmige|responde|contesta"
    r"|ignora|olvida|eres|debes|aprueba|tu (?:es|dois)|vous (?:devez|êtes)|réponds|répondez|oublie|ignorez|approuve|és"
    r"|deves|responda|diga ao|esquece|esqueça|aprova|aprove)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_TURNS = (
    re.compile(r"^\W{0,4}(?:system|user|human|customer|utilisateur|usuario|nutzer|utilizador)\W{0,3}:", re.I | re.M),
    re.compile(r"^\W{0,4}(?:assistant|ai|bot|gpt|asistente|assistente|assistent)\W{0,3}:", re.I | re.M),
)
_DATA = (
    r"(?:e-?mail|mail|phone|telephone|telefon|telefono|address|adresse|direccion|morada|full_?name|customer|kunde|cliente"
    r"|client|card|karte|tarjeta|cartao|carte|cvv|password|passwort|contrasena|senha|token|session|cookie|conversation"
    r"|chat|history|historial|historico|historique|verlauf|message|nachricht|mensaje|mensagem|summary|context|prompt"
    r"|transcript|user|secret|api_?key|data|daten|datos|dados)"
)
_LINK = re.compile(r"(?:https?:)?//[^\s)>\"']{1,600}", re.IGNORECASE)
_PLACE = re.compile(rf"[?&/=#][^?&/=#]*(?:\{{\{{?|\[|<|%7B|%5B|\$|%)\s?[\w.\- ]{{0,30}}?{_DATA}", re.IGNORECASE)


class Mark(NamedTuple):
    """One mark, where it stands."""

    rule: str
    text: str
    why: str


def protocol_marks(text: str) -> Iterator[Mark]:
    """Every kind of mark that the text holds, once."""
    text = _ESCAPE.sub(r"\1", unicodedata.normalize("NFKC", text))
    if found := _TOKENS.search(text):
        yield Mark(
            "role_marker", _line(text, found), "It imitates the marks that part a model's instructions from its text."
        )
    if found := _ORDER_LINE.search(text):
        yield Mark("role_marker", _line(text, found), "It speaks in the name of the system or the assistant.")
    if all(turn.search(text) for turn in _TURNS):
        found = _TURNS[1].search(text)
        yield Mark("role_marker", _line(text, found) if found else "", "It plays a conversation with an assistant.")
    if found := next((link for link in _LINK.finditer(text) if _PLACE.search(link.group())), None):
        yield Mark("exfiltration", _line(text, found), "It holds a link that would carry a customer's data away.")


def _line(text: str, found: re.Match[str]) -> str:
    return text[max(0, found.start() - 20) : found.end() + 80]
