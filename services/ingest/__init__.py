"""MQTT to Redis: validates, stores in batches, acknowledges after, sends receipts."""
