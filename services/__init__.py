"""One folder, one process: `python -m services.NAME`."""
