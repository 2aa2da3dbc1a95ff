"""Names of files as they may be shown and saved."""

import re
import unicodedata

from activities.attachments.sniffing import EXTENSIONS
from domain.attachments import MediaType

MAX_NAME = 120
"""Characters of a name, its extension included."""
_UNUSABLE = re.compile(r'[<>:"|?*]')


def clean_name(name: str, media_type: MediaType) -> str:
    """The name without folders, control and invisible characters, ending as its type does."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(each for each in last if unicodedata.category(each)[0] != "C" or each in "\t\n")
    words = " ".join(_UNUSABLE.sub("_", seen).split())
    endings = EXTENSIONS[media_type]
    stem, ending = _split(words, endings)
    kept = stem[: MAX_NAME - len(ending)].strip(" .")
    return f"{kept or 'attachment'}{ending}"


def _split(words: str, endings: tuple[str, ...]) -> tuple[str, str]:
    for ending in endings:
        if words.casefold().endswith(ending):
            return words[: -len(ending)], words[-len(ending) :]
    return words, endings[0]
