"""Real clips for the benchmarks, or synthetic ones of the same length without the corpora."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver

DATA = Path(os.environ.get("QUAVER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def pytest_report_header() -> str:
    return f"quaver target: {quaver.show_config()['target']}"


@pytest.fixture(scope="session")
def clip() -> NDArray[np.float32]:
    """A RAVDESS clip of 3.7 s at 16 kHz (the median length)."""
    path = DATA / "ravdess" / "Actor_01" / "03-01-05-01-01-01-01.flac"
    if path.is_file():
        samples, _ = quaver.load(path)
        return np.ascontiguousarray(samples[:59200])
    rng = np.random.default_rng(0)
    return (0.1 * rng.standard_normal(59200)).astype(np.float32)
