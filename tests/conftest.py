"""Fixtures shared by all tests: SIMD targets, real and synthetic speech, a clean environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

import quaver
from quaver import _core

# Derandomised: a failure can be replayed, and a run does not depend on the clock.
settings.register_profile("quaver", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("quaver")

REPOSITORY = Path(__file__).resolve().parents[1]


def shown(value: object) -> str:
    """The value as part of a test's name, which is the same in every process: without addresses."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))


def pytest_report_header() -> list[str]:
    return [f"quaver {key}: {value}" for key, value in quaver.show_config().items()]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "data_dir" in getattr(item, "fixturenames", ()):
            item.add_marker("data")
    marked = ((item, item.get_closest_marker("peer")) for item in items)
    missing = {item for item, mark in marked if mark and mark.args and not find_spec(mark.args[0])}
    config.hook.pytest_deselected(items=list(missing))
    items[:] = [item for item in items if item not in missing]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """The processors of this process; each worker takes about a gigabyte once it has a network."""
    return min(len(os.sched_getaffinity(0)), 8)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """One thread for each of the workers, which inherit the environment: they share processors."""
    for library in ("OMP_NUM", "OPENBLAS_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP"):
        os.environ.setdefault(f"{library}_THREADS", "1")


@pytest.fixture(params=_core.targets())
def target(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each SIMD target of this processor in turn, forced during the test."""
    before = _core.target()
    _core.set_target(request.param)
    yield request.param
    _core.set_target(before)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder with the public corpora; skips where absent, fails if QUAVER_REQUIRE_DATA=1."""
    path = Path(os.environ.get("QUAVER_DATA", REPOSITORY.parent / "shared" / "data"))
    if not path.is_dir():
        message = f"no corpora at {path}; set QUAVER_DATA"
        if os.environ.get("QUAVER_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def ravdess(data_dir: Path) -> list[Path]:
    """The 1,440 speech clips of RAVDESS, 16 kHz mono."""
    clips = sorted((data_dir / "ravdess").glob("Actor_*/*.flac"))
    assert len(clips) == 1440, f"expected 1,440 clips, found {len(clips)}"
    return clips


@pytest.fixture(scope="session")
def speech() -> NDArray[np.float32]:
    """Two seconds at 16 kHz: a gliding voiced tone with harmonics, noise bursts and pauses."""
    rng = np.random.default_rng(20240501)
    t = np.arange(32000) / 16000
    phase = 2 * np.pi * np.cumsum(120 + 60 * np.sin(2 * np.pi * 0.7 * t)) / 16000
    voiced = sum(np.sin(k * phase) / k for k in range(1, 12))
    envelope = np.clip(np.sin(2 * np.pi * 1.5 * t), 0, None)
    noise = rng.standard_normal(t.size) * (np.sin(2 * np.pi * 2.3 * t) > 0.6)
    samples = 0.2 * voiced * envelope + 0.05 * noise + 1e-4 * rng.standard_normal(t.size)
    samples[12000:13500] = 0
    return np.asarray(samples, np.float32)


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Let TensorFlow run each step at once: a graph of a dozen steps takes longer to trace."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)
