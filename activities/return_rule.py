"""The rule on returns, looked for beside what a message asks: who wants to send something back needs it, whatever words
they wish it in."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Literal

from activities.generation.order_hints import says_opened
from activities.generation.order_part import orders_of
from activities.generation.situations import too_late_to_cancel
from activities.guarding.policy_terms import RETURN_WINDOW, speaks_of_term
from activities.wording import RESOURCES
from domain.knowledge import FoundPassage, SearchResult
from domain.messages import unanswered_text
from domain.ports import KnowledgeSearch
from domain.steps import Case, ClassifyResult, OrderLookup
from domain.vocabulary import Intent, Kind, Language

Part = Literal["period", "exceptions"]
NOTHING_KNOWN = OrderLookup()
LOOKED_AT = 5
UNSURE = 0.5
"""The score of a rule where nothing answers the message itself: it was looked for in other words than the customer's.
Beside an answer it counts for so much of that one's."""
SECTION = " › "
"""Between the title of a document and that of a part of it."""


async def with_return_rule(
    knowledge: KnowledgeSearch,
    case: Case,
    classification: ClassifyResult,
    found: SearchResult,
    lookup: OrderLookup = NOTHING_KNOWN,
) -> SearchResult:
    """What was found, and the store's policy on returns where the message is about one, about a refund, or about
    cancelling what has arrived: until when, and where goods were opened what is excepted. First where an order is to
    go back or nothing else answers, else last. Raises Unavailable."""
    intents = {score.intent for score in classification.intents}
    late = too_late_to_cancel(classification, orders_of(unanswered_text(case.thread), classification, lookup))
    if late:
        intents.add(Intent.RETURN_REQUEST)
    if not {Intent.RETURN_REQUEST, Intent.REFUND} & intents:
        return found
    opened = says_opened(unanswered_text(case.thread))
    parts: Sequence[Part] = ("exceptions", "period") if opened else ("period",)
    rules = [rule for part in parts for rule in await _rules(knowledge, case, classification.language, part)]
    if not rules:
        return found
    sent_back = late or (classification.intent is Intent.RETURN_REQUEST and bool(classification.order_ids))
    if Intent.RETURN_REQUEST in intents and (sent_back or not found.answerable):
        return ahead_of(rules, found)
    known = {each.passage_id for each in found.passages}
    more = [_no_better(rule, found, UNSURE) for rule in rules if rule.passage_id not in known]
    return SearchResult(passages=(*found.passages, *more), answerable=found.answerable)


async def _rules(knowledge: KnowledgeSearch, case: Case, language: Language, part: Part) -> Sequence[FoundPassage]:
    """The best passage of a policy that is named for returns, in the customer's language where there is one."""
    looked_at = await knowledge.search(
        case.query.store,
        _questions()[language.value][part],
        language=language,
        intent=Intent.RETURN_REQUEST,
        kinds=(Kind.POLICY,),
        at=case.query.received_at,
        top=LOOKED_AT,
    )
    named = [each for each in looked_at.passages if _is_named_for_returns(each)]
    return sorted(named, key=lambda each: each.language is not language)[:1]


def ahead_of(rules: Sequence[FoundPassage], found: SearchResult) -> SearchResult:
    """The rules before what else was found; with their own scores where the message's words found them too."""
    known = {each.passage_id: each for each in found.passages}
    ahead = [known.get(rule.passage_id) or _no_better(rule, found, 1.0) for rule in rules]
    ids = {each.passage_id for each in ahead}
    rest = [each for each in found.passages if each.passage_id not in ids]
    return SearchResult(passages=(*ahead, *rest), answerable=True)


def _no_better(rule: FoundPassage, found: SearchResult, share: float) -> FoundPassage:
    """A rule with a score of at most this share of the best that the message's own words found."""
    best = max([UNSURE, *(each.score for each in found.passages)])
    return rule.model_copy(update={"score": min(rule.score, share * best)})


def _is_named_for_returns(passage: FoundPassage) -> bool:
    document = passage.title.split(SECTION, maxsplit=1)[0]
    return passage.kind is Kind.POLICY and speaks_of_term(RETURN_WINDOW, document)


@cache
def _questions() -> dict[str, dict[str, str]]:
    """What such policies say, by language and part."""
    questions: dict[str, dict[str, str]] = json.loads((RESOURCES / "return_questions.json").read_text(encoding="utf-8"))
    return questions
