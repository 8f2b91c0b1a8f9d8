"""Lookout: fleets of Raspberry Pi cameras on MQTT, stored and searched in Redis."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("lookout-hub")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0"
