"""The settings of the events service."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from lookout.amounts.settings import Bytes
from lookout.bus.allowance import Allowed
from lookout.contract.topics import Word
from lookout.host.settings import HomeAssistant, HubSettings, Section
from lookout.store import keys


class EventLog(Section):
    """How events are kept."""

    ttl: int = Field(keys.EVENT_TTL, ge=1, description="seconds an event is kept in Redis")
    routine_ttl: int = Field(
        keys.ROUTINE_TTL, ge=1, description="the same for those that come with every picture"
    )
    keep_days: int = Field(365, ge=1, description="days a daily log file is kept")
    silent_after: float = Field(
        600.0, ge=5, description="seconds without a sign of life until node_silent"
    )
    node_rate: float = Field(
        20.0,
        ge=0,
        le=10_000,
        description="events a second of one node, long run; 0: no limit",
    )
    node_burst: int = Field(2_000, ge=1, le=1_000_000, description="events of one node at once")
    node_bytes_rate: Bytes = Field(32_000, description="bytes of them a second; 0: no limit")
    node_bytes_burst: Bytes = Field(2_000_000, description="bytes of them at once")
    batch: int = Field(256, ge=1, le=1_000, description="most events in one write")
    metrics_port: int | None = Field(None, ge=1, le=65535, description="for Prometheus, if any")
    metrics_host: str = Field("127.0.0.1", description="address that the metrics listen on")

    @property
    def of_node(self) -> Allowed:
        """What one node may fire."""
        return Allowed(self.node_rate, self.node_burst, self.node_bytes_rate, self.node_bytes_burst)


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError("use an address such as http://homeassistant.local:8123")
    _ = parts.port  # raises ValueError when it is not a number up to 65535
    return value.rstrip("/")


class HubHomeAssistant(HomeAssistant):
    """What every process has, and the way to Home Assistant's own event bus."""

    url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="Home Assistant's address, for events on its own bus; needs the token"
    )
    token: SecretStr | None = Field(
        None, min_length=1, description="a long-lived access token of an administrator there"
    )
    forward: tuple[Word, ...] = Field(
        (), description="types of events for its bus; none named is all of them"
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.url is None) != (self.token is None):
            raise ValueError("homeassistant.url and homeassistant.token go together: set both")
        return self


class EventsSettings(HubSettings):
    """Everything the events service is told."""

    events: EventLog = EventLog()
    homeassistant: HubHomeAssistant = HubHomeAssistant()
