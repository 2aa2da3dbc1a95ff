"""What becomes of a query whose customer sent files along: a person looks, whatever the words say."""

from typing import Any

from activities.briefing import write_brief
from activities.fakes import FixedOrders
from domain.attachments import Attachment
from domain.steps import Case, EscalateInput
from domain.vocabulary import Outcome, Tier
from tests.steps_world import Walk, a_case, an_order, some_steps

PHOTO = Attachment(
    attachment_id="a" * 32, name="damage.jpg", media_type="image/jpeg", size=48_213, content_hash="0" * 64
)


def with_photo(text: str, **changes: Any) -> Case:
    case = a_case(text, **changes)
    return case.model_copy(update={"query": case.query.model_copy(update={"attachments": (PHOTO,)})})


async def test_a_draft_that_would_leave_by_itself_waits_when_a_photo_came_along() -> None:
    steps, text = some_steps(orders=FixedOrders(an_order())), "Where is my order ORD-10017?"
    _, alone = await Walk(steps, a_case(text)).guarded()
    made, photographed = await Walk(steps, with_photo(text)).guarded()
    assert alone.send
    assert not photographed.send
    assert photographed.outcome is Outcome.PASS
    assert [reason.code for reason in photographed.reasons] == ["attachment"]
    assert made.draft.kind == "answer"


async def test_thanks_with_a_photo_is_not_closed_as_thanks() -> None:
    steps = some_steps()
    assert (await Walk(steps, a_case("Thank you very much!")).classified()).nothing_to_answer
    found = await Walk(steps, with_photo("Thank you very much!")).classified()
    assert not found.nothing_to_answer
    assert found.tier is not Tier.PERSON


def test_the_brief_names_what_was_sent_along() -> None:
    brief = write_brief(EscalateInput(case=with_photo("I want to complain."), because=()), ())
    assert brief.what.endswith("Sent along: damage.jpg.")
