"""quaver.compat.pyaudioanalysis against the original and the float64 twin."""

from __future__ import annotations

import inspect
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import originals
import tolerances
from quaver.compat.pyaudioanalysis import MidTermFeatures, ShortTermFeatures, audioBasicIO
from reference import pyaudio as twin

their_short = originals.load("pyAudioAnalysis.ShortTermFeatures")
their_mid = originals.load("pyAudioAnalysis.MidTermFeatures")
their_io = originals.load("pyAudioAnalysis.audioBasicIO")

Array = NDArray[np.float64]
CEPSTRA = slice(8, 21)


@pytest.fixture(scope="session")
def clip(ravdess: list[Path]) -> NDArray[np.int16]:
    samples, _ = soundfile.read(ravdess[20], dtype="int16")
    return np.ascontiguousarray(samples[8000:40000])


def bounds(expected: Array, signal: Any, rate: float, window: int, step: int) -> Array:
    """A share of each row's largest value; cepstra have the error of the transform in them."""
    largest = np.abs(expected).max(axis=1, keepdims=True)
    relative = np.maximum(tolerances.PEER_FEATURES * largest, tolerances.PEER_NEAR_ZERO)
    allowed = np.broadcast_to(relative, expected.shape).copy()
    bank, _ = ShortTermFeatures.mfcc_filter_banks(rate, window // 2)
    x = twin.normalise(signal)
    starts = range(0, len(x) - window + 1, step)
    magnitude = np.array([twin.spectrum(x[start : start + window]) for start in starts])
    cepstra = tolerances.peer_cepstra_error(magnitude, bank, twin.EPSILON)
    for first in range(0, len(expected), 34):
        allowed[first + CEPSTRA.start : first + CEPSTRA.stop] = cepstra
    return allowed if len(expected) == 34 else np.concatenate([allowed[:34], both(allowed[34:])])


def both(allowed: Array) -> Array:
    """Bounds of differences: of a frame and of the one before."""
    return np.asarray(tolerances.difference_bounds(allowed.T).T)


def compare(signal: Any, rate: float = 16000, window: float = 800, step: float = 400) -> Array:
    found, names = ShortTermFeatures.feature_extraction(signal, rate, window, step)
    expected, their_names = originals.quietly(
        their_short.feature_extraction, signal, rate, window, step
    )
    assert names == their_names
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    allowed = bounds(expected, signal, rate, int(window), int(step))
    assert (np.abs(found - expected) <= allowed).all()
    return found


GRID = [
    (16000, 800, 400),
    (16000, 400, 160),
    (16000, 801, 801),
    (16000, 400, 999),
    (16000, 202, 7000),
    (8000, 400, 200),
    (8000, 180, 80),
    (11025, 551, 275),
    (22050, 1102, 551),
    (22050, 1103, 600),
    (44100, 2205, 1102),
    (44100, 1102.5, 441.9),
    (48000, 2400, 1200),
    (48000.0, 4096, 1024),
]


@pytest.mark.parametrize(("rate", "window", "step"), GRID)
def test_grid(
    target: str, clip: NDArray[np.int16], rate: float, window: float, step: float
) -> None:
    compare(clip, rate, window, step)


@pytest.mark.parametrize(
    "kind", ["int16", "float32", "float64", "int32", "uint8", "strided", "reversed"]
)
def test_types(target: str, clip: NDArray[np.int16], kind: str) -> None:
    kinds: dict[str, Any] = {
        "int16": clip,
        "float32": (clip / 32768).astype(np.float32),
        "float64": clip / 32768,
        "int32": clip.astype(np.int32) << 16,
        "uint8": (clip >> 8).astype(np.uint8),
        "strided": np.repeat(clip, 2)[::2],
        "reversed": clip[::-1],
    }
    compare(kinds[kind])


@pytest.mark.parametrize("n", [800, 801, 1199, 1200, 800 + 7 * 400, 800 + 8 * 400, 800 + 16 * 400])
def test_lengths(target: str, clip: NDArray[np.int16], n: int) -> None:
    compare(clip[:n])


SHAPES = {
    "silence": np.zeros(9000, np.int16),
    "constant": np.full(9000, 0.3),
    "impulse": np.eye(1, 9000, 4000)[0],
    "tone": np.sin(np.arange(9000) * 0.1),
    "tone on a bin": np.round(8000 * np.sin(np.arange(9000) * 2 * np.pi * 20 / 800)),
    "square": np.sign(np.sin(np.arange(9000) * 0.05) + 1e-9),
    "soft": 1e-6 * np.sin(np.arange(9000.0) ** 1.3),
    "loud": 1e9 * np.sin(np.arange(9000.0) ** 1.3),
    "half still": np.concatenate([np.zeros(4500), np.sin(np.arange(4500.0) ** 1.3)]),
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_shapes_of_signals(target: str, shape: str) -> None:
    compare(SHAPES[shape])


@pytest.mark.parametrize("index", range(0, 1440, 144))
def test_clips(ravdess: list[Path], index: int) -> None:
    samples, rate = soundfile.read(ravdess[index], dtype="int16")
    compare(samples, rate, 0.05 * rate, 0.025 * rate)


def test_twin(target: str, clip: NDArray[np.int16]) -> None:
    bank, _ = ShortTermFeatures.mfcc_filter_banks(16000, 400)
    expected = twin.features(clip, 16000, 800, 400, bank)
    found, names = ShortTermFeatures.feature_extraction(clip, 16000, 800, 400, deltas=False)
    assert len(names) == len(found) == 34
    assert (np.abs(found - expected) <= bounds(expected, clip, 16000, 800, 400)).all()


def test_deltas_are_differences(target: str, clip: NDArray[np.int16]) -> None:
    found, _ = ShortTermFeatures.feature_extraction(clip, 16000, 800, 400)
    plain, names = ShortTermFeatures.feature_extraction(clip, 16000, 800, 400, deltas=False)
    np.testing.assert_array_equal(found[:34], plain)
    np.testing.assert_array_equal(found[34:, 0], 0)
    np.testing.assert_array_equal(found[34:, 1:], np.diff(plain))
    assert names == their_short.feature_extraction(clip, 16000, 800, 400, deltas=False)[1]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_spreads(bad: float) -> None:
    x = np.sin(np.arange(4000) * 0.1)
    x[3000] = bad
    found, _ = ShortTermFeatures.feature_extraction(x, 16000, 800, 400)
    expected, _ = originals.quietly(their_short.feature_extraction, x, 16000, 800, 400)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("signal", "rate", "window", "step"),
    [
        (np.zeros(0), 16000, 800, 400),
        (np.zeros(799), 16000, 800, 400),
        (np.zeros((2000, 2)), 16000, 800, 400),
        (np.zeros((2000, 1)), 16000, 800, 400),
        (5.0, 16000, 800, 400),
        (np.zeros(2000), 16000, 190, 100),
        (np.zeros(2000), 16000, 196, 100),
        (np.zeros(2000), 48000, 200, 100),
        (np.zeros(2000), 6000, 800, 400),
        (np.zeros(700), 6000, 800, 400),
        (np.zeros(100), 16000, 196, 100),
        (np.zeros(2000), 16000, 0, 100),
        (np.zeros(2000), 16000, "long", 100),
    ],
    ids=range(13),
)
def test_errors_are_of_the_same_type(signal: Any, rate: float, window: Any, step: Any) -> None:
    expected = originals.error_of(their_short.feature_extraction, signal, rate, window, step)
    found = originals.error_of(ShortTermFeatures.feature_extraction, signal, rate, window, step)
    assert found is expected


def test_a_step_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="step must be at least 1 sample, got 800 and 0"):
        ShortTermFeatures.feature_extraction(np.zeros(2000), 16000, 800, 0)
    with pytest.raises(ValueError, match=r"mid_step must be .* \(400\), got 100"):
        MidTermFeatures.mid_feature_extraction(np.zeros(2000), 16000, 800, 100, 800, 400)


@pytest.mark.parametrize(
    ("mid_window", "mid_step"), [(16000, 16000), (8000, 4000), (16000.0, 9999.5), (300, 800)]
)
@pytest.mark.parametrize(("window", "step"), [(800, 400), (800, 800), (400.0, 160.0)])
def test_mid_term(
    clip: NDArray[np.int16], mid_window: float, mid_step: float, window: float, step: float
) -> None:
    arguments = (clip, 16000, mid_window, mid_step, window, step)
    mid, short, names = MidTermFeatures.mid_feature_extraction(*arguments)
    expected, their_frames, their_names = originals.quietly(
        their_mid.mid_feature_extraction, *arguments
    )
    assert names == their_names
    assert (mid.shape, mid.dtype) == (expected.shape, expected.dtype)
    assert short.shape == their_frames.shape
    np.testing.assert_allclose(mid, expected, rtol=0, atol=tolerances.PEER_CEPSTRA)


def test_tables(target: str) -> None:
    for rate, n in ((16000, 400), (44100, 1102), (8000, 200)):
        for found, expected in zip(
            ShortTermFeatures.mfcc_filter_banks(rate, n),
            their_short.mfcc_filter_banks(rate, n),
            strict=True,
        ):
            np.testing.assert_allclose(found, expected, rtol=tolerances.PLAN)
        for found, expected in zip(
            ShortTermFeatures.chroma_features_init(n, rate),
            their_short.chroma_features_init(n, rate),
            strict=True,
        ):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_wav(tmp_path: Path, subtype: str, channels: int) -> None:
    path = str(tmp_path / "clip.WAV")
    samples = np.random.default_rng(1).uniform(-1, 1, (300, channels))
    soundfile.write(path, samples, 22050, subtype=subtype)
    rate, found = audioBasicIO.read_audio_file(path)
    their_rate, expected = originals.quietly(their_io.read_audio_file, path)
    assert (rate, found.dtype, found.shape) == (their_rate, expected.dtype, expected.shape)
    np.testing.assert_array_equal(found, expected)
    mono, their_mono = audioBasicIO.stereo_to_mono(found), their_io.stereo_to_mono(expected)
    assert mono.dtype == their_mono.dtype
    np.testing.assert_array_equal(mono, their_mono)


@pytest.mark.parametrize("name", ["clip.aiff", "clip.ogg", "clip.au", "clip.mp3"])
def test_other_files(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    samples = np.sin(np.arange(16000) * 0.1) * 0.5
    soundfile.write(path, samples, 16000)
    rate, found = audioBasicIO.read_audio_file(path)
    assert (rate, found.dtype, found.ndim) == (16000, np.int16, 1)
    assert abs(np.abs(found).max() / 32768 - 0.5) < 0.05


def test_file_objects(tmp_path: Path) -> None:
    content = io.BytesIO()
    soundfile.write(content, np.zeros((100, 2)), 8000, format="WAV")
    content.seek(0)
    rate, found = audioBasicIO.read_audio_file(content)
    assert (rate, found.dtype, found.shape) == (8000, np.int16, (100, 2))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    text = tmp_path / "clip.txt"
    with pytest.warns(UserWarning, match="unknown file type '.txt'"):
        rate, signal = audioBasicIO.read_audio_file(str(text))
    assert (rate, signal.size) == (0, 0) == (their_io.read_audio_file(str(text))[0], 0)
    with pytest.warns(UserWarning, match="could not be read"):
        rate, signal = audioBasicIO.read_audio_file(str(tmp_path / "none.mp3"))
    assert (rate, signal.size) == (-1, 0)
    damaged = tmp_path / "damaged.wav"
    damaged.write_bytes(b"nothing of a WAV file")
    compressed = tmp_path / "compressed.wav"
    soundfile.write(compressed, np.zeros(100), 8000, subtype="ULAW")
    for path in (tmp_path / "none.wav", damaged, compressed):
        expected = originals.error_of(their_io.read_audio_file, str(path))
        assert originals.error_of(audioBasicIO.read_audio_file, str(path)) is expected


def test_signatures() -> None:
    pairs = [
        (ShortTermFeatures.feature_extraction, their_short.feature_extraction),
        (ShortTermFeatures.mfcc_filter_banks, their_short.mfcc_filter_banks),
        (ShortTermFeatures.chroma_features_init, their_short.chroma_features_init),
        (MidTermFeatures.mid_feature_extraction, their_mid.mid_feature_extraction),
        (audioBasicIO.read_audio_file, their_io.read_audio_file),
        (audioBasicIO.stereo_to_mono, their_io.stereo_to_mono),
    ]
    for found, expected in pairs:
        ours, theirs = inspect.signature(found).parameters, inspect.signature(expected).parameters
        assert list(ours) == list(theirs)
        assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]
