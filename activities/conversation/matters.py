"""The matter of a conversation: what the customer asked for last, and what is searched for and answered because of it.

A message too short to be understood alone is read together with the matter that it follows.
"""

from activities.conversation.answers import only_answers
from activities.conversation.turns import Turns, customer_texts, split_thread
from activities.conversation.words import any_of, starts_with
from activities.wording import clean, fold, gist_of
from domain.conversations import Continued
from domain.messages import Turn, unanswered_text
from domain.steps import Case

LEANING = 25
"""A message shorter than this many characters is searched together with what it follows."""
LONG_ENOUGH = 60
"""And so is one up to this length that begins like a follow-up, or speaks of “it”."""


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


def _leans(gist: str) -> bool:
    if len(gist) < LEANING:
        return True
    folded = any_of("expletives").sub(" ", fold(gist))
    refers = starts_with("follow_ups").match(folded) or any_of("stand_ins").search(folded)
    return len(gist) < LONG_ENOUGH and refers is not None
