"""A private Mosquitto and a private Redis with search, for the demo and the tests."""
