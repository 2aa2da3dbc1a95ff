"""Questions for the benchmarks: each is asked once, so that no cache knows it, and each is answered automatically."""

from datetime import UTC, datetime
from typing import Any

from babel import Locale
from langgraph.checkpoint.memory import InMemorySaver

from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.policies import StorePolicy
from domain.steps import Case
from graphs.nodes import to_json
from graphs.steps import Steps
from graphs.support import RECURSION_LIMIT, build_graph

TEMPLATES: dict[str, tuple[str, ...]] = {
    "en": ("How long does delivery to {} take?", "How much is standard shipping to {}?"),
    "es": ("¿Cuánto tarda el envío a {}?", "¿Cuánto cuesta el envío a {}?"),
    "fr": ("Combien de temps prend la livraison vers : {} ?", "Combien coûte la livraison vers : {} ?"),
    "de": ("Wie lange dauert die Lieferung nach {}?", "Was kostet der Versand nach {}?"),
    "pt": ("Quanto tempo demora a entrega para: {}?", "Quanto custa o envio para: {}?"),
}
TERRITORIES = tuple(
    (
        "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK AL BA IS LI MC MD"
        " ME MK RS UA US CA MX BR AR CL CO PE JP KR CN IN AU NZ ZA MA TN EG TR IL AE SA SG TH VN ID PH MY"
    ).split()
)


def all_questions() -> list[str]:
    """A few hundred questions about delivery, in five languages by turns."""
    return [
        template.format(Locale(language).territories[territory])
        for territory in TERRITORIES
        for place in range(2)
        for language, templates in TEMPLATES.items()
        for template in (templates[place],)
    ]


async def automatic_questions(steps: Steps, policy: StorePolicy, count: int) -> list[str]:
    """The first `count` questions that the graph answers by itself, found by running it in memory.

    Raises ValueError when there are too few: the figures would be about something else.
    """
    graph = build_graph(steps).compile(checkpointer=InMemorySaver())
    found: list[str] = []
    for number, text in enumerate(all_questions()):
        if len(found) == count:
            return found
        config: Any = {"configurable": {"thread_id": str(number)}, "recursion_limit": RECURSION_LIMIT}
        state = await graph.ainvoke({"case": to_json(_case(policy, text, number))}, config)
        if (state.get("ending") or {}).get("disposition") == "sent_automatically":
            found.append(text)
    if len(found) < count:
        raise ValueError(f"only {len(found)} of {count} questions are answered automatically")
    return found


def _case(policy: StorePolicy, text: str, number: int) -> Case:
    thread = (Turn(role="customer", text=text),)
    facts = QueryFacts(
        query_id=f"bench{number}",
        store=policy.store,
        conversation_id=f"bench{number}",
        channel="bench",
        customer=Customer(),
        received_at=datetime.now(UTC),
    )
    return Case(query=facts, thread=thread, message_hash=message_hash(thread), policy=policy)
