"""How a device is announced to Home Assistant: entity tables made into retained messages."""
