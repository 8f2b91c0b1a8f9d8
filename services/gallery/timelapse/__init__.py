"""Time-lapse films: which pictures, the process that makes one of them, and the jobs."""
