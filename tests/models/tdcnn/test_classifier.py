"""The time-distributed classifier: its training, answers and files."""

from __future__ import annotations

import pickle
import shutil
import tracemalloc
from copy import copy, deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import quaver.data
import quaver_models
from forging import change_json, rewrite
from quaver.models import tdcnn, text
from quaver.models.networks.training import LearningRates
from quaver.models.tdcnn import (
    Augmentation,
    Batches,
    TDCNNClassifier,
    TDCNNConfig,
    data,
    recognizer,
)
from toys import QUICK, RATE, SMALL, Clips, tone, toy_clips

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clips() -> Clips:
    return toy_clips()


@pytest.fixture(scope="module")
def fitted(clips: Clips) -> TDCNNClassifier:
    return TDCNNClassifier(**QUICK).fit(*clips)


@pytest.fixture(scope="module")
def written(fitted: TDCNNClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("written") / "model.keras"
    tdcnn.save(fitted, file, card={"name": "toy"})
    return file


@pytest.fixture
def saved(written: Path, tmp_path: Path) -> Path:
    """A copy, beside which the test may write."""
    return Path(shutil.copy(written, tmp_path))


# training


def test_it_learns_what_there_is_to_learn(fitted: TDCNNClassifier, clips: Clips) -> None:
    assert (fitted.predict(clips[0]) == clips[1]).mean() >= 0.9
    assert len(fitted.history_) <= 12
    assert set(fitted.history_[0]) == {"loss", "val_uar"}
    assert fitted.history_[-1]["loss"] < fitted.history_[0]["loss"]
    assert fitted.classes_.tolist() == ["high", "low"]


@pytest.mark.usefixtures("eagerly")
def test_training_is_taken_up_where_it_stopped(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**QUICK, "epochs": 4, "augmentation": Augmentation()}
    whole = TDCNNClassifier(**options).fit(*clips)
    stopped = TDCNNClassifier(**options, checkpoint=tmp_path / "state")
    start = Batches.start_epoch

    def stopping(batches: Batches, epoch: int) -> None:
        if epoch == 2:
            raise KeyboardInterrupt
        start(batches, epoch)

    with monkeypatch.context() as patched:
        patched.setattr(Batches, "start_epoch", stopping)
        with pytest.raises(KeyboardInterrupt):
            stopped.fit(*clips)
    stopped.fit(*clips)
    assert len(stopped.history_) == 4
    for found, expected in zip(stopped.history_, whole.history_, strict=True):
        assert found == pytest.approx(expected, rel=1e-3)
    assert list((tmp_path / "state").iterdir())  # until the model stands under its name
    tdcnn.save(stopped, tmp_path / "m.keras")
    assert not list((tmp_path / "state").iterdir())


@pytest.mark.usefixtures("eagerly")
def test_a_state_of_another_training_is_refused(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**QUICK, "epochs": 3, "checkpoint": tmp_path}
    start = Batches.start_epoch

    def stopping(batches: Batches, epoch: int) -> None:
        if epoch == 1:
            raise KeyboardInterrupt
        start(batches, epoch)

    with monkeypatch.context() as patched:
        patched.setattr(Batches, "start_epoch", stopping)
        with pytest.raises(KeyboardInterrupt):
            TDCNNClassifier(**options).fit(*clips)
    for change in ({"random_state": 1}, {"batch_size": 4}, {"augmentation": Augmentation()}):
        with pytest.raises(ValueError, match="holds the state of another training"):
            TDCNNClassifier(**{**options, **change}).fit(*clips)
    with pytest.raises(ValueError, match="holds the state of another training"):
        TDCNNClassifier(**options).fit(clips[0][:-1], clips[1][:-1])
    assert len(TDCNNClassifier(**options).fit(*clips).history_) == 3


@pytest.mark.usefixtures("eagerly")
def test_training_stops_when_nothing_gets_better(
    clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.3, 0.6, 0.5, 0.6, 0.4, 0.9])
    monkeypatch.setattr(
        "quaver.models.tdcnn.classifier.average_recall", lambda *labels: next(scores)
    )
    model = TDCNNClassifier(**{**QUICK, "patience": 3}).fit(*clips)
    assert [epoch["val_uar"] for epoch in model.history_] == [0.3, 0.6, 0.5, 0.6, 0.4]


def test_the_learning_rate_falls_once_a_cycle() -> None:
    rates = LearningRates(1e-3, steps=10, epochs=20, cycles=2)
    found = np.array([float(rates(step)) for step in range(205)])
    np.testing.assert_allclose(found[:5], 1e-3 * np.arange(5) / 5, rtol=1e-5)
    np.testing.assert_allclose(found[[5, 55, 104]], [1e-3, 0.51e-3, 2.02e-5], rtol=0.02)
    np.testing.assert_allclose(found[5:105], found[105:205], rtol=1e-4)
    once = keras.optimizers.schedules.CosineDecay(
        0.0, 200, alpha=0.02, warmup_target=1e-3, warmup_steps=5
    )
    single = LearningRates(1e-3, steps=10, epochs=20)
    for step in (0, 3, 5, 77, 200):
        assert float(single(step)) == pytest.approx(float(once(step)), rel=1e-4)


@pytest.mark.usefixtures("eagerly")
def test_a_loss_that_is_no_number_ends_the_training(clips: Clips) -> None:
    with pytest.raises(ValueError, match=r"the loss became .* in epoch"):
        TDCNNClassifier(**{**QUICK, "class_weight": {"high": np.inf, "low": 1.0}}).fit(*clips)


@pytest.mark.usefixtures("eagerly")
def test_labels_may_be_numbers(clips: Clips) -> None:
    numbers = np.where(clips[1] == "low", 7, 3)
    model = TDCNNClassifier(**{**QUICK, "epochs": 8}).fit(clips[0], numbers)
    assert model.classes_.tolist() == [3, 7]
    assert model.score(clips[0], numbers) >= 0.9


@pytest.mark.usefixtures("eagerly")
def test_whole_speakers_are_held_back(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    build = Batches.__init__
    speakers = np.repeat(["a", "b", "c", "d"], 8)

    def watching(self: Batches, recordings: Any, *args: Any, **kwargs: Any) -> None:
        # Recordings are known by their lengths, which are all different.
        seen.append({len(recording) for recording in recordings})
        build(self, recordings, *args, **kwargs)

    monkeypatch.setattr(Batches, "__init__", watching)
    untrimmed = replace(SMALL, trim_db=None)
    options = {**QUICK, "config": untrimmed, "epochs": 1, "validation_fraction": 0.25}
    TDCNNClassifier(**options).fit(*clips, groups=speakers)
    lengths = np.array([len(clip) for clip in clips[0]])
    (trained,) = seen
    shares = [np.isin(lengths[speakers == name], list(trained)).mean() for name in "abcd"]
    assert sorted(shares) == [0, 1, 1, 1]


def test_long_recordings_are_cropped_anew_each_epoch() -> None:
    long = tone(400, 25 * RATE, 0)
    batches = Batches(
        [long],
        np.ones((1, 1), np.float32),
        SMALL,
        augmentation=Augmentation.none(),
        batch_size=1,
        seed=0,
    )
    made = []
    for epoch in (0, 1):
        batches.start_epoch(epoch)
        made.append(batches[0][0])
    n_frames = 1 + 10 * RATE // SMALL.hop_length
    assert made[0].shape[1] == len(quaver.windows(np.zeros((n_frames, 1)), 32, 16))
    assert not np.array_equal(made[0], made[1])


@pytest.mark.usefixtures("eagerly")
def test_events_for_tensorboard(clips: Clips, tmp_path: Path) -> None:
    TDCNNClassifier(**{**QUICK, "epochs": 1}, log_directory=tmp_path / "log").fit(*clips)
    assert list((tmp_path / "log").rglob("events.*"))


@pytest.mark.parametrize(
    ("options", "X", "y", "error", "message"),
    [
        ({}, [np.zeros(9)], ["a", "b"], ValueError, r"\(n_clips,\) for 1 clips, got \(2,\)"),
        ({}, [np.zeros(9)] * 2, ["a", "a"], ValueError, r"two labels, got \['a'\]"),
        ({"sample_rate": None}, [np.zeros(9)] * 2, ["a", "b"], ValueError, "sample_rate is req"),
        ({"epochs": 0}, [np.zeros(9)] * 2, ["a", "b"], ValueError, "epochs must be positive"),
        ({"label_smoothing": 1}, [np.zeros(9)] * 2, ["a", "b"], ValueError, r"\[0, 1\), got 1"),
        (
            {"random_state": None, "checkpoint": "x"},
            [np.zeros(9)] * 2,
            ["a", "b"],
            ValueError,
            "need",
        ),
        ({"random_state": "0"}, [np.zeros(9)] * 2, ["a", "b"], TypeError, "random_state must be"),
        ({"weight_decay": -1}, [np.zeros(9)] * 2, ["a", "b"], ValueError, "weight_decay must not"),
        ({"validation_fraction": 0.5}, [np.ones(9)] * 2, ["a", "b"], ValueError, "in the valid"),
        ({"learning_rate": 0}, [np.zeros(9)] * 2, ["a", "b"], ValueError, "finite, got 0"),
        ({}, [np.zeros(9), np.zeros(0)], ["a", "b"], ValueError, "must not be empty"),
        ({}, ["gone.wav", "lost.wav"], ["a", "b"], FileNotFoundError, "gone.wav"),
    ],
)
def test_bad_input_of_fit(
    options: dict[str, Any], X: Any, y: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        TDCNNClassifier(**{**QUICK, **options}).fit(X, y)


def test_it_is_an_estimator(fitted: TDCNNClassifier) -> None:
    fresh = clone(fitted)
    assert fresh.get_params()["config"] == SMALL
    with pytest.raises(NotFittedError):
        fresh.predict([np.zeros(9)])


# answers


@pytest.mark.parametrize("n", [1, 2, 100, 4800, 160000])
def test_any_length_has_an_answer(fitted: TDCNNClassifier, n: int) -> None:
    found = fitted.predict_proba([tone(500, n, n)])
    assert found.shape == (1, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize(
    "samples", [np.zeros(8000), np.ones(8000), np.full(8000, 1e-40), np.sign(tone(9, 8000, 0))]
)
def test_silence_and_clipping_have_an_answer(fitted: TDCNNClassifier, samples: Any) -> None:
    assert np.isfinite(fitted.predict_proba([samples.astype(np.float32)])).all()


def test_rates_types_and_channels_do_not_matter(fitted: TDCNNClassifier) -> None:
    samples = tone(700, 16000, 0)
    expected = fitted.predict_proba([samples])
    scaled = (samples / 2 * 32767).astype(np.int16)
    found = tdcnn.predict(fitted, [scaled, np.stack([samples, samples])], RATE)
    np.testing.assert_allclose(found.probabilities, np.repeat(expected, 2, axis=0), atol=0.02)
    resampled = tdcnn.predict(fitted, [soxr.resample(samples, RATE, 48000, "VHQ")], 48000)
    np.testing.assert_allclose(resampled.probabilities, expected, atol=0.02)
    fitted_rate = tdcnn.predict(fitted, [samples])
    np.testing.assert_allclose(fitted_rate.probabilities, expected)


def test_a_bad_clip_does_not_stop_the_others(fitted: TDCNNClassifier, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF")
    nan = np.full(1000, np.nan)
    clips = [
        tone(400, 9000, 0),
        bad,
        np.zeros(0),
        nan,
        quaver.data.demo_clip(),
        nan.astype(complex),
    ]
    calls: list[tuple[int, int]] = []
    found = tdcnn.predict(fitted, clips, RATE, progress=lambda *done: calls.append(done))
    assert found.index.tolist() == [0, 4]
    assert found.labels[0] == "low"
    errors = [(failure.index, failure.error) for failure in found.failures]
    assert errors == [(1, "ValueError"), (2, "ValueError"), (3, "ValueError"), (5, "TypeError")]
    assert "bad.wav" in found.failures[0].source
    assert calls[-1] == (6, 6)


def test_no_clip_that_works(fitted: TDCNNClassifier) -> None:
    found = tdcnn.predict(fitted, [np.zeros(0)], RATE)
    assert found.probabilities.shape == (0, 2)
    assert len(found) == 0


def test_arrays_need_a_rate(fitted: TDCNNClassifier) -> None:
    model = copy(fitted)
    model.sample_rate = None
    with pytest.raises(ValueError, match="sample_rate is required for arrays, got None"):
        tdcnn.predict(model, [np.zeros(100)])


def test_a_long_recording_is_the_mean_of_its_parts_that_are_heard(
    fitted: TDCNNClassifier,
) -> None:
    parts = [tone(400, 9 * RATE, 0), tone(2000, 9 * RATE, 1)]
    silence = np.zeros(9 * RATE, np.float32)
    whole = np.concatenate([parts[0], silence, parts[1]])
    found = fitted.predict_proba([whole, silence, parts[0]])
    each = fitted.predict_proba(parts)
    np.testing.assert_allclose(found[0], each.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(found[2], each[0], atol=1e-5)


def test_a_clip_shorter_than_the_offset_is_heard() -> None:
    config = TDCNNConfig.original()
    samples = data.prepare(tone(300, 4800, 0), RATE, config)
    assert np.square(samples).sum() > 1000


def test_a_timeline_follows_the_recording(fitted: TDCNNClassifier) -> None:
    samples = np.concatenate([tone(400, 3 * RATE, 0), np.zeros(2 * RATE), tone(2000, 3 * RATE, 1)])
    found = tdcnn.predict_timeline(fitted, samples, RATE, window=1.0, hop=0.5)
    assert len(found) == 15
    assert (found.labels[:5] == "low").all()
    assert (found.labels[-5:] == "high").all()
    assert found.is_silent.tolist() == [6 <= i <= 8 for i in range(15)]
    resampled = tdcnn.predict_timeline(fitted, np.repeat(samples, 2), 2 * RATE, window=1.0, hop=0.5)
    np.testing.assert_array_equal(resampled.starts, found.starts)


@pytest.mark.parametrize(
    ("samples", "options", "message"),
    [
        (np.zeros(0), {}, r"must not be empty, got shape \(0,\)"),
        (np.zeros(100), {"hop": 0}, "hop must be finite"),
        (np.full(100, np.inf), {}, "inf"),
    ],
)
def test_bad_input_of_a_timeline(
    fitted: TDCNNClassifier, samples: Any, options: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        tdcnn.predict_timeline(fitted, samples, RATE, **options)


def test_an_hour_takes_no_more_windows_at_once_than_a_minute(
    fitted: TDCNNClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    answer = TDCNNClassifier._answer

    def watching(self: TDCNNClassifier, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        sizes.append(batch.shape[0] * batch.shape[1])
        return answer(self, batch)

    monkeypatch.setattr(TDCNNClassifier, "_answer", watching)
    hour = np.tile(tone(400, 60 * RATE, 0), 60)
    tracemalloc.start()
    found = tdcnn.predict_timeline(fitted, hour, RATE, window=3.0, hop=30.0)
    timeline_peak = tracemalloc.get_traced_memory()[1]
    assert len(found) == 120
    tracemalloc.reset_peak()
    assert fitted.predict_proba([hour]).shape == (1, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Beside the samples themselves, and a square of each where ends are trimmed.
    assert timeline_peak < 40e6
    assert peak < 12 * hour.size + 40e6
    assert max(sizes) <= recognizer._TOGETHER


# files


def test_a_saved_model_gives_the_same_answers(
    fitted: TDCNNClassifier, saved: Path, clips: Clips
) -> None:
    model = tdcnn.load(saved)
    model.sample_rate = RATE
    np.testing.assert_allclose(
        model.predict_proba(clips[0]), fitted.predict_proba(clips[0]), atol=5e-3
    )
    assert model.config_ == SMALL
    assert model.card_ == {"name": "toy"}
    assert model.classes_.tolist() == ["high", "low"]
    again = saved.with_name("again.keras")
    tdcnn.save(model, again)
    assert tdcnn.load(again).card_ == {"name": "toy"}


def test_keras_alone_reads_the_file(fitted: TDCNNClassifier, saved: Path) -> None:
    network = keras.models.load_model(saved, safe_mode=True)
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in network.layers)
    pictures = np.random.default_rng(0).standard_normal((2, 3, 32, 32, 1)).astype(np.float32)
    np.testing.assert_allclose(
        network.predict_on_batch(pictures), fitted._answer(pictures), atol=1e-2
    )


def test_a_pickle_gives_the_same_answers(fitted: TDCNNClassifier, clips: Clips) -> None:
    for model in (pickle.loads(pickle.dumps(fitted)), deepcopy(fitted)):
        np.testing.assert_array_equal(
            model.predict_proba(clips[0][:4]), fitted.predict_proba(clips[0][:4])
        )


@pytest.mark.usefixtures("eagerly")
def test_another_fit_takes_no_card_along(saved: Path, clips: Clips) -> None:
    model = tdcnn.load(saved)
    model.set_params(**{**QUICK, "epochs": 1})
    assert not hasattr(model.fit(*clips), "card_")


def test_weights_beyond_float16_are_refused(fitted: TDCNNClassifier, tmp_path: Path) -> None:
    model = deepcopy(fitted)
    kernel, bias = model.network_.get_layer("classification").get_weights()
    model.network_.get_layer("classification").set_weights([kernel, bias + 1e6])
    with pytest.raises(ValueError, match=r"within float16 to be stored, got 1e\+06"):
        tdcnn.save(model, tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())


def change(file: Path, **values: Any) -> Path:
    """Return a copy of a model whose JSON says something else."""
    target = Path(shutil.copy(file, file.with_name("changed.keras")))
    return rewrite(target, {"quaver.json": change_json(**values)})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": 9}, "not of format 1"),
        ({"kind": "svm"}, "kind 'svm', expected 'tdcnn'"),
        ({"classes": ["high"]}, "two labels"),
        ({"classes": ["a", "b", "c"]}, r"6 weights of shape \(3,\) are expected, 5 are"),
        ({"config": TDCNNConfig().to_dict()}, "changed.keras"),
        ({"config": {**SMALL.to_dict(), "pools": ((2, 2), (2, 2), (2, 2), (1, 4))}}, "compute"),
        ({"config": {"n_mels": 3}}, "expected the fields"),
        ({"classes": ["a", "a"]}, "distinct"),
        ({"config": {**SMALL.to_dict(), "top_db": 10**400}}, "top_db must be at most"),
        ({"config": {**SMALL.to_dict(), "units": [60000, 128]}}, "units must be at most 4096"),
        ({"config": {**SMALL.to_dict(), "seconds": 1e9}}, "seconds must be at most"),
        ({"more": "[" * 5_000_000}, "bytes, at most"),
        ({"probe": [[0.5, 0.5]]}, "does not compute what was stored"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    saved: Path, values: dict[str, Any], message: str
) -> None:
    changed = change(saved, **values)
    with pytest.raises(ValueError, match=message) as caught:
        tdcnn.load(changed)
    assert "changed.keras" in str(caught.value)


def test_other_files_are_refused(tmp_path: Path, fitted: TDCNNClassifier) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such model: .*gone\.keras"):
        tdcnn.load(tmp_path / "gone.keras")
    torn = tmp_path / "torn.keras"
    torn.write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match=r"torn.keras: not a time-distributed model"):
        tdcnn.load(torn)
    with pytest.raises(ValueError, match=r"expected a name that ends in \.keras"):
        tdcnn.save(fitted, tmp_path / "model.h5")
    pretrained = Path(str(quaver_models.files()))
    with pytest.raises(ValueError, match="not a time-distributed model"):
        tdcnn.load(pretrained / "goemotions-text.keras")
    with pytest.raises(ValueError, match="not a text model"):
        text.load(pretrained / "ravdess-tdcnn.keras")
    with pytest.raises(ValueError, match="'ravdess-tdcnn', got 'other'"):
        tdcnn.load_pretrained("other")


# the pretrained model


def test_the_shipped_file_is_small_and_has_its_card() -> None:
    file = Path(str(quaver_models.files())) / "ravdess-tdcnn.keras"
    assert file.stat().st_size < 12_000_000
    model = tdcnn.load_pretrained()
    assert model.card_["protocol"] == "original"
    assert {"What it is", "Trained on", "Licence", "Not for", "Protocols"} <= set(
        model.card_["text"]
    )
    assert [report["name"] for report in model.card_["reports"]] == [
        "original",
        "speaker-independent",
    ]
    assert model.config_ == TDCNNConfig()
    found = tdcnn.predict(model, [quaver.data.demo_clip()])
    assert found.labels[0] in quaver.LABELS
