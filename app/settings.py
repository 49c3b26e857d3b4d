"""All settings, read from the environment once and handed down. `docs/operators.md` explains them."""

import secrets
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.engine.limits import Limits
from app.engine.persisted import UnreadableDocuments, read_trusted
from app.engine.sockets import SocketLimits
from app.kit.config import Config

MIN_SECRET_LENGTH = 32
_PREFIX: Final = "HIKIATE_"
# How much a name must look like a setting to be told as a slip: other programs have variables that begin like ours.
_ALIKE: Final = 0.7


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line and says what to do."""


class Settings(BaseSettings):
    """Environment variables `HIKIATE_…`, and `DATABASE_URL`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data_dir: Path = Path(".hikiate")
    """Where the embedded PostgreSQL and the development key are kept."""
    secret_key: str | None = Field(default=None, min_length=MIN_SECRET_LENGTH)
    former_secret_keys: str = ""
    """Keys that were in use before, parted by commas: what was encrypted with them can still be read."""
    demo: bool = True
    """Whether `hikiate dev` fills an empty database with the demo shop."""
    default_channel: str = "web"
    default_language: Literal["ja", "en"] = "ja"
    production: bool = False
    """No introspection, no suggestions in messages and no page at `/`."""
    cors_origins: str = "*"
    """Whose pages may call the API, parted by commas; keys come by header, so `*` gives nothing away."""
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    read_connections: int = Field(default=8, ge=1, le=200)
    write_connections: int = Field(default=8, ge=2, le=200)
    lane_connections: int = Field(default=4, ge=1, le=64)
    allocation: Literal["auto", "accelerated", "portable"] = "auto"
    """Whether PostgreSQL itself decides who gets units, or Python does. `auto`: where there is the function for it."""
    max_body_bytes: int = Field(default=1_000_000, ge=1_000)
    body_timeout_s: float = Field(default=15.0, gt=0, le=600)
    """How long the body of a request may take to come."""
    operation_timeout_s: float = Field(default=20.0, gt=0, le=600)
    """How long one query or mutation may run."""
    max_cost: int = Field(default=100_000, ge=100)
    trusted_documents: Path | None = None
    """A folder of `*.graphql`, or a manifest: documents that clients may name by their ids from the start."""
    only_trusted_documents: bool = False
    """Whether every other document is refused."""
    socket_init_timeout_s: float = Field(default=10.0, gt=0, le=600)
    """How long a WebSocket may stay open before it is initialised."""
    socket_operations: int = Field(default=100, ge=1, le=10_000)
    """How many operations one WebSocket may have at once."""
    metrics_token: str | None = Field(default=None, min_length=16)
    """Who sends it as a bearer token may read `/metrics`; without one nobody may."""
    private_webhooks: bool = False
    """Whether webhooks may also go to private addresses and without TLS; `hikiate dev` lets them."""
    event_heartbeat_s: float = Field(default=12.0, gt=0, le=600)
    """After so long at the latest a stream of server-sent events says something."""

    @field_validator("database_url", "secret_key", "trusted_documents", "metrics_token", mode="before")
    @classmethod
    def _empty_is_not_set(cls, value: Any) -> Any:
        """What may be left out may be left empty, as `NAME: ${NAME:-}` does."""
        return None if value == "" else value

    @field_validator("data_dir", "default_channel", mode="before")
    @classmethod
    def _empty_is_nothing(cls, value: Any) -> Any:
        if value == "":
            raise ValueError("it is empty")
        return value

    @field_validator("former_secret_keys")
    @classmethod
    def _each_is_a_key(cls, value: str) -> str:
        if any(len(key) < MIN_SECRET_LENGTH for key in _parted(value)):
            raise ValueError(f"each key has {MIN_SECRET_LENGTH} characters or more")
        return value

    def allowed_origins(self) -> list[str]:
        """The origins one by one."""
        return _parted(self.cors_origins)


def _parted(text: str) -> list[str]:
    """What commas part, without blanks around it."""
    return [part.strip() for part in text.split(",") if part.strip()]


def load_settings() -> Settings:
    """Read the environment. Raises SettingsError for a value that cannot be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "the environment"
        variable = name if name == "DATABASE_URL" else f"{_PREFIX}{name.upper()}"
        message = f"{variable} cannot be used: {first['msg']}."
        raise SettingsError(message) from None


def misspelt(names: Iterable[str]) -> list[tuple[str, str]]:
    """Names of the environment that are no settings, but look like one, each with that one."""
    known = [name.upper() for name in Settings.model_fields if name != "database_url"]
    found: list[tuple[str, str]] = []
    for name in sorted(names):
        rest = name.removeprefix(_PREFIX)
        if rest != name and rest not in known and (alike := get_close_matches(rest, known, n=1, cutoff=_ALIKE)):
            found.append((name, _PREFIX + alike[0]))
    return found


def make_config(settings: Settings, secret_key: bytes) -> Config:
    """What the edges need to know."""
    return Config(
        secret_key=secret_key,
        former_secret_keys=tuple(key.encode() for key in _parted(settings.former_secret_keys)),
        default_channel=settings.default_channel,
        default_language=settings.default_language,
        production=settings.production,
        private_webhooks=settings.private_webhooks,
    )


def make_limits(settings: Settings) -> Limits:
    """What one request may be."""
    return Limits(
        body_bytes=settings.max_body_bytes,
        body_s=settings.body_timeout_s,
        timeout_s=settings.operation_timeout_s,
        max_cost=settings.max_cost,
    )


def make_socket_limits(settings: Settings) -> SocketLimits:
    """What one WebSocket may do."""
    return SocketLimits(
        allowed_origins=settings.allowed_origins(),
        init_timeout_s=settings.socket_init_timeout_s,
        operations=settings.socket_operations,
    )


def load_trusted_documents(settings: Settings) -> list[tuple[str, str]]:
    """Ids and texts. Raises SettingsError when they cannot be read, or when there are none and nothing else may run."""
    if settings.trusted_documents is None:
        if settings.only_trusted_documents:
            message = "HIKIATE_ONLY_TRUSTED_DOCUMENTS is set: say in HIKIATE_TRUSTED_DOCUMENTS where they are."
            raise SettingsError(message)
        return []
    try:
        return read_trusted(settings.trusted_documents)
    except UnreadableDocuments as error:
        raise SettingsError(f"HIKIATE_TRUSTED_DOCUMENTS cannot be used: {error}.") from None


def require_secret_key(settings: Settings) -> bytes:
    """The key of a real installation. Raises SettingsError when there is none."""
    if settings.secret_key is None:
        message = (
            "HIKIATE_SECRET_KEY is not set: give it a random text of at least 32 characters "
            "(openssl rand -hex 32) and keep it, pickup codes depend on it."
        )
        raise SettingsError(message)
    return settings.secret_key.encode()


def require_database_url(settings: Settings) -> str:
    """The address of PostgreSQL. Raises SettingsError when there is none."""
    if not settings.database_url:
        message = "DATABASE_URL is not set: give it postgresql://user:password@host:5432/database."
        raise SettingsError(message)
    return settings.database_url


def development_secret_key(settings: Settings) -> bytes:
    """The key in the environment, or one that is made on first use and kept in the data directory."""
    if settings.secret_key is not None:
        return settings.secret_key.encode()
    path = settings.data_dir.expanduser() / "secret-key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Whole or not at all: a start that was broken off must not leave an empty key behind.
        unfinished = path.with_name("secret-key.unfinished")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_hex(32))
        unfinished.rename(path)
    return path.read_text().strip().encode()
