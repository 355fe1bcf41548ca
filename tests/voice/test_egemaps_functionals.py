"""Smoothing over frames and the 88 functionals against their twin and openSMILE."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
from oracles import smile_levels
from quaver import _core
from reference import egemaps as twin

Rows = NDArray[np.float32]
TOLERANCE = 1e-5  # of a value, or of the largest where it is near 0


def raw_rows(n_voice: int, seed: int, voiced: float = 0.5) -> tuple[Rows, Rows]:
    """Rows of any kind; a voice in runs, some of whose values are missing."""
    rng = np.random.default_rng(seed)
    balance = rng.standard_normal((n_voice + 4, 10)).cumsum(axis=0)
    balance[:, 0] = abs(balance[:, 0])
    voice = rng.standard_normal((n_voice, 15)) + 1
    is_voiced = np.repeat(rng.random(n_voice // 5 + 1) < voiced, 5)[:n_voice]
    is_voiced ^= rng.random(n_voice) < 0.05
    voice[:, 0] = np.where(is_voiced, 200 * 2 ** np.clip(voice[:, 0], -1, 1), 0)
    voice[rng.random(voice.shape) < 0.1] = 0
    return balance.astype(np.float32), voice.astype(np.float32)


def assert_equal_to_twin(balance: Rows, voice: Rows, unsettled: int, power: float = 0.01) -> None:
    found = _core.egemaps_functionals(balance, voice, unsettled, power)
    expected = twin.functionals(balance, voice, unsettled, power)
    assert found.shape == (88,)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)
    smooth = _core.egemaps_descriptors(balance, voice, unsettled)
    assert smooth.shape == (len(voice) + 1, 25)
    np.testing.assert_allclose(
        smooth, twin.descriptors(balance, voice, unsettled), rtol=TOLERANCE, atol=TOLERANCE
    )


@pytest.mark.parametrize("n_voice", [1, 2, 3, 4, 5, 17, 96, 401])
@pytest.mark.parametrize("unsettled", [0, 1, 2, 5])
def test_agrees_with_the_twin(n_voice: int, unsettled: int) -> None:
    for seed in range(5):
        assert_equal_to_twin(*raw_rows(n_voice, seed, seed / 4), unsettled)


def test_constant_rows() -> None:
    """Nothing rises or falls, and deviations are 0 by any mean."""
    balance, voice = np.ones((50, 10), np.float32), np.ones((46, 15), np.float32)
    voice[:, 0] = 55
    found = _core.egemaps_functionals(balance, voice, 1, 0.0)
    assert found[:10].tolist() == [12, 0, 12, 12, 12, 0, 0, 0, 0, 0]
    assert found[10:20].tolist() == [1, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    assert found[20:76].tolist() == [1, 0] * 28
    assert found[76:81].tolist() == [0] * 5
    rest = [0, 1 / 0.45, 0.44, 0, 0, 0, -120]
    np.testing.assert_allclose(found[81:], rest, rtol=1e-6)


def test_no_voice_at_all() -> None:
    """Statistics of nothing are 0, and one segment without a voice is as long as the clip."""
    balance, voice = raw_rows(100, 1)
    voice[:] = 0
    found = _core.egemaps_functionals(balance, voice, 1, 1.0)
    np.testing.assert_array_equal(found[:10], 0)
    np.testing.assert_array_equal(found[30:76], 0)
    np.testing.assert_allclose(found[82:], [0, 0, 0, 0.98, 0, 0], atol=1e-7)
    assert (found[76:81] != 0).all()


def contour(*levels: float) -> tuple[Rows, Rows]:
    """Loudness in straight lines of ten frames, each held for three so that smoothing keeps it."""
    steps = [np.linspace(a, b, 10, endpoint=False) for a, b in pairwise(levels)]
    loudness = np.concatenate([*[np.r_[s[0], s[0], s] for s in steps], np.full(3, levels[-1])])
    balance = np.zeros((len(loudness), 10), np.float32)
    balance[:, 0] = loudness
    return balance, np.zeros((len(loudness) - 4, 15), np.float32)


@pytest.mark.parametrize(
    ("levels", "maxima"),
    [
        ((0, 1, 0, 1, 0), 2),
        ((0, 1, 0.95, 1, 0), 1),  # too small a fall between
        ((0, 1, 0.95, 1.03, 0), 1),
        ((0, 1, 0.95, 1.2, 0), 1),
        ((0, 1), 0),
        ((1, 0), 0),
        ((1, 0, 1), 0),
        ((0, 1, 0.2, 0.3, 0.1, 1, 0), 2),
    ],
)
def test_peaks(levels: tuple[float, ...], maxima: int) -> None:
    balance, voice = contour(*levels)
    noise = np.random.default_rng(3).uniform(-1e-4, 1e-4, len(balance)).astype(np.float32)
    balance[:, 0] += noise  # no two rows alike
    found = _core.egemaps_functionals(balance, voice, 1, 1.0)
    assert round(float(found[81]) * len(balance) * 0.01) == maxima
    assert_equal_to_twin(balance, voice, 1)


def test_what_is_refused() -> None:
    balance, voice = raw_rows(20, 0)
    for b, v in ((balance[:19], voice), (balance[:, :9], voice), (balance, voice[:, :14])):
        with pytest.raises(ValueError, match="balance must be"):
            _core.egemaps_functionals(np.ascontiguousarray(b), np.ascontiguousarray(v), 1, 1.0)
    with pytest.raises(ValueError, match="balance must be"):
        _core.egemaps_descriptors(balance, voice[:0], 0)


def rows_of(levels: dict[str, NDArray[np.float64]]) -> tuple[Rows, Rows]:
    """openSMILE's own descriptors of frames."""
    found = {name.split("_", 1)[1]: rows for name, rows in levels.items() if "_" in name}
    spectral, formants = found["logSpectral"], found["formants"]
    balance = [found["loudness"], spectral[:, [2, 3, 0, 1]], found["logSpectral_flux"]]
    pitch = found["logPitch"]
    n = len(pitch)
    voice = [pitch[:, 0], *found["jitterShimmer"].T[:2, :n], *found["harmonics"].T[:3]]
    for k in range(3):
        voice += [formants[:n, k], formants[:n, 5 + k], found["harmonics"][:, 3 + k]]
    return (
        np.ascontiguousarray(np.concatenate([*balance, found["mfcc"]], axis=1), np.float32),
        np.ascontiguousarray(np.stack(voice, axis=1), np.float32),
    )


@pytest.mark.peer("opensmile")
@pytest.mark.data
def test_agrees_with_opensmile(ravdess: list[Path]) -> None:
    """Given its descriptors of frames, all of its tables and functionals."""
    clips = [quaver.load(path) for path in ravdess[11::240]]
    integers = [(np.asarray(np.round(x * 32768), np.int16), rate) for x, rate in clips]
    stages = ["loudness", "logSpectral", "logPitch", "jitterShimmer", "harmonics", "formants"]
    levels = [f"gemapsv01b_{name}" for name in stages]
    levels += ["egemapsv02_logSpectral_flux", "egemapsv02_mfcc", "lld", "func"]
    shares = []
    for found in smile_levels(integers, levels):
        balance, voice = rows_of(found)
        spread = found["lld"].std(axis=0)
        tables = {k: _core.egemaps_descriptors(balance, voice, k) for k in range(1, 8)}
        errors = {k: (abs(x - found["lld"]) / spread).max() for k, x in tables.items()}
        unsettled = min(errors, key=lambda k: errors[k])
        assert errors[unsettled] < 1e-5
        ours = _core.egemaps_functionals(balance, voice, unsettled, 1.0)[:-1]
        shares.append(np.isclose(ours, found["func"][0, :-1], rtol=1e-4, atol=1e-6))
    assert np.mean(shares) > 0.99
    assert np.delete(np.array(shares), slice(6, 10), axis=1).all()
