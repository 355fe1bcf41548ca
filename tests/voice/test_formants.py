"""The formants of a voice against their float64 twin and openSMILE, on every SIMD target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

import quaver
import tolerances
from oracles import smile_levels
from quaver import _core, voice
from reference import formants as twin

RATES = (8000, 11025, 16000, 22050, 44100, 48000)
LEVEL = "gemapsv01b_formants"
COLUMNS = [0, 5, 1, 6, 2, 7]  # of that level: five frequencies, five bandwidths


def sensitivity(
    points: NDArray[np.float64], expected: NDArray[np.float64], of_autocorrelation: Any
) -> Any:
    """How far the rounding of float32, in the points and their products, moves each value."""
    rng = np.random.default_rng(7)
    level = np.sqrt((points**2).mean(axis=1, keepdims=True))
    moved = np.zeros_like(expected)
    for _ in range(6):
        rounded = points + 1e-7 * level * rng.standard_normal(points.shape)
        r = twin.autocorrelation(rounded, twin.ORDER)
        r *= 1 + 1e-7 * rng.standard_normal(r.shape)
        moved = np.maximum(moved, abs(of_autocorrelation(r) - expected))
    return moved


def of_opensmile(r: NDArray[np.float64]) -> NDArray[np.float64]:
    return twin.of_predictors(twin.levinson(r))


def assert_agrees(found: NDArray[np.float32], samples: Any, rate: int) -> None:
    expected = twin.formants(samples, rate)
    assert_near(found, expected, sensitivity(twin.points(samples, rate), expected, of_opensmile))


def assert_near(
    found: NDArray[np.float32], expected: NDArray[np.float64], moved: NDArray[np.float64]
) -> None:
    """Within what rounding can do, but for one frame of a hundred, which it moves further."""
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    bounds = tolerances.FORMANTS * (abs(expected) + 1) + 20 * moved
    near = (abs(found - expected) <= bounds).all(axis=1)
    assert near.mean() >= 0.99 or (~near).sum() <= 1, np.flatnonzero(~near)
    # Most are no matter of rounding.
    firm = abs(found - expected) <= 1e-3 * expected.std(axis=0)
    assert len(found) < 20 or firm.mean() > 0.8, firm.mean()


@pytest.mark.parametrize("rate", RATES)
def test_agrees_with_the_twin(target: str, speech: NDArray[np.float32], rate: int) -> None:
    frames = voice.formants(speech, rate)
    assert frames.names == voice.FORMANTS
    assert frames.times[:2] == pytest.approx([0.01, 0.02])
    assert_agrees(frames.values, speech, rate)


@pytest.mark.parametrize("n", [320, 321, 479, 480, 481, 1600, 160 * 16 + 319, 160 * 17 + 320])
def test_lengths(target: str, speech: NDArray[np.float32], n: int) -> None:
    x = speech[4000 : 4000 + n]
    found = voice.formants(x, 16000).values
    assert len(found) == 1 + (n - 320) // 160
    assert_agrees(found, x, 16000)


@pytest.mark.parametrize("rate", [*RATES, 9600])
def test_plain_ones_agree_with_the_twin(
    target: str, speech: NDArray[np.float32], rate: int
) -> None:
    found = voice.formants(speech, rate, method="plain").values
    expected = twin.plain(speech, rate)
    points, of_points = twin.plain_points(speech, rate)

    def of_rounded(r: NDArray[np.float64]) -> NDArray[np.float64]:
        return twin.of_predictors(-twin.levinson(r[:, :-1]), of_points)

    assert_near(found, expected, sensitivity(points, expected, of_rounded))


@pytest.mark.parametrize("rate", [11025, 16000, 44100])
def test_plain_ones_are_the_resonances(target: str, rate: int) -> None:
    """Of pulses, 6 dB softer an octave up, through a known filter."""
    hz, width = np.array([600.0, 1500.0, 2500.0, 3500.0, 4500.0]), 80.0
    poles = np.exp(-np.pi * width / rate + 2j * np.pi * hz / rate)
    pulses = np.zeros(rate)
    pulses[:: rate // 120] = 1
    tilt = np.exp(-2 * np.pi * 50 / rate)
    voiced = scipy.signal.lfilter([1.0], np.poly([*poles, *poles.conj(), tilt]).real, pulses)
    found = voice.formants(voiced / abs(voiced).max(), rate, method="plain").values[5:-5]
    assert abs(np.median(found[:, ::2], axis=0) - hz[:3]).max() < 60
    assert np.median(found[:, 1::2]) < 250


def test_only_the_frames_that_are_wanted(target: str, speech: NDArray[np.float32]) -> None:
    plan = _core.Formants(sample_rate=16000)
    everything = plan.run(speech)
    rng = np.random.default_rng(1)
    runs = np.repeat(rng.random(40) < 0.5, 5)[: len(everything)]
    for wanted in (runs, ~runs, runs & False, runs | True, rng.random(len(runs)) < 0.05):
        found = plan.run(speech, wanted)
        np.testing.assert_allclose(found[wanted], everything[wanted], rtol=1e-6)
        assert (found[~wanted] == 0).all()
    with pytest.raises(ValueError, match=r"wanted must be \(199,\), got shape \(198,\)"):
        plan.run(speech, runs[1:])


def predictors_of(kind: str, n: int = 200) -> NDArray[np.float64]:
    """Of order 11, to be taken with the other sign."""
    rng = np.random.default_rng(len(kind))
    if kind == "normal":
        return rng.standard_normal((n, 11))
    if kind == "wild":
        return rng.standard_normal((n, 11)) * 10.0 ** rng.uniform(-4, 4, (n, 11))
    if kind == "stable":  # a random walk of reflections, as of a voice
        r = np.stack([np.convolve(a, a[::-1])[11:] for a in rng.standard_normal((n, 12))])
        return twin.levinson(r).copy()
    real = {"real": 7, "one real": 1, "close": 3, "double": 1}[kind]
    pairs = rng.uniform(0.5, 1.1, (n, 5)) * np.exp(1j * rng.uniform(0.2, 3, (n, 5)))
    pairs = pairs[:, : (11 - real) // 2]
    if kind == "close":
        pairs[:, 1] = pairs[:, 0] * (1 + 1e-3 + 1e-3j)
    if kind == "double":
        pairs[:, 1] = pairs[:, 0]
    roots = np.hstack([pairs, pairs.conj(), rng.uniform(-1.5, 1.5, (n, real))])
    return -np.stack([np.poly(z).real for z in roots])[:, 1:].copy()


@pytest.mark.parametrize(
    "kind", ["normal", "wild", "stable", "real", "one real", "close", "double"]
)
def test_roots_are_those_of_numpy(target: str, kind: str) -> None:
    predictors = predictors_of(kind)
    expected = twin.of_predictors(predictors)
    found = _core.predictor_formants(predictors)
    # What is lost where two roots are one: half of the digits.
    rtol = 1e-5 if kind == "double" else 1e-6
    clear = abs(expected[:, ::2] - 50).min(axis=1) > 1e-2
    np.testing.assert_allclose(found[clear], expected[clear], rtol=rtol, atol=1e-2 * rtol / 1e-6)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 9, 17])
def test_any_number_of_predictors(target: str, n: int) -> None:
    predictors = predictors_of("stable", 17)
    every = _core.predictor_formants(predictors)
    np.testing.assert_allclose(_core.predictor_formants(predictors[:n]), every[:n], rtol=1e-6)


def test_predictors_without_formants(target: str) -> None:
    assert (_core.predictor_formants(np.zeros((3, 11))) == 0).all()
    assert (_core.predictor_formants(np.full((3, 11), 1e-321)) == 0).all()
    uneven = np.zeros((3, 11))
    uneven[:, :2] = [[3.25, 9.5e-247], [-0.5, -9e-81], [1.125, -6.9e-166]]  # roots far apart
    assert (_core.predictor_formants(uneven) == 0).all()
    last = np.zeros((1, 11))
    last[0, 10] = 1  # z^11 = 1
    found = _core.predictor_formants(last)[0]
    np.testing.assert_allclose(found[::2], [1000, 2000, 3000], rtol=1e-6)
    np.testing.assert_allclose(found[1::2], 0, atol=1e-6)
    with pytest.raises(ValueError, match="predictors must be finite"):
        _core.predictor_formants(np.full((1, 11), np.nan))
    with pytest.raises(ValueError, match=r"predictors must be \(n, 11\), got shape \(2, 10\)"):
        _core.predictor_formants(np.zeros((2, 10)))


SHAPES: dict[str, NDArray[Any]] = {
    "impulse": np.eye(1, 5000, 777)[0],
    "constant": np.full(5000, 0.5),
    "tone": np.sin(np.arange(5000) * 0.3),
    "clipped": np.clip(5 * np.sin(np.arange(5000) * 0.05), -1, 1),
    "noise": np.random.default_rng(3).standard_normal(5000),
    "very loud": 1e11 * np.random.default_rng(4).standard_normal(5000),
    "very soft": 1e-12 * np.random.default_rng(5).standard_normal(5000),
    "denormal": np.full(5000, 1e-42),
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_whatever_comes_is_finite_and_in_order(target: str, shape: str) -> None:
    x = SHAPES[shape].astype(np.float32)
    assert np.isfinite(voice.formants(x, 16000, method="plain").values).all()
    found = voice.formants(x, 16000).values
    frequencies, bandwidths = found[:, ::2], found[:, 1::2]
    assert np.isfinite(found).all()
    assert (bandwidths >= 0).all()
    there = frequencies > 0
    assert ((frequencies == 0) | ((frequencies >= 50) & (frequencies <= 5450))).all()
    assert (bandwidths[~there] == 0).all()
    for low, high in ((0, 1), (1, 2)):
        both = there[:, high]
        assert there[both, low].all()
        assert (frequencies[both, low] <= frequencies[both, high]).all()
    if shape in ("noise", "very loud", "very soft"):
        assert_agrees(found, x, 16000)


def test_silence_has_none(target: str) -> None:
    assert (voice.formants(np.zeros(5000, np.float32), 16000).values == 0).all()


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
def test_types_and_views(target: str, speech: NDArray[np.float32], dtype: type) -> None:
    integers = (speech * 20000).astype(np.int16)[:8000]
    x = integers if dtype == np.int16 else integers.astype(dtype) / 32768
    for view in (x, x[::-1], x[100:-7:3]):
        plain = np.ascontiguousarray(view).astype(np.float32) / (32768 if dtype == np.int16 else 1)
        np.testing.assert_array_equal(
            voice.formants(view, 16000).values, voice.formants(plain, 16000).values
        )


def test_what_is_refused() -> None:
    x = np.zeros(1000, np.float32)
    with pytest.raises(ValueError, match="sample_rate must be at least 8000 Hz, got 7999"):
        voice.formants(x, 7999)
    with pytest.raises(ValueError, match="samples must hold at least 320 samples, got 319"):
        voice.formants(x[:319], 16000)
    with pytest.raises(ValueError, match="method must be 'opensmile' or 'plain', got 'x'"):
        voice.formants(x, 16000, method="x")  # type: ignore[arg-type]
    for index in (0, 500, 990):  # the last one lies behind the last frame
        x[index] = np.nan
        with pytest.raises(ValueError, match=str(index)):
            voice.formants(x, 16000)
        x[index] = 0


def assert_as_opensmile(clips: list[tuple[NDArray[np.int16], int]]) -> None:
    """But for frames in which the rounding of its own float32 moves it further."""
    near, close = [], []
    for (samples, rate), levels in zip(clips, smile_levels(clips, [LEVEL]), strict=True):
        theirs = levels[LEVEL][:, COLUMNS]
        error = abs(voice.formants(samples, rate).values - theirs) / theirs.std(axis=0)
        near.append(error <= 1e-3)
        close.append(error <= 1e-2)
    assert np.concatenate(near).mean() >= 0.75
    assert np.concatenate(close).mean() >= 0.94


@pytest.mark.peer("opensmile")
def test_agrees_with_opensmile(speech: NDArray[np.float32]) -> None:
    noise = np.random.default_rng(1).standard_normal(len(speech))
    loud = np.round(32767 * (0.9 * speech / abs(speech).max())) + noise
    assert_as_opensmile([(np.asarray(loud, np.int16), rate) for rate in RATES])


@pytest.mark.peer("opensmile")
@pytest.mark.data
@pytest.mark.parametrize("corpus", ["ravdess", "nemo"])
def test_agrees_with_opensmile_on_speech(data_dir: Path, corpus: str) -> None:
    paths = sorted((data_dir / corpus).rglob("*.flac"))
    assert paths
    loaded = [quaver.load(path) for path in paths[:: max(1, len(paths) // 6)]]
    assert_as_opensmile([(np.asarray(np.round(x * 32768), np.int16), rate) for x, rate in loaded])


@pytest.mark.peer("parselmouth")
@pytest.mark.data
def test_plain_ones_agree_with_praat(ravdess: list[Path]) -> None:
    """In voiced frames, of which it predicts more of the signal, by Burg's method."""
    import parselmouth

    ours, theirs = [], []
    for samples, rate in map(quaver.load, ravdess[::180]):
        frames, track = voice.formants(samples, rate, method="plain"), voice.pitch(samples, rate)
        nearest = abs(track.times - frames.times[:, np.newaxis]).argmin(axis=1)
        voiced = track.values[nearest, 0] > 0
        sound = parselmouth.Sound(samples.astype(np.float64), rate)
        found = sound.to_formant_burg(time_step=0.01, maximum_formant=5500)
        times = frames.times[voiced]
        theirs += [[found.get_value_at_time(i, t) for i in (1, 2, 3)] for t in times]
        ours.append(frames.values[voiced, ::2])
    found, expected = np.concatenate(ours), np.array(theirs)
    there = np.isfinite(expected).all(axis=1) & (found > 0).all(axis=1)
    assert there.mean() > 0.95
    away = abs(found[there] - expected[there])
    assert (np.median(away, axis=0) < [15, 30, 40]).all()
    assert (np.mean(away < 0.2 * expected[there], axis=0) > 0.9).all()
