"""A long conversation made short: its newest turns word for word, the older ones told by rule.

What must not be lost is never left out of the digest: order ids, and questions that nobody has answered.
"""

from collections.abc import Sequence

from activities.classification.entities import product_codes_in
from activities.conversation.mentions import emails_in, order_ids_in
from activities.conversation.questions import Question, questions_in
from activities.conversation.turns import OURS, Turns, customer_texts, exchanges, split_thread
from activities.conversation.words import any_of
from activities.guarding.courtesies import is_courtesy
from activities.wording import clean, core_of, fold, sentences_of
from domain.conversations import Digest, OurQuestion
from domain.messages import Turn
from domain.vocabulary import Language

MOST_TURNS = 20
"""Earlier turns that go along word for word. Unanswered messages and the reply before them always do."""
MOST_CHARACTERS = 12_000
"""Of all of them together."""
LEAST = 4
"""Words of a sentence that tells something: “One moment, please” is none."""
_TOLD = 8
_SHOWN = 200
_SENTENCES = 40


def bounded(thread: Turns, *, unread: int = 0, products: Sequence[str] = ()) -> tuple[Turns, Digest | None]:
    """The turns that go along word for word, and the digest of those before them; None when nothing is before.

    `unread` is how many turns were before even those; `products` are titles of products that replies rested on.
    """
    earlier, unanswered = split_thread(thread)
    kept = _kept(earlier)
    older = earlier[: len(earlier) - len(kept)]
    if not older and not unread:
        return thread, None
    return (*kept, *unanswered), digest_of(older, (*kept, *unanswered), unread=unread, products=products)


def digest_of(older: Turns, later: Turns, *, unread: int = 0, products: Sequence[str] = ()) -> Digest:
    """The digest of `older` turns; `later` ones may have answered what was asked in them."""
    texts = [turn.text for turn in older]
    questions = tuple(_our_questions(older, later))
    told, promised, open_ones = _what_we_said(older, later)
    codes = [code for text in texts for code in product_codes_in(clean(text))]
    found = Digest(
        turns=len(older) + unread,
        order_ids=tuple(dict.fromkeys(each for text in texts for each in order_ids_in(text))),
        products=tuple(dict.fromkeys([*codes, *products])),
        questions=questions,
        open_questions=tuple(open_ones),
        told=tuple(told[-_TOLD:]),
        promised=tuple(promised[-_TOLD:]),
    )
    return found.model_copy(update={"text": digest_text(found)})


def digest_text(digest: Digest) -> str:
    """The digest in English, one line for each thing there is."""
    lines = [f"{digest.turns} earlier messages of this conversation in short:"]
    if digest.order_ids:
        lines.append(f"Orders named: {', '.join(digest.order_ids)}.")
    if digest.products:
        lines.append(f"Products: {', '.join(digest.products)}.")
    for question in digest.questions:
        lines.append(f"We asked: “{question.text}” ({'answered' if question.answered else 'not answered'}).")
    lines += [f"The customer asked, and it is still open: “{text}”" for text in digest.open_questions]
    lines += [f"We told: “{text}”" for text in digest.told]
    lines += [f"An agent promised: “{text}”" for text in digest.promised]
    return "\n".join(lines)


def _kept(earlier: Turns) -> Turns:
    """The newest turns within both bounds, the last one whatever its length."""
    kept: list[Turn] = []
    left = MOST_CHARACTERS
    for turn in reversed(earlier[-MOST_TURNS:]):
        left -= len(turn.text)
        if left < 0 and kept:
            break
        kept.append(turn)
    return tuple(reversed(kept))


def _our_questions(older: Turns, later: Turns) -> list[OurQuestion]:
    found = []
    for index, turn in enumerate(older):
        if turn.role not in OURS:
            continue
        after = customer_texts((*older[index + 1 :], *later))
        for question in questions_in(turn.text):
            found.append(
                OurQuestion(
                    asked=tuple(sorted(question.asked)),
                    text=_short(question.text),
                    answered=_is_answered(question, after),
                )
            )
    return found


def _is_answered(question: Question, after: Sequence[str]) -> bool:
    """Whether a later message holds what was asked; of a question without such a mark whether any followed."""
    wanted = question.asked & {"order_number", "email"}
    if not wanted:
        return bool(after)
    given: set[str] = set()
    for text in after:
        if order_ids_in(text, bare=True):
            given.add("order_number")
        if emails_in(text):
            given.add("email")
    return wanted <= given


def _what_we_said(older: Turns, later: Turns) -> tuple[list[str], list[str], list[str]]:
    """What replies told, what agents promised, and the customer's questions that got neither an answer nor more."""
    told: list[str] = []
    open_ones: list[str] = []
    for asked, replied in exchanges(older):
        telling = [sentence for sentence in sentences_of(core_of(clean(replied)), _SENTENCES) if _tells(sentence)]
        if telling:
            told.append(_short(" ".join(telling)))
            open_ones = []
        else:
            open_ones += [_short(text) for text in sentences_of(clean(asked), _SENTENCES) if "?" in text]
    if _answered_later(later):
        open_ones = []
    promised = [
        _short(sentence)
        for turn in older
        if turn.role == "agent"
        for sentence in sentences_of(clean(turn.text), _SENTENCES)
        if any_of("promises").search(fold(sentence))
    ]
    return told, promised, open_ones


def _tells(sentence: str) -> bool:
    """Whether a sentence of ours tells something: no question, no promise, no courtesy."""
    folded = fold(sentence)
    if questions_in(sentence) or any_of("promises").search(folded) or any_of("pleasantries").search(folded):
        return False
    return len(folded.split()) >= LEAST and not any(is_courtesy(sentence, language) for language in Language)


def _answered_later(later: Turns) -> bool:
    return any(
        _tells(sentence)
        for turn in later
        if turn.role in OURS
        for sentence in sentences_of(core_of(clean(turn.text)), _SENTENCES)
    )


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN].rsplit(' ', 1)[0]} …"
