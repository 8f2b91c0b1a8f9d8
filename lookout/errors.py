"""The root of every error that Lookout raises on purpose."""


class LookoutError(Exception):
    """Something that may happen and that a caller may want to handle; its text is for a person."""
