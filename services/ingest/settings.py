"""The settings of the ingest service."""

from pydantic import Field

from lookout.amounts.settings import Bytes
from lookout.bus.allowance import Allowed
from lookout.host.settings import HubSettings, Section
from lookout.store.retention.rules import Retention


class Ingest(Section):
    """How images and readings are taken in."""

    worker: int = Field(1, ge=1, le=99, description="number of this worker; each needs its own")
    max_bytes: int = Field(20_000_000, ge=1_000, description="a larger image is refused")
    max_pixels: int = Field(150_000_000, ge=1_000, description="the same by width x height")
    max_ahead: float = Field(
        86_400.0, ge=0, description="seconds ahead of ours that a sender's clock is believed"
    )
    max_skew: float = Field(
        60.0, ge=1, description="the same for a node that knows how far it is from ours"
    )
    session_expiry: int = Field(
        7 * 86_400,
        ge=1,
        le=4_294_967_294,
        description="seconds the broker keeps this worker's queue while it is away",
    )
    batch: int = Field(64, ge=1, le=1_000, description="most images in one write")
    in_hand: int = Field(200, ge=1, le=10_000, description="most messages not yet acknowledged")
    images_rate: float = Field(
        50.0, ge=0, le=10_000, description="images a second of one node, long run; 0: no limit"
    )
    # At once: what a node at an image a second has in its spool after a night without a hub.
    images_burst: int = Field(40_000, ge=1, le=1_000_000, description="images of one node at once")
    image_bytes_rate: Bytes = Field(20_000_000, description="bytes of them a second; 0: no limit")
    image_bytes_burst: Bytes = Field(8_000_000_000, description="bytes of them at once")
    readings_rate: float = Field(
        20.0, ge=0, le=10_000, description="readings a second of one node, long run; 0: no limit"
    )
    readings_burst: int = Field(5_000, ge=1, le=1_000_000, description="readings of one at once")
    metrics_port: int | None = Field(None, ge=1, le=65535, description="for Prometheus, if any")
    metrics_host: str = Field("127.0.0.1", description="address that the metrics listen on")

    @property
    def images_of_node(self) -> Allowed:
        """How many images one node may send."""
        return Allowed(
            *(self.images_rate, self.images_burst, self.image_bytes_rate, self.image_bytes_burst)
        )

    @property
    def readings_of_node(self) -> Allowed:
        """The same of readings, whose bytes do not matter."""
        return Allowed(self.readings_rate, self.readings_burst, 0, 1)


class IngestSettings(HubSettings):
    """Everything the ingest service is told."""

    ingest: Ingest = Ingest()
    retention: Retention = Retention()

    @property
    def name(self) -> str:
        """This worker's name as a hub service: `ingest`, or `ingest_2` for the second."""
        return "ingest" if self.ingest.worker == 1 else f"ingest_{self.ingest.worker}"
