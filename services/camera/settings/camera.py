"""Where pictures come from."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from lookout.host.redaction import url_secrets
from services.camera.settings import address
from services.camera.settings.address import Address
from services.camera.settings.boxes import WHOLE
from services.camera.settings.control import Control
from services.camera.settings.tls import Tls

# What only the Pi's camera has. The rest of `Control` is done to the picture where need be.
PI_ONLY = ("exposure", "gain", "exposure_value", "awb", "awb_gains", "hdr", "lens_position")

LOADING_SECONDS = 60.0  # for a network into the sensor, the first time


def _camera_url(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        address.parse(value.get_secret_value())
    return value


class Camera(Control):
    """Where pictures come from."""

    source: Literal["synthetic", "picamera2", "rtsp", "snapshot", "v4l2", "video", "folder"] = (
        Field("picamera2", description="what takes the pictures")
    )
    path: Path | None = Field(
        None, description="the film (video), the folder of JPEGs (folder) or the device (v4l2)"
    )
    url: Annotated[SecretStr | None, AfterValidator(_camera_url)] = Field(
        None, description="rtsp[s]:// or http[s]://host:port/path (rtsp, snapshot)"
    )
    user: str = Field("", max_length=256, description="login at the camera (rtsp, snapshot)")
    password: SecretStr | None = Field(
        None, description="any characters as they are; in a URL some must be written as %40"
    )
    transport: Literal["auto", "tcp", "udp"] = Field(
        "auto", description="how the pictures of rtsp:// come; auto is tcp where the camera can"
    )
    tls: Tls = Field(Tls(), description="of rtsps:// and https://")
    stale_after: float = Field(
        5.0, gt=0, le=300, description="seconds a stream may give no frame (rtsp, v4l2)"
    )
    number: int = Field(0, ge=0, le=9, description="which camera of this Pi (picamera2)")
    network: Path | None = Field(
        None, description="the .rpk file of an object detector for an IMX500 to run (picamera2)"
    )
    network_score: float = Field(
        0.5, ge=0, le=1, description="least score of what the network saw (picamera2)"
    )
    rate: float = Field(
        10.0, gt=0, le=120, description="frames a second that a film plays at (video)"
    )
    seed: int = Field(0, description="which scene is drawn (synthetic)")
    timeout: float = Field(
        20.0, gt=0, le=900, description="seconds one capture may take besides its exposure"
    )

    @model_validator(mode="after")
    def _path_where_needed(self) -> Self:
        if self.source in {"video", "folder", "v4l2"} and self.path is None:
            raise ValueError(f"path is needed with source {self.source}")
        if self.source in {"rtsp", "snapshot"} and self.url is None:
            raise ValueError(f"url is needed with source {self.source}")
        return self

    @model_validator(mode="after")
    def _url_that_fits(self) -> Self:
        if self.source == "snapshot" and self.url is not None:
            scheme = self.address.scheme
            if scheme not in {"http", "https"}:
                raise ValueError(f"url = {scheme}://...: source snapshot needs http or https")
        return self

    @model_validator(mode="after")
    def _what_the_source_has(self) -> Self:
        for name in PI_ONLY if self.source != "picamera2" else ():
            value = getattr(self, name)
            if value != Control.model_fields[name].default:
                raise ValueError(f"{name} = {value}: only source picamera2 can, not {self.source}")
        return self

    @model_validator(mode="after")
    def _network_of_a_pi(self) -> Self:
        if self.network is not None and self.source != "picamera2":
            raise ValueError(f"network: only source picamera2 has one, not {self.source}")
        return self

    @model_validator(mode="after")
    def _one_focus(self) -> Self:
        if self.lens_position is not None and self.autofocus != "off":
            raise ValueError(
                f"lens_position = {self.lens_position:g}: only with autofocus off, "
                f"which is {self.autofocus}"
            )
        return self

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if self.url is None or not (self.user or self.password):
            return self
        written = address.parse(self.url.get_secret_value())
        if written.user or written.password:
            raise ValueError("url holds a login besides user and password: take it out of the url")
        return self

    @property
    def address(self) -> Address:
        """Where the camera is, with its login: for the connection only, never for a log."""
        parsed = address.parse(self.url.get_secret_value() if self.url else "")
        if not (self.user or self.password):
            return parsed
        password = self.password.get_secret_value() if self.password else ""
        return replace(parsed, user=self.user, password=password)

    @property
    def secrets(self) -> set[str]:
        """What must never be said."""
        found = url_secrets(self.url.get_secret_value()) if self.url else set()
        return found | ({self.password.get_secret_value()} if self.password else set())

    @property
    def deadline(self) -> float:
        """Seconds one capture may take, opening included.

        Some frames are exposed before ours: those of the start, those under way, and the one
        during which new values reach the sensor.
        """
        loading = LOADING_SECONDS if self.network else 0.0
        return self.timeout + 6 * self.exposure / 1e6 + loading

    @property
    def sensor_flips(self) -> bool:
        """Whether the Pi's sensor mirrors the picture; else the node does.

        Not with a crop: whether ScalerCrop counts from the mirrored corner depends on the platform,
        and a mask at the wrong place would show what it must hide. Nor with a network, for its
        boxes.
        """
        return self.crop == WHOLE and self.network is None

    def changed(self, values: dict[str, object]) -> "Camera":
        """These settings with some of them changed. Raises pydantic's ValidationError."""
        return Camera.model_validate({**self.model_dump(exclude_unset=True), **values})
