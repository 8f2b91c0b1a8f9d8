"""What processes say to each other: topics, messages, events, metrics. Pure: pydantic only."""
