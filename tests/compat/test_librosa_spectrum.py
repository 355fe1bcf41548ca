"""quaver.compat.librosa: transforms and decibels against librosa."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest

import quaver.compat.librosa as stand_in
from compat.parity import (
    DECIBEL,
    TRANSFORM,
    assert_same,
    assert_same_frames,
    both,
    signal,
)
from quaver import audio
from quaver.compat.librosa import _release

SIZES = [(2048, 512, None), (512, None, 400), (400, 160, None), (256, 300, 200), (1000, 250, 999)]
# Prime factors of 7 and 73, odd lengths.
OTHER_SIZES = [(1022, 256, None), (441, 147, 300), (2, 1, None), (3, 2, None)]
PADS = ["constant", "reflect", "edge", "symmetric", "linear_ramp"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_fft", "hop", "win"), SIZES + OTHER_SIZES)
def test_stft_sizes(target: str, n_fft: int, hop: int | None, win: int | None, dtype: Any) -> None:
    for center in (True, False):
        for y in (signal(9000, dtype=dtype), signal(5001, channels=(2,), dtype=dtype)):
            assert_same_frames(
                lambda m, y=y, center=center: m.stft(
                    y, n_fft=n_fft, hop_length=hop, win_length=win, center=center
                )
            )


@pytest.mark.parametrize("pad_mode", [*PADS, "wrap", "mean", "nonsense"])
@pytest.mark.parametrize("hop", [100, 512, 700, 1500])
def test_stft_pads(pad_mode: str, hop: int) -> None:
    for n in (600, 1024, 3001, 9000):
        y = signal(n)
        call = partial(_stft, y=y, pad_mode=pad_mode, n_fft=1024, hop_length=hop)
        assert_same_frames(call, may_fail=pad_mode not in PADS)


def _stft(module: Any, y: Any, **options: Any) -> Any:
    return module.stft(y, **options)


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", "boxcar", "bartlett"])
def test_stft_named_windows(window: str) -> None:
    assert_same_frames(lambda m: m.stft(signal(4000), n_fft=512, window=window))


def test_stft_other_windows() -> None:
    y = signal(4000)
    taps = np.hanning(512)
    for window in (("kaiser", 4.0), 4.0, taps, list(taps), np.hamming, np.zeros(512)):
        assert_same_frames(partial(_stft, y=y, n_fft=512, window=window))
    for window in (taps[:-1], "nonsense", None):
        both(partial(_stft, y=y, n_fft=512, window=window))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 17, 511, 512, 513, 1024])
@pytest.mark.parametrize("center", [True, False])
def test_stft_lengths(n: int, center: bool) -> None:
    for dtype in (np.float32, np.float64):
        call = partial(_stft, y=signal(n, dtype=dtype), n_fft=512, center=center)
        assert_same_frames(call, may_fail=not center and n < 512)


def test_stft_refusals() -> None:
    y = signal(4000)
    bad = y.copy()
    bad[7] = np.nan
    calls: list[dict[str, Any]] = [
        {"y": bad},
        {"y": np.full(4000, np.inf)},
        {"y": np.arange(4000)},
        {"y": y.tolist()},
        {"y": np.float32(1).reshape(())},
        {"y": y, "hop_length": 0},
        {"y": y, "hop_length": -1},
        {"y": y, "hop_length": 10.5},
        {"y": y, "win_length": 4096},
        {"y": y, "n_fft": 8192, "center": False},
    ]
    for call in calls:
        found, _ = both(partial(_stft, **call))
        assert found.error


def test_errors_are_value_errors_too() -> None:
    with pytest.raises(ValueError, match="hop_length must be a positive integer, got 0"):
        stand_in.stft(signal(4000), hop_length=0)
    assert issubclass(stand_in.ParameterError, stand_in.LibrosaError)
    assert stand_in.util.exceptions.ParameterError is stand_in.ParameterError


def test_stft_output() -> None:
    y = signal(9000)
    shape = librosa.stft(y).shape
    for other, dtype in ((shape, np.complex64), ((shape[0], shape[1] + 2), np.complex128)):
        assert_same_frames(lambda m, o=other, d=dtype: m.stft(y, out=np.zeros(o, d, order="F")))
    assert stand_in.stft(y, out=(out := np.zeros(shape, np.complex64))) is out
    for wrong in (np.zeros((3, 4), np.complex64), np.zeros(shape)):
        found, _ = both(lambda m, out=wrong: m.stft(y, out=out))
        assert found.error == "ParameterError"
    assert_same_frames(lambda m: m.stft(y, dtype=np.complex128))


def test_strided_samples() -> None:
    y = signal(18000)
    assert_same_frames(lambda m: m.stft(y[::2]))
    assert_same_frames(lambda m: m.stft(y[::-1]))
    assert_same_frames(lambda m: m.stft(np.stack([y, y], axis=1).T))


@pytest.mark.parametrize(("n_fft", "hop", "win"), SIZES + OTHER_SIZES)
@pytest.mark.parametrize("center", [True, False])
def test_istft(target: str, n_fft: int, hop: int | None, win: int | None, center: bool) -> None:
    for channels in ((), (2,)):
        spectrum = librosa.stft(
            signal(5000, channels=channels), n_fft=n_fft, hop_length=hop, win_length=win
        )
        for length in (None, 4000, 100, 6000):
            found, expected = both(
                lambda m, D=spectrum, length=length: m.istft(
                    D,
                    n_fft=n_fft,
                    hop_length=hop,
                    win_length=win,
                    center=center,
                    length=length,
                )
            )
            assert_reconstructed(
                found.values[0],
                expected.values[0],
                n_fft,
                hop,
                win,
                center,
                length,
                spectrum.shape[-1],
            )


def assert_reconstructed(
    found: Any,
    expected: Any,
    n_fft: int,
    hop: int | None,
    win: int | None,
    center: bool,
    length: int | None,
    n_frames: int,
) -> None:
    """Both divide their rounding errors by the windows' sum of squares, however small."""
    win = n_fft if win is None else win
    hop = win // 4 if hop is None else hop
    pad = n_fft // 2 if center else 0
    if length is not None:
        n_frames = min(n_frames, -(-(length + 2 * pad) // hop))
    weight = librosa.filters.window_sumsquare(
        window="hann", n_frames=n_frames, hop_length=hop, win_length=win, n_fft=n_fft
    )
    weight = librosa.util.fix_length(weight[pad:], size=found.shape[-1])
    divisor = np.where(weight > np.finfo(np.float32).tiny, np.minimum(weight, 1), 1)
    assert (np.abs(found - expected) * divisor <= 2e-6).all()


@pytest.mark.parametrize("shape", [(1025, 0), (2, 1025, 0)])
@pytest.mark.parametrize("options", [{"length": 100}, {"center": False}, {"length": 4000}], ids=str)
def test_istft_of_no_frames(shape: tuple[int, ...], options: dict[str, Any]) -> None:
    for dtype in (np.complex64, np.complex128):
        nothing = np.zeros(shape, dtype)
        assert_same(lambda m, D=nothing: m.istft(D, **options))


def test_istft_of_no_frames_and_no_length() -> None:
    with pytest.raises(stand_in.ParameterError, match=r"must hold frames, got shape \(1025, 0\)"):
        stand_in.istft(np.zeros((1025, 0), np.complex64))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_fft": 0}, ValueError, "n_fft must be a positive integer, got 0"),
        ({"n_fft": 512.0}, ValueError, "n_fft must be a positive integer, got 512.0"),
        ({"n_fft": "a"}, TypeError, "n_fft must be an integer, got 'a'"),
        ({"win_length": -1}, ValueError, "win_length must be a positive integer, got -1"),
        ({"n_fft": 2**30}, ValueError, "n_fft must be at most 67108864, got 1073741824"),
        ({"hop_length": 0.5}, (ValueError, TypeError), "hop_length must be .* got 0.5"),
        ({"hop_length": -1}, ValueError, "hop_length must be a positive integer, got -1"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["stft", "istft"])
def test_lengths_are_refused_by_name(
    name: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    x = signal(4000) if name == "stft" else librosa.stft(signal(4000))
    with pytest.raises(error, match=message):
        getattr(stand_in, name)(x, **options)
    if options != {"n_fft": 2**30}:  # for which librosa asks for 8 GiB
        with pytest.raises((ValueError, TypeError, librosa.ParameterError)):
            getattr(librosa, name)(x, **options)


def test_a_hop_beyond_the_signal() -> None:
    for hop in (2**20, 2**62, 2**63, 2**64):
        assert_same(lambda m, hop=hop: m.stft(signal(4000), hop_length=hop), atol=TRANSFORM)


def test_istft_of_float64_is_exact() -> None:
    spectrum = librosa.stft(signal(5000, dtype=np.float64))
    assert_same(lambda m: m.istft(spectrum), rtol=1e-9, atol=1e-12)
    assert_same(lambda m: m.istft(spectrum, dtype=np.float32), atol=1e-7)
    assert_same(lambda m: m.istft(spectrum, length=4999, out=np.zeros(4999)), atol=1e-9)
    found, _ = both(lambda m: m.istft(spectrum, out=np.zeros(7)))
    assert found.error == "ParameterError"


def test_magphase() -> None:
    spectrum = librosa.stft(signal(9000))
    spectrum[3, 4] = 0
    for power in (1, 2, 0.5):
        assert_same(lambda m, power=power: m.magphase(spectrum, power=power), rtol=1e-6)
    assert_same(lambda m: m.magphase(spectrum.astype(np.complex128)), rtol=1e-12)


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decibels(target: str, name: str, dtype: Any) -> None:
    rng = np.random.default_rng(1)
    S = np.asarray(10.0 ** rng.uniform(-14, 6, (40, 37)), dtype)
    S[3] = 0
    inputs = [S, S.T, S[::2, 1:], S[0], S.ravel()[:1], np.zeros_like(S), np.stack([S, S * 3])]
    for x in inputs:
        for options in (
            {},
            {"ref": np.max},
            {"ref": 0.3, "top_db": None},
            {"amin": 1e-3, "top_db": 20},
            {"amin": 1e-30, "top_db": None},
            {"ref": -2.0},
        ):
            assert_same(partial(_decibels, name=name, x=x, **options), rtol=1e-6, atol=DECIBEL / 10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
def test_what_equals_its_reference_is_zero(target: str, name: str, dtype: Any) -> None:
    rng = np.random.default_rng(5)
    convert = getattr(stand_in, name)
    for shape in [(7, 5), (16, 33), (3, 4, 6), (50,)] * 10:
        S = np.asarray(rng.random(shape) * 10.0 ** rng.uniform(-4, 8), dtype)
        alone = S.reshape(-1, *S.shape[-2:]) if S.ndim > 2 else [S]
        for channel in alone:
            assert convert(channel, ref=np.max).max() == 0
            assert convert(channel, ref=np.min, top_db=None).min() == 0
            assert 0 in convert(channel, ref=channel.flat[1], top_db=None)
            assert 0 in convert(channel, ref=float(channel.flat[1]), top_db=None)
        with _release.chosen("1.0"):
            assert (convert(S, ref=np.max).max(axis=tuple(range(S.ndim)[-2:])) == 0).all()
        with _release.chosen("0.11"):
            assert convert(S, ref=np.max).max() == 0


AXES: list[dict[str, Any]] = [
    {"axes": None},
    {"axes": None, "ref": np.max},
    {"axes": -1, "ref": np.max, "top_db": 30},
    {"axes": (0, 2), "ref": np.median},
    {"ref": lambda S: S.max()},
    {"ref": lambda S, axis, keepdims: S.mean(axis=axis, keepdims=keepdims)},
]


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decibels_of_channels(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(2)
    S = np.asarray(10.0 ** rng.uniform(-6, 6, (2, 3, 20, 9)), dtype)
    for channels in (S, S[0], np.swapaxes(S, -1, -2)):
        for options in AXES:  # 0.11 has none
            assert_same(
                partial(_decibels, name=name, x=channels, **options),
                rtol=1e-6, atol=DECIBEL / 10, may_fail=True,
            )  # fmt: skip


def _decibels(module: Any, name: str, x: Any, **options: Any) -> Any:
    return getattr(module, name)(x.copy() if isinstance(x, np.ndarray) else x, **options)


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
def test_decibels_of_odd_inputs(name: str) -> None:
    for x in (
        1.5,
        [1.0, 2.0],
        np.arange(5),
        np.ones(3, complex),
        np.array(2.0, np.float32),
        np.array([1, np.inf, np.nan], np.float32),
        np.zeros((0, 3), np.float32),
        -np.ones(4, np.float32),
    ):
        assert_same(partial(_decibels, name=name, x=x), rtol=1e-6, may_fail=np.size(x) == 0)
    for options in ({"amin": 0}, {"amin": -1.0}, {"top_db": -3}):
        found, _ = both(partial(_decibels, name=name, x=np.ones(4), **options))
        assert found.error == (
            "" if options == {"amin": -1.0} and "ampl" in name else "ParameterError"
        )


def test_decibels_back() -> None:
    for x in (np.linspace(-80, 20, 9), np.linspace(-80, 20, 9).astype(np.float32), -3.0):
        assert_same(lambda m, x=x: m.db_to_power(x, ref=2.0), rtol=1e-6)
        assert_same(lambda m, x=x: m.db_to_amplitude(x, ref=2.0), rtol=1e-6)


@pytest.mark.parametrize("sr", [8000, 16000, 22050, 44100, 48000])
def test_real_clips(ravdess: list[Path], sr: int) -> None:
    for clip in ravdess[7 :: len(ravdess) // 3]:
        y, _ = audio.load(clip, sr)
        found = assert_same_frames(lambda m, y=y: m.stft(y)).values[0]
        back = stand_in.istft(found, length=len(y))
        np.testing.assert_allclose(back, y, atol=4 * TRANSFORM)
        assert_same(lambda m, y=y: m.istft(librosa.stft(y), length=len(y)), atol=4 * TRANSFORM)


def test_threads_share_a_plan() -> None:
    y = signal(60000)
    expected = stand_in.stft(y)
    results: list[Any] = [None] * 4

    def run(i: int) -> None:
        results[i] = [stand_in.stft(y) for _ in range(5)]

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((r == expected).all() for rs in results for r in rs)
