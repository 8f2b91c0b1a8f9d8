"""How requests come in: middlewares, proxies, the door, errors, templates."""
