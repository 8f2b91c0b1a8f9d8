"""Moving pictures: the newest frame for many viewers, and MJPEG over HTTP."""
