"""What the hub has not confirmed yet: the spool, and the way from it to the hub."""
