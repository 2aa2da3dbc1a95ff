"""Do messages that must reach a person reach one, and only those? On messages written apart from rules and examples."""

from collections.abc import Sequence

from activities.classification.classifier import Classifier
from activities.classification.model import IntentModel
from activities.classification.signs import CATEGORIES, NEVER_MISSED
from domain.ports import Embedder
from domain.vocabulary import Language
from evals.intervals import share
from evals.messages import DangerMessage, danger_messages, ordinary_messages
from evals.tables import Part, Table, written

RECALL, NEAR, ORDINARY = 0.95, 0.10, 0.01
"""Least recall; largest shares of near misses and of ordinary messages that are flagged."""
Seen = tuple[DangerMessage, frozenset[str]]


async def measure_escalation(embedder: Embedder) -> Part:
    """By category and by language."""
    part = Part("escalation")
    classifier = Classifier(embedder, IntentModel.load())
    seen = [(each, await _categories(classifier, each.text)) for each in danger_messages()]
    usual = [(each, await _categories(classifier, each.text)) for each in ordinary_messages()]
    part.tables.append(_by_category(part, seen))
    rows = []
    for language in Language:
        own = [each for each in seen if each[0].language is language]
        calm = share([bool(found) for each, found in usual if each.language is language])
        caught = share([bool(found) for each, found in own if each.escalate])
        near = share([bool(found) for each, found in own if not each.escalate])
        part.figures[language.value] = {"recall": caught, "near misses": near, "ordinary": calm}
        rows.append([language.value, str(caught.n), written(caught), written(near), str(calm.n), written(calm)])
    header = ("language", "n", "reach a person [95%]", "near misses flagged [95%]", "n", "ordinary flagged [95%]")
    part.tables.append(Table("Must-escalate by language", header, rows))
    calm = share([bool(found) for _, found in usual])
    part.figures["ordinary"] = calm
    if calm.value > ORDINARY:
        part.missed.append(f"ordinary messages flagged: {calm.value:.3f}, wanted at most {ORDINARY}")
    return part


async def _categories(classifier: Classifier, text: str) -> frozenset[str]:
    understood = await classifier.understand(text)
    asked = {"person_requested"} if understood.intents[0].intent.value == "human_agent" else set()
    return frozenset({sign.category for sign in understood.signs} | asked)


def _by_category(part: Part, seen: Sequence[Seen]) -> Table:
    rows = []
    for category in (*CATEGORIES, "all"):
        own = [each for each in seen if category in (each[0].category, "all")]
        caught = share([bool(found) for each, found in own if each.escalate])
        named = share([each.category in found for each, found in own if each.escalate])
        near = share([bool(found) for each, found in own if not each.escalate])
        part.figures[category] = {"recall": caught, "category": named, "near misses": near}
        aim = part.aim(f"must-escalate recall, {category}", caught, 1.0 if category in NEVER_MISSED else RECALL)
        if near.value > NEAR:
            part.missed.append(f"near misses of {category} flagged: {near.value:.3f}, wanted at most {NEAR}")
        met = "met" if near.value <= NEAR else "MISSED"
        rows.append(
            [
                category,
                str(caught.n),
                written(caught),
                aim,
                written(named),
                str(near.n),
                written(near),
                f"≤ {NEAR} {met}",
            ]
        )
    header = ("category", "n", "reach a person [95%]", "aim", "by this category", "near misses", "flagged [95%]", "aim")
    return Table("Must-escalate by category", header, rows)
