"""Errors of `librosa.util.exceptions`."""

from __future__ import annotations

from quaver.compat.librosa import forward
from quaver.compat.librosa._errors import LibrosaError, ParameterError

__all__ = ["LibrosaError", "ParameterError"]

# Names of librosa's that quaver lacks.
__getattr__ = forward.attach_module("util.exceptions", {})
