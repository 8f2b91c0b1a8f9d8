"""One at a time: who does the work of a service, and whose turn it is at some work."""
