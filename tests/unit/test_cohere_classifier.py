"""Intents named by a model of Cohere's, from the settings to the classification."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from activities.classification.classifier import Classifier
from activities.classification.model import IntentModel
from activities.starting import step_modes_of
from app.models import build_classifier
from app.settings import Settings
from app.telemetry import Tracing
from domain.errors import ModelUnusable, Unavailable
from domain.vocabulary import Intent
from tests.cohere_chat import CHAT_MODELS
from tests.cohere_server import KEY, Cohere, Fault, a_cohere
from tests.steps_world import EMBEDDER

MODEL = CHAT_MODELS[1]
TEXT = "Guten Tag, liefern Sie auch nach Spanien, und was kostet das?"


@pytest.fixture
def cohere() -> Iterator[Cohere]:
    with a_cohere() as server:
        names = [{"intent": "payment", "probability": 0.7}]
        server.chat.says = json.dumps({"intents": names})
        yield server


@pytest.fixture(scope="module")
def trained() -> Classifier:
    return Classifier(EMBEDDER, IntentModel.load())


def settings_for(cohere: Cohere, home: Path, **changes: Any) -> Settings:
    values = {"home": home, "classifier": f"cohere:{MODEL}", "cohere_url": cohere.url, "cohere_api_key": KEY}
    return Settings.model_validate(values | changes)


async def test_settings_lead_to_a_classifier_that_asks_cohere(
    cohere: Cohere, trained: Classifier, tmp_path: Path
) -> None:
    settings = settings_for(cohere, tmp_path)
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))

    classifier = build_classifier(settings, trained, Tracing(provider.get_tracer("tests")))

    assert (await classifier.understand(TEXT)).intents[0].intent is Intent.PAYMENT
    assert classifier.remote
    assert step_modes_of(None, settings.classifier).classify == "activity"
    (request,) = cohere.requests
    assert "Spanien" in request["messages"][1]["content"]
    assert request["response_format"]["json_schema"]["required"] == ["intents"]
    (span,) = spans.get_finished_spans()
    assert (span.attributes or {})["gen_ai.provider.name"] == "cohere"


async def test_what_cohere_refuses_names_the_settings_of_the_classifier(
    cohere: Cohere, trained: Classifier, tmp_path: Path
) -> None:
    classifier = build_classifier(settings_for(cohere, tmp_path, classifier="cohere:nothing"), trained)
    with pytest.raises(ModelUnusable, match="correct HOLDPOINT_CLASSIFIER or HOLDPOINT_COHERE_URL"):
        await classifier.understand(TEXT)

    cohere.then(Fault(status=429, headers=(("retry-after", "3"),)))
    with pytest.raises(Unavailable) as found:
        await build_classifier(settings_for(cohere, tmp_path), trained).understand(TEXT)
    assert found.value.retry_after == 3.0


async def test_an_answer_of_another_form_leaves_the_trained_intents(
    cohere: Cohere, trained: Classifier, tmp_path: Path
) -> None:
    cohere.chat.says = "It is about shipping."

    found = await build_classifier(settings_for(cohere, tmp_path), trained).understand(TEXT)

    assert found.intents == (await trained.understand(TEXT)).intents


def test_a_model_of_cohere_needs_its_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="HOLDPOINT_CLASSIFIER=cohere:MODEL needs HOLDPOINT_COHERE_API_KEY"):
        Settings.model_validate({"home": tmp_path, "classifier": f"cohere:{MODEL}"})
