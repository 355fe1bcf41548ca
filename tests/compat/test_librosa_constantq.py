"""The constant-Q transform, and what is made of it, beside librosa's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import quaver.compat.librosa as stand_in
from compat.parity import assert_same, both, signal

OPTIONS: list[dict[str, Any]] = [
    {},
    {"n_bins": 252, "bins_per_octave": 36, "tuning": None},
    {"n_bins": 50, "hop_length": 100, "fmin": 65.0},  # an octave of few bins, an odd hop
    {"n_bins": 36, "hop_length": 256, "fmin": 80.0, "scale": False},  # halved ahead
    {"n_bins": 24, "norm": None, "sparsity": 0, "filter_scale": 0.5, "pad_mode": "edge"},
    {"n_bins": 20, "window": "hamming"},  # librosa's own, from here on
    {"n_bins": 24, "norm": 0.5},
    {"n_bins": 24, "dtype": np.complex128},
]


def within(found: Any, expected: Any, bound: float) -> None:
    """Compare in units of the largest value."""
    for f, e in zip(found.values, expected.values, strict=True):
        np.testing.assert_allclose(f, e, rtol=0, atol=bound * np.abs(e).max())


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_cqt(options: dict[str, Any]) -> None:
    for y in (signal(22050), signal(15000, dtype=np.float64), signal(9000, channels=(2,))):
        for rate in (22050, 48000):
            found, expected = both(lambda m, y=y, rate=rate: m.cqt(y, sr=rate, **options))
            assert not expected.error
            within(found, expected, 1e-5)


def test_cqt_of_silence_is_silent() -> None:
    assert (stand_in.cqt(np.zeros(22050, np.float32)) == 0).all()


@pytest.mark.parametrize(
    "options",
    [{"sr": 8000}, {"sr": 16000, "n_bins": 96}, {"hop_length": 0}, {"filter_scale": 0}],
)
def test_what_cqt_refuses(options: dict[str, Any]) -> None:
    found, expected = both(lambda m: m.cqt(signal(9000), **options))
    assert found.error == expected.error == "ParameterError"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tuning": 0.2, "norm": 2, "threshold": 0.1},
        {"n_chroma": 24, "bins_per_octave": 48, "n_octaves": 5},
        {"bins_per_octave": None, "threshold": None, "fmin": 70.0},
        {"cqt_mode": "hybrid"},
        {"window": np.ones(3)},
    ],
    ids=str,
)
def test_chroma_cqt(options: dict[str, Any]) -> None:
    for y in (signal(22050), signal(15000, dtype=np.float64, channels=(2,))):
        assert_same(lambda m, y=y: m.feature.chroma_cqt(y=y, **options), rtol=0, atol=5e-5)


def test_chroma_of_a_given_transform() -> None:
    C = np.abs(stand_in.cqt(signal(22050), n_bins=72))
    assert_same(lambda m: m.feature.chroma_cqt(C=C, bins_per_octave=12), rtol=1e-5)
    assert both(lambda m: m.feature.chroma_cqt())[0].error == "ParameterError"
    wrong = both(lambda m: m.feature.chroma_cqt(C=C, bins_per_octave=13))
    assert wrong[0].error == "ParameterError"


def test_tonnetz_of_a_signal() -> None:
    for y in (signal(22050), signal(15000, dtype=np.float64, channels=(2,))):
        assert_same(lambda m, y=y: m.feature.tonnetz(y=y), rtol=0, atol=2e-5)
        assert_same(lambda m, y=y: m.feature.tonnetz(y=y, sr=48000, n_octaves=6), rtol=0, atol=2e-5)
