"""What the ingest service counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

STORED = Counter("lookout_ingest_stored", "Images written to Redis")
REPEATED = Counter("lookout_ingest_repeated", "Images written over an earlier copy of themselves")
BYTES = Counter("lookout_ingest_bytes", "Bytes of images written to Redis")
PUT_OFF = Counter("lookout_ingest_put_off", "Images that the hub could not take: sent again")
TOO_MANY = Counter(
    "lookout_ingest_readings_too_many", "Readings dropped: too many of one node", ["node"]
)
IMAGES_TOO_MANY = Counter(
    "lookout_ingest_images_too_many", "Images put off or dropped: too many of one node", ["node"]
)
READINGS = Counter("lookout_ingest_readings", "Readings written to Redis")
RECEIPTS = Counter("lookout_ingest_receipts", "Images confirmed to their nodes")
RECEIPTS_DROPPED = Counter(
    "lookout_ingest_receipts_dropped", "Receipts given up; their nodes will send again"
)
UNCONFIRMED = Counter(
    "lookout_ingest_unconfirmed", "Images lost with a restart of Redis; their nodes will send again"
)
WAITING = Gauge("lookout_ingest_waiting", "1 while Redis does not take writes")
MEMORY_SHARE = Gauge("lookout_redis_memory_share", "Part of Redis' memory limit in use, 0 to 1")
REPLICAS = Gauge("lookout_redis_replicas", "Replicas of Redis that are in touch and caught up")
EVICTED = Counter("lookout_redis_evicted", "Keys that Redis threw out early to make room")
REMOVED = Counter("lookout_ingest_removed", "Images removed before their time, by rule", ["rule"])
REMOVED_OF_KIND = Counter(
    "lookout_ingest_made_room", "Things removed because memory was short, by kind", ["kind"]
)
KEPT = Gauge("lookout_ingest_kept", "Images that somebody keeps for good")
KEPT_BYTES = Gauge("lookout_ingest_kept_bytes", "Bytes of those images")
KEPT_SHARE = Gauge("lookout_ingest_kept_share", "Part of the quota for kept images in use, 0 to 1")
THINNING_LAG = Gauge(
    "lookout_ingest_thinning_lag_seconds", "Age of the last whole pass of thinning out"
)
CLOCK_IN_DOUBT = Gauge(
    "lookout_ingest_clock_in_doubt", "1 while the hub's clock is: nothing is removed for age"
)
DATED = Counter("lookout_ingest_dated", "Images dated by the hub's clock, not by their node's")
REDATED = Counter("lookout_ingest_redated", "Images dated anew when the clocks agreed", ["by"])
BATCH = Histogram("lookout_ingest_batch", "Images in one write", buckets=(1, 2, 4, 8, 16, 32, 64))
WRITE_SECONDS = Histogram("lookout_ingest_write_seconds", "Seconds for one write")
