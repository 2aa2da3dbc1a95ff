"""Cuts a passage's text into its sentences, list items and table rows. Pure.

A rule and not a library: pysbd, the usual one, knows no Portuguese and has to be told the language, while texts mix
languages here; the abbreviations of all five stand together in one list, and the rule costs microseconds.
"""

import re

MAX_UNITS = 12
"""So many units a passage has at most; short neighbours are joined until it fits."""
MIN_CHARACTERS = 20
"""A shorter unit is joined to its neighbour: three words alone mean too little."""

_MARK = re.compile(r"^\s*(?:[-•*]|\d{1,3}[.)])\s+")
_END = re.compile(r"[.!?…]+[\"'»”’“)\]]*\s+(?=\S)")
_LAST_WORD = re.compile(r"([^\s(\[\"'«„“/]+)\.$")
_ORDINAL = re.compile(r"(?<![\w.,-])\d{1,2}\.$")
_NEVER = frozenset(
    "abzgl. aprox. approx. av. avda. bes. betr. bsp. bspw. bzgl. bzw. ca. cf. cód. dr. dra. dt. ej. "
    "eigtl. einschl. engl. entspr. evtl. ex. exc. excl. exma. exmo. exmos. gem. ggf. ggfs. hr. hrn. incl. "
    "inkl. insb. jr. lat. lt. max. mind. mín. máx. mlle. mme. mr. mrs. ms. mtl. mwst. n.º nº. nr. núm. "
    "prof. réf. ref. resp. rev. sog. sr. sra. sras. sres. srta. st. sta. sto. str. tel. tél. tfno. ud. "
    "uds. urspr. vgl. vs. zgl. zzgl. zw. e.g. i.e. z.b. d.h. u.a. o.ä. p.ej. p.ex. i.d.r. env. éd. bd. "
    "blvd. dpto. dto. depto. tlf. telf. apdo. c.f.".split()
)
"""Abbreviations that stand before what they belong to, so no sentence ends with them."""
_BEFORE_A_NUMBER = frozenset(
    "no. num. art. cap. sec. tab. fig. pos. vol. pág. pag. pp. p. s. abs. jan. feb. febr. apr. aug. sept. "
    "okt. nov. dez. janv. févr. avr. juil. oct. déc. ene. abr. ago. dic. fev. set. out. kap. ed.".split()
)
"""Abbreviations when a number follows; some are words of their own otherwise (no, set, out)."""
_PERHAPS = frozenset("etc. usw. uvm. ff. co. inc. ltd. ltda. gmbh. p.m. a.m. std. min. sek. stk. tg. cm. kg.".split())
"""Abbreviations that may end a sentence: they do when the next word is written with a capital letter."""
_BEFORE_A_LETTER = frozenset(
    "size sizes größe größen talla tallas taille tailles tamanho tamanhos type typ tipo class klasse "
    "classe clase vitamin vitamina vitamine plan model modell modèle modelo option opción opção zone zona "
    "variante variant".split()
)


def sentences_of(passage_text: str) -> list[str]:
    """The sentences, list items and table rows of a passage in reading order, at most MAX_UNITS and none blank.

    List marks are gone; units shorter than MIN_CHARACTERS are joined to a neighbour. There is always at least one: of a
    text without any words, the text itself.
    """
    lines = (_MARK.sub("", line).strip() for line in passage_text.splitlines())
    units = _long_enough([unit for line in lines if line for unit in split_sentences(line)])
    return _few_enough(units) or [passage_text.strip()]


def split_sentences(line: str) -> list[str]:
    """The sentences of one line as they stand; joined by spaces they are the line again."""
    units: list[str] = []
    start = 0
    for end in _END.finditer(line):
        if _ends(line[start : end.end()].rstrip(), line[end.end()]):
            units.append(line[start : end.end()].rstrip())
            start = end.end()
    return [*units, line[start:]]


def _ends(before: str, following: str) -> bool:
    """Whether a sentence ends with `before` when the next word begins with `following`."""
    if not before.endswith("."):
        return not following.islower()
    if following.islower() or _ORDINAL.search(before):
        return False
    found = _LAST_WORD.search(before)
    word = found.group(1).lower() + "." if found else ""
    if word in _BEFORE_A_NUMBER and following.isdigit():
        return False
    if word in _PERHAPS:
        return following.isupper()
    if len(word) == 2 and word[0].isalpha():
        return _names_a_letter(before)
    return word not in _NEVER


def _names_a_letter(before: str) -> bool:
    """Whether the single letter at the end is one (size M.) and no initial or part of an abbreviation (z. B.)."""
    words = before.split()
    return len(words) > 1 and words[-1][0].isupper() and words[-2].lower() in _BEFORE_A_LETTER


def _long_enough(units: list[str]) -> list[str]:
    joined: list[str] = []
    for unit in units:
        if joined and len(joined[-1]) < MIN_CHARACTERS:
            joined[-1] = _join(joined[-1], unit)
        else:
            joined.append(unit)
    if len(joined) > 1 and len(joined[-1]) < MIN_CHARACTERS:
        last = joined.pop()
        joined[-1] = _join(joined[-1], last)
    return joined


def _few_enough(units: list[str]) -> list[str]:
    """Neighbours gathered to about equal lengths when there are more than MAX_UNITS."""
    if len(units) <= MAX_UNITS:
        return units
    share = sum(len(unit) for unit in units) / MAX_UNITS
    gathered: list[str] = []
    size = share
    for unit in units:
        # A group is closed once it reaches its share, so there are never more groups than shares.
        if size >= share:
            gathered.append(unit)
            size = len(unit)
        else:
            gathered[-1] = _join(gathered[-1], unit)
            size += len(unit)
    return gathered


def _join(before: str, after: str) -> str:
    return f"{before} {after}" if before[-1] in ".!?…:;," else f"{before}; {after}"
