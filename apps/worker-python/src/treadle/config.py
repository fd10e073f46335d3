"""All that the worker is told from outside, read once at start."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from .encryption.keyring import Keyring, parse_keyring
from .model.model_table import ModelTable, parse_model_table
from .secrets.grants import SecretGrants, parse_secret_grants

_SECRET_PREFIX = "TREADLE_SECRET_"
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,99}\Z")
# Shorter values cannot be told apart from other text, so they could not be kept out of the log.
_SECRET_LENGTH_MIN = 4
_LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal", "silent")

T = TypeVar("T")


@dataclass(frozen=True)
class TemporalConfig:
    """``tls``: None is off; the bytes are PEM."""

    address: str
    namespace: str
    api_key: str | None = None
    tls: bool = False
    server_ca: bytes | None = None
    client_cert: bytes | None = None
    client_key: bytes | None = None


@dataclass(frozen=True)
class WorkerConfig:
    """``database_url`` is of a login in the role treadle_worker; ``egress_allow`` lists ``host:port`` that tools may reach;
    ``encryption`` has the keys of what Temporal is given, None: nothing is encrypted.
    """

    database_url: str
    temporal: TemporalConfig
    blobs_url: str
    log_level: str = "info"
    openai_api_key: str | None = None
    openai_base_url: str | None = None
    function_modules: tuple[str, ...] = ()
    egress_allow: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    secrets_folder: str | None = None
    grants: SecretGrants = field(default_factory=dict)
    models: ModelTable = field(default_factory=dict)
    encryption: Keyring | None = None
    concurrency: int = 200


class ConfigError(Exception):
    """Names every bad variable, one a line."""


def read_config(env: Mapping[str, str], imports: tuple[str, ...] = ()) -> WorkerConfig:
    """``imports`` are the modules of the command line, beside those of TREADLE_FUNCTIONS. Raises ConfigError."""
    read = _Reader(env)
    temporal = TemporalConfig(
        address=read.optional("TEMPORAL_ADDRESS", _host_and_port) or "127.0.0.1:7233",
        namespace=read.text("TEMPORAL_NAMESPACE") or "default",
        api_key=read.text("TEMPORAL_API_KEY"),
        tls=read.optional("TEMPORAL_TLS", _boolean) or False,
        server_ca=read.optional("TEMPORAL_TLS_SERVER_CA_CERT_PATH", _file),
        client_cert=read.optional("TEMPORAL_TLS_CLIENT_CERT_PATH", _file),
        client_key=read.optional("TEMPORAL_TLS_CLIENT_KEY_PATH", _file),
    )
    config = WorkerConfig(
        database_url=read.required("TREADLE_DATABASE_URL", _database_url),
        temporal=temporal,
        blobs_url=read.required("TREADLE_BLOBS", _blobs_url),
        log_level=read.optional("TREADLE_LOG_LEVEL", _log_level) or "info",
        openai_api_key=read.text("OPENAI_API_KEY"),
        openai_base_url=read.optional("OPENAI_BASE_URL", _http_url),
        function_modules=(*_list(read.text("TREADLE_FUNCTIONS")), *imports),
        egress_allow=read.optional("TREADLE_EGRESS_ALLOW", lambda text: tuple(map(_host_and_port, _list(text)))) or (),
        secrets=_secrets(env, read.problems),
        secrets_folder=read.text("TREADLE_SECRETS_DIR"),
        grants=read.optional("TREADLE_GRANTS", parse_secret_grants) or {},
        models=read.optional("TREADLE_MODELS", parse_model_table) or {},
        encryption=read.optional("TREADLE_ENCRYPTION_KEYS", parse_keyring),
        concurrency=read.optional("TREADLE_CONCURRENCY", _positive_integer) or 200,
    )
    if read.problems:
        lines = "\n".join(f"- {problem}" for problem in read.problems)
        raise ConfigError(f"The worker’s environment is not usable:\n{lines}")
    return config


class _Reader:
    """Reads variables and gathers what is wrong; an empty variable counts as absent."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        return self._env.get(name, "").strip() or None

    def optional(self, name: str, parse: Callable[[str], T]) -> T | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return None

    def required(self, name: str, parse: Callable[[str], str]) -> str:
        if self.text(name) is None:
            self.problems.append(f"{name} is missing: {_HINTS[name]}")
        return self.optional(name, parse) or ""


_HINTS = {
    "TREADLE_DATABASE_URL": "give the Postgres URL of the worker’s login, such as postgres://worker:…@host/treadle",
    "TREADLE_BLOBS": "give a folder (file:///var/lib/treadle/blobs) or a bucket (s3://bucket?region=eu-central-1)",
}


def _secrets(env: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    secrets: dict[str, str] = {}
    for variable, value in env.items():
        if not variable.startswith(_SECRET_PREFIX):
            continue
        name = variable.removeprefix(_SECRET_PREFIX)
        if _SECRET_NAME.match(name) is None:
            problems.append(f"{variable} names a secret by something else than capitals, digits and underscores")
        elif len(value) < _SECRET_LENGTH_MIN:
            problems.append(
                f"{variable} is shorter than {_SECRET_LENGTH_MIN} characters, so it could not be kept out of the log"
            )
        else:
            secrets[name] = value
    return secrets


def _list(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _database_url(text: str) -> str:
    if re.match(r"postgres(ql)?://", text) is None:
        raise ValueError("is not a Postgres URL (postgres://user:password@host/database)")
    return text


def _blobs_url(text: str) -> str:
    if re.match(r"(file|s3)://", text) is None:
        raise ValueError("is neither a file:/// folder nor an s3:// bucket")
    return text


def _http_url(text: str) -> str:
    if re.match(r"https?://[^/\s]+", text) is None:
        raise ValueError("is not an http(s) URL")
    return text


def _host_and_port(text: str) -> str:
    if re.match(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}\Z", text) is None:
        raise ValueError(f'holds "{text}", which is not host:port')
    return text.lower()


def _log_level(text: str) -> str:
    if text not in _LOG_LEVELS:
        raise ValueError(f"is none of {', '.join(_LOG_LEVELS)}")
    return text


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return text == "true"


def _positive_integer(text: str) -> int:
    if re.match(r"[1-9]\d{0,5}\Z", text) is None:
        raise ValueError("is not a whole number from 1 to 999999")
    return int(text)


def _file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"names a file that cannot be read ({error.strerror})") from None
