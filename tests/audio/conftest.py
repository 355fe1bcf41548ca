"""Noise, and each way to pass a recording."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recorded import Wrap, as_bytes, as_object, as_path


@pytest.fixture(params=[as_path, as_object, as_bytes], ids=lambda f: f.__name__)
def wrap(request: pytest.FixtureRequest) -> Wrap:
    """Each way to pass a recording."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def noise() -> NDArray[np.float32]:
    return np.random.default_rng(5).uniform(-0.3, 0.3, 16000).astype(np.float32)
