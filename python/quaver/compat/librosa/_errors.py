"""What librosa's functions raise; users find the names in `util.exceptions`."""

from __future__ import annotations

_PLACE = "quaver.compat.librosa.util.exceptions"


class LibrosaError(Exception):
    """What all errors of librosa's own derive from."""

    __module__ = _PLACE


class ParameterError(LibrosaError, ValueError):
    """A wrong argument; a ValueError too, unlike librosa's.

    Catches librosa's as well, where what quaver lacks is taken from there: that class then derives
    from this one.
    """

    __module__ = _PLACE
