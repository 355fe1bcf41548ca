"""Names of `librosa.util`."""

from __future__ import annotations

from quaver.compat.librosa import forward
from quaver.compat.librosa._names import UTIL

__getattr__, __dir__ = forward.attach("util", UTIL, ("deprecation", "exceptions", "utils"))
