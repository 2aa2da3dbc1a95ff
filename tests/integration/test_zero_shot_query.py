"""A query whose intents a language model names: through the real workflow, as an activity that Temporal repeats."""

from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType

from activities.chat_completions import ChatCompletions
from activities.classification.classifier import Classifier
from activities.classification.model import IntentModel
from activities.classification.zero_shot import ZeroShotClassifier
from activities.starting import step_modes_of
from activities.steps import SupportSteps
from domain.steps import ClassifyInput, ClassifyResult
from graphs.fakes import FakeSteps
from tests.chat_server import KEY, MODEL, Chat, a_chat
from tests.cohere_server import Fault
from tests.conftest import Stack
from tests.desk_fixtures import Asked, a_shop
from tests.steps_world import EMBEDDER, some_steps

MODES = step_modes_of(None, f"llm:{MODEL}")


class ZeroShotSteps(FakeSteps):
    """Scripted, but for `classify`."""

    def __init__(self, chat: Chat) -> None:
        super().__init__()
        model = ChatCompletions(MODEL, url=chat.url, api_key=SecretStr(KEY))
        self._real: SupportSteps = some_steps(
            classifier=ZeroShotClassifier(model, Classifier(EMBEDDER, IntentModel.load()))
        )

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        return await self._real.classify(request)


async def scheduled(asked: Asked) -> list[str]:
    """Names of the activities in the history; local ones are not among them."""
    kind = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    history = await asked.handle.fetch_history()
    events = [each for each in history.events if each.event_type == kind]
    return [each.activity_task_scheduled_event_attributes.activity_type.name for each in events]


async def test_a_model_that_fails_once_is_asked_again_by_temporal(stack: Stack) -> None:
    with a_chat() as chat:
        chat.then(Fault(status=500))
        async with a_shop(stack.settings, stack.app_url, ZeroShotSteps(chat)) as shop:
            asked = await shop.ask("Do you deliver to Spain?", step_modes=MODES)
            row = await asked.until("sent")
            assert row["snapshot"]["intents"] == [{"intent": "shipping", "probability": 0.9}]
            assert "classify" in await scheduled(asked)
            assert len(chat.requests) == 2


async def test_with_a_key_that_is_refused_the_query_goes_to_a_person(stack: Stack) -> None:
    with a_chat() as chat:
        chat.then(*[Fault(status=401)] * 4)
        async with a_shop(stack.settings, stack.app_url, ZeroShotSteps(chat)) as shop:
            asked = await shop.ask("Do you deliver to Spain?", step_modes=MODES)
            row = await asked.until("waiting_agent", 40)
            assert "HOLDPOINT_LLM_API_KEY" in str(row["snapshot"]["reasons"])
