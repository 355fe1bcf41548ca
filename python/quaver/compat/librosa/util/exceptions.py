"""Errors of `librosa.util.exceptions`."""

from __future__ import annotations

from quaver.compat.librosa import forward


class LibrosaError(Exception):
    """What all errors of librosa's own derive from."""


class ParameterError(LibrosaError, ValueError):
    """A wrong argument; a ValueError too, unlike librosa's.

    Catches librosa's as well, where what quaver lacks is taken from there: that class then derives
    from this one.
    """


# Names of librosa's that quaver lacks.
__getattr__ = forward.attach_module("util.exceptions", {})
