"""What every node did: a searchable log in Redis and a daily log file."""
