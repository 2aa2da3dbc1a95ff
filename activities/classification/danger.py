"""The must-escalate categories by words: lists of phrases, one file a category and language.

All five languages are looked through whatever the message's language: people fall back on their own when it matters.
"""

from activities.classification.signs import CATEGORIES, NEGATABLE, Sign
from activities.phrase_lists import comparable, phrase_pattern
from activities.wording import negated_before


def signs_in(text: str) -> tuple[Sign, ...]:
    """The categories met in a text, each with the words that gave it away."""
    folded = comparable(text)
    found = []
    for category in CATEGORIES:
        for match in phrase_pattern(f"escalation/{category}").finditer(folded):
            if category in NEGATABLE and negated_before(folded, match.start()):
                continue
            found.append(Sign(category, match.group()[:120]))
            break
    return tuple(found)
