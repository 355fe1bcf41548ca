"""quaver.compat.librosa.core.pitch and its neighbours against librosa."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

import quaver.compat.librosa as stand_in
from compat.parity import (
    LIBROSA_1,
    assert_same,
    assert_same_frames,
    assert_same_signature,
    both,
    signal,
)
from conftest import shown
from quaver import audio
from quaver.compat.librosa.core import tracking

Array = NDArray[Any]

NAMES = ["yin", "pyin", "piptrack", "estimate_tuning", "pitch_tuning"]
OTHERS = ["lpc", "autocorrelate", "zero_crossings"]
RANGES = [(8000, 60, 400, 1024), (16000, 65.4, 500, 2048), (22050, 65.4, 2093, 2048)]
RANGES += [(44100, 100, 1000, 1024), (48000, 50, 22000, 2048)]


def call(module: Any, name: str, **options: Any) -> Any:
    return getattr(module, name)(**options)


def clip(path: Path, rate: int) -> Array:
    y = audio.load(path)[0]
    return np.asarray(librosa.resample(y, orig_sr=16000, target_sr=rate), np.float32)


@pytest.mark.parametrize("name", NAMES + OTHERS)
def test_signatures(name: str) -> None:
    assert_same_signature(name, getattr(stand_in, name), getattr(librosa, name))
    assert getattr(stand_in.core, name) is getattr(stand_in, name)


def assert_same_yin(options: dict[str, Any]) -> None:
    found, expected = both(partial(call, name="yin", **options))
    assert not found.error
    f, e = found.values[0], expected.values[0]
    if options["y"].dtype == np.float64:
        np.testing.assert_allclose(f, e, rtol=1e-7)
        return
    # Another trough is taken where its depth is within rounding of the threshold or another's;
    # librosa sums squares in float32.
    assert (np.abs(f - e) > 1e-4 * e).mean() <= 0.01 + 1 / f.size


@pytest.mark.parametrize(("sr", "fmin", "fmax", "frame_length"), RANGES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_yin(
    sr: int, fmin: float, fmax: float, frame_length: int, dtype: Any, ravdess: list[Path]
) -> None:
    voice = clip(ravdess[sr % 1440], sr).astype(dtype)
    options = {"sr": sr, "fmin": fmin, "fmax": fmax, "frame_length": frame_length}
    assert_same_yin({"y": voice, **options})
    assert_same_yin({"y": signal(9000, channels=(2, 3), dtype=dtype), **options})
    for further in (
        {"hop_length": 100},
        {"center": False, "hop_length": 1111},
        {"trough_threshold": 0.3, "pad_mode": "reflect"},
        {"trough_threshold": 0.0},
    ):
        assert_same_yin({"y": voice[:15000], **options, **further})


def test_yin_of_silence_and_short_clips() -> None:
    options = {"fmin": 65.4, "fmax": 500, "sr": 16000}
    for dtype in (np.float32, np.float64):
        for n in (1, 2, 700, 2047, 2048, 2049):
            assert_same_yin({"y": signal(n, dtype=dtype), **options})
            for name in ("yin", "pyin"):
                both(partial(call, name=name, y=np.zeros(n, dtype), **options))
                both(partial(call, name=name, y=np.zeros((2, n), dtype), center=False, **options))
        assert_same(partial(call, name="yin", y=np.zeros(5000, dtype), **options))
        assert_same(partial(call, name="pyin", y=np.zeros(5000, dtype), **options))


BAD = [
    {"fmin": None},
    {"fmax": None},
    {"fmax": 9000},
    {"fmin": 600},
    {"fmin": 0},
    {"fmin": -5},
    {"fmin": 16000 / 2047},
    {"fmin": 12},
    {"win_length": 1024},  # 0.11 warns that it goes
    {"hop_length": 0},
    {"y": np.full(5000, np.nan)},
    {"y": np.zeros(5000, np.int16)},
    {"y": [0.0] * 5000},
    {"y": np.float64(0)},
    {"frame_length": 100},
    {"pad_mode": "nonsense"},
    {"y": np.zeros(100), "center": False},
    {"nonsense": 1},
]


@pytest.mark.parametrize("name", ["yin", "pyin"])
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_yin_refuses_and_warns_as_librosa_does(name: str, bad: dict[str, Any]) -> None:
    options = {"y": signal(5000), "fmin": 65.4, "fmax": 500, "sr": 16000, **bad}
    both(partial(call, name=name, **options))


def assert_same_pyin(options: dict[str, Any]) -> tuple[int, int]:
    """Equal kinds; frames that differ in the path, and all frames."""
    found, expected = both(partial(call, name="pyin", **options))
    assert not found.error
    differs = np.zeros(found.values[1].shape, bool)
    for f, e in zip(found.values[:2], expected.values[:2], strict=True):
        differs |= ~np.isclose(f, e, rtol=1e-6, equal_nan=True)
    # A trough within rounding of a threshold moves that threshold's weight to its neighbour.
    moved = np.abs(found.values[2] - expected.values[2]) > 1e-5
    if options["y"].dtype == np.float64:
        assert not moved.any()
        assert not differs.any()
    return int((differs | moved).sum()), differs.size


PYIN = [
    {},
    {"hop_length": 160, "n_thresholds": 30, "beta_parameters": (1, 18)},
    {"resolution": 0.2, "switch_prob": 0.1, "boltzmann_parameter": 0.7},
    {"max_transition_rate": 10.0, "no_trough_prob": 0.3, "fill_na": 0.0},
    {"center": False, "fill_na": None, "beta_parameters": (2, 34 / 3)},
    {"pad_mode": "edge", "switch_prob": 0.0, "n_thresholds": 1},
    {"fill_na": -1, "switch_prob": 1.0, "resolution": 0.37},
    {"n_thresholds": 0},
    *([{"transition_min_prob": None}, {"transition_min_prob": 1e-7}] if LIBROSA_1 else []),
]


@pytest.mark.parametrize("further", PYIN, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pyin(further: dict[str, Any], dtype: Any, ravdess: list[Path]) -> None:
    flips, frames = 0, 0
    for index, (sr, fmin, fmax, frame_length) in enumerate(RANGES[:3]):
        y = clip(ravdess[100 * index + 7], sr).astype(dtype)[: int(1.2 * sr)]
        options = {"y": y, "sr": sr, "fmin": fmin, "fmax": min(fmax, 600), **further}
        count = assert_same_pyin({**options, "frame_length": frame_length})
        flips, frames = flips + count[0], frames + count[1]
    # One such frame may move its neighbours in the path.
    assert flips <= 0.01 * frames + 3
    assert_same_pyin({"y": signal(6000, channels=(2,), dtype=dtype), "fmin": 70, "fmax": 300})


@pytest.mark.parametrize(
    "bad",
    [
        {"switch_prob": 1.5},
        {"switch_prob": -0.1},
        {"no_trough_prob": 1e9},
        {"no_trough_prob": -1e9},
        {"max_transition_rate": 500.0},
        {"fmax": 65.5},
        {"n_thresholds": -5},
        *([{"transition_min_prob": -1}, {"transition_min_prob": 0.5}] if LIBROSA_1 else []),
    ],
    ids=str,
)
def test_pyin_refuses_as_librosa_does(bad: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    y = rng.standard_normal(4000)
    options = {"y": y, "fmin": 65.4, "fmax": 500, "sr": 16000, **bad}
    found, _ = both(partial(call, name="pyin", **options))
    assert found.error in ("ParameterError", "ValueError")


@pytest.mark.parametrize("bad", [{"beta_parameters": (0, 2)}, {"boltzmann_parameter": 0}])
def test_pyin_refuses_priors_that_are_none(bad: dict[str, Any]) -> None:
    """librosa goes on with NaN."""
    with pytest.raises(stand_in.ParameterError, match="must be positive, got"):
        stand_in.pyin(signal(5000), fmin=65, fmax=500, **bad)


@pytest.mark.parametrize("shape", [(2, 18), (1, 18), (0.5, 0.5), (34 / 3, 2), (50, 3.3), (1, 1)])
def test_beta_prior(shape: tuple[float, float]) -> None:
    x = np.linspace(0, 1, 201)
    found = [tracking.incomplete_beta(float(v), *shape) for v in x]
    np.testing.assert_allclose(found, scipy.stats.beta.cdf(x, *shape), rtol=1e-12, atol=1e-15)


PIPTRACK = [
    {},
    {"fmin": 0, "fmax": 1e9, "threshold": 0.0},
    {"fmin": -10, "fmax": 700, "threshold": 0.5},
    {"ref": np.mean, "threshold": 2.0},
    {"ref": -0.3},
    {"ref": np.median, "hop_length": 200, "win_length": 500, "window": "hamming"},
    {"n_fft": 255, "center": False, "fmax": 1e9},
    {"pad_mode": "reflect", "n_fft": 512},
]


@pytest.mark.parametrize("options", PIPTRACK, ids=shown)
def test_piptrack(options: dict[str, Any]) -> None:
    for y in (signal(9000, dtype=np.float64), signal(5000, channels=(2,), dtype=np.float64)):
        assert_same(partial(call, name="piptrack", y=y, sr=16000, **options), atol=1e-9)
    # In float32 a bin within rounding of its neighbours may be a peak or not.
    y = signal(9000)
    found, expected = both(partial(call, name="piptrack", y=y, sr=16000, **options))
    for f, e in zip(found.values, expected.values, strict=True):
        assert (np.abs(f - e) > 1e-3 * np.abs(e) + 1e-5).mean() <= 1e-3


def test_piptrack_of_spectrograms() -> None:
    for dtype in (np.float32, np.float64, np.complex64):
        for shape in ((129, 30), (2, 65, 7), (3, 4)):
            rng = np.random.default_rng(3)
            S = np.asarray(np.abs(rng.standard_normal(shape)), dtype)
            for options in ({}, {"n_fft": None}, {"fmin": 0, "fmax": 1e6, "ref": 0.1}):
                assert_same(partial(call, name="piptrack", S=S, **options), atol=1e-4)
                assert_same_tuning({"S": S, **options} if "ref" not in options else {"S": S})
    assert_same_frames(partial(call, name="piptrack", y=np.zeros(5000)))
    both(partial(call, name="piptrack"))
    both(partial(call, name="piptrack", y=signal(5000), n_fft=None))
    both(partial(call, name="piptrack", y=signal(100), center=False))


def assert_same_tuning(options: dict[str, Any]) -> None:
    assert_same(partial(call, name="estimate_tuning", **options), atol=1e-12)


def test_tuning(ravdess: list[Path]) -> None:
    for path in ravdess[::200]:
        y = audio.load(path)[0].astype(np.float64)
        for options in (
            {},
            {"resolution": 0.03, "bins_per_octave": 24},
            {"fmin": 80, "n_fft": 512},
        ):
            assert_same_tuning({"y": y, "sr": 16000, **options})
    rng = np.random.default_rng(0)
    for frequencies in (440.0, [0.0, 100, 220], rng.uniform(50, 4000, 500), [], [0, -3]):
        for options in ({}, {"resolution": 0.3}, {"bins_per_octave": 5}):
            assert_same(lambda m, f=frequencies, o=options: m.pitch_tuning(f, **o), atol=1e-12)
    assert_same_tuning({"y": np.zeros(5000)})


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_autocorrelate(axis: int) -> None:
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (5, 2), (33, 40), (2, 3, 100)):
        x = rng.standard_normal(shape)
        for y, atol in ((x.astype(np.float32), 1e-4), (x, 1e-10), (x + 1j * x[::-1], 1e-10)):
            for max_size in (None, 1, 7, 1000):
                options = {"max_size": max_size, "axis": axis}
                assert_same(partial(call, name="autocorrelate", y=y, **options), rtol=0, atol=atol)
    # So few lags that blocks of the signal are correlated by themselves.
    for shape, max_size in (((8,), 1), ((9000, 2), 1000), ((2, 20000), 300), ((5, 1024, 2), 128)):
        for dtype, atol in ((np.float32, 5e-3), (np.float64, 1e-9)):
            y = rng.standard_normal(shape).astype(dtype)
            options = {"max_size": max_size, "axis": int(np.argmax(shape))}
            assert_same(partial(call, name="autocorrelate", y=y, **options), rtol=0, atol=atol)
    both(partial(call, name="autocorrelate", y=np.zeros(0)))
    assert_same(partial(call, name="autocorrelate", y=np.ones(9), max_size=0))
    assert_same(partial(call, name="autocorrelate", y=np.ones(9), max_size=-2))
    assert_same(partial(call, name="autocorrelate", y=np.arange(9)), atol=1e-9)


def test_lpc(ravdess: list[Path]) -> None:
    y = audio.load(ravdess[5])[0][20000:24000].astype(np.float64)
    for order in (1, 2, 12, 16):
        for x in (y, np.stack([y, y[::-1]]), signal(500, channels=(2, 3), dtype=np.float64)):
            assert_same(partial(call, name="lpc", y=x, order=order), rtol=1e-5, atol=1e-8)
        assert_same(partial(call, name="lpc", y=y.reshape(2000, 2), order=order, axis=0), rtol=1e-5)
        # librosa sums thousands of float32 squares one by one; the truth is nearer to quaver's.
        single = y.astype(np.float32)
        found, expected = both(partial(call, name="lpc", y=single, order=order))
        exact = librosa.lpc(single.astype(np.float64), order=order)
        error = np.abs(found.values[0] - exact).max()
        assert error <= max(1e-5, np.abs(expected.values[0] - exact).max())
    for bad in ({"order": 0}, {"order": 2.0}, {"order": -1}, {"order": 2, "y": y * np.nan}):
        assert both(partial(call, name="lpc", **{"y": y, **bad}))[0].error == "ParameterError"
    assert_same(partial(call, name="lpc", y=np.zeros(100), order=4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lpc_of_few_samples(dtype: type) -> None:
    y = signal(12, channels=(3,), dtype=dtype)
    rtol = 1e-3 if dtype is np.float32 else 1e-9
    for n in range(13):
        for x in (y[0, :n], y[:, :n], np.zeros((2, n), dtype)):
            for order in range(1, max(n, 1) + 1):
                assert_same(partial(call, name="lpc", y=x, order=order), rtol=rtol, atol=rtol)
            for order in (max(n, 1) + 1, 40):
                told = rf"at most the number of samples, {n}, got {order}"
                with pytest.raises(stand_in.ParameterError, match=told):
                    stand_in.lpc(x, order=order)
                with pytest.raises(stand_in.ParameterError, match=told):
                    stand_in.lpc(x.T, order=order, axis=0)
    assert_same(partial(call, name="lpc", y=y.T, order=12, axis=0), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pad": False},
        {"zero_pos": False},
        {"threshold": 0.2},
        {"threshold": 0.0, "zero_pos": False},
        {"threshold": 0.1, "ref_magnitude": 2.0},
        {"threshold": 0.5, "ref_magnitude": np.mean, "zero_pos": False},
        {"axis": 0},
    ],
    ids=shown,
)
def test_zero_crossings(options: dict[str, Any], dtype: Any) -> None:
    y = signal(4000, channels=(2,), dtype=dtype)
    y[:, 100:110] = 0
    y[:, 200:202] = -0.0
    if not options:  # a threshold of each channel
        of_each: Any = {"threshold": 0.1, "ref_magnitude": lambda magnitude: magnitude.max(axis=-1)}
        for x in (y, y[0]):
            assert_same(partial(call, name="zero_crossings", y=x, **of_each), rtol=0)
    if not options:  # either NaN has a sign, and nothing lies within a negative threshold
        z = np.array([1.0, -np.nan, np.nan, -0.0, 0.0, -1.0, -0.0], dtype)
        for threshold in (0.0, 1e-10, -0.5):
            assert_same(partial(call, name="zero_crossings", y=z, threshold=threshold), rtol=0)
    # 0.11 rounds the threshold to float32, 1.0 does not: 0.2 is within it, or just beyond.
    for x in (y, y[0] if options.get("axis") is None else y, y[:, :1], np.round(y, 1)):
        assert_same(partial(call, name="zero_crossings", y=x, **options), rtol=0)
