"""Features that do not depend on how loud a recording is, against their definition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
import tolerances
from quaver._lists import VOICE_FEATURES, VOICED_FEATURES
from quaver.config import MODULATIONS
from reference import cepstrum, mel
from reference import functionals as twin_functionals
from reference import short_term as twin

Array = NDArray[np.float64]
OWN = quaver.FeatureConfig(
    features=("log_energy", "mfcc", "mel"), n_mels=20, n_mfcc=7, delta_order=0, floor_db=30
)


def by_definition(samples: NDArray[Any], floor_db: float | None, n_mfcc: int) -> Array:
    """Energy, cepstrum and bands in decibel from the twins' powers, loudest frames first."""
    stages = twin.stages(samples, 16000, n_mels=20, n_mfcc=n_mfcc)
    energy = stages.values[:, 1]
    bank = mel.filter_bank(512, 16000, 20)
    bands = stages.magnitude**2 @ bank.T
    if floor_db is None:
        energies, pictures = (10 * np.log10(np.maximum(p, 1e-10)) for p in (energy, bands))
    else:
        level = (energy**2).sum() / energy.sum()
        white = level * 400 * 512 / 16000  # what white noise of that energy has in each band
        energies = np.maximum(10 * np.log10(np.maximum(energy, 1e-37) / level), -floor_db)
        pictures = np.maximum(10 * np.log10(np.maximum(bands, 1e-37) / white), -floor_db)
    return np.c_[energies, cepstrum.mfcc(pictures, n_mfcc), pictures]


@pytest.mark.parametrize("floor_db", [None, 20.0, 45.0])
@pytest.mark.parametrize("n", [400, 401, 2999, 32000])
def test_short_term(
    target: str, speech: NDArray[np.float32], n: int, floor_db: float | None
) -> None:
    samples = speech[:n] + np.float32(1e-3) * np.random.default_rng(0).standard_normal(n).astype(
        np.float32
    )
    config = replace(OWN, floor_db=floor_db)
    found = quaver.short_term(samples, 16000, config=config)
    assert found.names[:2] == ("log_energy", "mfcc_0")
    assert found.names[-1] == "mel_19"
    expected = by_definition(samples, floor_db, 7)
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=5 * tolerances.MFCC_DB)


def test_white_noise_lies_at_its_level(target: str) -> None:
    noise = np.random.default_rng(0).standard_normal(160_000) / 50
    config = replace(OWN, pre_emphasis=0.0, floor_db=45)
    means = quaver.short_term(noise, 16000, config=config).values.mean(axis=0)
    assert abs(means[0]) < 0.5
    assert np.abs(means[8:] + 1).max() < 2.5  # logarithms of few bins lie below their mean's


@pytest.mark.parametrize("gain", [1e-3, 0.1, 3, 1e4])
def test_gain_changes_nothing(target: str, speech: NDArray[np.float32], gain: float) -> None:
    config = quaver.FeatureConfig.robust()
    expected = quaver.extract(speech, 16000, config=config)
    found = quaver.extract(speech * np.float32(gain), 16000, config=config)
    scale = np.maximum(np.abs(expected), 1)
    assert (np.abs(found - expected) / scale).max() < 1e-3
    integers = np.rint(speech * 32768).astype(np.int16)
    same = quaver.extract(integers / 32768, 16000, config=config)
    np.testing.assert_array_equal(quaver.extract(integers, 16000, config=config), same)


def test_pauses_do_not_move_the_level(speech: NDArray[np.float32]) -> None:
    longer = np.r_[np.zeros(48000, np.float32), speech, np.zeros(48000, np.float32)]
    one, other = (quaver.short_term(x, 16000, config=OWN).values for x in (speech, longer))
    assert abs(one[:, 0].max() - other[:, 0].max()) < 0.1
    assert other[:, 0].min() == -30


def test_silence_lies_at_the_floor(target: str) -> None:
    found = quaver.short_term(np.zeros(3000), 16000, config=OWN).values
    np.testing.assert_allclose(found[:, [0, *range(8, 28)]], -30, atol=1e-4)
    vector = quaver.extract(np.zeros(16000), 16000, config=quaver.FeatureConfig.robust())
    assert np.isfinite(vector).all()


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e11])
def test_extreme_levels_are_finite(target: str, speech: NDArray[np.float32], scale: float) -> None:
    vector = quaver.extract(speech * scale, 16000, config=quaver.FeatureConfig.robust())
    assert np.isfinite(vector).all()


def test_bad_samples_are_named(target: str, speech: NDArray[np.float32]) -> None:
    bad = speech.copy()
    bad[31999] = np.nan
    for config in (OWN, quaver.FeatureConfig.robust()):
        with pytest.raises(ValueError, match="nan at index 31999"):
            quaver.extract(bad, 16000, config=config)


@pytest.mark.parametrize("n", [400, 1680, 16000, 32000])
def test_a_vector_is_its_steps(target: str, speech: NDArray[np.float32], n: int) -> None:
    config = quaver.FeatureConfig.robust()
    features = [name for name in config.features if name not in VOICE_FEATURES]
    config = replace(config, trim_db=None, features=features, voiced_statistics=())
    samples = np.pad(speech[:n], (0, max(0, 1680 - n)))
    frames = quaver.short_term(samples, 16000, config=config)
    of_frames = quaver.functionals(frames.values, statistics=config.statistics)
    bands = replace(config, features=("mel",), delta_order=0)
    picture = quaver.short_term(samples, 16000, config=bands).values
    expected = np.r_[of_frames, quaver.modulation(picture, 100)]
    found = quaver.extract(speech[:n], 16000, config=config, pad=True)
    np.testing.assert_array_equal(found, expected)


def test_modulations_are_of_the_frames_that_are_kept(speech: NDArray[np.float32]) -> None:
    config = quaver.FeatureConfig(
        features=("energy",), delta_order=0, statistics=("mean",), trim_db=20, modulation=True
    )
    found = quaver.extract(speech, 16000, config=config)
    energy = quaver.short_term(speech, 16000, config=config).values[:, 0]
    loud = np.flatnonzero(energy >= energy.max() / 100)
    bands = replace(config, features=("mel",))
    picture = quaver.short_term(speech, 16000, config=bands).values
    assert len(picture) > loud[-1] + 1 - loud[0]
    expected = quaver.modulation(picture[loud[0] : loud[-1] + 1], 100)
    np.testing.assert_array_equal(found[1:], expected)


def test_names() -> None:
    config = quaver.FeatureConfig.robust()
    names = quaver.feature_names(config)
    assert len(set(names)) == len(names)
    assert names[-5:] == tuple(f"mel_25_{name}" for name in MODULATIONS)
    assert names[-1] == "mel_25_modulation_16_32"
    n_frames = len(quaver.frame_names(config))
    n_voiced = n_frames - 2 * sum(name in VOICED_FEATURES for name in config.features)
    assert (
        len(names)
        == n_frames * len(config.statistics) + n_voiced * len(config.voiced_statistics) + 26 * 5
    )


def test_a_trend_is_a_statistic_of_features(speech: NDArray[np.float32]) -> None:
    config = quaver.FeatureConfig(statistics=("std", "slope", "curvature", "residual"))
    rows = quaver.extract(speech, 16000, config=config).reshape(-1, 4).astype(np.float64)
    np.testing.assert_allclose((rows[:, 1:] ** 2).sum(axis=1), rows[:, 0] ** 2, rtol=1e-5)
    frames = quaver.short_term(speech, 16000).values
    expected = twin_functionals.functionals(frames, config.statistics).reshape(-1, 4)
    np.testing.assert_allclose(rows, expected, rtol=1e-4, atol=1e-4 * rows[:, :1].max())


def test_streams_and_slow_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="floor_db must be None, got 30"):
        quaver.Stream(16000, config=OWN)
    slow = quaver.FeatureConfig(hop_length=251, modulation=True)
    with pytest.raises(ValueError, match=r"takes 64 to 10,000 frames a second, got 63\.7"):
        quaver.extract(np.zeros(16000), 16000, config=slow)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_the_preset_follows_the_rate(rate: int) -> None:
    config = quaver.FeatureConfig.robust(sample_rate=rate)
    assert (config.sample_rate, config.fmax) == (rate, 4000)
    noise = np.random.default_rng(0).standard_normal(rate)
    vector = quaver.extract(noise, rate, config=config)
    assert vector.shape == (len(quaver.feature_names(config)),)
    assert quaver.FeatureConfig.from_dict(config.to_dict()) == config


def test_many_clips_are_one_by_one(speech: NDArray[np.float32]) -> None:
    config = quaver.FeatureConfig.robust()
    clips = [speech, speech[:9000], 3 * speech[::-1]]
    batch = quaver.extract_many(clips, 16000, config=config, threads=2)
    each = [quaver.extract(clip, 16000, config=config) for clip in clips]
    np.testing.assert_array_equal(batch.values, each)
