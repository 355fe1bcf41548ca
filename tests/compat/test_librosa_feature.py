"""quaver.compat.librosa.feature against librosa."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile

import quaver.compat.librosa as stand_in
from compat.parity import (
    DECIBEL,
    LIBROSA_1,
    RELATIVE,
    assert_same,
    assert_same_frames,
    both,
    signal,
)
from quaver import audio

RATES = [8000, 16000, 22050, 44100, 48000]
LENGTHS = [1, 2, 100, 2047, 2048, 2049, 9000]
FRAMINGS: list[dict[str, Any]] = [
    {},
    {"n_fft": 512, "hop_length": 160, "win_length": 400},
    {"n_fft": 400, "center": False},
    {"n_fft": 1024, "pad_mode": "reflect", "window": "hamming"},
    {"n_fft": 441, "hop_length": 100},
]
# A mean of decibels over the bands, weighted by the rows of an orthonormal transform.
MFCC = 2 * DECIBEL


def feature(module: Any, *, name: str, **options: Any) -> Any:
    return getattr(module.feature, name)(**options)


def check(
    name: str, *, atol: float = 0.0, rtol: float = RELATIVE, may_fail: bool = False, **options: Any
) -> Any:
    call = partial(feature, name=name, **options)
    return assert_same(call, rtol=rtol, atol=atol, may_fail=may_fail)


def spectrogram(power: int = 1, dtype: Any = np.float32, channels: tuple[int, ...] = ()) -> Any:
    S = np.abs(librosa.stft(signal(9000, channels=channels), n_fft=512)) ** power
    return S.astype(dtype)


@pytest.mark.parametrize("sr", RATES)
@pytest.mark.parametrize("framing", FRAMINGS)
def test_melspectrogram(sr: int, framing: dict[str, Any]) -> None:
    for n_mels, more in (
        (128, {}),
        (40, {"htk": True, "norm": None}),
        (26, {"fmin": 50, "fmax": sr / 2.5, "norm": 1}),
        (20, {"power": 1}),
        (20, {"power": 1.5}),
        (20, {"dtype": np.float64}),
    ):
        for y in (signal(9000), signal(9000, channels=(2,)), signal(9000, dtype=np.float64)):
            options = {"y": y, "sr": sr, "n_mels": n_mels, **framing, **more}
            assert_same_frames(partial(feature, name="melspectrogram", **options), power=2)


@pytest.mark.parametrize("n", LENGTHS)
def test_short_clips(target: str, n: int) -> None:
    for y in (signal(n), np.zeros(n, np.float32), signal(n, dtype=np.float64)):
        assert_same_frames(partial(feature, name="melspectrogram", y=y), power=2)
        check("mfcc", y=y, atol=MFCC)
        check("rms", y=y, atol=1e-9)
        check("zero_crossing_rate", y=y, rtol=0)
        check("spectral_centroid", y=y, atol=1e-2)
        check("spectral_bandwidth", y=y, atol=1e-2)
        check("spectral_contrast", y=y, atol=DECIBEL)
        check("spectral_flatness", y=y, atol=1e-6)
        check("chroma_stft", y=y, tuning=0.0, atol=1e-5)
        check("poly_features", y=y, atol=1e-5)


def test_mel_of_given_spectrograms() -> None:
    for S in (spectrogram(2), spectrogram(2, np.float64), spectrogram(2, channels=(2, 3))):
        check("melspectrogram", S=S, atol=1e-9, n_mels=40)
    found, _ = both(lambda m: m.feature.melspectrogram(sr=22050))
    assert found.error == "ParameterError"
    for options in ({"norm": "area"}, {"bogus": 1}, {"norm": -3}, {"n_fft": None}):
        found, _ = both(partial(feature, name="melspectrogram", y=signal(4000), **options))
        assert found.error


@pytest.mark.parametrize("power", [1, 2])
def test_quiet_bands_are_as_exact_as_librosas(power: int, tmp_path: Path) -> None:
    """A corpus at 16 kHz, loaded at librosa's default rate: nothing lies above 8 kHz."""
    path = tmp_path / "clip.wav"
    soundfile.write(path, signal(30000), 16000, subtype="PCM_16")
    y, sr = stand_in.load(path)
    exact = librosa.feature.melspectrogram(
        y=y.astype(np.float64), sr=sr, power=power, dtype=np.float64
    )
    frame = exact.max(axis=0)
    assert (exact < 1e-7**power * frame).any()  # what a transform in float32 would drown
    for dtype in (np.float32, np.float64):
        found, expected = both(
            partial(feature, name="melspectrogram", y=y.astype(dtype), sr=sr, power=power)
        )
        floor = np.finfo(np.float32).tiny
        error, allowed = (
            np.abs(np.log(outcome.values[0] + floor) - np.log(exact + floor)).max()
            for outcome in (found, expected)
        )
        assert error <= 2 * allowed + 1e-6
        cepstra, _ = both(partial(feature, name="mfcc", y=y.astype(dtype), sr=sr, power=power))
        truth = librosa.feature.mfcc(S=librosa.power_to_db(exact))
        np.testing.assert_allclose(cepstra.values[0], truth, rtol=0, atol=3e-4)


def test_empty_bands_warn_each_time() -> None:
    for _ in range(2):
        found, _ = both(lambda m: m.feature.melspectrogram(y=signal(9000), n_fft=256))
        assert found.warned == ("UserWarning",)


@pytest.mark.parametrize("sr", RATES)
@pytest.mark.parametrize("n_mfcc", [1, 13, 20, 40, 128, 200])
def test_mfcc(sr: int, n_mfcc: int) -> None:
    for y in (signal(9000), signal(9000, dtype=np.float64)):
        check("mfcc", y=y, sr=sr, n_mfcc=n_mfcc, atol=MFCC)
    stereo = signal(9000, channels=(2,)) * np.float32([[1], [1e-3]])
    # 80 dB below the largest of all channels in 0.11, of each in 1.0.
    check("mfcc", y=stereo, sr=sr, n_mfcc=n_mfcc, atol=MFCC)
    check("mfcc", y=signal(9000), sr=sr, n_mfcc=n_mfcc, n_mels=64, hop_length=160, atol=MFCC)


@pytest.mark.parametrize("dct_type", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("norm", ["ortho", None, "backward", "forward", "nonsense"])
def test_cosine_transforms(dct_type: int, norm: str | None) -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 40):
        for dtype in (np.float32, np.float64):
            S = np.asarray(rng.uniform(-80, 0, (n, 7)), dtype)
            check(
                "mfcc",
                S=S,
                dct_type=dct_type,
                norm=norm,
                rtol=1e-5,
                atol=1e-3 if n > 2 else 1e-4,
                may_fail=True,
            )


@pytest.mark.parametrize("lifter", [0, 1.5, 22, 40, -1])
def test_lifter(lifter: float) -> None:
    S = np.random.default_rng(0).uniform(-80, 0, (2, 40, 7))
    for n_mfcc in (13, 40, 50):
        check("mfcc", S=S, n_mfcc=n_mfcc, lifter=lifter, atol=1e-6, may_fail=True)
    check("mfcc", S=S.astype(np.float32), lifter=lifter, atol=1e-3, may_fail=True)


@pytest.mark.parametrize("sr", RATES)
@pytest.mark.parametrize("framing", FRAMINGS)
def test_spectral_shape(sr: int, framing: dict[str, Any]) -> None:
    for y in (signal(9000), signal(9000, channels=(2,)), signal(9000, dtype=np.float64)):
        options = {"y": y, "sr": sr, **framing}
        check("spectral_centroid", **options, atol=1e-2)
        check("spectral_bandwidth", **options, atol=1e-2)
        check("spectral_bandwidth", **options, p=3, norm=False, atol=1e-2)
        check("poly_features", **options, order=2, atol=1e-5)
        check_rolloff(**options)
        del options["sr"]
        # librosa adds up float32 over several channels with an error of 3e-4 in silence.
        options["y"] = y if y.ndim == 1 else y[1]
        check("spectral_flatness", **options, atol=1e-6)
        check("spectral_flatness", **options, power=1.0, amin=1e-5, atol=1e-6)


def check_rolloff(**options: Any) -> None:
    """A share that is reached within rounding of a bin's edge may step by that bin."""
    found, expected = both(partial(feature, name="spectral_rolloff", **options))
    width = options["sr"] / options.get("n_fft", 2048)
    steps = np.rint(np.abs(found.values[0] - expected.values[0]) / width)
    assert steps.max() <= 1
    assert steps.mean() < 0.02


def test_spectral_shape_of_given_spectrograms() -> None:
    for S in (spectrogram(), spectrogram(1, np.float64), spectrogram(channels=(2,))):
        freq = np.linspace(10, 4000, S.shape[-2])
        wide = np.broadcast_to(freq[:, np.newaxis], S.shape[-2:]) * np.ones(S.shape)
        centroid = np.full((*S.shape[:-2], 1, S.shape[-1]), 700.0)
        for options in ({}, {"freq": freq}, {"freq": wide}):
            check("spectral_centroid", S=S, **options, rtol=1e-6)
            check("spectral_bandwidth", S=S, **options, rtol=1e-6)
            check("spectral_rolloff", S=S, **options, rtol=1e-9)
            check("poly_features", S=S, **options, atol=1e-6)
        check("spectral_bandwidth", S=S, centroid=centroid, rtol=1e-6)
        check("spectral_flatness", S=S)
    for name in ("centroid", "bandwidth", "rolloff", "flatness"):
        for bad in (-spectrogram(), spectrogram().astype(complex)):
            found, _ = both(partial(feature, name=f"spectral_{name}", S=bad))
            assert found.error == "ParameterError"
    for share in (0.0, 1.0, 0.01, 0.5, 0.99):
        check("spectral_rolloff", S=spectrogram(), roll_percent=share, may_fail=share in (0, 1))
    assert both(partial(feature, name="spectral_flatness", S=spectrogram(), amin=0))[0].error


@pytest.mark.parametrize("sr", RATES)
def test_contrast(target: str, sr: int) -> None:
    # 80 dB below the largest of all channels in 0.11, of each in 1.0.
    stereo = signal(9000, channels=(2,))
    for n_fft in (2048, 512):
        for options in ({}, {"n_bands": 3, "fmin": 100.0}, {"quantile": 0.3}, {"linear": True}):
            for y in (signal(9000), stereo, signal(9000, dtype=np.float64)):
                # Six octaves above 200 Hz do not fit into 4 kHz.
                check(
                    "spectral_contrast",
                    y=y,
                    sr=sr,
                    n_fft=n_fft,
                    **options,
                    atol=DECIBEL,
                    may_fail=sr == 8000,
                )


def test_contrast_of_channels_is_that_of_each() -> None:
    y = signal(9000, channels=(2,)) * np.float32([[1], [1e-3]])
    S = spectrogram(channels=(2, 2))
    for options in ({}, {"quantile": 0.3}, {"linear": True}) if LIBROSA_1 else ({"linear": True},):
        found = stand_in.feature.spectral_contrast(y=y, **options)
        each = [librosa.feature.spectral_contrast(y=channel, **options) for channel in y]
        np.testing.assert_allclose(found, np.stack(each), rtol=RELATIVE, atol=DECIBEL)
        found = stand_in.feature.spectral_contrast(S=S, **options)
        alone = [librosa.feature.spectral_contrast(S=x, **options) for row in S for x in row]
        np.testing.assert_allclose(
            found, np.stack(alone).reshape(found.shape), rtol=1e-6, atol=1e-5
        )


def test_contrast_of_given_spectrograms() -> None:
    for S in (spectrogram(), spectrogram(1, np.float64), spectrogram(channels=(2, 2))):
        for options in ({}, {"freq": np.linspace(0, 11025, 257)}, {"quantile": 0.9}):
            check("spectral_contrast", S=S, **options, rtol=1e-6, atol=1e-5)
    for options in (
        {"n_bands": 0},
        {"n_bands": 9},
        {"fmin": 0},
        {"quantile": 1.0},
        {"freq": np.zeros(3)},
    ):
        found, _ = both(partial(feature, name="spectral_contrast", S=spectrogram(), **options))
        assert found.error == "ParameterError"


@pytest.mark.parametrize("sr", RATES)
@pytest.mark.parametrize("framing", FRAMINGS)
def test_chroma(sr: int, framing: dict[str, Any]) -> None:
    for y in (signal(9000), signal(9000, channels=(2,)), signal(9000, dtype=np.float64)):
        for options in (
            {"tuning": 0.0},
            {"tuning": -0.3, "norm": 2},
            {"tuning": 0.1, "n_chroma": 24},
            {"tuning": 0, "octwidth": None, "base_c": False},
            {"tuning": 0, "norm": None},
        ):
            check("chroma_stft", y=y, sr=sr, **framing, **options, atol=1e-5)


def test_chroma_finds_the_tuning() -> None:
    for dtype in (np.float32, np.float64):
        check("chroma_stft", y=signal(22050, dtype=dtype), atol=1e-5)
    check("chroma_stft", S=spectrogram(2), atol=1e-5)
    for sr, n_fft in ((8000, 512), (48000, 1024), (8000, 32), (300, 256), (22050, 441)):
        for power in (1, 2):
            y = signal(9000, channels=(2,), dtype=np.float64)
            S = np.abs(librosa.stft(y, n_fft=n_fft)) ** power
            check("chroma_stft", S=S, sr=sr, n_chroma=24, atol=1e-9, may_fail=True)
    assert_same(lambda m: m.feature.chroma_stft(y=np.zeros(9000)))


def test_tonnetz() -> None:
    rng = np.random.default_rng(0)
    for chroma in (rng.random((12, 9)), rng.random((2, 24, 9)).astype(np.float32)):
        check("tonnetz", chroma=chroma, rtol=1e-5, atol=1e-6)
    assert both(lambda m: m.feature.tonnetz())[0].error == "ParameterError"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"frame_length": 400, "hop_length": 160},
        {"frame_length": 512, "hop_length": 512},
        {"center": False},
        {"frame_length": 301, "hop_length": 100},
        {"hop_length": 3000},
        {"frame_length": 20000, "center": False},
        {"hop_length": 0},
    ],
)
def test_waveform(options: dict[str, Any]) -> None:
    for y in (signal(9000), signal(9000, channels=(2,)), signal(9000, dtype=np.float64)):
        check("rms", y=y, **options, atol=1e-9, may_fail=True)
        check("zero_crossing_rate", y=y, **options, rtol=0, may_fail=True)


def test_rms_of_spectrograms() -> None:
    check("rms", y=signal(9000), pad_mode="reflect", dtype=np.float64, rtol=1e-6)
    for S in (spectrogram(), spectrogram(channels=(2,)), librosa.stft(signal(9000), n_fft=512)):
        check("rms", S=S, frame_length=512, rtol=1e-5)
        check("rms", S=S, frame_length=513, rtol=1e-5)
        assert both(partial(feature, name="rms", S=S))[0].error == "ParameterError"
    assert both(partial(feature, name="rms"))[0].error == "ParameterError"


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.01},
        {"threshold": 0.2},
        {"zero_pos": False},
        {"pad": True},
        {"ref_magnitude": 0.1, "threshold": 0.2},
        {"ref_magnitude": np.max, "threshold": 1e-2},
        {"axis": 3},
        {"bogus": 1},
    ],
)
def test_zero_crossing_options(options: dict[str, Any]) -> None:
    y = signal(9000)
    y[100:200] = 0
    y[150] = -0.0
    # 0.11 rounds thresholds to float32, 1.0 does not: values of 0.2 are within, or just beyond.
    for samples in (y, y.astype(np.float64), np.stack([y, -y]), np.round(y, 1)):
        found, expected = both(lambda m, y=samples: m.feature.zero_crossing_rate(y, **options))
        for f, e in zip(found.values, expected.values, strict=True):
            np.testing.assert_array_equal(f, e)


@pytest.mark.parametrize("width", [2, 3, 5, 9, 15, 40])
@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("mode", ["interp", "nearest", "mirror", "constant", "wrap", "nonsense"])
def test_delta(width: int, order: int, mode: str) -> None:
    rng = np.random.default_rng(0)
    for data in (
        rng.standard_normal((13, 30)),
        rng.standard_normal((2, 3, 40)),
        rng.standard_normal(20),
        np.arange(24).reshape(2, 12),
    ):
        for dtype in (data.dtype, np.float32):
            x = data.astype(dtype)
            # SciPy fits the edges by a least-squares solver of LAPACK in the data's own type: what
            # it leaves of a zero is rounding of the largest value, other on each processor.
            solver = 8 * np.finfo(x.dtype).eps * np.abs(x).max() if x.dtype == np.float32 else 0.0
            assert_same(
                lambda m, x=x: m.feature.delta(x, width=width, order=order, mode=mode),
                rtol=1e-5,
                atol=1e-5 + solver,
                may_fail=True,
            )


def test_delta_options() -> None:
    x = np.random.default_rng(0).standard_normal((30, 20)).astype(np.float32)
    for options in (
        {"axis": 0},
        {"polyorder": 3},
        {"delta": 0.5},
        {"deriv": 2},
        {"bogus": 1},
        {"mode": "constant", "cval": 2.0},
        {"polyorder": 12},
        {"order": 1.5},
    ):
        assert_same(
            lambda m, o=options: m.feature.delta(x, **o), rtol=1e-5, atol=1e-5, may_fail=True
        )
    assert_same(lambda m: m.feature.delta(x.T[::-1]), rtol=1e-5, atol=1e-6)


def test_stack_memory() -> None:
    x = np.random.default_rng(0).random((3, 10))
    for data in (x, x[0], np.stack([x, x]), x.astype(np.float32), x[:, :0], x[:, :1]):
        for options in (
            {},
            {"n_steps": 4, "delay": 2},
            {"n_steps": 3, "delay": -1},
            {"delay": 0},
            {"n_steps": 0},
            {"mode": "edge"},
            {"constant_values": 3},
        ):
            assert_same(
                lambda m, d=data, o=options: m.feature.stack_memory(d, **o), rtol=0, may_fail=True
            )


@pytest.mark.parametrize("sr", RATES)
def test_real_clips(ravdess: list[Path], sr: int) -> None:
    for clip in ravdess[5 :: len(ravdess) // 4]:
        y, _ = audio.load(clip, sr)
        assert_same_frames(partial(feature, name="melspectrogram", y=y, sr=sr), power=2)
        check("mfcc", y=y, sr=sr, n_mfcc=40, atol=MFCC)
        check("spectral_contrast", y=y, sr=sr, atol=DECIBEL, may_fail=sr == 8000)
        check("chroma_stft", y=y, sr=sr, tuning=0.1, atol=1e-5)
        check("rms", y=y, atol=1e-9)
        check("zero_crossing_rate", y=y, rtol=0)
        check("spectral_centroid", y=y, sr=sr, atol=1e-2)
        check_rolloff(y=y, sr=sr)
        check("delta", data=stand_in.feature.mfcc(y=y, sr=sr), atol=1e-4)
