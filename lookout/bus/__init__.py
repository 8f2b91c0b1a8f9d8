"""MQTT: the contract (topics, messages) and the transport (session), events and commands."""
