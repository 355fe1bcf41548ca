"""Kernels read and write nothing around their arrays: those lie against pages that may not be.

A kernel that does otherwise ends the process; its results are those of arrays anywhere else.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fuzzing
from quaver import _core

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pages are protected by Linux")

RNG = np.random.default_rng(11)
NOISE = RNG.standard_normal(1 << 16).astype(np.float32)
SIZES = (1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 400, 511, 513, 1000, 1031)
ALLOWED = fuzzing.REFUSALS  # too short for a frame

Arguments = dict[str, Any]
Make = Callable[[int, np.random.Generator], tuple[Callable[..., Any], Arguments]]


def guarded(x: NDArray[Any], at_end: bool) -> NDArray[Any]:
    """Return a copy that begins or ends where a page begins that must not be touched."""
    page = mmap.PAGESIZE
    room = -(-x.nbytes // page) * page
    area = mmap.mmap(-1, room + 2 * page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    for guard in (address, address + page + room):
        assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(guard), page, 0) == 0
    offset = page + (room - x.nbytes if at_end else 0)
    copy = np.frombuffer(area, x.dtype, x.size, offset).reshape(x.shape)
    copy[...] = x
    return copy


def noise(*shape: int) -> NDArray[np.float32]:
    size = int(np.prod(shape))
    return NOISE[:size].reshape(shape)


def complex_noise(*shape: int) -> NDArray[np.complex64]:
    return noise(*shape[:-1], 2 * shape[-1]).view(np.complex64)


def any_samples(n: int, rng: np.random.Generator) -> NDArray[Any]:
    kind = fuzzing.choice(rng, (np.float32, np.float32, np.float64, np.int16))
    x = noise(n)
    return (x * 8000).astype(kind) if kind == np.int16 else x.astype(kind)


def window(rng: np.random.Generator, n_fft: int) -> NDArray[np.float64]:
    return np.hanning(max(1, n_fft - int(rng.integers(0, 3)) * 2) + 2)[1:-1]


def transform(rng: np.random.Generator) -> dict[str, Any]:
    n_fft = fuzzing.choice(rng, (1, 2, 7, 20, 32, 64, 96, 100, 127, 256, 400, 512, 1024, 1184))
    hop = fuzzing.choice(rng, (1, 3, 16, 64, 100, 160, 1500)) if n_fft < 256 else 128
    return {
        "n_fft": n_fft, "hop_length": hop, "window": window(rng, n_fft),
        "center": bool(rng.integers(2)),
    }  # fmt: skip


N_ROWS = len(_core.short_term_rows(n_mels=20, n_mfcc=13))
N_STREAMED = 43  # those of a frame alone, which a stream has


def extractor(rng: np.random.Generator, n_rows: int = N_ROWS) -> _core.Extractor:
    length, hop = fuzzing.choice(rng, ((64, 16), (64, 100), (100, 40), (400, 160), (37, 37)))
    return _core.Extractor(
        sample_rate=16000.0, frame_length=length, hop_length=hop,
        n_fft=fuzzing.choice(rng, (512, 400, 500)), pre_emphasis=fuzzing.choice(rng, (0.0, 0.97)),
        window="hamming", n_blocks=fuzzing.choice(rng, (1, 7, 10)), n_bands=10, rolloff=0.9,
        n_mels=20, fmin=0.0, fmax=8000.0, n_mfcc=13, rows=list(range(n_rows)),
        delta_order=fuzzing.choice(rng, (0, 1, 2)), delta_width=0, trim_db=0.0,
        floor_db=0.0, statistics=list(range(16)),
        voiced_statistics=fuzzing.choice(rng, ((), (0, 3))), modulation=bool(rng.integers(2)),
    )  # fmt: skip


def log_mel(rng: np.random.Generator) -> _core.LogMel:
    n_fft, hop = fuzzing.choice(rng, ((64, 16), (64, 100), (400, 160), (512, 128), (500, 33)))
    return _core.LogMel(
        sample_rate=16000.0, n_fft=n_fft, hop_length=hop, win_length=n_fft - 4, window="hann",
        center=bool(rng.integers(2)), magnitude=bool(rng.integers(2)), n_mels=8, fmin=0.0,
        fmax=8000.0, htk=False, slaney_norm=True, amin=1e-10,
    )  # fmt: skip


def speech_features(rng: np.random.Generator) -> _core.SpeechFeatures:
    n_fft = fuzzing.choice(rng, (64, 90, 512))
    n_bins = n_fft // 2 + 1
    length, step = fuzzing.choice(rng, ((64, 16), (64, 100), (400, 160), (37, 37)))
    return _core.SpeechFeatures(
        output=fuzzing.choice(rng, ("mfcc", "fbank", "ssc")), frame_length=length, frame_step=step,
        n_fft=n_fft, pre_emphasis=0.97, window=np.hamming(length), bank=np.eye(13, n_bins),
        matrix=np.ones((5, 13)), weights=np.arange(float(n_bins)), append_energy=True,
    )  # fmt: skip


def py_audio(rng: np.random.Generator) -> _core.PyAudio:
    size = fuzzing.choice(rng, (20, 66, 400))
    return _core.PyAudio(
        window=size, step=fuzzing.choice(rng, (10, 33, 500)), bank=np.ones((13, size // 2)),
        chroma_bins=[0, size // 2 - 1], chroma_classes=[0, 11], chroma_weights=[1.0, 0.5],
        deltas=bool(rng.integers(2)),
    )  # fmt: skip


def bank(n_bins: int) -> _core.FilterBank:
    return _core.FilterBank(np.abs(noise(5, n_bins)))


def exact(**options: Any) -> _core.Stft64:
    return _core.Stft64(**options, invertible=False)


def stft_bands(n: int, rng: np.random.Generator) -> tuple[Callable[..., Any], Arguments]:
    options = transform(rng)
    samples = noise(n).astype(fuzzing.choice(rng, (np.float32, np.float64)))
    arguments = {"samples": samples, "power": True, "bank": bank(options["n_fft"] // 2 + 1)}
    return exact(**options).bands, arguments


def inverse(n: int, rng: np.random.Generator) -> tuple[Callable[..., Any], Arguments]:
    options = transform(rng)
    frames = n % 37
    spectrum = complex_noise(frames, options["n_fft"] // 2 + 1)
    arguments = {"spectrum": spectrum, "n_weighted": frames, "n_samples": n}
    if rng.integers(2):
        arguments["spectrum"] = spectrum.astype(np.complex128)
        return _core.Stft64(**options, invertible=True).inverse, arguments
    return _core.Stft(**options).inverse, arguments


def yin(rng: np.random.Generator) -> _core.Yin:
    length, low, high = fuzzing.choice(rng, ((8, 1, 7), (64, 5, 33), (129, 20, 128)))
    return _core.Yin(
        frame_length=length, hop_length=7, min_period=low, max_period=high, tiny=1e-300
    )


def pyin(n: int, rng: np.random.Generator) -> tuple[Callable[..., Any], Arguments]:
    plan = yin(rng)
    difference = plan.difference(noise(n + 129).astype(np.float64))
    reach, n_bins, n_thresholds = (int(v) for v in rng.integers((0, 1, 1), (4, 40, 60)))
    band = -np.abs(noise(2 * reach + 1, n_bins)).astype(np.float64)
    return plan.pyin, {
        "difference": difference, "sample_rate": 16000.0, "fmin": 100.0,
        "thresholds": np.linspace(0.01, 1, n_thresholds), "prior": np.full(n_thresholds, 0.001),
        "boltzmann": 2.0, "no_trough_prob": 0.01, "stay": band, "change": band - 1,
        "outside": -700.0, "bins_per_octave": 12, "single": bool(rng.integers(2)),
    }  # fmt: skip


def frames_of(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    return noise(n, int(rng.integers(1, 40)))


def vector(n: int, rng: np.random.Generator) -> tuple[Callable[..., Any], Arguments]:
    plan = extractor(rng)
    out = np.zeros(plan.n_values, np.float32)
    return plan.vector, {"samples": any_samples(n, rng), "out": out}


def vectors(n: int, rng: np.random.Generator) -> tuple[Callable[..., Any], Arguments]:
    plan = extractor(rng)
    out = np.zeros((2, plan.n_values), np.float32)
    clips = [any_samples(n, rng), any_samples(n + 400, rng)]
    return plan.vectors, {"clips": clips, "rows": [1, 0], "out": out, "threads": 2}


def vocoder(n: int, rng: np.random.Generator) -> tuple[Callable[..., Any], Arguments]:
    n_frames = n % 23
    spectrogram = complex_noise(n_frames, n)
    if rng.integers(2):
        spectrogram = spectrogram.astype(np.complex128)
    return _core.phase_vocoder, {
        "spectrogram": spectrogram, "advance": np.linspace(0, 3, n),
        "positions": np.arange(0, n_frames + 2, 0.7),
    }  # fmt: skip


def median(n: int, rng: np.random.Generator) -> tuple[Callable[..., Any], Arguments]:
    x = frames_of(n, rng).astype(fuzzing.choice(rng, (np.float32, np.float64)))
    return _core.running_median, {"x": x, "size": int(rng.integers(1, 12))}


def pictures(n: int, n_bins: int, rng: np.random.Generator) -> Arguments:
    """Two pictures of n frames, in either order of memory and precision."""
    frames_first = bool(rng.integers(2))
    shape = (2, n, n_bins) if frames_first else (2, n_bins, n)
    kind = fuzzing.choice(rng, (np.float32, np.float64))
    return {"pictures": np.resize(NOISE, shape).astype(kind), "frames_first": frames_first}


CASES: dict[str, Make] = {
    "Extractor.frames": lambda n, rng: (extractor(rng).frames, {"samples": any_samples(n, rng)}),
    "Extractor.vector": vector,
    "Extractor.vectors": vectors,
    "Stream.feed": lambda n, rng: (
        _core.Stream(extractor(rng, N_STREAMED)).feed, {"chunk": any_samples(n, rng)}
    ),
    "LogMel.run": lambda n, rng: (log_mel(rng).run, {"samples": any_samples(n, rng)}),
    "Balance.run": lambda n, rng: (
        _core.Balance(sample_rate=fuzzing.choice(rng, (8000, 11025, 16000, 44100))).run,
        {"samples": any_samples(n, rng)},
    ),
    "Pitch.candidates": lambda n, rng: (
        _core.Pitch(sample_rate=fuzzing.choice(rng, (8000, 11025))).candidates,
        {"samples": any_samples(n + 480, rng)},
    ),
    "Stft.run": lambda n, rng: (_core.Stft(**transform(rng)).run, {"samples": noise(n)}),
    "Stft.picture": lambda n, rng: (
        _core.Stft(**transform(rng)).picture, {"samples": noise(n), "power": bool(n % 2)}
    ),
    "Stft.inverse": inverse,
    "Stft64.run": lambda n, rng: (
        exact(**transform(rng)).run, {"samples": noise(n).astype("f4" if n % 3 else "f8")}
    ),
    "Stft64.picture": lambda n, rng: (
        exact(**transform(rng)).picture,
        {"samples": noise(n).astype("f8" if n % 3 else "f4"), "power": bool(n % 2)},
    ),
    "Stft64.bands": stft_bands,
    "Stft64.contrast": lambda n, rng: (
        exact(n_fft=128, hop_length=32, window=window(rng, 128), center=True).contrast,
        {"samples": noise(n), "bands": [(0, 4, 2), (4, 65, 9)]},
    ),
    "FilterBank": lambda n, rng: (_core.FilterBank, {"weights": frames_of(n, rng)}),
    "FilterBank.of": lambda n, rng: (
        bank(33).of, pictures(n, 33, rng)
    ),
    "Yin.difference": lambda n, rng: (yin(rng).difference, {"samples": noise(n).astype("f8")}),
    "Yin.period": lambda n, rng: (
        _core.Yin(frame_length=50, hop_length=5, min_period=3, max_period=30, tiny=0.0).period,
        {"difference": np.abs(noise(n, 28)).astype("f8"), "trough_threshold": 0.1},
    ),
    "Yin.pyin": pyin,
    "SpeechFeatures.run": lambda n, rng: (
        speech_features(rng).run, {"samples": any_samples(n, rng)}
    ),
    "PyAudio.run": lambda n, rng: (
        py_audio(rng).run, {"samples": any_samples(n, rng), "mean": 0.0, "peak": 1.0}
    ),
    "pyaudio_normalisation": lambda n, rng: (
        _core.pyaudio_normalisation, {"samples": any_samples(n, rng)}
    ),
    "require_finite": lambda n, rng: (_core.require_finite, {"samples": any_samples(n, rng)}),
    "functionals": lambda n, rng: (
        _core.functionals, {"values": frames_of(n, rng), "statistics": list(range(16))}
    ),
    "modulation": lambda n, rng: (
        _core.modulation, {"values": frames_of(n, rng), "frame_rate": 64.0 + n % 50}
    ),
    "delta": lambda n, rng: (
        _core.delta, {"values": frames_of(n, rng), "width": 9 * (n % 2), "order": 1 + n % 3 % 2}
    ),
    "delta_rows": lambda n, rng: (
        _core.delta_rows, {"values": frames_of(n, rng).T.copy(), "width": 0, "order": 2}
    ),
    "windows": lambda n, rng: (
        _core.windows, {"values": frames_of(n, rng), "length": 7, "step": 3, "align": True}
    ),
    "running_median": median,
    "phase_vocoder": vocoder,
    "decibel": lambda n, rng: (
        _core.decibel,
        {
            "power": noise(2, n).astype("f8" if n % 3 else "f4"), "squared": bool(n % 2),
            "amin": 1e-10, "offsets": np.array([3.0, 0.0]), "top_db": 20.0,
        },
    ),
    "lowest": lambda n, rng: (_core.lowest, {"x": noise(n).astype("f8" if n % 3 else "f4")}),
    "magphase": lambda n, rng: (
        _core.magphase, {"z": complex_noise(1, n).astype("c16" if n % 3 else "c8")}
    ),
    "energies": lambda n, rng: (
        _core.energies, {**pictures(n, 34, rng), "is_even": bool(n % 2)}
    ),
    "log_means": lambda n, rng: (
        _core.log_means, {**pictures(n, 34, rng), "squared": bool(n % 2), "amin": 1e-10}
    ),
    "moments": lambda n, rng: (
        _core.moments, {**pictures(n, 34, rng), "frequencies": rng.random(34)}
    ),
    "deviations": lambda n, rng: (
        _core.deviations,
        {**pictures(n, 34, rng), "frequencies": rng.random(34), "centres": rng.random((1, n))},
    ),
    "rolloff": lambda n, rng: (_core.rolloff, {**pictures(n, 34, rng), "share": 0.85}),
    "peaks": lambda n, rng: (
        _core.peaks,
        {**pictures(n, 34, rng), "first": 0, "last": 34, "share": 0.1, "hz_per_bin": 3.0},
    ),
    "decay": lambda n, rng: (
        _core.decay, {"values": noise(2, n), "coefficient": 0.9, "state": np.array([1.0, 0.0])}
    ),
    "burg": lambda n, rng: (
        _core.burg, {"values": noise(2, n), "order": min(n, 5), "least": 1e-30}
    ),
    "contrast": lambda n, rng: (
        _core.contrast, {**pictures(n, 34, rng), "bands": [(0, 4, 2), (4, 34, 9)]}
    ),
}  # fmt: skip


def placed(value: Any, at_end: bool) -> Any:
    if isinstance(value, list):
        return [placed(item, at_end) for item in value]
    return guarded(value, at_end) if isinstance(value, np.ndarray) and value.size else value


def outcomes(make: Make, n: int, seed: int) -> Iterator[list[Any]]:
    """What comes out, and what was written into, for arrays at both guards and without."""
    for place in (True, False, None):
        call, arguments = make(n, np.random.default_rng(seed))
        if place is not None:
            arguments = {name: placed(value, place) for name, value in arguments.items()}
        result = fuzzing.expect(call, allowed=ALLOWED, **arguments)
        yield [*parts(result), arguments.get("out")]


def parts(result: Any) -> Sequence[Any]:
    return result if isinstance(result, tuple) else (result,)


def assert_same(found: Sequence[Any], expected: Sequence[Any]) -> None:
    for value, other in zip(found, expected, strict=True):
        if not isinstance(value, _core.FilterBank):
            np.testing.assert_array_equal(value, other)


def sweep(name: str, n: int, seed: int) -> None:
    at_end, at_start, plain = outcomes(CASES[name], n, seed)
    assert_same(at_end, plain)
    assert_same(at_start, plain)


@pytest.mark.parametrize("name", list(CASES))
def test_nothing_around_an_array_is_touched(target: str, name: str) -> None:
    for i, n in enumerate(SIZES):
        sweep(name, n, i)


@pytest.mark.parametrize("stride", [-1, 2, -3])
def test_nothing_around_strided_samples_is_touched(target: str, stride: int) -> None:
    rng = np.random.default_rng(5)
    for n in SIZES:
        for plan in (extractor(rng).frames, log_mel(rng).run, speech_features(rng).run):
            x = any_samples(n, rng)
            for at_end in (True, False):
                samples = guarded(x, at_end)[::stride]
                found = fuzzing.expect(plan, allowed=ALLOWED, samples=samples)
                expected = fuzzing.expect(plan, allowed=ALLOWED, samples=x[::stride].copy())
                assert_same(parts(found), parts(expected))


@pytest.mark.parametrize("seed", range(2))
def test_any_size(target: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(fuzzing.CALLS // 2):
        sweep(fuzzing.choice(rng, list(CASES)), int(rng.integers(1, 1500)), int(rng.integers(1e9)))
