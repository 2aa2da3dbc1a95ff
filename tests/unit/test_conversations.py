"""Threads: what we asked, what is told in short, when a person takes over, and that no question is put twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.conversation.attempts import CODE, asked_too_often, says_unhelped, tried_in, unhelped_times
from activities.conversation.digest import MOST_CHARACTERS, MOST_TURNS, bounded
from activities.conversation.matters import matter_of, question_of
from activities.conversation.mentions import mentions_in, order_ids_in, said_before
from activities.conversation.questions import questions_in
from activities.conversation.turns import greeted_before, split_thread
from activities.conversation.words import said, speech
from activities.generation.phrases import phrases
from domain.drafts import Draft
from domain.messages import Turn, unanswered_text
from domain.steps import EscalateInput, GuardInput, RetrieveResult
from domain.vocabulary import Language, Outcome, Tier
from tests.dialogue_world import ROLES, the_orders
from tests.steps_world import Walk, a_case, some_steps


def a_thread(*turns: str) -> tuple[Turn, ...]:
    return tuple(Turn(role=ROLES[turn[0]], text=turn[3:]) for turn in turns)


IDENTITY = phrases(Language.EN).identity


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Which order is it about?", {"order_number"}),
        ("Please send me your order number and the e-mail address you used.", {"order_number", "email"}),
        ("If you mean a different order, please send me its number.", set()),
        ("Is there anything else I can help you with?", set()),
        ("Do you mean ORD-10017?", {"confirmation"}),
        ("Would you like the blue one?", {"other"}),
        ("Your order is on its way.", set()),
        ("¿Me puede decir el número de pedido?", {"order_number"}),
        ("Si se refiere a otro pedido, indíqueme su número, por favor.", set()),
        ("De quelle commande s'agit-il ?", {"order_number"}),
        ("Um welche Bestellung geht es?", {"order_number"}),
        ("Falls Sie eine andere Bestellung meinen, nennen Sie mir bitte deren Nummer.", set()),
        ("Pode indicar-me o número da encomenda e o e-mail?", {"order_number", "email"}),
    ],
)
def test_questions_of_ours_are_told_from_offers_and_courtesies(text: str, asked: set[str]) -> None:
    assert {each for question in questions_in(text) for each in question.asked} == asked


@pytest.mark.parametrize("language", Language)
def test_what_we_ask_for_an_order_is_read_as_such_in_every_language(language: Language) -> None:
    for formality in ("formal", "informal"):
        words = phrases(language, formality)
        for text in (words.identity, words.no_orders, said("asked_again", language, formality)):
            assert any("order_number" in question.asked for question in questions_in(text)), text
        for text in (words.thanks, words.closing, words.holding, words.more_orders):
            assert questions_in(text) == (), text


def test_every_language_has_the_same_lists() -> None:
    lists = {language: set(speech(language)) for language in Language}
    assert len({frozenset(names) for names in lists.values()}) == 1


def test_a_thread_within_bounds_goes_along_as_it_is() -> None:
    thread = a_thread("C: Where is my order?", f"A: {IDENTITY}", "C: ORD-10082")
    assert bounded(thread) == (thread, None)


def test_a_long_thread_keeps_its_newest_turns_and_tells_the_older_ones_in_short() -> None:
    old = a_thread(
        "C: Where is ORD-10017? And do you have the LO-1042 in red?",
        "A: Your order ORD-10017 has been dispatched with Veloway on 3 June.",
        "C: Can I get a discount on the next one?",
        "P: I will ask my colleague and write to you by Friday. Which e-mail address did you use?",
    )
    filler = a_thread(*[f"{'CA'[n % 2]}: Message number {n} of the conversation goes here." for n in range(MOST_TURNS)])
    kept, digest = bounded((*old, *filler, *a_thread("C: hello?")), products=["Arc floor lamp"])
    assert len(kept) == MOST_TURNS + 1
    assert digest is not None
    assert digest.turns == 4
    assert digest.order_ids == ("ORD-10017",)
    assert digest.products == ("LO-1042", "Arc floor lamp")
    assert [(question.asked, question.answered) for question in digest.questions] == [(("email",), False)]
    assert digest.promised == ("I will ask my colleague and write to you by Friday.",)
    assert "Veloway" in digest.told[0]
    for told in ("ORD-10017", "Arc floor lamp", "not answered", "promised", "Veloway"):
        assert told in digest.text


def test_a_question_of_the_customer_that_only_a_promise_followed_stays_open() -> None:
    thread = a_thread("C: Can I get a discount?", "P: I will ask my colleague.", *["C: x", "P: Just a moment."] * 12)
    _, digest = bounded((*thread, *a_thread("C: hello?")))
    assert digest is not None
    assert digest.open_questions == ("Can I get a discount?",)


def test_what_was_asked_long_ago_and_given_since_is_answered() -> None:
    asked = a_thread("C: Where is my order?", f"A: {IDENTITY}", "C: ORD-10082, ana@example.com")
    filler = a_thread(*["A: Your parcel left our warehouse.", "C: thanks, and then?"] * 12)
    _, digest = bounded((*asked, *filler))
    assert digest is not None
    assert all(question.answered for question in digest.questions)


TURNS = st.lists(
    st.tuples(
        st.sampled_from(["customer", "assistant", "agent", "notice"]),
        st.lists(
            st.sampled_from([
                "ORD-10017", "ORD-10082", "LO-204471", "Which order is it?", "Where is it?", "I will see to it.",
                "Your parcel left us.", "x" * 900, "ana@example.com", "¿Qué pedido?", "",
            ]),
            max_size=8,
        ),
    ),
    max_size=60,
)  # fmt: skip


@given(turns=TURNS)
def test_no_order_id_no_unanswered_message_and_no_bound_is_ever_lost(turns: list[tuple[Any, list[str]]]) -> None:
    thread = tuple(Turn(role=role, text=" ".join(words)) for role, words in turns)
    kept, digest = bounded(thread)
    assert bounded(thread) == (kept, digest)
    assert unanswered_text(kept) == unanswered_text(thread)
    earlier, _ = split_thread(kept)
    assert len(earlier) <= MOST_TURNS
    assert len(earlier) <= 1 or sum(len(turn.text) for turn in earlier) <= MOST_CHARACTERS
    known = {each for turn in kept for each in order_ids_in(turn.text)} | set(digest.order_ids if digest else ())
    assert known == {each for turn in thread for each in order_ids_in(turn.text)}
    if digest is None:
        assert kept == thread


def test_orders_of_a_conversation_are_those_that_were_not_doubted() -> None:
    thread = a_thread(
        "C: Where is ORD-99999?",
        "A: I could not find an order with the number ORD-99999. Could you please check the order number?",
        "C: Sorry, ORD-10082",
        "A: Your order ORD-10082 was delivered.",
    )
    found = mentions_in(thread)
    assert (found.known, found.focus) == (("ORD-10082",), ("ORD-10082",))


def test_what_was_said_before_is_known() -> None:
    thread = a_thread("C: I am ana@example.com", "A: Which order is it about?", "C: the 10082")
    assert said_before(thread) == (("10082",), ("ana@example.com",))


def test_a_reply_greets_once_and_again_after_a_day() -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    reply = Turn(role="assistant", text="Hello.", at=now - timedelta(hours=2))
    asked = Turn(role="customer", text="And?", at=now)
    assert not greeted_before((asked,))
    assert not greeted_before((Turn(role="notice", text="A person will answer."), asked))
    assert greeted_before((reply, asked))
    assert not greeted_before((reply.model_copy(update={"at": now - timedelta(days=3)}), asked))


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        (["C: Do you ship to Spain?", "A: Yes.", "C: How much?"], "Do you ship to Spain?\nHow much?"),
        (["C: How long is the warranty?", "A: Which order is it about?", "C: ORD-10082"], "How long is the warranty?"),
        (
            ["C: Is the Arc lamp dimmable?", "A: It is.", "C: What payment methods do you offer in Germany?"],
            "What payment methods do you offer in Germany?",
        ),
        (
            ["C: Is the Arc lamp dimmable?", "A: It is.", "C: and does it come with a bulb in the box?"],
            "Is the Arc lamp dimmable?\nand does it come with a bulb in the box?",
        ),
    ],
)
def test_a_follow_up_is_searched_together_with_what_it_follows(turns: list[str], question: str) -> None:
    assert question_of(a_case("", thread=a_thread(*turns))) == question


def test_the_matter_is_the_last_message_that_wants_something() -> None:
    thread = a_thread("C: Where is my order?", f"A: {IDENTITY}", "C: ana@example.com", "A: And the order number?")
    assert matter_of(thread) == "Where is my order?"
    assert matter_of(()) is None


@pytest.mark.parametrize(
    "text", ["That's not what I asked", "Eso no responde a mi pregunta", "Ce n'est pas ma question",
             "Das war nicht meine Frage", "Não foi isso que perguntei"],
)  # fmt: skip
def test_a_complaint_about_the_answer_is_heard_in_five_languages(text: str) -> None:
    assert says_unhelped(text)


def test_an_agents_word_begins_the_count_anew() -> None:
    twice = ["C: Why?", "A: Because it is.", "C: That's not what I asked", "A: It is so.", "C: That's not what I asked"]
    assert unhelped_times(a_thread(*twice)) == 2
    again = a_thread(*twice, "P: Sorry! The lamp is dimmable.", "C: That doesn't answer my question")
    assert unhelped_times(again) == 1


async def test_one_complaint_goes_to_review_and_a_second_one_to_a_person_with_what_was_tried() -> None:
    turns = ["C: Is it dimmable?", "A: Delivery takes 3 days.", "C: That's not what I asked"]
    once = await Walk(some_steps(), a_case("", thread=a_thread(*turns))).classified()
    assert (once.tier, once.reasons[-1].code) == (Tier.REVIEW, "not_helped")
    case = a_case("", thread=a_thread(*turns, "A: You can pay by card.", "C: That is not what I asked!"))
    walk = Walk(some_steps(), case)
    found = await walk.classified()
    assert (found.tier, found.reasons[-1].code) == (Tier.PERSON, CODE)
    request = EscalateInput(case=case, because=found.reasons, classification=found)
    tried = (await walk.steps.escalate(request)).brief.tried
    assert [line.split(":")[0] for line in tried] == ["Answered", "Answered"]
    assert "Delivery takes 3 days." in tried[0]


async def test_a_question_is_put_in_other_words_once_and_then_a_person_answers() -> None:
    thread = a_thread("C: Where is my order?")
    for expected in (IDENTITY, said("asked_again", Language.EN, "formal")):
        walk = Walk(some_steps(orders=the_orders()), a_case("", thread=thread, email=None))
        _, retrieval, made = await walk.drafted()
        assert retrieval.tier is Tier.AUTOMATIC
        assert made.draft.kind == "clarification"
        assert expected in made.draft.text
        thread = (*thread, Turn(role="assistant", text=made.draft.text), Turn(role="customer", text="I can't find it"))
    found, retrieval = await Walk(some_steps(orders=the_orders()), a_case("", thread=thread, email=None)).retrieved()
    assert retrieval.tier is Tier.PERSON
    assert retrieval.reasons[-1].code == CODE
    assert len(tried_in(thread)) == 2
    assert found.intent.value == "order_status"


async def test_a_third_question_in_a_row_goes_to_a_person_whoever_composed_it() -> None:
    thread = a_thread("C: Which lamp fits?", "A: Which room is it for?", "C: any", "A: How large is it?", "C: no idea")
    assert asked_too_often(thread) is not None
    case = a_case("", thread=thread)
    walk = Walk(some_steps(), case)
    found = await walk.classified()
    draft = Draft(text="Which colour would you like?", language=Language.EN, kind="clarification")
    request = GuardInput(
        case=case, classification=found, retrieval=RetrieveResult(tier=found.tier), draft=draft, coverage=0
    )
    verdict = await walk.steps.guard(request)
    assert (verdict.outcome, verdict.send) == (Outcome.ESCALATE, False)
    assert CODE in {reason.code for reason in verdict.reasons}
