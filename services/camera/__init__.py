"""The camera node: captures, spools, publishes, obeys commands. Runs on the Pi."""
