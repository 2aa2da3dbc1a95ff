"""Which model writes replies is a matter of settings; what is wrong with them is one sentence that names them."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from activities.generation.circuit import CircuitState
from activities.generation.model_generator import ModelGenerator
from activities.generation.template import TemplateGenerator
from activities.starting import step_modes_of
from app import settings as settings_module
from app.generators import build_generator, circuits_of, instructions_of
from app.settings import Settings, SettingsError, load_settings
from domain.errors import SetupError
from domain.ports import Generator
from retrieval.database import Database
from tests.steps_world import EMBEDDER

KEY = "k-s3cret"
COHERE = {"MODEL": "cohere:command-a-03-2025", "COHERE_API_KEY": KEY}
OWN = {"MODEL": "openai:qwen2.5:7b-instruct", "MODEL_URL": "http://127.0.0.1:11434/v1"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No HOLDPOINT_ variable and no `.env` but what a test sets."""
    for name in list(os.environ):
        if name.startswith("HOLDPOINT_"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", (tmp_path / ".env",))
    monkeypatch.setattr(settings_module, "ENV_FILES", (tmp_path / ".env",))


def loaded(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"HOLDPOINT_{name}", value)
    return load_settings()


def built(settings: Settings) -> Generator:
    return build_generator(settings, Database("postgresql://nobody@127.0.0.1:1/none"), EMBEDDER)


def test_without_a_model_the_offline_default_writes_as_a_local_step(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, {})
    generator = built(settings)
    assert isinstance(generator, TemplateGenerator)
    assert (circuits_of(generator), instructions_of(generator)) == ((), ())
    assert step_modes_of(settings.model).generate == "local"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (COHERE, "cohere:command-a-03-2025"),
        (OWN, "openai:qwen2.5:7b-instruct"),
        (COHERE | {"FALLBACK_MODEL": "openai:m", "FALLBACK_MODEL_API_KEY": KEY}, "cohere:command-a-03-2025+openai:m"),
        (
            OWN | {"FALLBACK_MODEL": OWN["MODEL"], "FALLBACK_MODEL_URL": "http://127.0.0.2/v1"},
            f"{OWN['MODEL']}+{OWN['MODEL']}",
        ),
    ],
)
def test_models_are_named_in_the_versions_and_run_as_an_activity(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], name: str
) -> None:
    settings = loaded(monkeypatch, values)
    generator = built(settings)
    assert isinstance(generator, ModelGenerator)
    assert generator.remote
    assert generator.name.startswith(f"{name}/reply-")
    assert [circuit.state for circuit in circuits_of(generator)] == [CircuitState.CLOSED] * (name.count("+") + 1)
    assert "write the replies" in instructions_of(generator)[0]
    assert step_modes_of(settings.model).generate == "activity"


def test_how_a_model_is_asked_is_part_of_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = built(loaded(monkeypatch, OWN)).name
    after = built(loaded(monkeypatch, OWN | {"MODEL_TEMPERATURE": "0.9"})).name
    assert before != after


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"MODEL": "gpt-4"}, "HOLDPOINT_MODEL cannot be used: it has to be provider:model"),
        ({"MODEL": "openai:"}, "HOLDPOINT_MODEL cannot be used: it has to be provider:model"),
        ({"MODEL": "cohere:command-a"}, "HOLDPOINT_MODEL=cohere:MODEL needs HOLDPOINT_COHERE_API_KEY"),
        (COHERE | {"MODEL_API_KEY": KEY}, "takes HOLDPOINT_COHERE_API_KEY: unset HOLDPOINT_MODEL_API_KEY"),
        (COHERE | {"MODEL_URL": "http://h"}, "takes HOLDPOINT_COHERE_URL: unset HOLDPOINT_MODEL_URL"),
        ({"MODEL_URL": "http://h"}, "HOLDPOINT_MODEL_URL needs HOLDPOINT_MODEL, the model that it is about"),
        ({"MODEL_INPUT_PRICE": "1"}, "HOLDPOINT_MODEL_INPUT_PRICE needs HOLDPOINT_MODEL"),
        (
            OWN | {"MODEL_INPUT_PRICE": "1"},
            "HOLDPOINT_MODEL_INPUT_PRICE and HOLDPOINT_MODEL_OUTPUT_PRICE belong together",
        ),
        (OWN | {"MODEL_INPUT_PRICE": "nan"}, "HOLDPOINT_MODEL_INPUT_PRICE cannot be used"),
        (OWN | {"MODEL_INPUT_PRICE": "-1"}, "HOLDPOINT_MODEL_INPUT_PRICE cannot be used"),
        (
            OWN | {"MODEL_SECONDS": "90"},
            "HOLDPOINT_MODEL_SECONDS cannot be used: input should be less than or equal to 60",
        ),
        (OWN | {"MODEL_MAX_TOKENS": "5"}, "HOLDPOINT_MODEL_MAX_TOKENS cannot be used"),
        (OWN | {"MODEL_TEMPERATURE": "1.5"}, "HOLDPOINT_MODEL_TEMPERATURE cannot be used"),
        (OWN | {"MODEL_API_KEY": f"{KEY} {KEY}"}, "HOLDPOINT_MODEL_API_KEY cannot be used: it has to be the key alone"),
        ({"FALLBACK_MODEL": "openai:m"}, "HOLDPOINT_FALLBACK_MODEL needs HOLDPOINT_MODEL"),
        (COHERE | {"FALLBACK_MODEL": COHERE["MODEL"]}, "has to be another model or server"),
        (COHERE | {"FALLBACK_MODEL_API_KEY": KEY}, "HOLDPOINT_FALLBACK_MODEL_API_KEY needs HOLDPOINT_FALLBACK_MODEL"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(monkeypatch, values)
    assert said in refused.value.message
    assert KEY not in refused.value.message
    assert refused.value.message.count("\n") == 0


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("nobody:model-1", "HOLDPOINT_MODEL=nobody:model-1 cannot be used"),
        ("anthropic:claude", "needs the package langchain-anthropic"),
    ],
)
def test_a_provider_that_cannot_be_had_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, chosen: str, said: str
) -> None:
    settings = loaded(monkeypatch, {"MODEL": chosen, "MODEL_API_KEY": KEY})
    with pytest.raises(SetupError, match=said):
        built(settings)


def test_keys_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, OWN | {"MODEL_API_KEY": KEY})
    assert isinstance(settings.model_api_key, SecretStr)
    assert KEY not in repr(settings)
