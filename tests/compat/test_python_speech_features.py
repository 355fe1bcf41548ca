"""quaver.compat.python_speech_features against the original and the float64 twin."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import originals
import tolerances
from conftest import shown
from quaver import _core
from quaver.compat import python_speech_features as ours
from reference import speech_features as twin

theirs = originals.load("python_speech_features")
Array = NDArray[np.float64]

OPTIONS: list[dict[str, Any]] = [
    {},
    {"winlen": 0.05, "winstep": 0.025, "nfft": 1024},
    {"winlen": 0.025, "winstep": 0.03},
    {"nfft": 551, "nfilt": 20},
    {"nfft": 1102},
    {"nfft": 1103, "winfunc": np.hamming},
    {"nfft": 768, "nfilt": 40, "lowfreq": 50, "highfreq": 7000},
    {"nfft": 300},
    {"preemph": 0},
    {"preemph": 0.5, "winfunc": np.hanning},
    {"nfft": 64, "nfilt": 26},
    {"samplerate": 8000, "nfft": 256},
    {"samplerate": 22050, "nfft": 552},
    {"samplerate": 44100, "nfft": 1200, "winfunc": np.blackman},
    {"samplerate": 48000, "nfft": 2048, "lowfreq": 300},
    {"samplerate": 11025, "winlen": 0.0213, "winstep": 0.0107},
]
CEPSTRAL: list[dict[str, Any]] = [
    {"numcep": 26, "nfilt": 40},
    {"numcep": 40, "nfilt": 20},
    {"ceplifter": 0},
    {"ceplifter": 10},
    {"appendEnergy": False},
    {"numcep": 1},
    {"numcep": -3},
]


def types(samples: NDArray[np.int16]) -> dict[str, Any]:
    return {
        "int16": samples,
        "float32": (samples / 32768).astype(np.float32),
        "float64": samples / 32768,
        "int32": samples.astype(np.int32),
        "column": samples[:, None],
        "strided": np.repeat(samples, 2)[::2],
        "reversed": samples[::-1],
    }


@pytest.fixture(scope="session")
def clip(ravdess: list[Path]) -> NDArray[np.int16]:
    samples, _ = soundfile.read(ravdess[20], dtype="int16")
    return np.ascontiguousarray(samples[8000:40000])


def assert_like(found: Any, expected: Any, bound: float) -> None:
    """Equal shape, dtype and NaNs; values within a share of each frame's largest."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    found, expected = np.nan_to_num(np.atleast_2d(found)), np.nan_to_num(np.atleast_2d(expected))
    largest = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(found - expected) <= bound * largest).all()


def compare(signal: Any, **options: Any) -> None:
    bands, energy = ours.fbank(signal, **options)
    their_bands, their_energy = originals.quietly(theirs.fbank, signal, **options)
    assert_like(bands, their_bands, tolerances.PEER_BANDS)
    np.testing.assert_allclose(energy, their_energy, rtol=tolerances.PEER_BANDS)
    for name in ("mfcc", "ssc"):
        expected = originals.quietly(getattr(theirs, name), signal, **options)
        assert_like(getattr(ours, name)(signal, **options), expected, tolerances.PEER_LOGARITHMS)
    options.pop("winfunc", None)
    expected = originals.quietly(theirs.logfbank, signal, **options)
    assert_like(ours.logfbank(signal, **options), expected, tolerances.PEER_LOGARITHMS)


@pytest.mark.parametrize("options", OPTIONS, ids=shown)
def test_grid(target: str, clip: NDArray[np.int16], options: dict[str, Any]) -> None:
    compare(clip, **options)


@pytest.mark.parametrize(
    "kind", ["int16", "float32", "float64", "int32", "column", "strided", "reversed"]
)
@pytest.mark.parametrize("preemph", [0.97, 0, 1, np.float64(0.97), np.float32(0.9)], ids=repr)
def test_types(target: str, clip: NDArray[np.int16], kind: str, preemph: Any) -> None:
    compare(types(clip[:4000])[kind], preemph=preemph)


@pytest.mark.parametrize("options", CEPSTRAL, ids=str)
def test_cepstra(target: str, clip: NDArray[np.int16], options: dict[str, Any]) -> None:
    expected = theirs.mfcc(clip, **options)
    assert_like(ours.mfcc(clip, **options), expected, tolerances.PEER_LOGARITHMS)


@pytest.mark.parametrize(
    "n", [1, 2, 3, 399, 400, 401, 559, 560, 561, 400 + 7 * 160, 401 + 15 * 160]
)
def test_lengths(target: str, clip: NDArray[np.int16], n: int) -> None:
    compare(clip[:n])


@pytest.mark.parametrize("index", range(0, 1440, 97))
def test_clips(ravdess: list[Path], index: int) -> None:
    samples, rate = soundfile.read(ravdess[index], dtype="int16")
    compare(samples, samplerate=rate)


SHAPES = {
    "silence": np.zeros(5000),
    "constant": np.full(5000, 0.25),
    "impulse": np.eye(1, 5000, 777)[0],
    "soft": 1e-140 * np.sin(np.arange(5000.0) ** 1.3),
    "loud": 1e150 * np.sin(np.arange(5000.0) ** 1.3),
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_shapes_of_signals(target: str, shape: str) -> None:
    compare(SHAPES[shape])


@pytest.mark.parametrize("length", [400, 380])  # of all rows that are transformed, and of less
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_frames(target: str, bad: float, length: int) -> None:
    x = np.sin(np.arange(8000) * 0.1)
    x[3000] = bad
    x[4870] = bad  # 70 samples into a step: three frames of 400 hold it, two of 380
    winlen = length / 16000
    expected = originals.quietly(theirs.mfcc, x, winlen=winlen)
    found = ours.mfcc(x, winlen=winlen)
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), np.isnan(expected).all(axis=1))
    fine = np.isfinite(expected).all(axis=1)
    assert 0 < fine.sum() < len(fine)
    assert_like(found[fine], expected[fine], tolerances.PEER_LOGARITHMS)


@pytest.mark.parametrize(
    "n_fft", [1, 2, 3, 5, 7, 11, 49, 61, 67, 122, 127, 134, 169, 2 * 67 * 3, 509]
)
def test_transform_of_any_length(target: str, n_fft: int) -> None:
    frames = np.random.default_rng(n_fft).standard_normal(3 * n_fft)
    plan_bank = np.eye(n_fft // 2 + 1)
    power = twin.power_frames(frames, n_fft, n_fft, n_fft, pre_emphasis=0.0)
    plan = _core.SpeechFeatures(
        output="fbank", frame_length=n_fft, frame_step=n_fft, n_fft=n_fft, pre_emphasis=0.0,
        window=np.ones(n_fft), bank=plan_bank, matrix=np.empty(0), weights=np.empty(0),
        append_energy=False,
    )  # fmt: skip
    found, energy = plan.run(frames)
    assert_like(found, power, tolerances.PEER_BANDS)
    np.testing.assert_allclose(energy, power.sum(axis=1), rtol=tolerances.PEER_BANDS)


def test_twin(target: str, clip: NDArray[np.int16]) -> None:
    power = twin.power_frames(clip, 400, 160, 512, window=np.hamming(400))
    bank = ours.get_filterbanks(26, 512, 16000)
    options: dict[str, Any] = {"winfunc": np.hamming}
    bands, energy = ours.fbank(clip, **options)
    assert_like(bands, twin.not_zero(power @ bank.T), tolerances.PEER_BANDS)
    expected = twin.not_zero(power.sum(axis=1))
    np.testing.assert_allclose(energy, expected, rtol=tolerances.PEER_BANDS)
    expected = twin.cepstra(power, bank, 13, lifter=22, energy=True)
    assert_like(ours.mfcc(clip, **options), expected, tolerances.PEER_LOGARITHMS)
    expected = twin.centroids(power, bank, 16000)
    assert_like(ours.ssc(clip, **options), expected, tolerances.PEER_LOGARITHMS)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("shape", [(50, 13), (1, 3), (2, 1)])
def test_delta(n: int, dtype: type, shape: tuple[int, int]) -> None:
    feat = (np.random.default_rng(5).standard_normal(shape) * 10).astype(dtype)
    found, expected = ours.delta(feat, n), theirs.delta(feat, n)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(
        found, expected, rtol=1e-6 if dtype == np.float32 else 1e-12, atol=1e-12
    )


def test_reach_of_delta_has_an_end() -> None:
    with pytest.raises(ValueError, match=f"N must be at most 65536, got {2**63}"):
        ours.delta(np.ones((3, 2)), 2**63)


def test_a_bank_is_the_callers_own() -> None:
    bank = ours.get_filterbanks(26, 512, np.array(16000))
    expected = bank.copy()
    bank *= 0
    np.testing.assert_array_equal(ours.get_filterbanks(26, 512, 16000), expected)
    with pytest.raises(TypeError, match="nfilt must be an integer"):
        ours.get_filterbanks(26.0, 512, 16000)  # type: ignore[arg-type]


def test_small_functions() -> None:
    hz = np.linspace(0, 8000, 50)
    np.testing.assert_array_equal(ours.hz2mel(hz), theirs.hz2mel(hz))
    np.testing.assert_array_equal(ours.mel2hz(hz), theirs.mel2hz(hz))
    cepstra = np.random.default_rng(1).standard_normal((5, 13))
    for L in (22, 7.5, 0, -1):
        np.testing.assert_array_equal(ours.lifter(cepstra, L), theirs.lifter(cepstra, L))
    for options in ((), (26,), (40, 1024, 44100), (20, 511, 16000, 300, 7999), (30, 64, 8000)):
        np.testing.assert_array_equal(
            ours.get_filterbanks(*options), theirs.get_filterbanks(*options)
        )


def test_sigproc(clip: NDArray[np.int16]) -> None:
    for n in (1, 100, 399, 400, 401, 1000):
        x = clip[:n]
        for window in (np.hamming, np.ones):
            found = ours.sigproc.framesig(x, 400, 160, window)
            np.testing.assert_array_equal(found, theirs.sigproc.framesig(x, 400, 160, window))
            arguments = (found, n, 400, 160, window)
            np.testing.assert_allclose(
                ours.sigproc.deframesig(*arguments), theirs.sigproc.deframesig(*arguments),
                rtol=1e-12, atol=1e-12,
            )  # fmt: skip
        for name in ("magspec", "powspec", "logpowspec"):
            function, original = getattr(ours.sigproc, name), getattr(theirs.sigproc, name)
            for n_fft in (512, 400, 1023):
                expected = original(found, n_fft)
                bound = 1e-9 if name == "logpowspec" else 1e-14 * expected.max()
                np.testing.assert_allclose(function(found, n_fft), expected, rtol=0, atol=bound)
        np.testing.assert_allclose(
            ours.sigproc.logpowspec(found, 512, 0), theirs.sigproc.logpowspec(found, 512, 0),
            rtol=0, atol=1e-9,
        )  # fmt: skip
        for signal in (x, x.astype(np.float32), x.astype(np.float64)):
            found, expected = ours.sigproc.preemphasis(signal), theirs.sigproc.preemphasis(signal)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
    for number in (0.5, 1.5, 2.4999, 551.25, 3):
        assert ours.sigproc.round_half_up(number) == theirs.sigproc.round_half_up(number)


BAD: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("mfcc", (np.zeros(0),), {}),
    ("mfcc", (np.zeros(1000),), {"highfreq": 9000}),
    ("mfcc", (np.zeros(1000),), {"numcep": 0}),
    ("mfcc", (np.zeros(1000),), {"winstep": 0}),
    ("mfcc", (np.zeros(1000),), {"winfunc": lambda n: np.ones(n + 1)}),
    ("mfcc", (5.0,), {}),
    ("fbank", (np.zeros(1000),), {"nfft": 0}),
    ("fbank", (np.zeros(1000),), {"nfft": -2}),
    ("delta", (np.zeros((5, 2)), 0), {}),
    ("delta", (np.zeros(5), 1), {}),
    ("delta", (np.zeros((5, 2)), 1.5), {}),
]


@pytest.mark.parametrize(("name", "arguments", "options"), BAD, ids=range(len(BAD)))
def test_errors_are_of_the_same_type(name: str, arguments: Any, options: dict[str, Any]) -> None:
    expected = originals.error_of(getattr(theirs, name), *arguments, **options)
    found = originals.error_of(getattr(ours, name), *arguments, **options)
    assert found is expected


@pytest.mark.parametrize(
    "wrong", [{"nfft": 512.0}, {"nfilt": 26.0}, {"nfilt": np.float64(26)}], ids=str
)
@pytest.mark.parametrize("name", ["mfcc", "fbank", "logfbank", "ssc"])
def test_a_length_that_is_no_integer_is_refused_at_every_call(
    name: str, wrong: dict[str, Any]
) -> None:
    # A plan for the integer, which equals it, must not be found in its place.
    for module in (theirs, ours):
        getattr(module, name)(np.ones(1000), nfft=512, nfilt=26)
        with pytest.raises(TypeError):
            getattr(module, name)(np.ones(1000), **wrong)


def test_a_number_of_coefficients_that_is_no_integer_is_refused_at_every_call() -> None:
    for module in (theirs, ours):
        module.mfcc(np.ones(1000), numcep=13)
        with pytest.raises(TypeError):
            module.mfcc(np.ones(1000), numcep=13.0)


@pytest.mark.parametrize("winlen", [0, 1e-6, 3e-5])
@pytest.mark.parametrize("n", [1, 159, 160, 16000, 16001])
def test_frames_without_samples(winlen: float, n: int) -> None:
    y = np.random.default_rng(0).standard_normal(n)
    for name in ("mfcc", "fbank", "logfbank", "ssc"):
        found = getattr(ours, name)(y, winlen=winlen)
        expected = originals.quietly(getattr(theirs, name), y, winlen=winlen)
        for f, e in zip(*((v,) if name != "fbank" else v for v in (found, expected)), strict=True):
            assert f.shape == e.shape
            np.testing.assert_allclose(f, e, rtol=1e-9, atol=1e-9)


def test_a_plan_of_no_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="frame_length must be positive, got 0"):
        _core.SpeechFeatures(
            output="fbank", frame_length=0, frame_step=160, n_fft=512, pre_emphasis=0.97,
            window=np.empty(0), bank=np.zeros((26, 257)), matrix=np.empty(0), weights=np.empty(0),
            append_energy=False,
        )  # fmt: skip


def test_frames_longer_than_the_transform_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ours.mfcc(np.ones(1000), nfft=256)
    assert "frame length (400) is greater than FFT size (256)" in caplog.text


def test_signatures() -> None:
    for module, original in ((ours, theirs), (ours.sigproc, theirs.sigproc)):
        for name, function in vars(original).items():
            if inspect.isfunction(function) and function.__module__.startswith("python_speech"):
                found = inspect.signature(getattr(module, name)).parameters
                expected = inspect.signature(function).parameters
                assert list(found) == list(expected), name
                for key, parameter in expected.items():
                    if not callable(parameter.default):
                        assert found[key].default == parameter.default, (name, key)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"nfilt": 2**30}, ValueError, "nfilt must be at most 4194304, got 1073741824"),
        ({"nfilt": 2**20}, ValueError, "nfilt must be at most 522247 for nfft 512, got 1048576"),
        ({"nfilt": 2**17, "numcep": 2**17}, ValueError, "numcep must be at most 1024 for nfilt"),
        ({"nfft": 2**30}, ValueError, "nfft must be at most 4194304, got 1073741824"),
        ({"winlen": 2**30}, ValueError, "winlen must be at most 67108864 samples, got 1073741824"),
        ({"winlen": 1e300}, ValueError, "winlen must be at most 67108864 samples, got 1e\\+300 s"),
        ({"winlen": -1}, ValueError, "winlen must not be negative, got -1"),
        ({"winlen": np.inf}, ValueError, "winlen must be finite, got inf at 16000 Hz"),
        ({"winlen": 10**400}, ValueError, "winlen must be a float, got a larger int"),
        ({"winstep": -0.01}, ValueError, "winstep must be positive, got -0.01"),
        ({"winstep": 0}, ZeroDivisionError, "winstep must be positive, got 0"),
        ({"winstep": np.nan}, ValueError, "winstep must be finite, got nan at 16000 Hz"),
        ({"winlen": "a"}, TypeError, "winlen must be a number, got 'a'"),
        ({"samplerate": None}, TypeError, "samplerate must be a number, got None"),
        ({"numcep": 13.0}, TypeError, "numcep must be an integer, got 13.0"),
        ({"nfft": "a"}, TypeError, "nfft must be an integer, got 'a'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_its_name(
    wrong: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ours.mfcc(np.ones(1000), **wrong)


@pytest.mark.parametrize("winstep", [2**20, 2.0**64, 1e300])
def test_a_step_longer_than_the_signal(winstep: float) -> None:
    y = np.random.default_rng(0).standard_normal(1000)
    expected = theirs.mfcc(y, winstep=1.0)  # which takes memory for the zeros between
    np.testing.assert_allclose(ours.mfcc(y, winstep=winstep), expected, rtol=1e-9, atol=1e-9)
