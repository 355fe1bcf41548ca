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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # from modules that librosa.load imports
@pytest.mark.parametrize("name", ["quaver", "librosa"])
@pytest.mark.parametrize("extension", ["wav", "flac"])
def test_file(
    benchmark: Any, clip: Array, files: dict[str, Path], extension: str, name: str
) -> None:
    """Decode, resample to 16 kHz, extract."""
    describe(benchmark, f"48 kHz {extension} to 420 statistics", len(clip) / RATE)
    extract = PIPELINES[name]()

    def work() -> Array:
        if name == "librosa":
            return extract(librosa.load(files[extension], sr=RATE)[0])
        return extract(quaver.load(files[extension], RATE)[0])

    assert benchmark(work).shape == (len(quaver.feature_names()),)


@pytest.mark.parametrize("threads", [1, 2])
def test_files_in_threads(
    benchmark: Any, clip: Array, files: dict[str, Path], threads: int
) -> None:
    describe(benchmark, "64 files of 48 kHz wav", 64 * len(clip) / RATE)
    paths = [files["wav"]] * 64
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
