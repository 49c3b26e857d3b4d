"""Settings: read from the environment, refused in one line, secrets kept."""

import json
import logging
import stat
import sys
from pathlib import Path

import pytest

from app.engine.limits import Limits
from app.engine.sockets import SocketLimits
from app.kit.logs import JsonFormatter, is_worth_a_line
from app.settings import (
    Settings,
    SettingsError,
    development_secret_key,
    load_settings,
    load_trusted_documents,
    make_config,
    make_limits,
    make_socket_limits,
    misspelt,
    require_database_url,
    require_secret_key,
)

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "HIKIATE_SECRET_KEY", "HIKIATE_PORT", "HIKIATE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_defaults_are_those_of_a_developer() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8000, None)
    assert settings.data_dir == Path(".hikiate")
    assert settings.allowed_origins() == ["*"]
    assert not settings.production
    sockets = make_socket_limits(settings)
    assert sockets == SocketLimits(allowed_origins=["*"])
    # What clients are told to count on.
    assert (sockets.init_timeout_s, sockets.operations, settings.event_heartbeat_s) == (10, 100, 12)
    assert (make_limits(settings).timeout_s, make_limits(settings).body_s) == (20, 15)


def test_sockets_are_limited_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "HIKIATE_SOCKET_INIT_TIMEOUT_S": "2.5",
        "HIKIATE_SOCKET_OPERATIONS": "3",
        "HIKIATE_EVENT_HEARTBEAT_S": "7",
        "HIKIATE_CORS_ORIGINS": "https://a.test, https://b.test",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    limits = make_socket_limits(settings)
    assert (limits.init_timeout_s, limits.operations, settings.event_heartbeat_s) == (2.5, 3, 7)
    assert limits.allowed_origins == ["https://a.test", "https://b.test"]
    monkeypatch.setenv("HIKIATE_SOCKET_OPERATIONS", "0")
    with pytest.raises(SettingsError, match=r"^HIKIATE_SOCKET_OPERATIONS cannot be used: "):
        load_settings()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": "postgresql://h/d",
        "HIKIATE_PORT": "9000",
        "HIKIATE_SECRET_KEY": KEY,
        "HIKIATE_PRODUCTION": "true",
        "HIKIATE_CORS_ORIGINS": "https://a.test, https://b.test,",
        "HIKIATE_DEFAULT_CHANNEL": "app",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.port, require_database_url(settings)) == (9000, "postgresql://h/d")
    assert settings.allowed_origins() == ["https://a.test", "https://b.test"]
    config = make_config(settings, require_secret_key(settings))
    assert (config.secret_key, config.default_channel, config.production) == (KEY.encode(), "app", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HIKIATE_PORT", "-1"),
        ("HIKIATE_PORT", ""),
        ("HIKIATE_SECRET_KEY", "too short"),
        ("HIKIATE_FORMER_SECRET_KEYS", f"{KEY},too short"),
        ("HIKIATE_PRODUCTION", "perhaps"),
        ("HIKIATE_LOG_FORMAT", "xml"),
        ("HIKIATE_WRITE_CONNECTIONS", "0"),
        ("HIKIATE_DEFAULT_LANGUAGE", "de"),
    ],
)
def test_a_value_that_cannot_be_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{name} cannot be used: ")
    assert "\n" not in str(refused.value)
    assert "too short" not in str(refused.value)


def test_keys_that_were_replaced_open_what_was_sealed_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_config(load_settings(), b"new").secret_keys == (b"new",)
    monkeypatch.setenv("HIKIATE_FORMER_SECRET_KEYS", f"{KEY}, {KEY[::-1]},")
    assert make_config(load_settings(), b"new").secret_keys == (b"new", KEY.encode(), KEY[::-1].encode())


def test_what_may_be_left_out_may_be_left_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "HIKIATE_SECRET_KEY", "HIKIATE_TRUSTED_DOCUMENTS", "HIKIATE_METRICS_TOKEN"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.database_url, settings.secret_key) == (None, None)
    assert (settings.trusted_documents, settings.metrics_token) == (None, None)
    assert load_trusted_documents(settings) == []
    monkeypatch.setenv("HIKIATE_CORS_ORIGINS", "")
    assert load_settings().allowed_origins() == []


@pytest.mark.parametrize("name", ["HIKIATE_DATA_DIR", "HIKIATE_DEFAULT_CHANNEL"])
def test_a_folder_or_a_channel_without_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    with pytest.raises(SettingsError, match=rf"^{name} cannot be used: .*it is empty\.$"):
        load_settings()


def test_slips_in_names_are_found_and_names_of_others_left_alone() -> None:
    names = [
        "HIKIATE_PRODUCTON",
        "HIKIATE_PROT",
        "HIKIATE_METRIC_TOKEN",
        "HIKIATE_PRODUCTION",
        "PORTS",
        "HIKIATE_PUBLISH",
    ]
    # What Kubernetes gives every container beside a service of the name `hikiate`.
    names += ["HIKIATE_SERVICE_HOST", "HIKIATE_SERVICE_PORT", "HIKIATE_PORT_8000_TCP", "HIKIATE_PORT_8000_TCP_ADDR"]
    assert misspelt(names) == [
        ("HIKIATE_METRIC_TOKEN", "HIKIATE_METRICS_TOKEN"),
        ("HIKIATE_PRODUCTON", "HIKIATE_PRODUCTION"),
        ("HIKIATE_PROT", "HIKIATE_PORT"),
    ]


def test_a_real_installation_needs_its_key_and_database() -> None:
    with pytest.raises(SettingsError, match="HIKIATE_SECRET_KEY is not set"):
        require_secret_key(Settings())
    with pytest.raises(SettingsError, match="DATABASE_URL is not set"):
        require_database_url(Settings())


def test_a_development_key_is_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    made = development_secret_key(settings)
    assert len(made) == 64
    assert development_secret_key(settings) == made
    assert stat.S_IMODE((tmp_path / "new" / "secret-key").stat().st_mode) == 0o600
    assert development_secret_key(Settings(data_dir=tmp_path, secret_key=KEY)) == KEY.encode()


def test_log_lines_as_json() -> None:
    try:
        raise LookupError("店")
    except LookupError:
        record = logging.LogRecord("app.x", logging.ERROR, "", 1, "went %s", ("wrong\n",), sys.exc_info())
    line = JsonFormatter().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["level"], found["logger"], found["message"]) == ("ERROR", "app.x", "went wrong\n")
    assert "LookupError: 店" in found["traceback"]
    assert found["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("name", "error", "message", "worth"),
    [
        ("pgqueuer", ConnectionRefusedError(), "Manager failed", False),
        ("pgqueuer", ValueError(), "Exception while processing", True),
        ("pgqueuer", None, "Shutdown flush failed, 1 items remaining", False),
        ("asyncpg.pool", OSError(), "Failed to restore", False),
        ("app.kit.feed", OSError(), "The feed lost the database", True),
    ],
)
def test_libraries_do_not_repeat_that_the_database_is_away(
    name: str, error: Exception | None, message: str, worth: bool
) -> None:
    exc_info = (type(error), error, None) if error else None
    record = logging.LogRecord(name, logging.ERROR, "", 1, message, (), exc_info)
    assert is_worth_a_line(record) is worth


def test_limits_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_limits(load_settings()) == Limits()
    for name, value in {
        "HIKIATE_MAX_BODY_BYTES": "5000",
        "HIKIATE_BODY_TIMEOUT_S": "3",
        "HIKIATE_OPERATION_TIMEOUT_S": "4.5",
        "HIKIATE_MAX_COST": "700",
    }.items():
        monkeypatch.setenv(name, value)
    assert make_limits(load_settings()) == Limits(body_bytes=5_000, body_s=3.0, timeout_s=4.5, max_cost=700)


def test_trusted_documents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load_trusted_documents(load_settings()) == []
    monkeypatch.setenv("HIKIATE_ONLY_TRUSTED_DOCUMENTS", "1")
    with pytest.raises(SettingsError, match="say in HIKIATE_TRUSTED_DOCUMENTS where they are"):
        load_trusted_documents(load_settings())
    path = tmp_path / "documents.json"
    monkeypatch.setenv("HIKIATE_TRUSTED_DOCUMENTS", str(path))
    with pytest.raises(SettingsError, match="HIKIATE_TRUSTED_DOCUMENTS cannot be used"):
        load_trusted_documents(load_settings())
    path.write_text('{"a": "{ one }"}')
    assert load_trusted_documents(load_settings()) == [("a", "{ one }")]
