"""What a message takes from the conversation: the matter that it goes on with, and the orders that it means.

A message that only answers our question, or only points at something, wants what the customer wanted before. What it
says for itself always wins.
"""

from typing import NamedTuple

from activities.classification.classifier import Understood
from activities.conversation.answers import content_of, only_answers, reacts, says_yes
from activities.conversation.mentions import Mentions, emails_in, mentions_in, order_ids_in, said_before
from activities.conversation.pointers import pointed_at, speaks_of_all, without_pointer
from activities.conversation.questions import Question, offers_number, open_questions
from activities.conversation.turns import Turns, customer_texts, last_reply, split_thread
from activities.conversation.words import any_of, starts_with
from activities.wording import clean, fold, gist_of
from domain.conversations import Asked, Continued, Pointer
from domain.messages import Turn, unanswered_text
from domain.steps import Case, IntentScore
from domain.vocabulary import Intent

ABOUT_ORDERS = frozenset({Intent.ORDER_STATUS, Intent.REFUND, Intent.RETURN_REQUEST, Intent.CANCEL})
UNSURE = 0.6
"""Below this probability a message that goes on with something is taken to want what was wanted before."""
FEW = 6
"""Words beside what we asked for, up to which a message may be nothing but an answer."""


class Continuation(NamedTuple):
    """What the turns before a message suggest; `settled_by` decides once the message has been understood."""

    matter: str | None = None
    surely: bool = False
    """True: the matter counts; else only where the message says little for itself."""
    accepted: str | None = None
    """Our own proposal, to which the message says yes."""
    order_ids: tuple[str, ...] = ()
    pointer: Pointer | None = None
    focus: tuple[str, ...] = ()
    """The order that the conversation is about: meant where the message concerns an order and names none."""
    why: str = ""


def continuation_of(case: Case) -> Continuation:
    """Reads the thread of a case. Nothing continues at the start of a conversation but “my last order”."""
    earlier, _ = split_thread(case.thread)
    text = clean(unanswered_text(case.thread))
    mentions = mentions_in(earlier, case.digest)
    focus = mentions.focus if len(mentions.focus) == 1 and not speaks_of_all(text) else ()
    if last_reply(earlier) is None:
        return Continuation(pointer=pointed_at(text, Mentions())[1], focus=focus)
    matter = matter_of(earlier)
    found = _answer(case, text, open_questions(earlier), matter) or _pointing(text, mentions, matter)
    return found._replace(focus=focus)


def settled_by(continuation: Continuation, own: Understood) -> bool:
    """Whether the earlier matter's intents count for the message that was understood as `own`."""
    if continuation.matter is None or continuation.surely:
        return continuation.matter is not None
    first = own.intents[0]
    return first.intent in (Intent.OTHER, Intent.ORDER_STATUS) or first.probability < UNSURE


def taken_up(own: Understood, matter: Understood, accepted: Understood | None = None) -> Understood:
    """A message that goes on with an earlier matter: its own words and entities, and the intents of the matter, first
    those of a proposal that it accepts. What must go to a person keeps going there."""
    scores: dict[Intent, IntentScore] = {}
    for score in (*(accepted.intents if accepted else ()), *matter.intents):
        scores.setdefault(score.intent, score)
    if len(scores) > 1:
        scores.pop(Intent.OTHER, None)
    known = {sign.category for sign in own.signs}
    return own._replace(
        intents=tuple(scores.values()),
        signs=(*own.signs, *(sign for sign in matter.signs if sign.category not in known)),
        amounts=tuple(dict.fromkeys((*own.amounts, *matter.amounts))),
        dates=own.dates or matter.dates,
        product_codes=own.product_codes or matter.product_codes,
        nothing_to_answer=False,
        familiarity=matter.familiarity,
    )


def continued(continuation: Continuation, understood: Understood, text: str, *, settled: bool) -> Continued | None:
    """What was taken, for the steps that follow; None when the message stands for itself."""
    about_orders = bool(ABOUT_ORDERS & {score.intent for score in understood.intents})
    ids, pointer = continuation.order_ids, continuation.pointer
    if understood.order_ids or not about_orders:
        pointer = None
    elif not ids and pointer is None and continuation.focus:
        ids = continuation.focus
    elif not ids and pointer is None and not speaks_of_all(text):
        pointer = Pointer(kind="items", text=text[:500])
    ids = () if understood.order_ids or not (about_orders or settled) or pointer is not None else ids
    used = []
    if settled and continuation.matter:
        used.append(f"{continuation.why}: what they want is taken from “{_excerpt(continuation.matter)}”.")
    if ids:
        used.append(f"Order {', '.join(ids)} is taken from earlier in the conversation.")
    if not (used or ids or pointer):
        return None
    return Continued(
        matter=continuation.matter[:2000] if settled and continuation.matter else None,
        order_ids=ids,
        pointer=pointer,
        used=tuple(used),
    )


def matter_of(earlier: Turns) -> str | None:
    """The customer's last words before that ask for something themselves."""
    texts = [clean(text) for text in customer_texts(earlier)]
    wanting = [text for text in texts if not only_answers(text)]
    return wanting[-1] if wanting else next(iter(texts), None)


def question_of(case: Case) -> str:
    """What to search for: the customer's words without greeting, signature and order numbers; of a follow-up and an
    answer to our question together with what it goes on with."""
    text = clean(unanswered_text(case.thread))
    gist, matter = gist_of(text), leant_on(case)
    if matter is None:
        return gist
    before = gist_of(matter)[:500]
    return before if only_answers(text) else f"{before}\n{gist}"


def as_asked(case: Case, taken: Continued | None) -> Case:
    """The case with the matter, where the message goes on with one, as the first of the unanswered messages: whoever
    reads what is to be answered reads all of it."""
    matter = (taken.matter if taken else None) or leant_on(case)
    if matter is None:
        return case
    earlier, unanswered = split_thread(case.thread)
    return case.model_copy(update={"thread": (*earlier, Turn(role="customer", text=matter), *unanswered)})


def leant_on(case: Case) -> str | None:
    """The matter that a message is too short to be understood without; None where it says enough."""
    earlier, _ = split_thread(case.thread)
    return matter_of(earlier) if _leans(gist_of(clean(unanswered_text(case.thread)))) else None


LEANING = 25
"""A message shorter than this many characters is searched together with what it follows."""
LONG_ENOUGH = 60
"""And so is one up to this length that begins like a follow-up, or speaks of “it”."""


def _leans(gist: str) -> bool:
    if len(gist) < LEANING:
        return True
    folded = any_of("expletives").sub(" ", fold(gist))
    refers = starts_with("follow_ups").match(folded) or any_of("stand_ins").search(folded)
    return len(gist) < LONG_ENOUGH and refers is not None


def _answer(case: Case, text: str, questions: tuple[Question, ...], matter: str | None) -> Continuation | None:
    """The message as an answer to what we asked, None when it is none."""
    asked = {each for question in questions for each in question.asked}
    wanted = bool(asked & {"order_number", "email"})
    ids = order_ids_in(text, bare="order_number" in asked or offers_number(last_reply(case.thread) or ""))
    rest, asks = content_of(text), "?" in text
    if (ids or emails_in(text)) and not asks and len(rest) <= (FEW if wanted else 0):
        given = ids or said_before(case.thread).order_ids[-1:]
        return Continuation(matter, surely=not rest, order_ids=given, why="The message answers our question")
    if not questions:
        return None
    if reacts(text, "lacking"):
        ids = said_before(case.thread).order_ids[-1:]
        return Continuation(matter, surely=True, order_ids=ids, why="The customer cannot tell what we asked for")
    answer = says_yes(text)
    return None if answer is None else _confirmed(questions, asked, matter, yes=answer)


def _confirmed(
    questions: tuple[Question, ...], asked: set[Asked], matter: str | None, *, yes: bool
) -> Continuation | None:
    """A yes or no to the last question."""
    why = f"The message says {'yes' if yes else 'no'} to our question"
    meant = next((question for question in reversed(questions) if "confirmation" in question.asked), None)
    if meant is not None:
        if yes:
            return Continuation(matter, surely=True, order_ids=meant.order_ids, why=why)
        return Continuation(matter, surely=True, pointer=Pointer(kind="other", others_than=meant.order_ids), why=why)
    if asked & {"order_number", "email"}:
        return Continuation(matter, surely=True, why=why)
    return Continuation(matter, surely=True, accepted=questions[-1].text, why=why) if yes else None


def _pointing(text: str, mentions: Mentions, matter: str | None) -> Continuation:
    """The message as a follow-up that points at an order."""
    folded = fold(text)
    ids, pointer = pointed_at(text, mentions)
    rest = content_of(without_pointer(folded))
    if ids or pointer:
        why = "The message goes on with what was said before"
        before = matter if len(rest) <= 2 else None
        return Continuation(before, surely=not rest, order_ids=ids, pointer=pointer, why=why)
    if reacts(text, "unhelped"):
        return Continuation(matter, surely=True, why="The customer says that the last answer did not help")
    if starts_with("follow_ups").match(folded) and len(rest) <= 2:
        return Continuation(matter, why="The message goes on with what was said before")
    return Continuation()


def _excerpt(text: str, length: int = 80) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else f"{words[:length].rsplit(' ', 1)[0]} …"
