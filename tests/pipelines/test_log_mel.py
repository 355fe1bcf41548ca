"""Log-mel spectrograms against librosa and the float64 twin, on every SIMD target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
import tolerances
from oracles import librosa_log_mel
from reference import log_mel as twin
from reference import mel

Array = NDArray[np.float64]
STFT = ("n_fft", "hop_length", "win_length", "window", "center", "pad_mode")


def assert_bounded(
    found: NDArray[np.float32], expected: Array, samples: NDArray[Any], rate: int, **options: Any
) -> None:
    """1e-3 dB within 60 dB of each frame's largest band; the derived bound below."""
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    magnitude = twin.stft_magnitude(samples, **{k: options[k] for k in STFT if k in options})
    bank = mel.filter_bank(
        options.get("n_fft", 2048),
        rate,
        found.shape[1],
        fmin=options.get("fmin", 0.0),
        fmax=options.get("fmax"),
        htk=options.get("htk", False),
        slaney_norm=options.get("norm", "slaney") == "slaney",
    )
    power = options.get("power", 2.0)
    bounds = tolerances.decibel_bounds(
        magnitude, bank, power=power, amin=options.get("amin", 1e-10)
    )
    if options.get("ref") == "max" or "top_db" in options:
        bounds += bounds.min()  # that of the loudest band
    depth = tolerances.LOG_MEL_RANGE_DB * power / 2  # 10 log10 of an amplitude is half as far
    clear = expected >= expected.max(axis=1, keepdims=True) - depth
    bounds[clear] = np.minimum(bounds[clear], tolerances.LOG_MEL_DB)
    excess = np.abs(found - expected) - bounds
    t, m = np.unravel_index(excess.argmax(), excess.shape)
    assert excess.max() <= 0, (
        f"band {m} of frame {t}: {found[t, m]} instead of {expected[t, m]}, allowed {bounds[t, m]}"
    )


OPTIONS: list[dict[str, Any]] = [
    {},
    {"n_fft": 512, "hop_length": 128, "n_mels": 40},
    {"n_fft": 512, "hop_length": 160, "win_length": 400, "n_mels": 64},
    {"n_fft": 512, "hop_length": 160, "win_length": 401, "n_mels": 40},
    {"n_fft": 512, "hop_length": 100, "win_length": 256, "n_mels": 40, "power": 1.0},
    {"n_fft": 256, "hop_length": 80, "n_mels": 30, "power": 1.0},
    {"n_fft": 2048, "hop_length": 160, "win_length": 400},
    {"n_fft": 2048, "win_length": 1500, "power": 1.0},
    {"n_fft": 256, "win_length": 1, "n_mels": 20},
    {"n_fft": 4096, "win_length": 2000, "hop_length": 640, "power": 1.0},
    {"n_fft": 400, "hop_length": 160, "n_mels": 40, "htk": True},
    {"n_fft": 480, "hop_length": 77, "n_mels": 32, "norm": None},
    {"n_fft": 1200, "hop_length": 480, "n_mels": 80, "htk": True, "norm": None},
    {"n_fft": 4096, "hop_length": 4097, "n_mels": 128},
    {"n_fft": 16, "hop_length": 5, "n_mels": 3},
    {"n_fft": 14, "hop_length": 5, "n_mels": 2},
    {"n_fft": 513, "n_mels": 40},
    {"n_fft": 1025, "win_length": 882, "hop_length": 441, "power": 1.0},
    {"n_fft": 1102, "hop_length": 441},  # 50 ms at 22,050 Hz: 2 * 19 * 29
    {"n_fft": 1103, "hop_length": 441},  # a prime
    {"n_fft": 8192, "hop_length": 2048, "fmin": 50.0, "fmax": 7600.0},
    {"n_fft": 1024, "center": False},
    {"n_fft": 1024, "pad_mode": "reflect"},
    {"n_fft": 1024, "pad_mode": "edge"},
    {"n_fft": 1024, "window": "hamming"},
    {"n_fft": 1024, "window": "blackman"},
    {"n_fft": 1024, "window": "boxcar"},
    {"n_fft": 1024, "power": 1.0},
    {"n_fft": 1024, "ref": "max"},
    {"n_fft": 1024, "ref": 0.5},
    {"n_fft": 1024, "top_db": 40.0},
    {"n_fft": 1024, "ref": "max", "top_db": 80.0},
    {"n_fft": 1024, "amin": 1e-5},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_agrees_with_librosa_and_twin(
    target: str, speech: NDArray[np.float32], options: dict[str, Any]
) -> None:
    found = quaver.log_mel(speech, 16000, **options)
    expected = twin.log_mel(speech, 16000, **options)
    np.testing.assert_allclose(expected, librosa_log_mel(speech, 16000, **options), atol=1e-6)
    assert_bounded(found, expected, speech, 16000, **options)


@pytest.mark.parametrize("sample_rate", [8000, 11025, 22050, 44100, 48000])
def test_sample_rates(target: str, speech: NDArray[np.float32], sample_rate: int) -> None:
    options: dict[str, Any] = {"n_mels": 64}
    expected = librosa_log_mel(speech, sample_rate, **options)
    assert_bounded(
        quaver.log_mel(speech, sample_rate, **options), expected, speech, sample_rate, **options
    )


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257, 511, 512, 513, 1027, 128 * 15, 128 * 16 + 1])
def test_lengths(target: str, speech: NDArray[np.float32], n: int) -> None:
    x = speech[4000 : 4000 + n]
    options: dict[str, Any] = {"n_fft": 512, "hop_length": 128, "n_mels": 40}
    found = quaver.log_mel(x, 16000, **options)
    assert len(found) == 1 + n // 128
    assert_bounded(found, twin.log_mel(x, 16000, **options), x, 16000, **options)


@pytest.mark.parametrize("n", [512, 513, 639, 640, 641])
def test_lengths_without_centring(target: str, speech: NDArray[np.float32], n: int) -> None:
    options: dict[str, Any] = {"n_fft": 512, "hop_length": 128, "n_mels": 40, "center": False}
    x = speech[4000 : 4000 + n]
    found = quaver.log_mel(x, 16000, **options)
    assert_bounded(found, librosa_log_mel(x, 16000, **options), x, 16000, **options)


SHAPES = {
    "silence": np.zeros(5000),
    "impulse": np.eye(1, 5000, 777)[0],
    "constant": np.full(5000, 0.5),
    "sine on a bin": np.sin(2 * np.pi * np.arange(5000) * 64 / 1024),
    "square": np.sign(np.sin(np.arange(5000) * 0.05) + 1e-9),
    "very loud": 1e9 * np.sin(np.arange(5000) ** 1.3),
    "very soft": 1e-9 * np.sin(np.arange(5000) ** 1.3),
}


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("window", ["hann", "boxcar"])
def test_shapes_of_signals(target: str, shape: str, window: str) -> None:
    x = SHAPES[shape].astype(np.float32)
    options: dict[str, Any] = {"n_fft": 1024, "hop_length": 256, "n_mels": 40, "window": window}
    found = quaver.log_mel(x, 16000, **options)
    assert_bounded(found, twin.log_mel(x, 16000, **options), x, 16000, **options)
    if shape == "silence":
        np.testing.assert_array_equal(found, -100)


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_types_and_views(target: str, speech: NDArray[np.float32], dtype: type) -> None:
    integers = (speech * 20000).astype(np.int16)
    x = integers if dtype == np.int16 else integers.astype(dtype) / dtype(32768)
    options: dict[str, Any] = {"n_fft": 512, "hop_length": 128, "n_mels": 40}
    expected = quaver.log_mel(integers.astype(np.float32) / np.float32(32768), 16000, **options)
    np.testing.assert_array_equal(quaver.log_mel(x, 16000, **options), expected)
    for view in (x[1:], x[::2], x[::-1], x[100:-7:3]):
        np.testing.assert_array_equal(
            quaver.log_mel(view, 16000, **options), quaver.log_mel(view.copy(), 16000, **options)
        )


def test_channels(target: str, speech: NDArray[np.float32]) -> None:
    stereo = np.stack([speech, speech[::-1]])
    expected = quaver.log_mel(speech[::-1], 16000)
    np.testing.assert_array_equal(quaver.log_mel(stereo, 16000, downmix=1), expected)
    with pytest.raises(ValueError, match="2 channels"):
        quaver.log_mel(stereo, 16000)


def test_a_range_beyond_float32_limits_nothing() -> None:
    clip = np.sin(np.arange(4000) * 0.1)
    for top_db in (1e38, 1e39, np.inf):
        found = quaver.log_mel(clip, 16000, top_db=top_db)
        np.testing.assert_array_equal(found, quaver.log_mel(clip, 16000))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"power": 3.0}, "power must be 1 or 2, got 3.0"),
        ({"norm": "area"}, "norm must be 'slaney' or None, got 'area'"),
        ({"pad_mode": "wrap"}, "pad_mode must be .*, got 'wrap'"),
        ({"ref": 0.0}, "ref must be .*, got 0.0"),
        ({"ref": "min"}, "ref must be .*, got 'min'"),
        ({"ref": np.inf}, "ref must be .*, got inf"),
        ({"top_db": -1.0}, "top_db must be .*, got -1.0"),
        ({"amin": 0.0}, "amin must be positive, got 0"),
        ({"amin": np.nan}, "amin must be positive, got nan"),
        ({"amin": np.inf}, "amin must be at most .*, got inf"),
        ({"amin": 1e39}, r"amin must be at most .*, got 1e\+39"),
        ({"top_db": np.nan}, "top_db must be .*, got nan"),
        ({"fmin": np.nan}, "fmin nan"),
        ({"fmax": np.inf}, "fmax inf"),
        ({"n_fft": 0}, "n_fft must be positive, got 0"),
        ({"hop_length": 0}, "hop_length must be positive, got 0"),
        ({"n_mels": 0}, "n_mels must be positive, got 0"),
        ({"win_length": 4096}, r"win_length must not exceed n_fft \(2048\), got 4096"),
        ({"window": "kaiser"}, "window must be .*, got 'kaiser'"),
        ({"fmin": 9000.0}, "fmin"),
        ({"fmax": 9000.0}, "fmax"),
        ({"n_fft": 64, "n_mels": 40}, "n_mels 40 is too many for n_fft 64: .*bands 0"),
    ],
    ids=str,
)
def test_bad_parameters(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quaver.log_mel(np.zeros(8000, np.float32), 16000, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"amin": "tiny"}, "amin must be a number, got 'tiny'"),
        ({"top_db": "80"}, "top_db must be a number, got '80'"),
        ({"fmin": [1.0]}, r"fmin must be a number, got \[1.0\]"),
        ({"fmax": True}, "fmax must be a number, got True"),
        ({"n_fft": 512.0}, "n_fft must be an int, got float"),
        ({"n_mels": True}, "n_mels must be an int, got bool"),
        ({"window": None}, "window must be a name, got NoneType"),
        ({"window": np.ones(2)}, "window must be a name, got ndarray"),
    ],
    ids=str,
)
def test_parameters_of_wrong_kinds(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        quaver.log_mel(np.zeros(8000, np.float32), 16000, **options)


@pytest.mark.parametrize("amin", [1e-320, 1e-45, 3.4e38])
def test_extreme_amin_is_finite(target: str, speech: NDArray[np.float32], amin: float) -> None:
    for samples in (speech, np.zeros_like(speech)):
        for options in ({}, {"ref": "max"}, {"top_db": 80.0}):
            assert np.isfinite(quaver.log_mel(samples, 16000, amin=amin, **options)).all()


@pytest.mark.parametrize("number", [np.float32(0.5), np.float64(0.5), 1, np.int64(1)])
def test_numbers_of_numpy_are_numbers(speech: NDArray[np.float32], number: Any) -> None:
    expected = quaver.log_mel(speech, 16000, ref=float(number))
    np.testing.assert_array_equal(quaver.log_mel(speech, 16000, ref=number), expected)


def test_too_short_without_centring() -> None:
    with pytest.raises(ValueError, match="at least 2048 samples, got 100"):
        quaver.log_mel(np.zeros(100, np.float32), 16000, center=False)


@pytest.mark.parametrize("hop_length", [128, 700])
@pytest.mark.parametrize("index", [0, 255, 2500, 9000, -1])
def test_names_the_bad_sample_of_any_block(
    target: str, speech: NDArray[np.float32], index: int, hop_length: int
) -> None:
    x = speech.copy()
    x[index] = np.nan
    with pytest.raises(ValueError, match=rf"got nan at index {index % len(x)}$"):
        quaver.log_mel(x, 16000, n_fft=512, hop_length=hop_length, n_mels=40)


@pytest.mark.parametrize("hop_length", [128, 700])
def test_samples_read_in_place_give_the_same_picture(
    target: str, speech: NDArray[np.float32], hop_length: int
) -> None:
    """Contiguous float32 is transposed where it lies, anything else by way of a copy."""
    options: dict[str, Any] = {"n_fft": 512, "hop_length": hop_length, "n_mels": 40}
    expected = quaver.log_mel(speech, 16000, **options)
    np.testing.assert_array_equal(quaver.log_mel(speech.astype(float), 16000, **options), expected)
    spread = np.zeros(2 * len(speech), np.float32)
    spread[::2] = speech
    np.testing.assert_array_equal(quaver.log_mel(spread[::2], 16000, **options), expected)
