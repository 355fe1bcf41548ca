"""Names of `librosa.feature`."""

from __future__ import annotations

from quaver.compat.librosa import forward
from quaver.compat.librosa._names import FEATURE

__getattr__, __dir__ = forward.attach(
    "feature", FEATURE, ("spectral", "contrast", "melodic", "waveform", "utils")
)
