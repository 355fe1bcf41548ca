"""Short-term features against their float64 twins, on every SIMD target."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import quaver
import tolerances
from reference import framing, mel, rfft, spectrum
from reference import short_term as twin

Array = NDArray[np.float64]
TARGETS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
L, H = 400, 160


def signal(n: int, sample_rate: int = 16000, seed: int = 0) -> NDArray[np.float32]:
    """A tone, its octave and noise, as float32."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) / sample_rate
    tone = np.sin(2 * np.pi * 440 * t) + 0.5 * np.sin(2 * np.pi * 880 * t + 1)
    return np.asarray(0.2 * tone + 0.05 * rng.standard_normal(n), np.float32)


def assert_matches_twin(
    samples: NDArray[Any], sample_rate: int = 16000, *, fixed: bool = True, **options: Any
) -> None:
    """Compare with the twin; `fixed` bounds hold for speech, derived ones for any signal."""
    derivative = {k: options.pop(k) for k in ("delta_order", "delta_width") if k in options}
    config = quaver.FeatureConfig(sample_rate=sample_rate, **options, **derivative)
    result = quaver.short_term(samples, sample_rate, config=config)
    stages = twin.stages(samples, sample_rate, **options)
    found = result.values.astype(np.float64)
    n_base = stages.values.shape[1]
    assert found.shape == (len(stages.values), n_base * (1 + config.delta_order))
    assert result.values.dtype == np.float32

    base = found[:, :n_base]
    expected, *_ = tolerances.settle_ties(
        base,
        stages,
        framing.scale(samples),
        hop_length=config.hop_length,
        share=config.rolloff,
    )
    bank = mel.filter_bank(config.n_fft, sample_rate, config.n_mels, fmin=config.fmin)
    bounds = (
        tolerances.short_term_bounds(stages.values)
        if fixed
        else tolerances.derived_bounds(stages, bank, config.n_bands)
    )
    excess = np.abs(base - expected) - bounds
    t, i = np.unravel_index(excess.argmax(), excess.shape)
    assert excess.max() <= 0, (
        f"{result.names[i]} of frame {t}: {base[t, i]} instead of {expected[t, i]},"
        f" allowed {bounds[t, i]}"
    )
    derivatives = twin.with_derivatives(base, config.delta_order, config.delta_width)[:, n_base:]
    scale = np.tile(np.abs(base).max(axis=0), config.delta_order)
    assert (np.abs(found[:, n_base:] - derivatives) <= tolerances.DELTA * scale).all()


# The twins themselves.


@pytest.mark.parametrize("n_fft", [4, 16, 30, 400, 480, 512])
def test_twin_transform_is_the_sum_that_defines_it(n_fft: int) -> None:
    frames = np.random.default_rng(n_fft).standard_normal((3, n_fft - 1))
    by_definition = rfft.magnitude_by_definition(frames, n_fft)
    np.testing.assert_allclose(rfft.magnitude(frames, n_fft), by_definition, atol=1e-11)


@pytest.mark.parametrize("name", ["hamming", "hann", "blackman", "boxcar"])
@pytest.mark.parametrize("length", [1, 2, 25, 400])
@pytest.mark.parametrize("periodic", [False, True])
def test_twin_windows_are_scipys(name: str, length: int, periodic: bool) -> None:
    expected = scipy.signal.get_window(name, length, fftbins=periodic)
    found = framing.window(name, length, periodic=periodic)
    np.testing.assert_allclose(found, expected, atol=tolerances.PLAN)


@pytest.mark.parametrize("htk", [False, True])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize(("sample_rate", "n_fft", "n_mels"), [(16000, 512, 40), (44100, 2048, 128)])
def test_twin_filter_bank_is_librosas(
    htk: bool, norm: Any, sample_rate: int, n_fft: int, n_mels: int
) -> None:
    expected = librosa.filters.mel(
        sr=sample_rate, n_fft=n_fft, n_mels=n_mels, htk=htk, norm=norm, dtype=np.float64
    )
    found = mel.filter_bank(n_fft, sample_rate, n_mels, htk=htk, slaney_norm=norm == "slaney")
    np.testing.assert_allclose(found, expected, atol=tolerances.PLAN)


# Speech, sizes, rates and types.


def test_speech(target: str, speech: NDArray[np.float32]) -> None:
    assert_matches_twin(speech, fixed=False)
    noisy = speech + np.float32(1e-3) * signal(speech.size)
    assert_matches_twin(noisy)
    assert_matches_twin(noisy, delta_order=2)


COUNTS = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97]
LENGTHS = [L, L + 1, L + H - 1, L + H, 2 * L + 3, *(L + (count - 1) * H + 5 for count in COUNTS)]


@pytest.mark.parametrize("n", LENGTHS)
def test_lengths(target: str, n: int) -> None:
    assert_matches_twin(signal(n))


@pytest.mark.parametrize("sample_rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_sample_rates(target: str, sample_rate: int) -> None:
    assert_matches_twin(signal(sample_rate // 2, sample_rate), sample_rate)


@pytest.mark.parametrize(
    ("frame_length", "hop_length"),
    [
        *((400, hop) for hop in (1, 3, 40, 80, 120, 161, 200, 320, 399, 400, 401, 440, 1000)),
        (401, 77),
    ],
)
def test_hop_lengths(target: str, frame_length: int, hop_length: int) -> None:
    x = signal(frame_length + 40 * hop_length + 1)
    assert_matches_twin(x, frame_length=frame_length, hop_length=hop_length)


@pytest.mark.parametrize(
    "n_fft",
    [
        13,
        16,
        20,
        30,
        32,
        48,
        60,
        64,
        100,
        128,
        250,
        400,
        405,
        480,
        512,
        514,
        551,
        1103,
        1200,
        1536,
        4096,
        8192,
    ],
)
def test_transform_lengths(target: str, n_fft: int) -> None:
    small = n_fft < 100
    bands = {"n_bands": 3, "n_blocks": 4, "n_mels": 2, "n_mfcc": 2} if small else {}
    bands |= {"n_mels": 14} if n_fft in (100, 128) else {}
    bands |= {"n_mels": 24} if n_fft == 250 else {}
    for frame_length in (n_fft, max(4, n_fft - 7), max(4, n_fft // 2 + 1)):
        x = signal(frame_length + 9 * 37, seed=n_fft)
        assert_matches_twin(x, n_fft=n_fft, frame_length=frame_length, hop_length=37, **bands)


@pytest.mark.parametrize("window", ["hamming", "hann", "blackman", "boxcar"])
@pytest.mark.parametrize("pre_emphasis", [0.0, 0.5, 0.97, 1.0])
def test_windows_and_pre_emphasis(target: str, window: str, pre_emphasis: float) -> None:
    assert_matches_twin(signal(3000), window=window, pre_emphasis=pre_emphasis)


@pytest.mark.parametrize(
    "options",
    [
        {"n_blocks": 1},
        {"n_blocks": 7},
        {"n_blocks": 400},
        {"n_blocks": 8, "hop_length": 200},
        {"n_blocks": 16, "hop_length": 150},
        {"n_bands": 1},
        {"n_bands": 257},
        {"rolloff": 0.5},
        {"rolloff": 0.01},
        {"n_mels": 26, "n_mfcc": 26},
        {"n_mels": 13, "n_mfcc": 1, "fmin": 100.0},
        {"delta_order": 0},
        {"delta_order": 2, "delta_width": 9},
        {"delta_order": 1, "delta_width": 3},
    ],
)
def test_other_parameters(target: str, options: dict[str, Any]) -> None:
    assert_matches_twin(signal(L + 20 * H), **options)


SHAPES = {
    "silence": np.zeros(4000),
    "impulse": np.eye(1, 4000, 1234)[0],
    "impulse at the start": np.eye(1, 4000, 0)[0],
    "constant": np.full(4000, 0.5),
    "square": np.sign(np.sin(np.arange(4000) * 0.05) + 1e-9),
    "clipped": np.clip(5 * np.sin(np.arange(4000) * 0.07), -1, 1),
    "nyquist": np.where(np.arange(4000) % 2, -1.0, 1.0),
    "sine on a bin": np.sin(2 * np.pi * np.arange(4000) * 32 / 512),
    "silence, then sound": np.r_[np.zeros(2000), np.asarray(signal(2000))],
    "sound, then silence": np.r_[np.asarray(signal(2000)), np.zeros(2000)],
    "sound and silence by turns": np.asarray(signal(8000)) * (np.arange(8000) // 900 % 2),
    "silence of a whole block": np.asarray(signal(8000)) * (abs(np.arange(8000) - 3979) > 1420),
    "very loud": 1e9 * np.asarray(signal(4000)),
    "very soft": 1e-9 * np.asarray(signal(4000)),
}


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("pre_emphasis", [0.0, 0.97])
@pytest.mark.parametrize("window", ["hamming", "boxcar"])
def test_shapes_of_signals(target: str, shape: str, pre_emphasis: float, window: str) -> None:
    x = SHAPES[shape].astype(np.float32)
    assert_matches_twin(x, fixed=False, pre_emphasis=pre_emphasis, window=window)


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_views_equal_copies(target: str, dtype: type) -> None:
    whole = signal(3 * 2003)
    whole = (whole * 20000).astype(dtype) if dtype == np.int16 else whole.astype(dtype)
    for view in (whole[1:], whole[3:2403], whole[::2], whole[::-1], whole[-5:100:-3], whole[7::3]):
        expected = quaver.short_term(np.ascontiguousarray(view), 16000).values
        np.testing.assert_array_equal(quaver.short_term(view, 16000).values, expected)
    if dtype == np.int16:
        assert_matches_twin(whole)


def test_types_agree(target: str) -> None:
    integers = (signal(4000) * 20000).astype(np.int16)
    expected = quaver.short_term(integers, 16000).values
    for dtype in (np.float32, np.float64):
        scaled = integers.astype(dtype) / dtype(32768)
        np.testing.assert_array_equal(quaver.short_term(scaled, 16000).values, expected)
    swapped = integers.astype(integers.dtype.newbyteorder())
    np.testing.assert_array_equal(quaver.short_term(swapped, 16000).values, expected)


def test_channels(target: str) -> None:
    stereo = np.stack([signal(2000, seed=1), signal(2000, seed=2)])
    mono = quaver.short_term(stereo[0], 16000).values
    np.testing.assert_array_equal(quaver.short_term(stereo[:1], 16000).values, mono)
    np.testing.assert_array_equal(quaver.short_term(stereo, 16000, downmix=0).values, mono)
    second = quaver.short_term(stereo, 16000, downmix=1).values
    np.testing.assert_array_equal(second, quaver.short_term(stereo[1], 16000).values)
    mean = stereo.mean(axis=0, dtype=np.float64).astype(np.float32)
    found = quaver.short_term(stereo, 16000, downmix="mean").values
    np.testing.assert_array_equal(found, quaver.short_term(mean, 16000).values)
    interleaved = np.ascontiguousarray(stereo.T).T  # channels next to each other in memory
    found = quaver.short_term(interleaved, 16000, downmix=1).values
    np.testing.assert_array_equal(found, second)


@TARGETS
@given(
    n=st.integers(L, 6000),
    seed=st.integers(0, 2**32 - 1),
    exponent=st.floats(-8, 8),
    hop=st.integers(1, 700),
    frame=st.integers(40, 512),
)
def test_any_noise(target: str, n: int, seed: int, exponent: float, hop: int, frame: int) -> None:
    rng = np.random.default_rng(seed)
    x = (10.0**exponent * rng.standard_normal(min(n, 512 + 40 * hop) + 112)).astype(np.float32)
    assert_matches_twin(x, fixed=False, n_fft=512, frame_length=frame, hop_length=hop)


@pytest.mark.parametrize(
    ("frame", "hop"), [(1, 1), (1, 3), (2, 1), (64, 1), (64, 64), (65, 64), (129, 63)]
)
def test_short_frames(target: str, frame: int, hop: int) -> None:
    x = signal(frame + 40 * hop)
    options = {"frame_length": frame, "hop_length": hop, "n_fft": 512, "n_blocks": 1}
    assert_matches_twin(x, fixed=False, **options)


def test_flux_of_the_largest_samples_is_finite(target: str) -> None:
    n = 1 << 18
    tone = np.sin(2 * np.pi * np.arange(n) * 1000 / n)
    noise = np.where(np.random.default_rng(0).random(n) < 0.5, -1.0, 1.0)
    x = (1e12 * np.r_[tone, noise]).astype(np.float32)
    config = quaver.FeatureConfig(
        n_fft=n, frame_length=n, hop_length=n, delta_order=0, features=("spectral_flux",)
    )
    flux = quaver.short_term(x, 16000, config=config).values
    assert flux[0, 0] == 0
    assert 0 < flux[1, 0] <= 2


def test_subsets_are_columns_of_the_whole(target: str) -> None:
    x = signal(3000)
    whole = quaver.short_term(x, 16000)
    for group in (*quaver.SHORT_TERM_FEATURES, "spectral_flux"):
        features = tuple({group, "energy"})
        config = quaver.FeatureConfig(features=features)
        part = quaver.short_term(x, 16000, config=config)
        columns = [whole.names.index(name) for name in part.names]
        np.testing.assert_array_equal(part.values, whole.values[:, columns])


def test_times_are_centres() -> None:
    result = quaver.short_term(signal(1000), 16000)
    np.testing.assert_allclose(result.times, [0.0125, 0.0225, 0.0325, 0.0425])
    assert result.names == quaver.frame_names()


# librosa, aligned: no centring there, a symmetric window here; zero crossings are compared on
# pre-emphasised frames, where librosa counts changes over the length instead of the length - 1.


def test_agrees_with_librosa(target: str) -> None:
    x = signal(16000)
    found = quaver.short_term(x, 16000).values
    y = framing.pre_emphasis(framing.scale(x), 0.97)
    margin = (512 - L) // 2  # librosa centres the window in n_fft
    spectrum = np.abs(
        librosa.stft(
            np.pad(y, margin),
            n_fft=512,
            hop_length=H,
            win_length=L,
            window=scipy.signal.get_window("hamming", L, fftbins=False),
            center=False,
        )
    )
    power = spectrum**2
    frames = librosa.util.frame(y, frame_length=L, hop_length=H)
    rate = librosa.feature.zero_crossing_rate(
        y, frame_length=L, hop_length=H, center=False, zero_pos=True, pad=False, threshold=0
    )
    assert frames.shape[1] == len(found)
    expected = {
        0: rate * L / (L - 1),
        3: librosa.feature.spectral_centroid(S=spectrum, sr=16000),
        4: librosa.feature.spectral_bandwidth(S=spectrum, sr=16000, p=2),
        7: librosa.feature.spectral_rolloff(S=power, sr=16000, roll_percent=0.9),
    }
    for column, row in expected.items():
        np.testing.assert_allclose(found[:, column], row[0], rtol=tolerances.SHORT_TERM)


# Features outside the default set.


# 2250 points have no bin in the middle.
@pytest.mark.parametrize(
    ("rate", "n_fft"),
    [(16000, 512), (16000, 480), (8000, 256), (48000, 2048), (48000, 2250), (16000, 551)],
)
def test_spectral_slope(target: str, speech: NDArray[np.float32], rate: int, n_fft: int) -> None:
    config = quaver.FeatureConfig(
        sample_rate=rate, features=("spectral_slope",), delta_order=0, n_fft=n_fft
    )
    impulse = np.eye(1, 8000, 4000).ravel()
    tone = np.sin(np.arange(8000) * 0.3)
    clipped = np.clip(5 * speech, -1, 1)
    for samples in (speech, signal(9000), impulse, tone, clipped, 1e-30 * signal(8000)):
        found = quaver.short_term(samples, rate, config=config).values[:, 0]
        stages = twin.stages(samples, rate, n_fft=n_fft)
        expected = spectrum.slope(stages.magnitude**2, stages.bin_width)
        bounds = tolerances.slope_bounds(stages.magnitude, stages.bin_width)
        assert (np.abs(found - expected) <= bounds).all()
    silent = quaver.short_term(np.zeros(8000), rate, config=config).values
    assert (silent == 0).all()


def test_spectral_slope_of_a_known_spectrum() -> None:
    """An impulse is flat; a filter of one pole falls, as its own transfer function says."""
    config = quaver.FeatureConfig(
        features=("spectral_slope",), delta_order=0, pre_emphasis=0.0, window="boxcar"
    )
    flat = quaver.short_term(np.eye(1, 400).ravel(), 16000, config=config).values[0, 0]
    assert abs(flat) < 1e-4
    pole = 0.9 ** np.arange(400.0)
    f = np.linspace(0, 8, 257)
    decibel = -20 * np.log10(np.abs(1 - 0.9 * np.exp(-1j * np.pi * f / 8)))
    expected = np.polyfit(f, decibel, 1)[0]
    found = quaver.short_term(pole, 16000, config=config).values[0, 0]
    assert abs(found - expected) < 1e-3
