"""Settings come from the environment and `.env`, and a bad one is one sentence that shows no secret."""

import os
from pathlib import Path

import pytest

from app import settings as settings_module
from app.settings import Settings, SettingsError, child_environment, load_settings, unknown_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No HOLDPOINT_ variable and no `.env` but what a test sets; the current folder is an empty one."""
    for name in list(os.environ):
        if name.startswith("HOLDPOINT_"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", (tmp_path / ".env",))
    monkeypatch.setattr(settings_module, "ENV_FILES", (tmp_path / ".env",))
    monkeypatch.chdir(tmp_path)


def test_the_defaults_run_everything_on_this_machine() -> None:
    settings = load_settings()

    assert settings.database_url is None
    assert settings.temporal_target == "127.0.0.1:7233"
    assert settings.home.name == ".holdpoint"
    assert (settings.home.parent / "pyproject.toml").is_file()
    assert settings.ui_url == "http://127.0.0.1:8233"


def test_a_variable_wins_over_the_file_and_an_empty_one_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("HOLDPOINT_PORT=9001\nHOLDPOINT_WORKERS=3\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("HOLDPOINT_PORT", "9002")
    monkeypatch.setenv("HOLDPOINT_HOST", "")

    settings = load_settings()

    assert (settings.port, settings.workers, settings.host) == (9002, 3, "127.0.0.1")


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOLDPOINT_HOME", "data/../elsewhere")

    assert load_settings().home == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "70000", "HOLDPOINT_PORT cannot be used: input should be less than or equal to 65535"),
        ("PORT", "http", "HOLDPOINT_PORT cannot be used: input should be a valid integer"),
        ("LOG_LEVEL", "loud", "HOLDPOINT_LOG_LEVEL cannot be used: input should be 'debug'"),
        ("DATABASE_URL", "mysql://u:s3cret@h/d", "HOLDPOINT_DATABASE_URL cannot be used: it has to be a URL"),
        ("TEMPORAL_ADDRESS", "s3cret", "HOLDPOINT_TEMPORAL_ADDRESS cannot be used: it has to be host:port"),
        ("TEMPORAL_API_KEY", "s3cret", "needs HOLDPOINT_TEMPORAL_ADDRESS"),
        ("TEMPORAL_TLS_CLIENT_CERT", "s3cret.pem", "belong together"),
        ("REVIEW_DEADLINE", "60", "HOLDPOINT_REVIEW_DEADLINE has to be at or after"),
        ("GATHER_SECONDS", "nan", "HOLDPOINT_GATHER_SECONDS cannot be used"),
        ("PUBLIC_URL", "s3cret", "HOLDPOINT_PUBLIC_URL cannot be used"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_variable_and_not_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(f"HOLDPOINT_{name}", value)

    with pytest.raises(SettingsError) as refused:
        load_settings()

    assert expected in refused.value.message
    assert "s3cret" not in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.exit_code == 2


def test_a_file_that_is_not_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HOLDPOINT_PORT=\xff\xfe\n")

    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        load_settings()


def test_secrets_are_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDPOINT_DATABASE_URL", "postgresql://u:s3cret@h/d")
    monkeypatch.setenv("HOLDPOINT_TEMPORAL_ADDRESS", "cloud.example.com:7233")
    monkeypatch.setenv("HOLDPOINT_TEMPORAL_API_KEY", "s3cret")

    settings = load_settings()

    assert "s3cret" not in repr(settings)
    assert settings.ui_url is None
    assert settings.temporal_target == "cloud.example.com:7233"


def test_levels_and_modes_may_be_written_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDPOINT_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("HOLDPOINT_TEMPORAL_SYNCHRONOUS", "full")

    settings = load_settings()

    assert (settings.log_level, settings.temporal_synchronous) == ("debug", "FULL")


def test_a_misspelt_variable_is_found_with_what_was_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOLDPOINT_TEMPORAL_ADRESS", "x:1")
    (tmp_path / ".env").write_text("HOLDPOINT_ZZZZZZZZZZZZ=1\nHOLDPOINT_PORT=9001\n", encoding="utf-8")

    assert unknown_settings() == {
        "HOLDPOINT_TEMPORAL_ADRESS": "HOLDPOINT_TEMPORAL_ADDRESS",
        "HOLDPOINT_ZZZZZZZZZZZZ": None,
    }


@pytest.mark.parametrize(
    ("host", "public", "expected"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8700"),
        ("0.0.0.0", None, "http://127.0.0.1:8700"),
        ("::1", None, "http://[::1]:8700"),
        ("127.0.0.1", "https://help.example.com/", "https://help.example.com"),
    ],
)
def test_the_address_for_people_follows_host_port_and_public_url(host: str, public: str | None, expected: str) -> None:
    assert Settings.model_validate({"host": host, "public_url": public}).web_url == expected


def test_children_get_the_absolute_home_and_what_is_overridden() -> None:
    settings = Settings.model_validate({"home": "here"})

    environment = child_environment(settings, {"HOLDPOINT_METRICS_PORT": "9"})

    assert environment["HOLDPOINT_HOME"] == str(settings.home)
    assert Path(environment["HOLDPOINT_HOME"]).is_absolute()
    assert environment["HOLDPOINT_METRICS_PORT"] == "9"
