"""From samples to vectors and emotions by the speech encoder: blocks, precisions, threads.

int8 and float32 are compared first. Run with ``--benchmark-enable``; without it each body runs
once, as a test of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver.models import encoder

RATE = 16000


@pytest.mark.parametrize("precision", encoder.graph.PRECISIONS)
@pytest.mark.parametrize("blocks", [(2,), (2, 3)], ids=["block 2", "blocks 2 and 3"])
@pytest.mark.benchmark(group="encoder: a clip to its vectors")
def test_clip(
    benchmark: Any, blocks: tuple[int, ...], precision: Any, clip: NDArray[np.float32]
) -> None:
    exact = encoder.Encoder.load_pretrained(blocks=blocks, precision="float32").embed(clip, RATE)
    model = encoder.Encoder.load_pretrained(blocks=blocks, precision=precision)
    found = benchmark(model.embed, clip, RATE)
    assert float(np.corrcoef(found.ravel(), exact.ravel())[0, 1]) > 0.99


@pytest.mark.parametrize("precision", encoder.graph.PRECISIONS)
@pytest.mark.benchmark(group="encoder: a clip to its emotion")
def test_emotion(benchmark: Any, precision: Any, clip: NDArray[np.float32]) -> None:
    exact = encoder.load_pretrained(precision="float32").predict_clips([clip], RATE)
    model = encoder.load_pretrained(precision=precision)
    found = benchmark(model.predict_clips, [clip], RATE, threads=1)
    np.testing.assert_allclose(found.probabilities, exact.probabilities, atol=0.1)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.benchmark(group="encoder: 64 clips to their emotions")
def test_threads(benchmark: Any, threads: int, clip: NDArray[np.float32]) -> None:
    model = encoder.load_pretrained()
    found = benchmark(model.predict_clips, [clip] * 64, RATE, threads=threads)
    assert len(found) == 64
