"""/api: what programs, and the pages themselves, ask."""
