"""Steps of pipelines: the estimator contract, speakers, and what happens to bad clips."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import quaver
from quaver.models.own import Statistic
from quaver.models.transformers import AudioFeatures, SpeakerNormalizer


@pytest.mark.filterwarnings("ignore:SpeakerNormalizer was fitted without speakers")
def test_estimator_contract() -> None:
    """All of scikit-learn's checks but those of optional array libraries."""
    results = check_estimator(SpeakerNormalizer(), on_skip=None)
    passed = [result for result in results if result["status"] == "passed"]
    assert len(passed) > 30
    assert {result["status"] for result in results} <= {"passed", "skipped"}


def clips(n: int, seed: int = 0) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    return [
        np.asarray((0.01 + 0.3 * (i % 2)) * rng.standard_normal(4000 + 100 * i), np.float32)
        for i in range(n)
    ]


def test_rows_are_those_of_extract() -> None:
    some = clips(4)
    found = AudioFeatures().fit_transform(some)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [quaver.extract(clip, 16000) for clip in some])


def test_paths_arrays_and_rates_agree(tmp_path: Path, speech: NDArray[np.float32]) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, speech, 8000, subtype="FLOAT")
    from_path = AudioFeatures().transform([path])
    from_array = AudioFeatures(sample_rate=8000).transform([speech])
    np.testing.assert_array_equal(from_array, from_path)
    integers = np.rint(speech * 32000).astype(np.int16)
    scaled = AudioFeatures(sample_rate=8000).transform([integers / np.float32(32768)])
    np.testing.assert_array_equal(AudioFeatures(sample_rate=8000).transform([integers]), scaled)


def test_short_and_stereo_clips_are_taken_by_default() -> None:
    stereo = np.stack([clips(1)[0], clips(1, seed=1)[0]])
    found = AudioFeatures().transform([np.ones(10, np.float32), stereo])
    expected = quaver.extract(stereo, 16000, downmix="mean")
    np.testing.assert_array_equal(found[1], expected)
    with pytest.raises(ValueError, match=r"1 of 2 clips .*<array> at 0: .*400 samples, got 10"):
        AudioFeatures(pad=False).transform([np.ones(10, np.float32), stereo])


@pytest.mark.parametrize("downmix", ["mean", 0, 1])
def test_channels_of_another_rate(downmix: Any) -> None:
    stereo = np.stack([clips(1)[0], clips(1, seed=1)[0]])
    single = stereo.mean(axis=0, dtype=np.float64) if downmix == "mean" else stereo[downmix]
    found = AudioFeatures(sample_rate=8000, downmix=downmix).transform([stereo, stereo.tolist()])
    expected = AudioFeatures(sample_rate=8000).transform([single])
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[0], rtol=1e-3, atol=1e-4)
    batch = AudioFeatures(sample_rate=8000, downmix=2).extract([stereo])
    assert "downmix must be a channel below 2, got 2" in batch.failures[0].reason


def test_bad_clips_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    with pytest.raises(
        ValueError, match=r"2 of 3 clips .*empty\.wav at 0: .*the file is empty.*nan"
    ):
        AudioFeatures().transform([empty, clips(1)[0], np.full(4000, np.nan)])
    batch = AudioFeatures(sample_rate=8000).extract([np.full(4000, np.nan), "no.wav", clips(1)[0]])
    assert [failure.index for failure in batch.failures] == [0, 1]


def test_more_failures_than_a_message_should_hold() -> None:
    with pytest.raises(ValueError, match=r"9 of 9 clips .*; and 4 more"):
        AudioFeatures().transform([np.full(1000, np.inf)] * 9)


@pytest.mark.parametrize("options", [{}, {"n_mfcc": 5, "delta_order": 0}])
def test_names_of_columns(options: dict[str, Any]) -> None:
    config = quaver.FeatureConfig(**options)
    step = AudioFeatures(config)
    assert tuple(step.get_feature_names_out()) == quaver.feature_names(config)
    assert step.transform(clips(1)).shape == (1, len(step.get_feature_names_out()))


def test_in_a_pipeline_and_a_grid_search() -> None:
    some, labels = clips(12), ["soft", "loud"] * 6
    pipeline = make_pipeline(AudioFeatures(), StandardScaler(), LogisticRegression())
    grid = {
        "audiofeatures__config": [
            quaver.FeatureConfig(features=("energy",)),
            quaver.FeatureConfig(features=("zero_crossing_rate",), statistics=("range",)),
        ]
    }
    search = GridSearchCV(clone(pipeline), grid, cv=3).fit(some, labels)
    assert search.best_params_["audiofeatures__config"].features == ("energy",)
    assert search.best_score_ == 1
    assert search.predict(some[:2]).tolist() == ["soft", "loud"]


# Speakers.

X = np.array([[1.0, 5.0], [3.0, 5.0], [10.0, 0.0], [30.0, 4.0], [20.0, 8.0], [7.0, 7.0]])
SPEAKERS = ["a", "a", "b", "b", "b", "c"]


def test_each_speaker_has_its_own_scale() -> None:
    found = SpeakerNormalizer().fit_transform(X, speakers=SPEAKERS)
    for name in ("a", "b"):
        rows = X[[s == name for s in SPEAKERS]]
        deviation = np.where(rows.std(axis=0) == 0, 1, rows.std(axis=0))
        expected = (rows - rows.mean(axis=0)) / deviation
        np.testing.assert_allclose(found[[s == name for s in SPEAKERS]], expected, atol=1e-12)
    # One clip has no deviation: the scale of all clips.
    np.testing.assert_allclose(found[5], (X[5] - X.mean(axis=0)) / X.std(axis=0))


def test_known_speakers_keep_their_scale_and_new_ones_make_their_own() -> None:
    step = SpeakerNormalizer().fit(X, speakers=SPEAKERS)
    np.testing.assert_allclose(step.transform(X[:1], speakers=["a"]), [[-1.0, 0.0]])
    new = step.transform(np.array([[0.0, 0.0], [2.0, 4.0]]), speakers=["d", "d"])
    np.testing.assert_allclose(new, [[-1, -1], [1, 1]])
    with pytest.raises(ValueError, match="speakers must be given: they were in fit"):
        step.transform(X)
    whole = SpeakerNormalizer().fit(X)
    np.testing.assert_allclose(whole.transform(X), StandardScaler().fit_transform(X))


@pytest.mark.parametrize(("value", "error"), [("a", TypeError), (True, TypeError), (0, ValueError)])
def test_bad_min_clips(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"min_clips must be .*, got {value!r}"):
        SpeakerNormalizer(min_clips=value).fit(X)


def test_speakers_by_metadata_routing() -> None:
    """As in its docstring: the same scale in training and in prediction."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(["a", "b", "c", "d"], 30)
    labels = np.tile([0, 1], 60)
    offset = np.repeat(rng.normal(0, 50, 4), 30)
    values = (labels + offset + 0.1 * rng.standard_normal(120))[:, None]
    with config_context(enable_metadata_routing=True):
        step = SpeakerNormalizer()
        step.set_fit_request(speakers=True).set_transform_request(speakers=True)
        pipeline = make_pipeline(step, LogisticRegression())
        pipeline.fit(values, labels, speakers=speakers)
        assert pipeline.score(values, labels, speakers=speakers) > 0.95


def test_a_pipeline_without_routing_is_told_that_it_knows_no_speakers() -> None:
    pipeline = make_pipeline(SpeakerNormalizer(), LogisticRegression())
    with pytest.warns(UserWarning, match=r"without speakers: .* by metadata routing"):
        pipeline.fit(X, [0, 1, 0, 1, 0, 1])


def test_names_of_normalised_columns() -> None:
    step = SpeakerNormalizer().fit(X)
    assert step.get_feature_names_out(["p", "q"]).tolist() == ["p", "q"]


def test_estimators_can_be_copied_to_other_processes() -> None:
    step = AudioFeatures(quaver.FeatureConfig(n_mfcc=5))
    again = pickle.loads(pickle.dumps(step))
    np.testing.assert_array_equal(again.transform(clips(1)), step.transform(clips(1)))


def test_a_single_recording_is_no_list() -> None:
    for rate in (16000, 8000):
        with pytest.raises(TypeError, match="clips must be a list"):
            AudioFeatures(sample_rate=rate).transform(clips(1)[0])
    ragged = AudioFeatures(sample_rate=8000).extract([[1, [2, 3]], clips(1)[0]])
    assert [failure.index for failure in ragged.failures] == [0]


def test_labels_are_not_looked_at() -> None:
    with_labels = SpeakerNormalizer().fit(X, [0, 1, 0, 1, 0, 1], speakers=SPEAKERS)
    without = SpeakerNormalizer().fit(X, speakers=SPEAKERS)
    np.testing.assert_array_equal(
        with_labels.transform(X, speakers=SPEAKERS), without.transform(X, speakers=SPEAKERS)
    )


def test_speakers_must_match_the_clips() -> None:
    with pytest.raises(ValueError, match=r"speakers must have shape \(6,\), got \(2,\)"):
        SpeakerNormalizer().fit(X, speakers=["a", "b"])


# The configuration's parameters, and functions of one's own.


def test_a_search_reaches_the_configuration() -> None:
    some, labels = clips(12), np.array([0, 1] * 6)
    steps = make_pipeline(AudioFeatures(threads=1), StandardScaler(), LogisticRegression())
    grid = {"audiofeatures__n_mfcc": [5, 13], "audiofeatures__trim_db": [None, 25.0]}
    found = GridSearchCV(steps, grid, cv=2).fit(some, labels)
    for params, score in zip(
        found.cv_results_["params"], found.cv_results_["mean_test_score"], strict=True
    ):
        chosen = {name.removeprefix("audiofeatures__"): value for name, value in params.items()}
        X = AudioFeatures(quaver.FeatureConfig(**chosen), threads=1).transform(some)
        by_hand = make_pipeline(StandardScaler(), LogisticRegression())
        assert score == pytest.approx(cross_val_score(by_hand, X, labels, cv=2).mean())
    best = found.best_estimator_["audiofeatures"].config
    assert (best.n_mfcc, best.trim_db) == tuple(
        found.best_params_[name] for name in ("audiofeatures__n_mfcc", "audiofeatures__trim_db")
    )
    step = AudioFeatures(quaver.FeatureConfig(sample_rate=8000)).set_params(
        n_mfcc=5, statistics=("mean",), threads=1
    )
    assert step.config == quaver.FeatureConfig(sample_rate=8000, n_mfcc=5, statistics=("mean",))
    assert clone(step).config == step.config
    assert step.get_params()["n_mfcc"] == 5
    assert "n_mfcc" not in step.get_params(deep=False)
    with pytest.raises(ValueError, match="n_mfcc"):
        step.set_params(n_mfcc=-1)
    with pytest.raises(ValueError, match="Invalid parameter 'n_mffc'"):
        step.set_params(n_mffc=5)


def test_functions_of_ones_own(tmp_path: Path, speech: NDArray[np.float32]) -> None:
    config = quaver.FeatureConfig(statistics=("mean", "max"), features=("energy", "mfcc"))
    functions = {
        "peak": lambda samples, rate: np.abs(samples).max(),
        "ends": lambda samples, rate: samples[[0, -1]],
        "cubes": lambda samples, rate: np.stack([samples[::160] ** 3, samples[::160] ** 2], 1),
        "range": Statistic(lambda frames: np.ptp(frames, axis=0)),
    }
    step = AudioFeatures(config, extra=functions, threads=1)
    soundfile.write(tmp_path / "a.wav", speech, 16000, subtype="FLOAT")
    found = step.transform([tmp_path / "a.wav", speech])
    np.testing.assert_array_equal(found[0], found[1])
    plain = quaver.extract(speech, config=config, sample_rate=16000)
    np.testing.assert_array_equal(found[0, : plain.size], plain)
    own = dict(zip(step.get_feature_names_out(), found[0], strict=True))
    assert own["peak"] == np.abs(speech).max()
    assert (own["ends_0"], own["ends_1"]) == (speech[0], speech[-1])
    assert own["cubes_0_max"] == pytest.approx((speech[::160] ** 3).max(), rel=1e-6)
    assert own["cubes_1_mean"] == pytest.approx((speech[::160] ** 2).mean(), rel=1e-5)
    frames = quaver.short_term(speech, 16000, config=config)
    assert own["delta_energy_range"] == np.ptp(frames.values[:, frames.names.index("delta_energy")])
    batch = step.extract([speech])
    assert batch.names == tuple(step.get_feature_names_out())


@pytest.mark.parametrize(
    ("extra", "error", "message"),
    [
        ([len], TypeError, "extra must map names to functions"),
        ({"n": 3}, TypeError, "functions, got 3 for 'n'"),
        ({"n": lambda samples, rate: np.nan}, ValueError, "n gives NaN or infinity"),
        ({"n": lambda samples, rate: np.zeros((2, 2, 2))}, ValueError, r"n must give a number, an"),
        ({"n": Statistic(lambda frames: 1.0)}, ValueError, r"the statistic n must give 42 values"),
        (
            {"n": lambda samples, rate: samples[: samples.size % 7 + 1]},
            ValueError,
            "extra must give as many values for each clip",
        ),
    ],
)
def test_functions_that_will_not_do(extra: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        AudioFeatures(extra=extra, threads=1).transform(clips(3))


def test_a_function_that_fails_of_a_clip() -> None:
    def picky(samples: NDArray[Any], rate: int) -> float:
        if samples.size == 4100:
            raise ValueError("not this one")
        return 1.0

    batch = AudioFeatures(extra={"n": picky}, threads=1).extract(clips(3))
    assert batch.index.tolist() == [0, 2]
    assert batch.failures[0].reason == "not this one"
