"""The settings of the events service."""

from pydantic import Field

from lookout.host.settings import HomeAssistant, HubSettings, Section
from lookout.store import keys


class EventLog(Section):
    """How events are kept."""

    ttl: int = Field(keys.EVENT_TTL, ge=1, description="seconds an event is kept in Redis")
    keep_days: int = Field(365, ge=1, description="days a daily log file is kept")
    silent_after: float = Field(
        600.0, ge=5, description="seconds without a sign of life until node_silent"
    )
    metrics_port: int | None = Field(None, ge=1, le=65535, description="for Prometheus, if any")
    metrics_host: str = Field("127.0.0.1", description="address that the metrics listen on")


class EventsSettings(HubSettings):
    """Everything the events service is told."""

    events: EventLog = EventLog()
    homeassistant: HomeAssistant = HomeAssistant()
