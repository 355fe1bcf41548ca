"""The mark of arguments that only some releases have."""

from __future__ import annotations

from quaver.compat.librosa import forward
from quaver.compat.librosa._release import Deprecated as Deprecated

# Names of librosa's that quaver lacks.
__getattr__ = forward.attach_module("util.deprecation", {})
