"""When a conversation goes nowhere: two attempts that failed are enough, then a person answers."""

from activities.conversation.questions import asking_run, questions_in
from activities.conversation.settling import ABOUT_ORDERS
from activities.conversation.turns import Turns, exchanges
from activities.conversation.words import any_of
from activities.wording import clean, fold
from domain.findings import Reason
from domain.messages import unanswered_text
from domain.steps import Case, ClassifyResult, OrderLookup

MOST = 2
"""Attempts that may fail."""
CODE = "attempts_exhausted"
_SHOWN = 160


def says_unhelped(text: str) -> bool:
    """Whether a message says that our answer did not help (“that's not what I asked”), in the five languages."""
    return any_of("unhelped").search(fold(clean(text))) is not None


def unhelped_times(thread: Turns) -> int:
    """How often the customer said so since an agent wrote last: an agent's word begins anew."""
    since = max((index for index, turn in enumerate(thread) if turn.role == "agent"), default=-1)
    asked = [asked for asked, _ in exchanges(thread)]
    if since >= 0:
        asked = ["", *(asked for asked, _ in exchanges(thread[since + 1 :]))]
    return sum(says_unhelped(text) for text in asked[1:])


def unhelped(case: Case) -> Reason | None:
    """Why a person has to look before another answer leaves; None while nobody complained of the last one.

    With the code `attempts_exhausted` a person answers.
    """
    if not says_unhelped(unanswered_text(case.thread)):
        return None
    times = unhelped_times(case.thread)
    if times >= MOST:
        return Reason(code=CODE, text=f"The customer has said {times} times that the answer did not help.")
    if times:
        return Reason(code="not_helped", text="The customer says that the last answer did not help.")
    return None


def exhausted_by(case: Case, classification: ClassifyResult, lookup: OrderLookup) -> Reason | None:
    """Why a person answers instead of a third question; None when there is something to tell, or a question left."""
    about = bool(classification.order_ids) or bool(ABOUT_ORDERS & {score.intent for score in classification.intents})
    lacks = lookup.needs_identity or bool(lookup.missing) or not lookup.orders
    return asked_too_often(case.thread) if about and lacks else None


def asked_too_often(thread: Turns) -> Reason | None:
    """Why no further question may be asked; None while one may."""
    times = asking_run(thread)
    if times < MOST:
        return None
    return Reason(code=CODE, text=f"We have asked {times} times and still lack what is needed.")


def tried_in(thread: Turns) -> list[str]:
    """What was tried in a conversation, one English sentence a reply of ours, for the brief."""
    tried = []
    found = exchanges(thread)
    for index, (_, replied) in enumerate(found):
        if not replied:
            continue
        asked = " ".join(question.text for question in questions_in(replied))
        after = found[index + 1][0] if index + 1 < len(found) else ""
        if asked:
            tried.append(f"Asked: “{_short(asked)}” The customer answered: “{_short(after)}”")
        elif says_unhelped(after):
            tried.append(f"Answered: “{_short(replied)}” The customer said that it did not help: “{_short(after)}”")
    return tried


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN].rsplit(' ', 1)[0]} …"
