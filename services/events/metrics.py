"""What the events service counts, for Prometheus."""

from prometheus_client import Counter, Gauge

LOGGED = Counter("lookout_events_logged", "Events written to Redis and the daily log", ["type"])
REPEATED = Counter("lookout_events_repeated", "Events delivered again and known already")
REFUSED = Counter("lookout_events_refused", "Messages that were no event")
LOST = Counter("lookout_events_lost", "Events that a node fired and that never arrived", ["node"])
TOO_MANY = Counter(
    "lookout_events_too_many", "Events dropped: their node fires more than it may", ["node"]
)
RETAINED_CLEARED = Counter(
    "lookout_events_retained_cleared", "Retained messages taken out that nobody may retain"
)
BROKER_DROPPED = Counter(
    "lookout_broker_dropped", "Messages that the broker dropped: a queue of its own was full"
)
FORWARDED = Counter("lookout_events_forwarded", "Events that Home Assistant's bus took")
NOT_FORWARDED = Counter(
    "lookout_events_not_forwarded", "Events that Home Assistant's bus did not get", ["reason"]
)
UNWRITTEN = Counter("lookout_events_unwritten", "Lines that the daily log could not take")
BRIDGE_UP = Gauge("lookout_bridge_up", "1 while another site's broker is connected", ["bridge"])
