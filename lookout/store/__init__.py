"""Redis: keys, indexes, and what is kept under them. The only importer of redis."""
