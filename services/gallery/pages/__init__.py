"""The pages, and what they say in words."""
