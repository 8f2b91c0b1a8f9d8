"""How any Lookout process lives: settings, log, run and drain, health, metrics."""
