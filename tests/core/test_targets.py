"""base, avx2 and avx512 agree, and the choice between them is honest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
import tolerances
from quaver import _core
from reference import framing
from reference import short_term as twin


@pytest.fixture(autouse=True)
def _restore_target() -> Iterator[None]:
    before = _core.target()
    yield
    _core.set_target(before)


def on_each_target(function: Callable[[], Any]) -> list[Any]:
    results = []
    for name in _core.targets():
        _core.set_target(name)
        assert _core.target() == name
        results.append(function())
    return results


def test_base_is_always_there_and_first() -> None:
    assert _core.targets()[0] == "base"
    assert set(_core.targets()) <= {"base", "avx2", "avx512"}


def test_unknown_target_is_refused() -> None:
    with pytest.raises(ValueError, match="sse9"):
        _core.set_target("sse9")
    assert _core.target() in _core.targets()


@pytest.mark.parametrize("n", [400, 400 + 15 * 160, 400 + 16 * 160, 8000])
def test_short_term_agrees(speech: NDArray[np.float32], n: int) -> None:
    """Each within the bounds of the twin, so at most two bounds from each other."""
    x = speech[3000 : 3000 + n]
    stages = twin.stages(x, 16000)
    bounds = tolerances.short_term_bounds(stages.values)
    settled = []
    for values in on_each_target(lambda: quaver.short_term(x, 16000).values):
        found = values[:, : bounds.shape[1]].astype(np.float64)
        expected, *_ = tolerances.settle_ties(found, stages, framing.scale(x), hop_length=160)
        assert (np.abs(found - expected) <= bounds).all()
        settled.append(found - expected)
    for other in settled[1:]:
        assert (np.abs(other - settled[0]) <= bounds).all()


def test_log_mel_agrees(speech: NDArray[np.float32]) -> None:
    pictures = on_each_target(lambda: quaver.log_mel(speech[:11000], 16000))
    loud = pictures[0] >= pictures[0].max(axis=1, keepdims=True) - tolerances.LOG_MEL_RANGE_DB
    for other in pictures[1:]:
        assert np.abs(other - pictures[0])[loud].max() <= tolerances.LOG_MEL_DB


@pytest.mark.parametrize("width", [None, 9])
def test_statistics_and_derivatives_agree(width: int | None) -> None:
    values = np.random.default_rng(0).standard_normal((333, 7)).astype(np.float32)
    scale = float(np.abs(values).max())
    deltas = on_each_target(lambda: quaver.delta(values, width=width))
    statistics = on_each_target(lambda: quaver.functionals(values))
    for other in deltas[1:]:
        np.testing.assert_allclose(other, deltas[0], rtol=0, atol=tolerances.DELTA * scale)
    for other in statistics[1:]:
        np.testing.assert_allclose(
            other, statistics[0], rtol=tolerances.STATISTICS, atol=tolerances.STATISTICS
        )


def test_checks_of_samples_agree() -> None:
    x = np.zeros(1000, np.float32)
    x[777] = np.nan

    def message() -> str:
        with pytest.raises(ValueError, match="index 777") as caught:
            quaver.extract(x, 16000)
        return str(caught.value)

    assert len(set(on_each_target(message))) == 1
