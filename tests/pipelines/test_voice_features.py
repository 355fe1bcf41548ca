"""Features of the voice among the short-term ones: which frame, which statistics, which level."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import quaver
from quaver import voice
from quaver._lists import VOICE_FEATURES, VOICED_FEATURES
from reference import delta as twin_delta

STATISTICS = ("mean", "std", "percentile_99", "slope")
ALL = quaver.FeatureConfig(features=("energy", *VOICE_FEATURES), statistics=STATISTICS)


def spread(frames: quaver.ShortTerm, times: NDArray[np.float64]) -> NDArray[np.float32]:
    """The values of the nearest frame, of two the later, by their times in whole nanoseconds."""
    own, of_voice = (np.rint(2e9 * t).astype(np.int64) for t in (times, frames.times))
    nearest = [len(of_voice) - 1 - np.abs(of_voice[::-1] - t).argmin() for t in own]
    return np.asarray(frames.values[nearest])


def columns(frames: quaver.ShortTerm, *names: str) -> NDArray[np.float32]:
    return np.asarray(frames.values[:, [frames.names.index(name) for name in names]])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hop_length": 77},
        {"hop_length": 1001, "frame_length": 200},
        {"frame_length": 1600, "n_fft": 2048},
        {"sample_rate": 8000},
        {"sample_rate": 48000, "hop_length": 512},
    ],
    ids=str,
)
def test_each_frame_has_the_values_of_the_nearest(
    target: str, speech: NDArray[np.float32], options: dict[str, Any]
) -> None:
    config = quaver.FeatureConfig(features=VOICE_FEATURES, delta_order=0, **options)
    rate = config.sample_rate
    found = quaver.short_term(speech, rate, config=config)
    balance, pitch = voice.spectral_balance(speech, rate), voice.pitch(speech, rate)
    names = balance.names[:5]
    expected = spread(replace(balance, values=columns(balance, *names)), found.times)
    np.testing.assert_array_equal(columns(found, *names), expected)
    expected = spread(pitch, found.times)
    np.testing.assert_array_equal(columns(found, "f0", "voicing"), expected)
    is_voiced = expected[:, :1] > 0
    for more in (voice.jitter_shimmer, voice.harmonics, voice.formants):
        kernel = more(speech, rate)
        own = columns(found, *kernel.names)
        np.testing.assert_array_equal(own, spread(kernel, found.times) * is_voiced)
    f0 = expected[:, :1].astype(np.float64)
    notes = np.where(f0 > 0, 12 * np.log2(np.maximum(f0, 1) / 27.5), 0)
    np.testing.assert_allclose(columns(found, "f0_semitones"), notes, rtol=1e-6)
    assert 0.2 < (f0 > 0).mean() < 1


def test_long_recordings_keep_no_spectra(target: str, speech: NDArray[np.float32]) -> None:
    """Of more frames than the spectra of which are kept, harmonics are the same."""
    samples = np.resize(speech, 84 * 8000)
    levels = quaver.FeatureConfig(sample_rate=8000, features=voice.HARMONICS, delta_order=0)
    found = quaver.short_term(samples, 8000, config=levels)
    kernel = voice.harmonics(samples, 8000)
    is_voiced = spread(voice.pitch(samples, 8000), found.times)[:, :1] > 0
    assert len(kernel.values) > 8192
    assert is_voiced[8192:].any()
    expected = spread(kernel, found.times) * is_voiced
    np.testing.assert_array_equal(columns(found, *voice.HARMONICS), expected)


def bridged(contour: NDArray[Any], f0: NDArray[Any]) -> NDArray[np.float64]:
    places = np.flatnonzero(f0 > 0)
    return np.interp(np.arange(len(f0)), places, contour[places].astype(np.float64))


@pytest.mark.parametrize(("order", "width"), [(1, None), (2, None), (2, 9)])
def test_derivatives_go_from_voice_to_voice(
    target: str, speech: NDArray[np.float32], order: int, width: int | None
) -> None:
    config = replace(ALL, delta_order=order, delta_width=width)
    found = quaver.short_term(speech, 16000, config=config)
    f0 = columns(found, "f0")[:, 0]
    for name in VOICED_FEATURES:
        contour = bridged(columns(found, name)[:, 0], f0)
        for i, prefix in enumerate(("delta_", "delta2_")[:order], 1):
            expected = twin_delta.delta(contour[:, None], width=width, order=i)[:, 0]
            expected *= f0 > 0
            values = columns(found, prefix + name)[:, 0]
            np.testing.assert_allclose(
                values, expected, rtol=1e-4, atol=1e-5 * np.abs(contour).max()
            )
    assert not columns(found, "delta_f0")[f0 == 0].any()
    assert columns(found, "delta_voicing")[f0 == 0].any()


@pytest.mark.parametrize("trim_db", [None, 20.0])
def test_statistics_are_over_voiced_frames(
    target: str, speech: NDArray[np.float32], trim_db: float | None
) -> None:
    config = replace(ALL, trim_db=trim_db)
    frames = quaver.short_term(speech, 16000, config=config)
    vector = quaver.extract(speech, 16000, config=config).reshape(len(frames.names), -1)
    energy, f0 = columns(frames, "energy")[:, 0], columns(frames, "f0")[:, 0]
    kept = np.arange(len(energy))
    if trim_db is not None:
        loud = np.flatnonzero(energy >= energy.max() * 10 ** (-trim_db / 10))
        kept = np.arange(loud[0], loud[-1] + 1)
        assert len(kept) < len(energy)
    voiced = kept[f0[kept] > 0]
    for name, column, values in zip(frames.names, frames.values.T, vector, strict=True):
        own = voiced if name.removeprefix("delta_") in VOICED_FEATURES else kept
        expected = quaver.functionals(column[own, None], statistics=STATISTICS)
        np.testing.assert_array_equal(values, expected, err_msg=name)


@pytest.mark.parametrize("delta_order", [0, 1])
def test_statistics_over_voiced_frames_besides(
    target: str, speech: NDArray[np.float32], delta_order: int
) -> None:
    plain = replace(ALL, delta_order=delta_order, modulation=True)
    config = replace(plain, voiced_statistics=["std", "mean"])
    assert config.voiced_statistics == ("mean", "std")
    assert replace(config, voiced_statistics=[]) == plain
    frames = quaver.short_term(speech, 16000, config=config)
    is_voiced = columns(frames, "f0")[:, 0] > 0
    vector = quaver.extract(speech, 16000, config=config)
    names = quaver.feature_names(config)
    assert len(names) == len(set(names)) == len(vector)
    found = dict(zip(names, vector, strict=True))
    without = quaver.extract(speech, 16000, config=plain)
    assert [found.pop(name) for name in quaver.feature_names(plain)] == without.tolist()
    expected = {}
    for name, column in zip(frames.names, frames.values.T, strict=True):
        if name.removeprefix("delta_") not in VOICED_FEATURES:
            values = quaver.functionals(column[is_voiced, None], statistics=("mean", "std"))
            expected |= {f"{name}_voiced_mean": values[0], f"{name}_voiced_std": values[1]}
    assert found == expected
    assert list(found) == list(expected)
    silence = dict(zip(names, quaver.extract(np.zeros(8000), 16000, config=config), strict=True))
    assert not any(silence[name] for name in found)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(16000),
        np.zeros(400, np.int16),
        np.full(500, 0.3, np.float32),
        1e-30 * np.sin(np.arange(8000) * 0.1),
        1e11 * np.sin(np.arange(8000) * 0.1),
    ],
    ids=["silence", "one frame", "constant", "soft", "loud"],
)
@pytest.mark.parametrize("floor_db", [None, 50.0])
def test_all_is_finite(target: str, samples: ArrayLike, floor_db: float | None) -> None:
    config = replace(ALL, floor_db=floor_db)
    frames = quaver.short_term(samples, 16000, config=config)
    assert np.isfinite(frames.values).all()
    vector = quaver.extract(samples, 16000, config=config).reshape(len(frames.names), -1)
    assert np.isfinite(vector).all()
    if not columns(frames, "f0").any():
        unvoiced = [n.removeprefix("delta_") in VOICED_FEATURES for n in frames.names]
        assert not vector[unvoiced].any()


def test_a_clip_shorter_than_a_frame_is_followed_by_zeros(speech: NDArray[np.float32]) -> None:
    found = quaver.short_term(speech[9000:9400], 16000, config=ALL)
    longer = np.r_[speech[9000:9400], np.zeros(560, np.float32)]
    pitch = voice.pitch(longer, 16000).values
    np.testing.assert_array_equal(columns(found, "f0", "voicing"), pitch)


# Linear prediction of tones without noise is nearly singular: rounding moves formants.
UNSTEADY = {name for name in VOICE_FEATURES if name[:2] in {"f1", "f2", "f3"}} | {"h1_a3"}


@pytest.mark.parametrize("gain", [2.0**-9, 8.0])
def test_relative_to_the_speech_powers_of_two_change_nothing(
    target: str, speech: NDArray[np.float32], gain: float
) -> None:
    config = replace(ALL, floor_db=50.0, features=VOICE_FEATURES)
    expected = quaver.extract(speech, 16000, config=config)
    found = quaver.extract(speech * np.float32(gain), 16000, config=config)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("gain", [1e-3, 0.1, 30.0])
def test_relative_to_the_speech_gain_changes_nothing(
    target: str, speech: NDArray[np.float32], gain: float
) -> None:
    steady = [name for name in VOICE_FEATURES if name not in UNSTEADY]
    config = replace(ALL, floor_db=50.0, features=steady)
    expected = quaver.extract(speech, 16000, config=config)
    found = quaver.extract(speech * np.float32(gain), 16000, config=config)
    assert (np.abs(found - expected) / np.maximum(np.abs(expected), 1)).max() < 1e-3
    # As if the energy of speech, that of frames weighed by itself, were 0.01.
    energy = quaver.short_term(speech, 16000, config=ALL).values[:, 0].astype(np.float64)
    at_level = speech * np.sqrt(0.01 * energy.sum() / (energy**2).sum())
    absolute = quaver.extract(at_level, 16000, config=replace(config, floor_db=None))
    np.testing.assert_allclose(expected, absolute, rtol=1e-3, atol=1e-3)


def test_many_clips_are_one_by_one(speech: NDArray[np.float32]) -> None:
    backwards = (speech[::-1] * 3e4).astype(np.int16)
    clips = [speech, speech[:9000], np.zeros(400, np.float32), backwards]
    batch = quaver.extract_many(clips, 16000, config=ALL, threads=2)
    each = [quaver.extract(clip, 16000, config=ALL) for clip in clips]
    np.testing.assert_array_equal(batch.values, each)


def test_bad_samples_are_named(speech: NDArray[np.float32]) -> None:
    bad = speech.copy()
    bad[1234] = np.inf
    for features in (("f0",), ("loudness",)):
        with pytest.raises(ValueError, match="inf at index 1234"):
            quaver.extract(bad, 16000, config=quaver.FeatureConfig(features=features))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match=r"f0, voicing need .* at least 8000 Hz, got 4000"):
        quaver.FeatureConfig(sample_rate=4000, features=("energy", "f0", "voicing"))
    config = quaver.FeatureConfig(features=("f0", "energy", "loudness"))
    with pytest.raises(ValueError, match=r"features must not be of the voice, got loudness, f0"):
        quaver.Stream(16000, config=config)
    with pytest.raises(ValueError, match=r"voiced_statistics must be among .*'mode'"):
        quaver.FeatureConfig(voiced_statistics=("mode",))
    with pytest.raises(ValueError, match=r"voiced_statistics need .* at least 8000 Hz, got 4000"):
        quaver.FeatureConfig(sample_rate=4000, voiced_statistics=("mean",))


def test_configurations_of_older_versions_are_read() -> None:
    config = replace(quaver.FeatureConfig.robust(), voiced_statistics=())
    values = config.to_dict()
    del values["voiced_statistics"]
    assert quaver.FeatureConfig.from_dict(values) == config
    state = config.__getstate__()
    assert isinstance(state, list)
    older = quaver.FeatureConfig.__new__(quaver.FeatureConfig)
    older.__setstate__(state[:-1])  # a pickle that does not know the latest parameter
    assert older == config
    assert pickle.loads(pickle.dumps(ALL)) == ALL
