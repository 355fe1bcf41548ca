"""The mark of arguments that are about to go."""

from __future__ import annotations


class Deprecated:
    """Default of a deprecated argument: it was not given."""

    def __repr__(self) -> str:
        return "<DEPRECATED parameter>"
