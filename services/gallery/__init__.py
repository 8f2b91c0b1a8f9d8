"""The web application: pages, API, server-sent events."""
