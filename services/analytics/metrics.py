"""What the analytics service counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)

SEEN = Counter("lookout_analytics_images", "Images that were looked at, their results written")
PEOPLE = Counter("lookout_analytics_people", "People in them")
SKIPPED = Counter("lookout_analytics_skipped", "Images that were not looked at", ["reason"])
TWICE = Counter("lookout_analytics_twice", "Results given up: another worker was first")
FAILED = Counter("lookout_analytics_failed", "Attempts to look at an image that failed")
PARKED = Counter("lookout_analytics_parked", "Images given up, each with its reason")
FRAMES = Counter("lookout_analytics_frames", "Frames of films that were put into streams")
FRAMES_LET_GO = Counter("lookout_analytics_frames_let_go", "Frames over the rate that was set")
FRAMES_SEEN = Counter("lookout_analytics_frames_seen", "Frames that were looked at")
FRAMES_SKIPPED = Counter("lookout_analytics_frames_skipped", "Frames too old to be looked at")
WAITING = Gauge("lookout_analytics_waiting", "Images that no worker has finished")
AGE = Histogram(
    "lookout_analytics_age_seconds", "From stored to looked at, seconds", buckets=_SECONDS
)
STEP_SECONDS = Histogram(
    "lookout_analytics_step_seconds", "Seconds of each step of an image", ["step"], buckets=_SECONDS
)
