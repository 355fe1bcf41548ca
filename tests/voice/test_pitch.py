"""The pitch of a voice against its float64 twin and openSMILE, on every SIMD target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
from oracles import smile_levels
from quaver import _core, voice
from reference import shs as twin

RATES = (8000, 11025, 16000, 22050, 44100, 48000)


def assert_candidates(found: NDArray[np.float32], expected: NDArray[np.float64]) -> None:
    """Maxima that float32 cannot tell apart may change places, in one of a hundred frames."""
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[:, 12], expected[:, 12], rtol=1e-5, atol=1e-9)
    clear = expected[:, 12] > 1e-4
    near = np.isclose(found[clear], expected[clear], rtol=1e-4, atol=1e-4).all(axis=1)
    assert near.mean() >= 0.99 or (~near).sum() <= 1, np.flatnonzero(~near)


@pytest.mark.parametrize("rate", RATES)
def test_candidates_agree_with_the_twin(
    target: str, speech: NDArray[np.float32], rate: int
) -> None:
    found = _core.Pitch(sample_rate=rate).candidates(speech)
    assert_candidates(found, twin.candidates(speech, rate))


@pytest.mark.parametrize("n", [960, 961, 1119, 1120, 1121, 960 + 160 * 15, 960 + 160 * 16])
def test_lengths(target: str, speech: NDArray[np.float32], n: int) -> None:
    x = speech[4000 : 4000 + n]
    found = _core.Pitch(sample_rate=16000).candidates(x)
    assert len(found) == 1 + (n - 960) // 160
    assert_candidates(found, twin.candidates(x, 16000))
    assert voice.pitch(x, 16000).values.shape == (len(found), 2)


def test_the_path_is_that_of_the_twin(speech: NDArray[np.float32]) -> None:
    rng = np.random.default_rng(5)
    for noise in (0.0, 0.02, 0.1):
        x = speech + noise * rng.standard_normal(len(speech)).astype(np.float32)
        rows = _core.Pitch(sample_rate=16000).candidates(x)
        expected, n_unsettled = twin.path(rows.astype(np.float64))
        track, found = _core.pitch_path(rows)
        np.testing.assert_array_equal(track, expected.astype(np.float32))
        assert found == n_unsettled
        for n in (1, 2, 39, 40, 77):
            assert _core.pitch_path(rows[:n])[1] == twin.path(rows[:n].astype(np.float64))[1]


def candidates_of(frames: list[list[tuple[float, float]]]) -> NDArray[np.float32]:
    rows = np.zeros((len(frames), 13), np.float32)
    for row, found in zip(rows, frames, strict=True):
        for i, (hz, strength) in enumerate(found):
            row[i], row[6 + i] = hz, strength
    rows[:, 12] = 0.1
    return rows


def test_what_the_path_prefers() -> None:
    """A weak frame within a voice to a gap, no voice to a short one, the steady to the strong."""
    strong, weak = [(200.0, 0.9)], [(200.0, 0.6)]
    track, _ = _core.pitch_path(candidates_of([strong] * 5 + [weak] + [strong] * 5))
    np.testing.assert_array_equal(track[:, 0], [200] * 11)
    track, _ = _core.pitch_path(candidates_of([weak] * 5 + [[(200.0, 0.72)]] + [weak] * 5))
    np.testing.assert_array_equal(track[:, 0], [0] * 11)
    octaves = [(400.0, 0.81), (200.0, 0.8)]
    track, _ = _core.pitch_path(candidates_of([strong] * 5 + [octaves] + [strong] * 5))
    np.testing.assert_array_equal(track[:, 0], [200] * 11)


def test_costs_of_a_path() -> None:
    """Each decision changes where the two sums of the formulas are equal."""

    def voiced(*frames: tuple[float, float]) -> list[bool]:
        track, _ = _core.pitch_path(candidates_of([[frame] for frame in frames]))
        return (track[:, 0] > 0).tolist()

    # A gap costs 20 and one less than its frames, a voice 8 - 2 ln(v) and what is beyond a range.
    for hz, beyond in [
        (60, 0.4),
        (100, 0),
        (200, 0),
        (350, 0),
        (500, 0.6),
        (599, 0.996),
        (600, 1.2),
    ]:
        good, edge = (hz, 0.9), float(np.exp(-(2.5 - beyond) / 2))
        for weak in (0.99 * edge, 1.01 * edge):
            found = voiced(*[good] * 9, *[(hz, weak)] * 2, *[good] * 9)
            assert found == [True] * 9 + [weak > edge] * 2 + [True] * 9
    # Three such frames cost more than a gap however weak they are, one never does.
    assert voiced(*[good] * 9, (hz, 0.001), *[good] * 9) == [True] * 19
    assert not any(voiced(*[good] * 9, *[(hz, 0.69)] * 3, *[good] * 9)[9:12])
    # An interval to the only candidate costs 20 |q|, a gap of one frame 20 + 8 + 2 ln(0.9) - 0.2.
    edge = (27.8 + 2 * np.log(0.9)) / 20
    for q in (edge - 0.01, edge + 0.01):
        high = 80 * float(np.exp(q))
        assert all(voiced(*[(80.0, 0.9)] * 9, *[(high, 0.9)] * 9)) == (q < edge)


def test_a_frame_waits_for_39_others() -> None:
    """A path that becomes the better one later changes 39 frames before that and no more."""
    first, second = (200.0, 0.8), (200 * float(np.exp(-0.01)), 0.8 * float(np.exp(0.0505)))
    rows = candidates_of([[(200.0, 0.9)]] * 5 + [[first, second]] * 80 + [[second]] * 5)
    track, _ = _core.pitch_path(rows)
    np.testing.assert_array_equal(track[:, 0], [rows[0, 0]] * 46 + [rows[-1, 0]] * 44)
    np.testing.assert_array_equal(track, twin.path(rows.astype(np.float64))[0].astype(np.float32))
    track, n_unsettled = _core.pitch_path(rows[:85])
    np.testing.assert_array_equal(track[:, 0], [200] * 85)
    assert n_unsettled == twin.path(rows[:85].astype(np.float64))[1] == 39


def test_what_the_end_decides() -> None:
    """All of a frame's six come from the only one before it, those of the next not all from one."""
    one, six = [[(200.0, 0.9)]] * 9, [(200.0 + 100 * i, 0.9 - 0.05 * i) for i in range(6)]
    assert _core.pitch_path(candidates_of([*one, six]))[1] == 1
    assert _core.pitch_path(candidates_of([*one, six, six]))[1] == 2
    assert _core.pitch_path(candidates_of([*one, six, six[:5]]))[1] == 2
    assert _core.pitch_path(candidates_of([[]] * 9))[1] == 1


@pytest.mark.parametrize("f0", [60.0, 100.0, 220.0, 440.0, 900.0])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_harmonics_have_their_pitch(target: str, f0: float, rate: int) -> None:
    phase = 2 * np.pi * f0 * np.arange(rate) / rate
    harmonics = range(1, 1 + min(20, int(0.45 * rate / f0)))
    x = 0.1 * sum(np.sin(k * phase) / k for k in harmonics)
    frames = voice.pitch(x, rate)
    assert frames.names == ("f0", "voicing")
    assert frames.times[:2] == pytest.approx([0.03, 0.04])
    np.testing.assert_allclose(frames.values[:, 0], f0, rtol=5e-3)
    assert (frames.values[:, 1] > 0.7).all()


def test_a_gliding_voice(target: str) -> None:
    t = np.arange(32000) / 16000
    f0 = 120 + 60 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(f0) / 16000
    frames = voice.pitch(0.1 * sum(np.sin(k * phase) / k for k in range(1, 15)), 16000)
    expected = np.interp(frames.times, t, f0)
    np.testing.assert_allclose(frames.values[:, 0], expected, rtol=0.02)


@pytest.mark.parametrize("scale", [0.0, 1e-42, 1e-30, 1e-6])
def test_silence_and_whispered_noise_have_none(target: str, scale: float) -> None:
    noise = np.random.default_rng(2).standard_normal(8000).astype(np.float32)
    assert (voice.pitch(np.float32(scale) * noise, 16000).values == 0).all()
    assert (voice.pitch(np.full(8000, scale, np.float32), 16000).values == 0).all()


@pytest.mark.parametrize("shape", ["impulse", "constant", "clipped", "loud"])
def test_whatever_comes_is_finite(target: str, shape: str) -> None:
    noise = np.random.default_rng(3).standard_normal(8000)
    x: Any = {
        "impulse": np.eye(1, 8000, 4000)[0],
        "constant": np.full(8000, 0.5),
        "clipped": np.clip(5 * noise, -1, 1),
        "loud": 1e11 * noise,
    }[shape]
    found = voice.pitch(x.astype(np.float32), 16000).values
    assert np.isfinite(found).all()
    assert (found[:, 1] >= 0).all()
    assert (found[:, 1] <= 1).all()
    assert ((found[:, 0] == 0) | ((found[:, 0] >= 55) & (found[:, 0] <= 1000))).all()


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
def test_types_and_views(target: str, speech: NDArray[np.float32], dtype: type) -> None:
    integers = (speech * 20000).astype(np.int16)[:8000]
    expected = voice.pitch(integers.astype(np.float32) / 32768, 16000).values
    x = integers if dtype == np.int16 else integers.astype(dtype) / 32768
    np.testing.assert_array_equal(voice.pitch(x, 16000).values, expected)
    backwards = x[::-1]
    np.testing.assert_array_equal(
        voice.pitch(backwards, 16000).values, voice.pitch(backwards.copy(), 16000).values
    )


def test_what_is_refused() -> None:
    x = np.zeros(1000, np.float32)
    with pytest.raises(ValueError, match="sample_rate must be at least 8000 Hz, got 7999"):
        voice.pitch(x, 7999)
    with pytest.raises(ValueError, match="samples must hold at least 960 samples, got 959"):
        voice.pitch(x[:959], 16000)
    x[999] = np.inf  # behind the last frame
    with pytest.raises(ValueError, match="999"):
        voice.pitch(x, 16000)
    with pytest.raises(ValueError, match=r"candidates must be \(n_frames, 13\)"):
        _core.pitch_path(np.zeros((5, 12), np.float32))
    track, n_unsettled = _core.pitch_path(np.zeros((0, 13), np.float32))
    assert track.shape == (0, 2)
    assert n_unsettled == 0


@pytest.mark.peer("opensmile")
@pytest.mark.data
def test_agrees_with_opensmile(ravdess: list[Path]) -> None:
    """Its candidates but for ties, and its decisions."""
    loaded = [quaver.load(path) for path in ravdess[::180]]
    clips = [(np.asarray(np.round(x * 32768), np.int16), rate) for x, rate in loaded]
    near, same, close = [], [], []
    levels = ["gemapsv01b_pitchShsG60", "gemapsv01b_logPitch"]
    for (samples, rate), found in zip(clips, smile_levels(clips, levels), strict=True):
        rows = _core.Pitch(sample_rate=rate).candidates(samples)
        theirs, track = (found[level] for level in levels)
        alike = np.isclose(rows[:, :12], theirs[:, 1:13], rtol=1e-3, atol=1e-3).all(axis=1)
        near.append(alike[rows[:, 12] > 1e-3])
        f0 = voice.pitch(samples, rate).values[:, 0]
        same.append((f0 > 0) == (track[:, 0] > 0))
        both = (f0 > 0) & (track[:, 0] > 0)
        close.append(abs(f0[both] / track[both, 0] - 1) < 0.005)
    assert np.concatenate(near).mean() >= 0.998
    assert np.concatenate(same).mean() >= 0.9995
    assert np.concatenate(close).mean() >= 0.9995
