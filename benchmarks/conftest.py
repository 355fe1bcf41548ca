"""Options, clips and files of the benchmarks.

Without ``--benchmark-enable`` every body runs once on little data, as a test of the answers, and
peers that the ``test`` extra does not bring are left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

import quaver
from quaver import _core

DATA = Path(os.environ.get("QUAVER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
N_SAMPLES = 59200  # 3.7 s at 16 kHz, the median length of RAVDESS


def is_timed(config: pytest.Config) -> bool:
    return bool(config.getoption("benchmark_enable") or config.getoption("benchmark_only"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fresh-allocator",
        action="store_true",
        help="leave the C library as a new process finds it, which peers pay for in each call",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if is_timed(config):
        return
    peers = [item for item in items if item.get_closest_marker("peer")]
    config.hook.pytest_deselected(items=peers)
    items[:] = [item for item in items if item not in peers]


def pytest_report_header() -> str:
    return f"quaver target: {quaver.show_config()['target']}"


@pytest.fixture(autouse=True, scope="session")
def _allocator(request: pytest.FixtureRequest) -> None:
    """Peers at their best: memory that they free is kept for their next call.

    glibc hands blocks above a threshold back to the system at once and faults them in again, page
    by page; freeing a block of its upper limit, 32 MB, raises the threshold for good.
    """
    if is_timed(request.config) and not request.config.getoption("fresh_allocator"):
        block = np.ones(31 << 17)
        del block


@pytest.fixture(autouse=True)
def _restore_target() -> Iterator[None]:
    before = _core.target()
    yield
    _core.set_target(before)


@pytest.fixture(scope="session")
def clip() -> NDArray[np.float32]:
    """A RAVDESS clip of 3.7 s at 16 kHz, noise without the corpora."""
    path = DATA / "ravdess" / "Actor_01" / "03-01-05-01-01-01-01.flac"
    if path.is_file():
        samples, _ = quaver.load(path)
        return np.ascontiguousarray(np.resize(samples, N_SAMPLES))
    rng = np.random.default_rng(0)
    return (0.1 * rng.standard_normal(N_SAMPLES)).astype(np.float32)


@pytest.fixture(scope="session")
def clips(clip: NDArray[np.float32], request: pytest.FixtureRequest) -> list[NDArray[np.float32]]:
    """As many arrays as RAVDESS has clips, no two in the same memory."""
    return [np.roll(clip, i) for i in range(1440 if is_timed(request.config) else 6)]


@pytest.fixture(scope="session")
def recording(clip: NDArray[np.float32], request: pytest.FixtureRequest) -> NDArray[np.float32]:
    """Ten minutes."""
    return np.resize(clip, 16000 * (600 if is_timed(request.config) else 5))


@pytest.fixture(scope="session")
def files(clip: NDArray[np.float32], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The clip with 16 bits, by kHz and extension; at 48 kHz, as RAVDESS is published."""
    folder = tmp_path_factory.mktemp("recordings")
    paths = {}
    for rate in (16000, 48000):
        samples = np.clip(soxr.resample(clip, 16000, rate), -1, 1)
        for extension in ("wav", "flac"):
            name = f"{rate // 1000} kHz {extension}"
            paths[name] = folder / f"{rate}.{extension}"
            soundfile.write(paths[name], samples, rate, subtype="PCM_16")
    return paths


@pytest.fixture(scope="session")
def texts(request: pytest.FixtureRequest) -> list[str]:
    """The 43,410 training texts of GoEmotions, or made-up ones of the same number and length."""
    file = DATA / "goemotions_ekman" / "train.tsv"
    if file.is_file():
        with file.open(encoding="utf-8", newline="\n") as lines:
            found = [line.split("\t")[0] for line in lines]
        return found if is_timed(request.config) else found[:2000]
    rng = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlu"))
    words = ["".join(rng.choice(letters, n)) for n in rng.integers(1, 10, 20_000)]
    marks = [" ", " ", " ", ", ", "! ", " 12 ", " don't ", "... ", " 😀 "]
    count = 43_410 if is_timed(request.config) else 2000
    ranks = np.minimum(rng.zipf(1.3, (count, 13)), len(words)) - 1
    return ["".join(words[i] + marks[i % len(marks)] for i in row) for row in ranks]
