"""Names of `librosa.core`."""

from __future__ import annotations

from quaver.compat.librosa import forward
from quaver.compat.librosa._names import CORE

__getattr__, __dir__ = forward.attach(
    "core",
    CORE,
    (
        "audio",
        "convert",
        "pitch",
        "prediction",
        "spectrum",
        "tracking",
        "transform",
        "tuning",
        "vocoder",
    ),
)
