"""How an array lies in memory is no part of its values: every function of the stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver.compat.librosa as stand_in
import quaver.compat.python_speech_features as speech_features
from compat.parity import signal
from quaver.compat.librosa import _release
from quaver.compat.pyaudioanalysis import ShortTermFeatures

Array = NDArray[Any]
Call = Callable[[Array], Any]

feature, effects = stand_in.feature, stand_in.effects


def _of_signal(name: str, **options: Any) -> Call:
    return lambda y: getattr(feature, name)(y=y, **options)


def _of_picture(name: str, **options: Any) -> Call:
    return lambda S: getattr(feature, name)(S=S, **options)


SIGNALS: dict[str, Call] = {
    **{
        name: _of_signal(name)
        for name in (
            "melspectrogram", "mfcc", "spectral_contrast", "spectral_centroid",
            "spectral_bandwidth", "spectral_rolloff", "spectral_flatness", "poly_features", "rms",
            "zero_crossing_rate",
        )
    },
    "chroma_stft": _of_signal("chroma_stft", tuning=0.1),
    "stft": lambda y: stand_in.stft(y),
    "istft": lambda y: stand_in.istft(stand_in.stft(y)),
    "preemphasis": effects.preemphasis,
    "deemphasis": effects.deemphasis,
    "harmonic": effects.harmonic,
    "percussive": effects.percussive,
    "time_stretch": lambda y: effects.time_stretch(y, rate=1.3),
    "pitch_shift": lambda y: effects.pitch_shift(y, sr=22050, n_steps=3),
    "resample": lambda y: stand_in.resample(y, orig_sr=16000, target_sr=11025),
    "yin": lambda y: stand_in.yin(y, fmin=80, fmax=400),
    "pyin": lambda y: stand_in.pyin(y, fmin=80, fmax=400)[0],
    "piptrack": lambda y: stand_in.piptrack(y=y)[0],
    "lpc": lambda y: stand_in.lpc(y, order=12),
    "zero_crossings": stand_in.zero_crossings,
    "autocorrelate": stand_in.autocorrelate,
    "autocorrelate, few lags": lambda y: stand_in.autocorrelate(y, max_size=100),
    "frame": lambda y: stand_in.util.frame(y, frame_length=100, hop_length=30),
    "normalize": lambda y: stand_in.util.normalize(y, axis=-1),
    "fix_length": lambda y: stand_in.util.fix_length(y, size=300),
}  # fmt: skip


def _turned(S: Array) -> Array:
    return (S * (1 + 0.3j)).astype(np.complex64 if S.dtype == np.float32 else np.complex128)


PICTURES: dict[str, Call] = {
    **{
        name: _of_picture(name)
        for name in (
            "melspectrogram", "mfcc", "spectral_contrast", "spectral_centroid",
            "spectral_bandwidth", "spectral_rolloff", "spectral_flatness", "poly_features",
        )
    },
    "chroma_stft": _of_picture("chroma_stft", tuning=0.1),
    "rms": _of_picture("rms", frame_length=512),
    "power_to_db": lambda S: stand_in.power_to_db(S, ref=np.max),
    "amplitude_to_db": lambda S: stand_in.amplitude_to_db(S, ref=np.max),
    "delta": feature.delta,
    "second delta": lambda S: feature.delta(S, order=2, mode="nearest"),
    "stack_memory": feature.stack_memory,
    "tonnetz": lambda S: feature.tonnetz(chroma=S[..., :12, :]),
    "hpss": lambda S: stand_in.decompose.hpss(S)[0],
    "piptrack": lambda S: stand_in.piptrack(S=S)[1],
    "magphase": lambda S: stand_in.magphase(_turned(S))[1],
    "phase_vocoder": lambda S: stand_in.phase_vocoder(_turned(S), rate=1.2),
    "istft": lambda S: stand_in.istft(_turned(S)),
}  # fmt: skip

#: In float64 of whatever comes: signals of one dimension, or (t, d).
PEERS: dict[str, Call] = {
    "mfcc": lambda x: speech_features.mfcc(x[0] * 3e4, 16000),
    "fbank": lambda x: speech_features.fbank(x[0] * 3e4, 16000)[0],
    "logfbank": lambda x: speech_features.logfbank(x[0] * 3e4, 16000),
    "ssc": lambda x: speech_features.ssc(x[0] * 3e4, 16000),
    "mfcc of what it is given": lambda x: speech_features.mfcc(x[0], 16000),
    "delta": lambda x: speech_features.delta(x, 2),
    "lifter": lambda x: speech_features.lifter(x[:, :13]),
    "preemphasis": lambda x: speech_features.sigproc.preemphasis(x[0]),
    "framesig": lambda x: speech_features.sigproc.framesig(x[0], 400, 160),
    "powspec": lambda x: speech_features.sigproc.powspec(x[:, :512], 512),
    "feature_extraction": lambda x: ShortTermFeatures.feature_extraction(x[0], 16000, 800, 400)[0],
}


class Subclass(np.ndarray[Any, Any]):
    """As pandas, astropy and memory maps have them."""


def layouts(x: Array) -> Iterator[tuple[str, Array]]:
    """Yield the values of x as they may lie in memory."""
    yield "Fortran order", np.asfortranarray(x)
    yield "backwards", np.ascontiguousarray(x[..., ::-1])[..., ::-1]
    yield "backwards in the first dimension", np.ascontiguousarray(x[::-1])[::-1]
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    yield "every other value", wide[..., ::2]
    unaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    unaligned[...] = x
    yield "unaligned", unaligned
    constant = x.copy()
    constant.flags.writeable = False
    yield "not writeable", constant
    yield "subclass", x.view(Subclass)
    if x.ndim > 1:
        yield (
            "first dimension last",
            np.ascontiguousarray(np.moveaxis(x, 0, -1)).transpose(-1, *range(x.ndim - 1)),
        )


@pytest.fixture(autouse=True)
def _channels_by_themselves() -> Iterator[None]:
    with _release.chosen("1.0"):  # before, channels share what decibels refer to
        yield


def assert_equal(found: Any, expected: Any, told: str) -> None:
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), told
    # Sums may be made in another order: some roundings, in units of the largest value.
    size = np.nanmax(np.abs(expected)) if expected.size else 0.0
    precision = np.finfo(found.dtype).eps if found.dtype.kind in "fc" else 0.0
    np.testing.assert_allclose(found, expected, rtol=0, atol=64 * precision * size, err_msg=told)


def check(call: Call, x: Array) -> None:
    expected = call(x)
    for told, other in layouts(x):
        assert_equal(call(other), expected, told)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SIGNALS)
def test_signals(name: str, dtype: type) -> None:
    call = SIGNALS[name]
    y = signal(4500, channels=(2, 2), dtype=dtype)
    check(call, y[0, 0])
    check(call, y)
    alone = np.stack([[call(channel.copy()) for channel in pair] for pair in y])
    assert_equal(call(np.asfortranarray(y)), alone, "each channel by itself")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str, dtype: type) -> None:
    call = PICTURES[name]
    S = np.random.default_rng(3).random((2, 2, 257, 9)).astype(dtype) ** 4
    check(call, S[0, 0])
    check(call, S)
    alone = np.stack([[call(channel.copy()) for channel in pair] for pair in S])
    assert_equal(call(np.asfortranarray(S)), alone, "each channel by itself")


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
@pytest.mark.parametrize("name", PEERS)
def test_peers(name: str, dtype: type) -> None:
    x = signal(4500, channels=(3,), dtype=np.float64)
    check(PEERS[name], (x * 3e4).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("lead", [(0,), (2, 0), (0, 3)])
@pytest.mark.parametrize("name", [*SIGNALS, *PICTURES])
def test_no_channels(name: str, lead: tuple[int, ...], dtype: type) -> None:
    """The shape and type of what there would be of a channel, with none."""
    if name in SIGNALS:
        call, x = SIGNALS[name], np.zeros((*lead, 4500), dtype)
    else:
        call, x = PICTURES[name], np.zeros((*lead, 257, 9), dtype)
    if name in ("resample", "pitch_shift"):  # as librosa
        with pytest.raises(ValueError, match="iteration dimensions are 0"):
            call(x)
        return
    one = call(np.ones(x.shape[len(lead) :], dtype))
    found = call(x)
    assert (found.shape, found.dtype) == ((*lead, *one.shape), one.dtype)
