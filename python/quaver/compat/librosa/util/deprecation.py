"""The mark of arguments that are about to go."""

from __future__ import annotations

from quaver.compat.librosa import forward


class Deprecated:
    """Default of a deprecated argument: it was not given."""

    def __repr__(self) -> str:
        return "<DEPRECATED parameter>"


# Names of librosa's that quaver lacks.
__getattr__ = forward.attach_module("util.deprecation", {})
