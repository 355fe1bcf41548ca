"""`librosa.segment`, which an installed librosa supplies."""

from __future__ import annotations

from quaver.compat.librosa import forward

__getattr__, __dir__ = forward.attach("segment", {})
