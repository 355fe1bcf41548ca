"""The extended Geneva set in one call: what it is made of, openSMILE's numbers, shapes, names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from oracles import smile_levels
from quaver import _core, geneva, voice

RATES = (8000, 11025, 16000, 22050, 44100, 48000)


def test_descriptors_are_those_of_each_kernel(target: str, speech: NDArray[np.float32]) -> None:
    """Computed once for all, and smoothed; a row more than there are frames of 60 ms."""
    table = geneva.egemaps_descriptors(speech, 16000)
    assert table.names == geneva.egemaps_descriptor_names()
    assert table.values.dtype == np.float32
    balance = voice.spectral_balance(speech, 16000).values
    pitch = voice.pitch(speech, 16000).values[:, 0]
    n = len(pitch)
    assert table.values.shape == (n + 1, 25)
    assert table.times[:2] == pytest.approx([0.01, 0.02])
    inner = (balance[: n - 1] + balance[1:n] + balance[2 : n + 1]) / 3
    np.testing.assert_allclose(table.values[1:n, :10], inner, rtol=1e-4, atol=1e-4)
    settled = slice(0, n - 8)  # the last ones are smoothed by themselves
    np.testing.assert_array_equal(table.values[settled, 10] > 0, pitch[settled] > 0)
    alone = np.flatnonzero((pitch[2:] > 0) & (pitch[1:-1] > 0) & (pitch[:-2] > 0)) + 1
    alone = alone[alone < n - 8]
    three = np.stack([pitch[alone - 1], pitch[alone], pitch[alone + 1]]).astype(float)
    np.testing.assert_allclose(
        table.values[alone, 10], (12 * np.log2(three / 27.5)).mean(axis=0), rtol=1e-5
    )


def test_functionals_of_a_clip_are_those_of_its_rows(
    target: str, speech: NDArray[np.float32]
) -> None:
    vector = quaver.egemaps(speech, 16000)
    named = dict(zip(quaver.egemaps_names(), vector.tolist(), strict=True))
    table = geneva.egemaps_descriptors(speech, 16000).values
    loudness = voice.spectral_balance(speech, 16000).values[:, 0].astype(float)
    padded = np.r_[loudness[0], loudness, loudness[-1]]
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    assert named["loudness_sma3_amean"] == pytest.approx(smooth.mean(), rel=1e-5)
    assert named["loudness_sma3_percentile80.0"] == pytest.approx(
        np.percentile(smooth, 80), rel=1e-5
    )
    semitones = table[:-4, 10][table[:-4, 10] > 0]
    assert named["F0semitoneFrom27.5Hz_sma3nz_amean"] == pytest.approx(semitones.mean(), rel=0.01)
    frames = np.lib.stride_tricks.sliding_window_view(speech.astype(float) * 32768 / 32767, 320)
    level = 10 * np.log10((frames[::160] ** 2).mean())
    assert named["equivalentSoundLevel_dBp"] == pytest.approx(level, rel=1e-5)


def test_names() -> None:
    names = quaver.egemaps_names()
    assert len(names) == len(set(names)) == 88
    assert names[0] == "F0semitoneFrom27.5Hz_sma3nz_amean"
    assert names[30:32] == ("jitterLocal_sma3nz_amean", "jitterLocal_sma3nz_stddevNorm")
    assert names[62] == "slopeV0-500_sma3nz_amean"
    assert names[-1] == "equivalentSoundLevel_dBp"
    assert geneva.egemaps_descriptor_names()[3] == "slope0-500_sma3"


@pytest.mark.parametrize("rate", RATES)
def test_any_rate(target: str, speech: NDArray[np.float32], rate: int) -> None:
    """Mean pitch stays within a semitone and the level within 0.5 dB; loudness is the rate's."""
    x = speech if rate == 16000 else quaver.audio.resample(speech, 16000, rate)
    vector, at_16k = quaver.egemaps(x, rate), quaver.egemaps(speech, 16000)
    assert np.isfinite(vector).all()
    assert vector[0] == pytest.approx(at_16k[0], abs=1.1)
    assert vector[-1] == pytest.approx(at_16k[-1], abs=0.5)


@pytest.mark.parametrize("n", [960, 961, 1120, 1600, 4000])
@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "clipped", "denormal", "impulse"])
def test_whatever_comes_is_finite(target: str, kind: str, n: int) -> None:
    noise = np.random.default_rng(n).standard_normal(n)
    x = {
        "silence": np.zeros(n),
        "noise": 0.1 * noise,
        "tone": 0.5 * np.sin(2 * np.pi * 150 / 16000 * np.arange(n)),
        "clipped": np.clip(5 * noise, -1, 1),
        "denormal": 1e-42 * noise,
        "impulse": np.eye(1, n, n // 2)[0],
    }[kind].astype(np.float32)
    vector = quaver.egemaps(x, 16000)
    assert vector.shape == (88,)
    assert np.isfinite(vector).all()
    table = geneva.egemaps_descriptors(x, 16000).values
    assert table.shape == ((n - 960) // 160 + 2, 25)
    assert np.isfinite(table).all()
    if kind == "silence":
        assert vector[-1] == -120
        np.testing.assert_array_equal(table[:, 10], 0)


def test_types_channels_and_views(target: str, speech: NDArray[np.float32]) -> None:
    integers = (speech * 20000).astype(np.int16)
    expected = quaver.egemaps(integers.astype(np.float32) / 32768, 16000)
    for x in (integers, integers / 32768, integers[::-1][::-1], np.repeat(integers, 2)[::2]):
        np.testing.assert_array_equal(quaver.egemaps(x, 16000), expected)
    stereo = np.stack([integers, integers[::-1]])
    np.testing.assert_array_equal(quaver.egemaps(stereo, 16000, downmix=0), expected)


def test_a_long_recording_is_worked_on_in_pieces(target: str, speech: NDArray[np.float32]) -> None:
    """Spectra of 90 s are not kept: the rows are those of a shorter part."""
    long = np.tile(speech, 45)
    table = geneva.egemaps_descriptors(long, 16000).values
    pitch = voice.pitch(long, 16000).values[:, 0]
    assert len(pitch) > 8192
    levels = voice.harmonics(long, 16000).values[:, 0]
    at = slice(8000, 8900)  # on both sides of where a piece ends
    three = np.stack([levels[7999:8899], levels[at], levels[8001:8901]])
    weights = three != 0
    inner = np.where(levels[at] != 0, three.sum(axis=0) / np.maximum(weights.sum(axis=0), 1), 0)
    np.testing.assert_allclose(table[at, 13], inner, atol=1e-3)
    assert np.isfinite(quaver.egemaps(long, 16000)).all()


def test_many(tmp_path: Path, speech: NDArray[np.float32]) -> None:
    soundfile.write(tmp_path / "a.wav", speech, 16000)
    (tmp_path / "b.wav").write_text("no sound")
    reports: list[tuple[int, int]] = []
    batch = geneva.egemaps_many(
        [tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "a.wav"],
        threads=2,
        progress=lambda done, total: reports.append((done, total)),
    )
    samples, rate = quaver.load(tmp_path / "a.wav")
    np.testing.assert_array_equal(batch.values, [quaver.egemaps(samples, rate)] * 2)
    assert batch.index.tolist() == [0, 2]
    assert batch.names == quaver.egemaps_names()
    assert batch.config is None
    assert "b.wav" in batch.failures[0].reason
    assert reports[-1] == (3, 3)
    arrays = geneva.egemaps_many([samples, samples[:100]], rate)
    np.testing.assert_array_equal(arrays.values, batch.values[:1])
    assert "at least 960 samples, got 100" in arrays.failures[0].reason
    at_8k = geneva.egemaps_many([tmp_path / "a.wav"], 8000).values
    loaded, _ = quaver.load(tmp_path / "a.wav", 8000)
    np.testing.assert_array_equal(at_8k[0], quaver.egemaps(loaded, 8000))


def test_a_model_of_a_configuration_refuses_its_vectors(speech: NDArray[np.float32]) -> None:
    from quaver.models import svm

    batch = geneva.egemaps_many([speech], 16000)
    with pytest.raises(ValueError, match="vectors are of a set without a configuration"):
        svm.load_pretrained().predict_clips(batch)


def test_what_is_refused(speech: NDArray[np.float32]) -> None:
    for compute in (quaver.egemaps, geneva.egemaps_descriptors):
        with pytest.raises(ValueError, match="at least 8000 Hz, got 7999"):
            compute(speech, 7999)
        with pytest.raises(ValueError, match="samples must hold at least 960 samples, got 959"):
            compute(speech[:959], 16000)
        with pytest.raises(ValueError, match="999"):
            compute(np.where(np.arange(1120) == 999, np.nan, 0), 16000)
    with pytest.raises(ValueError, match="sample_rate is required for arrays"):
        geneva.egemaps_many([speech])
    with pytest.raises(TypeError, match="__init__ was never called"):
        _core.Egemaps.run(_core.Egemaps.__new__(_core.Egemaps), speech)


@pytest.mark.peer("opensmile")
@pytest.mark.data
def test_agrees_with_opensmile(ravdess: list[Path]) -> None:
    """What needs no decision on the pitch equal; what does, nearly always; of all, 95 % near."""
    loaded = [quaver.load(path) for path in ravdess[7::120]]
    clips = [(np.asarray(np.round(x * 32768), np.int16), rate) for x, rate in loaded]
    found = smile_levels(clips, ["func", "lld"])
    theirs = np.array([levels["func"][0] for levels in found])
    ours = np.array([quaver.egemaps(*clip) for clip in clips], np.float64)
    errors = abs(ours - theirs)
    near = (errors <= 0.01 * abs(theirs)) | (errors <= 0.01 * theirs.std(axis=0))
    names = list(quaver.egemaps_names())
    whole = [i for i, name in enumerate(names) if "_sma3_" in name]
    whole += [names.index("loudnessPeaksPerSec"), names.index("equivalentSoundLevel_dBp")]
    assert len(whole) == 22
    np.testing.assert_allclose(ours[:, whole], theirs[:, whole], rtol=1e-3, atol=1e-5)
    parts = ("semitoneFrom27.5Hz_sma3nz_p", "HNR", "H1-H2", "V_", "Voiced", "Unvoiced")
    decided = [i for i, name in enumerate(names) if any(part in name for part in parts)]
    assert len(decided) == 30
    assert np.isclose(ours, theirs, rtol=1e-3, atol=1e-5)[:, decided].mean() > 0.95
    assert near.mean() > 0.95
    for clip, levels in zip(clips, found, strict=True):
        table = geneva.egemaps_descriptors(*clip).values
        assert table.shape == levels["lld"].shape
        spread = levels["lld"][:, :10].std(axis=0)
        assert (abs(table - levels["lld"])[:, :10].max(axis=0) < 1e-3 * spread).all()
