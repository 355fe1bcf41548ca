"""Files, batches, long recordings and threads.

Bodies take seconds with some peers: few rounds, of which the minimum counts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray
from peers import RATE, LibrosaPipeline, NumpyPipeline

import quaver

Array = NDArray[np.float32]
PIPELINES: dict[str, Callable[[], Callable[[Array], Array]]] = {
    "quaver": lambda: lambda x: quaver.extract(x, RATE),
    "librosa": lambda: LibrosaPipeline().extract,
    "numpy": lambda: NumpyPipeline().extract,
}


def describe(benchmark: Any, group: str, seconds: float) -> None:
    benchmark.group = group
    benchmark.extra_info["seconds"] = seconds


FILES = ["48 kHz wav", "16 kHz wav", "48 kHz flac", "16 kHz flac"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # from modules that librosa.load imports
@pytest.mark.parametrize("name", ["quaver", "librosa"])
@pytest.mark.parametrize("file", FILES)
def test_file(benchmark: Any, clip: Array, files: dict[str, Path], file: str, name: str) -> None:
    """Decode, resample to 16 kHz, extract."""
    describe(benchmark, f"{file} to 420 statistics", len(clip) / RATE)
    extract = PIPELINES[name]()

    def work() -> Array:
        if name == "librosa":
            return extract(librosa.load(files[file], sr=RATE)[0])
        return extract(quaver.load(files[file], RATE)[0])

    assert benchmark(work).shape == (len(quaver.feature_names()),)


@pytest.mark.parametrize(
    "name", ["quaver", "librosa", pytest.param("asrfront", marks=pytest.mark.peer)]
)
@pytest.mark.parametrize("file", FILES)
def test_load(benchmark: Any, clip: Array, files: dict[str, Path], file: str, name: str) -> None:
    """Decode and resample to 16 kHz; asrfront by ffmpeg's shorter filter, to 16 bits."""
    describe(benchmark, f"{file} to samples at 16 kHz", len(clip) / RATE)
    path = files[file]
    load: Callable[[], Array]
    if name == "asrfront":
        asrfront = pytest.importorskip("asrfront")
        load = lambda: asrfront.load(str(path))  # noqa: E731
    elif name == "librosa":
        load = lambda: librosa.load(path, sr=RATE)[0]  # noqa: E731
    else:
        load = lambda: quaver.load(path, RATE)[0]  # noqa: E731
    found, expected = benchmark(load), quaver.load(path, RATE)[0]
    n = min(len(found), len(expected))
    assert abs(len(found) - len(expected)) < RATE // 100
    assert np.corrcoef(found[:n], expected[:n])[0, 1] > 0.99


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("file", ["48 kHz wav", "48 kHz flac"])
def test_files_in_threads(
    benchmark: Any, clip: Array, files: dict[str, Path], file: str, threads: int
) -> None:
    describe(benchmark, f"64 files of {file}", 64 * len(clip) / RATE)
    paths = [files[file]] * 64
    result = benchmark.pedantic(
        lambda: quaver.extract_many(paths, threads=threads), rounds=5, warmup_rounds=1
    )
    assert len(result) == 64


@pytest.mark.parametrize("name", ["quaver", "quaver 2 threads", "numpy", "librosa"])
def test_batch(benchmark: Any, clips: list[Array], name: str) -> None:
    describe(benchmark, "1,440 clips in memory", sum(map(len, clips)) / RATE)
    if name.startswith("quaver"):
        threads = 2 if "2" in name else 1
        result = benchmark.pedantic(
            lambda: quaver.extract_many(clips, RATE, threads=threads).values,
            rounds=7, warmup_rounds=1,
        )  # fmt: skip
    else:
        extract = PIPELINES[name]()
        result = benchmark.pedantic(lambda: np.stack([extract(x) for x in clips]), rounds=1)
    expected = np.stack([quaver.extract(x, RATE) for x in clips[:4]])
    scale = np.abs(expected).max(axis=0) + 1e-3
    assert np.median(np.abs(result[:4] - expected) / scale) < 1e-3


@pytest.mark.parametrize("name", ["quaver", "numpy", "librosa"])
def test_long_recording(benchmark: Any, recording: Array, name: str) -> None:
    describe(benchmark, "ten minutes to 420 statistics", len(recording) / RATE)
    rounds = 20 if name == "quaver" else 1
    extract = PIPELINES[name]()
    result = benchmark.pedantic(extract, (recording,), rounds=rounds, warmup_rounds=1)
    assert result.shape == (len(quaver.feature_names()),)
