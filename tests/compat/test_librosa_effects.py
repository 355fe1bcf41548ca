"""quaver.compat.librosa.effects, decompose and the phase vocoder against librosa."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

import originals
import quaver.compat.librosa as stand_in
from compat.parity import LIBROSA_1, assert_same, assert_same_signature, both, parameters, signal
from quaver import audio
from quaver.compat.librosa import _release

Array = NDArray[Any]

# Of the largest sample: float32 transforms there and back.
ROUND_TRIP = 5e-6
NAMES = ["hpss", "harmonic", "percussive", "time_stretch", "pitch_shift", "trim", "split"]


def effect(module: Any, name: str, *args: Any, **options: Any) -> Any:
    return getattr(module.effects, name)(*args, **options)


def assert_same_signal(call: Any, *, times: float = 1.0) -> None:
    """Equal kinds, and numbers within the error of a round trip, at the scale of the result."""
    found, expected = both(call)
    assert not found.error
    for f, e in zip(found.values, expected.values, strict=True):
        bound = (ROUND_TRIP if e.dtype == np.float32 else 1e-12) * times
        np.testing.assert_allclose(f, e, rtol=0, atol=bound * max(1.0, np.abs(e).max()))


def load(path: Path, rate: int) -> Array:
    return np.asarray(librosa.resample(audio.load(path)[0], orig_sr=16000, target_sr=rate))


@pytest.mark.parametrize("name", [*NAMES, "preemphasis", "deemphasis"])
def test_signatures(name: str) -> None:
    assert parameters(getattr(stand_in.effects, name)) == parameters(getattr(librosa.effects, name))
    assert getattr(stand_in.effects, name).__doc__


def test_signatures_elsewhere() -> None:
    assert parameters(stand_in.decompose.hpss) == parameters(librosa.decompose.hpss)
    assert_same_signature("phase_vocoder", stand_in.phase_vocoder, librosa.phase_vocoder)
    assert stand_in.core.phase_vocoder is stand_in.phase_vocoder


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [(), (2,), (2, 1, 3)])
def test_emphasis(channels: tuple[int, ...], dtype: Any) -> None:
    for n in (2, 3, 63, 64, 65, 1000):
        y = signal(n, channels=channels, dtype=dtype)
        zi = np.full((*channels, 1), 0.25)
        for name in ("preemphasis", "deemphasis"):
            for coef in (0.97, 0.5, -0.3, 0.0, 1.0):
                for start in (None, zi):
                    options = {"coef": coef, "zi": start, "return_zf": True}
                    assert_same_signal(partial(effect, name=name, y=y, **options))
            assert_same_signal(lambda m, name=name, y=y: effect(m, name, y))


def test_emphasis_refuses_as_librosa_does() -> None:
    y = signal(100, channels=(2,))
    for name in ("preemphasis", "deemphasis"):
        for zi in ([0.0], np.zeros((3, 1)), np.zeros((2, 2))):
            both(partial(effect, name=name, y=y, zi=zi))
        both(partial(effect, name=name, y=y[0, :1]))
        assert_same(partial(effect, name=name, y=y, zi=[[0.5]]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["trim", "split"])
@pytest.mark.parametrize("channels", [(), (2,), (2, 3)])
def test_silence_is_found(name: str, channels: tuple[int, ...], ravdess: list[Path]) -> None:
    clips = [signal(n, channels=channels) for n in (1, 100, 2048, 20000)]
    clips += [np.zeros((*channels, 5000), np.float32), signal(9000, dtype=np.float64)]
    if not channels:
        clips += [audio.load(path)[0] for path in ravdess[::100]]
    for y in clips:
        for options in (
            {},
            {"top_db": 20},
            {"top_db": 35, "frame_length": 512, "hop_length": 100},
            {"ref": 0.05, "top_db": 10},
            {"ref": np.median, "top_db": 6},
            {"aggregate": np.min, "top_db": 25},
        ):
            found = assert_same(partial(effect, name=name, y=y, **options), rtol=0, atol=0)
            assert not found.error
    both(partial(effect, name=name, y=signal(5000), hop_length=0))
    both(partial(effect, name=name, y=signal(5000), frame_length=0))


def test_trim_is_a_view() -> None:
    y = signal(20000)
    assert np.shares_memory(stand_in.effects.trim(y)[0], y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("kernel_size", [31, (17, 31), [1, 8], (2, 3)])
@pytest.mark.parametrize("margin", [1.0, 2, (1.0, 3.0), (1.5, 5)])
def test_hpss_of_magnitudes(kernel_size: Any, margin: Any, dtype: Any) -> None:
    rng = np.random.default_rng(5)
    for shape in ((65, 40), (2, 33, 16), (5, 64)):
        S = np.asarray(np.abs(rng.standard_normal(shape)) * 100, dtype)
        S[..., 3:7] = 0
        for power in (2.0, 1.0, 0.7, np.inf):
            for mask in (False, True):
                options = {"kernel_size": kernel_size, "margin": margin}
                options |= {"power": power, "mask": mask}
                found = assert_same(lambda m, S=S, o=options: m.decompose.hpss(S, **o), rtol=1e-5)
                assert not found.error


def test_hpss_refuses_as_librosa_does() -> None:
    S = np.abs(signal(600)).reshape(30, 20)
    for options in (
        {"margin": 0.5},
        {"margin": (2, 0.9)},
        {"power": 0},
        {"power": -1.0},
        {"kernel_size": 0},
    ):
        found, _ = both(lambda m, o=options: m.decompose.hpss(S, **o))
        assert found.error
    assert both(lambda m: m.decompose.hpss(-S))[0].error


@pytest.mark.parametrize("name", ["hpss", "harmonic", "percussive"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"kernel_size": (15, 21), "margin": (1.0, 2.5), "power": 1.0},
        {"margin": 3, "power": np.inf},
        {"n_fft": 512, "hop_length": 200, "win_length": 400},
        {"n_fft": 1024, "center": False},
        {"pad_mode": "reflect", "n_fft": 400},
    ],
)
def test_hpss(name: str, options: Any, ravdess: list[Path]) -> None:
    # Shorter than four frames SciPy reads outside of the spectrogram.
    clips = [signal(9000, channels=(2,)), signal(8000, dtype=np.float64)]
    clips.append(load(ravdess[77], 22050)[:30000])
    for y in clips:
        # A median that ties with rounding may choose the other neighbour under a hard mask.
        hard = 100 if options.get("power") == np.inf else 1
        assert_same_signal(partial(effect, name=name, y=y, **options), times=hard)
    for bad in (np.full(4000, np.nan, np.float32), np.zeros(4000, int)):
        both(partial(effect, name=name, y=bad, **options))


@pytest.mark.parametrize("name", ["hpss", "harmonic", "percussive"])
def test_masks_are_inverted_too(name: str) -> None:
    """In float64: masks of bins that hold only rounding noise are noise themselves."""
    call = partial(effect, name=name, y=signal(9000, dtype=np.float64), mask=True)
    assert_same_signal(call, times=1000)


@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
def test_hpss_of_silence_and_of_short_clips() -> None:
    for n in (1, 100, 512, 1535, 3000):
        for y in (signal(n), np.zeros(n, np.float32)):
            parts = stand_in.effects.hpss(y)
            assert all(part.shape == y.shape and part.dtype == y.dtype for part in parts)
            # Masks of margin 1 share everything out.
            np.testing.assert_allclose(parts[0] + parts[1], y, rtol=0, atol=1e-6)


def test_hpss_uses_its_window() -> None:
    """librosa 0.11 accepts a window and ignores it."""
    y = signal(9000)
    parts = librosa.decompose.hpss(librosa.stft(y, n_fft=512, window="hamming"))
    expected = [librosa.istft(p, n_fft=512, window="hamming", length=9000) for p in parts]
    found = stand_in.effects.hpss(y, n_fft=512, window="hamming")
    np.testing.assert_allclose(found, expected, rtol=0, atol=ROUND_TRIP)


# librosa 1.0 deprecates two arguments of its vocoder and gives them itself.
STRETCH = 2e-6  # of the largest sample, from the effect on the same samples in float64
UNLIKE = "FutureWarning" if LIBROSA_1 else ""


def assert_nearer(found: Array, expected: Array, exact: Array) -> None:
    """Assert that quaver errs no more than librosa does, or than 1e-5 of the norm.

    librosa sums phases in float32, whose rounding moves its results up to 1 % of the largest value
    away from float64's; quaver takes whole turns out of the steps first.
    """
    own_error = np.linalg.norm(expected - exact)
    assert np.linalg.norm(found - exact) <= own_error + 1e-5 * np.linalg.norm(exact)


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
@pytest.mark.parametrize("rate", [0.5, 0.8, 1.0, 1.25, 1.7, 2.0, 7.0])
@pytest.mark.parametrize(("n_fft", "hop"), [(2048, None), (512, 100), (256, 256), (2, 1)])
def test_phase_vocoder(rate: float, n_fft: int, hop: int | None) -> None:
    for y in (signal(9000), signal(5000, channels=(2, 2)), signal(900, dtype=np.float64)):
        D = librosa.stft(y, n_fft=n_fft, hop_length=hop, pad_mode="edge")
        options = {"rate": rate} if LIBROSA_1 else {"rate": rate, "hop_length": hop}
        found, expected = both(partial(_vocode, D=D, **options))
        exact = librosa.phase_vocoder(D.astype(np.complex128), **options)
        if y.dtype == np.float64:
            error = np.abs(found.values[0] - expected.values[0])
            assert error.max() <= 1e-9 * np.abs(exact).max()
        else:
            assert_nearer(found.values[0], expected.values[0], exact)


def _vocode(module: Any, D: Array, **options: Any) -> Any:
    return module.phase_vocoder(D, **options)


POSITIONS: list[dict[str, Any]] = [
    {"t_out": [0.0, 0.5, 3.25, 3.25, 29.9, 30.5]},
    {"t_out": np.linspace(0, 29, 7), "kind": "nearest"},
    {"rate": 0.6, "kind": "cubic"},
    {"t_out": [5.0, 2.0]},
    {"t_out": [0.0, 31.0]},
    {"t_out": [-0.5]},
    {"t_out": [0.0], "rate": 1.0},
    {},
    {"rate": 0.0},
    {"rate": -1.0},
]


@pytest.mark.parametrize("options", POSITIONS, ids=str)
def test_phase_vocoder_at_positions(options: dict[str, Any]) -> None:
    D = np.random.default_rng(3).standard_normal((2, 17, 31, 2)) @ [1, 1j]
    assert_same(partial(_vocode, D=D, **options), rtol=1e-9, atol=1e-9, may_fail=True)
    D[..., -1] = 0
    assert_same(partial(_vocode, D=D, **options), rtol=1e-9, atol=1e-9, may_fail=True)


def test_phase_vocoder_of_one_frame() -> None:
    """librosa 1.0 gives NaN, 0.11 fades out."""
    D = np.array([[1.0 + 1.0j], [-2.0]])
    with _release.chosen("1.0"):
        np.testing.assert_allclose(stand_in.phase_vocoder(D, rate=0.25), np.repeat(D, 4, axis=1))
    assert stand_in.phase_vocoder(D.astype(np.complex64), rate=0.5).dtype == np.complex64


def test_phase_vocoder_warns_of_arguments_that_go() -> None:
    D = np.ones((3, 4), complex)
    for name in ("hop_length", "n_fft"):
        with _release.chosen("1.0"), pytest.warns(FutureWarning, match=f"{name} has no effect"):
            stand_in.phase_vocoder(D, rate=1.0, **{name: 512})


@pytest.mark.parametrize("rate", [0.5, 0.8, 1.0, 1.3, 2.0])
@pytest.mark.parametrize(
    "options",
    [{}, {"n_fft": 512, "hop_length": 100}, {"n_fft": 400, "win_length": 300, "center": False}],
)
def test_time_stretch(rate: float, options: Any, ravdess: list[Path]) -> None:
    clips = [signal(20000, channels=(2,)), load(ravdess[333], 22050), load(ravdess[900], 8000)]
    clips += [signal(3000, dtype=np.float64), np.zeros(3000, np.float32)]
    for y in clips:
        check_stretch(partial(effect, name="time_stretch", rate=rate, **options), y)


def check_stretch(effect_of: partial[Any], y: Array) -> None:
    """Equal kinds and float64 numbers; float32 ones as near to those as docs/compat.md says.

    librosa's own of float32 are at 0.3 of the largest sample from them, in the worst clip.
    """
    found, expected = both(lambda m: effect_of(m, y=y), unlike=UNLIKE)
    assert not found.error
    if y.dtype == np.float64:
        np.testing.assert_allclose(found.values[0], expected.values[0], rtol=0, atol=1e-7)
        return
    exact = originals.quietly(effect_of, librosa, y=y.astype(np.float64))
    if effect_of.keywords.get("center", True):  # else the ends are divided by next to nothing
        assert np.abs(found.values[0] - exact).max() <= STRETCH * np.abs(exact).max()
    assert_nearer(found.values[0], expected.values[0], exact)


def test_time_stretch_refuses_as_librosa_does() -> None:
    y = signal(5000)
    for options in (
        {"rate": 0},
        {"rate": -0.5},
        {"rate": 1.5, "nonsense": 1},
        {"rate": 1.5, "pad_mode": "reflect"},
        {"rate": 1.5, "hop_length": 0},
        {"rate": 1.5, "dtype": np.float32},
    ):
        assert both(partial(effect, name="time_stretch", y=y, **options), unlike=UNLIKE)[0].error
    assert both(partial(effect, name="time_stretch", y=y * np.nan, rate=2.0))[0].error
    for n in (1, 100, 2047):
        both(partial(effect, name="time_stretch", y=signal(n), rate=0.7), unlike=UNLIKE)


@pytest.mark.parametrize("n_steps", [-12, -3.5, 0, 1, 4, 7.2])
def test_pitch_shift(n_steps: float, ravdess: list[Path]) -> None:
    for y, rate in (
        (load(ravdess[512], 22050), 22050),
        (signal(12000, channels=(2,)), 16000),
        (signal(6000, dtype=np.float64), 8000),
    ):
        for options in ({}, {"n_fft": 512, "bins_per_octave": 24}, {"scale": True}):
            call = partial(effect, name="pitch_shift", sr=rate, n_steps=n_steps, **options)
            check_stretch(call, y)


def test_pitch_shift_refuses_as_librosa_does() -> None:
    y = signal(5000)
    for options in ({"bins_per_octave": 0}, {"bins_per_octave": 12.0}, {"bins_per_octave": None}):
        call = partial(effect, name="pitch_shift", y=y, sr=8000, n_steps=2, **options)
        found, _ = both(call, unlike=UNLIKE)
        assert found.error == "ParameterError"
    assert both(partial(effect, name="pitch_shift", y=y, sr=8000))[0].error == "TypeError"


@pytest.mark.parametrize("rates", [(2**61, 8000), (1, 4097), (8000, 1e-300), (8000, -1)])
def test_rates_without_an_end(rates: tuple[float, float]) -> None:
    """soxr would need hours, or crash where memory ends."""
    with pytest.raises(
        (ValueError, stand_in.util.exceptions.ParameterError), match=rf"rates must .* {rates[1]}"
    ):
        stand_in.resample(signal(100), orig_sr=rates[0], target_sr=rates[1])
