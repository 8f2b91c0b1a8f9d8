"""Settings that every process shares, and how they are read and refused.

Sources, first wins: environment (``LOOKOUT_``, nested by ``__``), files named by ``..._FILE``
variables (for container secrets), then a YAML file where the process has one.
"""

import os
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as NotParsed

from lookout.contract import faults
from lookout.errors import LookoutError
from lookout.host import redaction, redisurl, urls, yamlfile
from lookout.host.redaction import MASK, is_secret, masked

PREFIX = "LOOKOUT_"


class SettingsError(LookoutError):
    """The settings are wrong; the message is for a person and names every key."""


def _url_of(*schemes: str) -> AfterValidator:
    forms = " or ".join(f"{scheme}://user:password@host:port" for scheme in schemes)

    def check(value: str) -> str:
        urls.split(value, schemes, f"not a URL of the form {forms}")
        return value

    return AfterValidator(check)


MQTT_SCHEMES = ("mqtt", "mqtts")
MqttUrl = Annotated[str, _url_of(*MQTT_SCHEMES)]
RedisUrl = Annotated[str, AfterValidator(redisurl.check)]


class Section(BaseModel):
    """A group of settings; a key it does not know is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Broker(Section):
    """How to reach the MQTT broker."""

    url: MqttUrl = Field("mqtt://127.0.0.1:1883", description="mqtt[s]://user:password@host:port")
    root: str = Field(
        "lookout",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description="first part of every topic",
    )
    keepalive: int = Field(30, ge=5, le=3600, description="seconds between pings")
    ca_file: Path | None = Field(None, description="PEM file of a private certificate authority")

    @property
    def host(self) -> str:
        return self._parts.host

    @property
    def port(self) -> int:
        return self._parts.port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        return self._parts.scheme == "mqtts"

    @property
    def username(self) -> str | None:
        return self._parts.user

    @property
    def password(self) -> str | None:
        return self._parts.password or None

    @property
    def _parts(self) -> urls.Parts:
        return urls.split(self.url, MQTT_SCHEMES, "")


class Redis(Section):
    """How to reach Redis."""

    url: RedisUrl = Field(
        "redis://127.0.0.1:6379/0",
        description=f"{redisurl.PLAIN_FORM} or {redisurl.SENTINEL_FORM}; {redisurl.TLS_FORM}",
    )
    ca_file: FilePath | None = Field(
        None, description="PEM file of a private certificate authority, for rediss://"
    )
    sentinel_password: SecretStr | None = Field(
        None, description="password of the sentinels, where they have one"
    )
    replicas: int | None = Field(
        None,
        ge=0,
        le=10,
        description="replicas that must have an image on disk before it is confirmed; "
        "by default 1 with sentinels and 0 without",
    )

    @property
    def replicas_needed(self) -> int:
        if self.replicas is not None:
            return self.replicas
        return 1 if redisurl.is_sentinel(self.url) else 0

    @model_validator(mode="after")
    def _fits(self) -> "Redis":
        if self.ca_file and not redisurl.is_encrypted(self.url):
            raise ValueError("ca_file is for a URL that begins with rediss://")
        if self.sentinel_password and not redisurl.is_sentinel(self.url):
            raise ValueError("sentinel_password is for a redis+sentinel:// URL")
        return self


_Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=128)]


class HomeAssistant(Section):
    """How this process shows itself in Home Assistant."""

    enabled: bool = Field(True, description="whether it announces itself; false takes it out again")
    prefix: _Topic = Field("homeassistant", description="Home Assistant's discovery prefix")
    birth_topic: _Topic = Field(
        "homeassistant/status", description="where Home Assistant says that it has started"
    )


class Log(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level")
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="auto is console on a terminal and json elsewhere"
    )


class Settings(BaseSettings):
    """What every process has. A service adds its own section by subclassing."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )
    from_file: ClassVar[dict[str, Any] | None] = None

    mqtt: Broker = Broker()
    log: Log = Log()
    data: Path = Field(Path("data"), description="folder for logs, spool, heartbeats and archive")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = (init_settings, env_settings)
        if cls.from_file is None:
            return sources
        return (*sources, InitSettingsSource(settings_cls, cls.from_file))


class HubSettings(Settings):
    """What every hub service has besides: Redis."""

    redis: Redis = Redis()


S = TypeVar("S", bound=Settings)


Choose = Callable[[dict[str, Any]], dict[str, Any]]


def load(settings_class: type[S], *, config: Path | None = None, choose: Choose | None = None) -> S:
    """Read the settings from environment and, where given, a YAML file.

    `choose` makes the settings out of the file's content where that is for several processes.

    Raises SettingsError with one line for each wrong key: its name, its value, what is allowed.
    """
    read_secret_files(os.environ)
    source: type[S] = settings_class
    if config is not None:
        content = read_file(config)
        content = choose(content) if choose else content
        source = type(settings_class.__name__, (settings_class,), {"from_file": content})
    try:
        settings = source()
    except ValidationError as error:
        raise SettingsError(describe(error, settings_class)) from None
    except NotParsed as error:
        raise SettingsError(f"The settings are not valid: {error}; lists are JSON") from None
    except RecursionError:
        raise SettingsError("The settings are not valid: a value is nested too deep") from None
    redaction.learn_from(settings)
    return settings


def read_file(config: Path) -> dict[str, Any]:
    """A YAML file's keys and values. Raises SettingsError when there are none."""
    try:
        content = yamlfile.read(config)
    except yamlfile.BadFile as error:
        raise SettingsError(str(error)) from None
    if not isinstance(content, dict):
        raise SettingsError(f"{config} holds no settings: it needs lines such as `node: garden`")
    if odd := [name for name in content if not isinstance(name, str)]:
        raise SettingsError(f"{config}: {odd[0]!r} is no name of a setting: write it as text")
    return content


def load_or_exit(
    settings_class: type[S],
    *,
    show_only: bool,
    config: Path | None = None,
    choose: Choose | None = None,
) -> S:
    """As `load`, for a main: prints what is wrong; with `show_only` what is set, and ends."""
    try:
        settings = load(settings_class, config=config, choose=choose)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    if show_only:
        sys.stdout.write(show(settings))
        sys.exit(0)
    return settings


def read_secret_files(environment: MutableMapping[str, str]) -> None:
    """For each LOOKOUT_..._FILE variable, set the variable without _FILE to the file's content.

    Raises SettingsError when such a file cannot be read.
    """
    for key, path in list(environment.items()):
        if key.startswith(PREFIX) and key.endswith("_FILE") and not key.endswith("__CA_FILE"):
            try:
                environment[key.removesuffix("_FILE")] = Path(path).read_text().strip()
                del environment[key]
            except OSError as error:
                raise SettingsError(f"{key}: cannot read {path!r}: {error.strerror}") from None
            except ValueError:  # no UTF-8, or a path that no system takes
                raise SettingsError(f"{key}: {path!r} is no file of text in UTF-8") from None


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """Tell a person what is wrong with the settings, key by key."""
    lines = ["The settings are not valid:"]
    lines += [f"  {_wrong(fault, model)}" for fault in error.errors(include_url=False)]
    return "\n".join(lines)


def _wrong(fault: ErrorDetails, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "settings"
    text = faults.allowed(fault, model)
    known = faults.field(model, fault["loc"])
    if fault["type"] == "extra_forbidden" or _is_of_several(fault):
        return redaction.known.hide(f"{key}: {text}")
    variable = PREFIX + "__".join(str(part) for part in fault["loc"]).upper()
    where = f"Set it as {variable}, or in the file"
    about = f" ({known.description})" if known and known.description else ""
    if fault["type"] == "missing":
        return f"{key} {text}{about}. {where}."
    value = MASK if is_secret(key) else repr(masked(fault["input"]))
    return f"{key} = {value}: {text}{about}. {where}."


def _is_of_several(fault: ErrorDetails) -> bool:
    """Whether it is a rule over several keys; all of those are its input."""
    return fault["type"] == "value_error" and isinstance(fault["input"], dict | BaseModel)


def show(settings: Settings) -> str:
    """The effective settings as YAML, without secrets."""
    text: str = yaml.safe_dump(masked(settings.model_dump(mode="json")), sort_keys=False)
    return text
