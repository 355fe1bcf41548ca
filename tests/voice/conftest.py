"""Recordings that no microphone makes, for every kernel of a voice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

_NOISE = np.random.default_rng(3).standard_normal(8000)
_EXTREMES = {
    "silence": np.zeros(8000),
    "denormal": 1e-42 * _NOISE,
    "impulse": np.eye(1, 8000, 4000)[0],
    "constant": np.full(8000, 0.5),
    "clipped": np.clip(5 * _NOISE, -1, 1),
    "loud": 1e11 * _NOISE,
}


@pytest.fixture(params=_EXTREMES)
def extreme(request: pytest.FixtureRequest) -> tuple[str, NDArray[np.float32]]:
    """Its name, and 0.5 s of it at 16 kHz."""
    return request.param, _EXTREMES[request.param].astype(np.float32)
