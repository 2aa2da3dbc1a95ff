"""What the turns before a message suggest: the matter that it goes on with, and the orders that it means.

A message that only answers our question, or only points at something, wants what the customer wanted before.
"""

from typing import NamedTuple

from activities.conversation.answers import content_of, reacts, says_yes
from activities.conversation.matters import matter_of
from activities.conversation.mentions import Mentions, emails_in, mentions_in, order_ids_in, said_before
from activities.conversation.pointers import pointed_at, speaks_of_all, without_pointer
from activities.conversation.questions import Question, offers_number, open_questions
from activities.conversation.turns import last_reply, split_thread
from activities.conversation.words import starts_with
from activities.wording import clean, fold
from domain.conversations import Asked, Pointer
from domain.messages import unanswered_text
from domain.steps import Case

FEW = 6
"""Words beside what we asked for, up to which a message may be nothing but an answer."""


class Continuation(NamedTuple):
    """What the turns before a message suggest; `settling.settled_by` decides once the message has been understood."""

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
