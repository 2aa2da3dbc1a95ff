"""`batch classify`, `retrieve` and `guard`: one step over one line."""

from typing import Any

from activities.conversation.matters import question_of
from activities.guarding.context import Context
from activities.guarding.guard import fixed_texts, outcome_of
from activities.guarding.policy_terms import terms_of
from app.batches.cases import case_of
from app.batches.lines import ClassifyLine, GuardLine, RetrieveLine
from app.wiring import Workshop
from domain.policies import StorePolicy
from domain.steps import ClassifyInput


async def classify_line(workshop: Workshop, policy: StorePolicy, line: ClassifyLine) -> dict[str, Any]:
    """What the customer wants, in which language, and who must answer."""
    found = await workshop.steps.classify(ClassifyInput(case=case_of(line, policy)))
    return {
        "intent": found.intent.value,
        "probability": round(found.probability, 4),
        "intents": [
            {"intent": score.intent.value, "probability": round(score.probability, 4)} for score in found.intents
        ],
        "language": found.language.value,
        "tier": found.tier.value,
        "nothing_to_answer": found.nothing_to_answer,
        "must_escalate": list(found.must_escalate),
        "foreign_language": found.foreign_language,
        "sentiment": found.sentiment,
        "urgency": found.urgency,
        "entities": {
            "order_ids": list(found.order_ids),
            "amounts": [[str(amount.number), amount.currency] for amount in found.money],
            "dates": list(found.dates),
            "product_codes": list(found.product_codes),
        },
        "reasons": [reason.model_dump() for reason in found.reasons],
    }


async def retrieve_line(workshop: Workshop, policy: StorePolicy, top: int, line: RetrieveLine) -> dict[str, Any]:
    """The passages with their texts, best first."""
    question = question_of(case_of(line, policy))
    heard = workshop.languages.read(question, hint=line.language)
    found = await workshop.knowledge.search(
        policy.store, question, language=line.language or heard.language, kinds=line.kinds, top=top
    )
    ids = [passage.passage_id for passage in found.passages]
    texts = {passage.passage_id: passage.text for passage in await workshop.knowledge.passages(policy.store, ids)}
    passages = [
        {
            "document_id": passage.document_id,
            "passage_id": passage.passage_id,
            "kind": passage.kind.value,
            "language": passage.language.value,
            "title": passage.title,
            "text": texts.get(passage.passage_id, ""),
            "score": round(passage.score, 4),
        }
        for passage in found.passages
    ]
    return {"answerable": found.answerable, "passages": passages}


async def guard_line(workshop: Workshop, policy: StorePolicy, line: GuardLine) -> dict[str, Any]:
    """The guard alone: what it finds in a message and, when there is one, in the reply to it."""
    language = line.language or workshop.languages.read(line.message).language
    context = Context(
        message=line.message,
        reply=line.reply,
        language=language if line.reply is not None else None,
        passages=tuple(passage.text for passage in line.passages),
        facts=(policy.return_form_url or "",),
        frame=tuple(policy.signature.values()),
        phrases=fixed_texts(language, policy.style.formality_in(language)),
        competitors=policy.competitors,
        forbidden=policy.style.forbidden,
        terms=terms_of(policy, {}),
        signs=await workshop.steps.signs_in(line.message),
    )
    findings = await workshop.guard.examine_alone(context)
    return {"outcome": outcome_of(findings).value, "findings": [finding.model_dump() for finding in findings]}
