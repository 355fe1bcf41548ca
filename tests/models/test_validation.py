"""Cross-validation of any model on any corpus: the same as a loop by hand, and honest intervals."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score, recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import quaver
from quaver.corpus import Clip, Corpus, folders, manifest
from quaver.models import evaluation, results, svm
from quaver.models.predictions import Predictions
from quaver.models.protocols import folds_of, units_of
from quaver.models.svm import robust, selection
from quaver.models.transformers import AudioFeatures
from toys import tone

LABELS = ("calm", "cross", "giddy", "unsure", "weary")


@pytest.fixture(scope="module")
def moods(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Five labels of one's own, told by a pitch that wavers; six speakers with three clips each."""
    folder = tmp_path_factory.mktemp("moods")
    rng = np.random.default_rng(8)
    for i, label in enumerate(LABELS):
        (folder / label).mkdir()
        for k in range(18):
            pitch = 300 * (i + 1) * rng.uniform(0.8, 1.25)
            samples = rng.uniform(0.05, 0.3) * tone(pitch, 6000, k)
            soundfile.write(folder / label / f"{'abcdef'[k // 3]}_{k}.wav", samples, 16000)
    return folders(folder, speaker="/([a-f])_")


@pytest.mark.parametrize("protocol", ["speaker-independent", "leave-one-speaker-out"])
def test_the_scores_are_those_of_a_loop_by_hand(moods: Corpus, protocol: str) -> None:
    found = evaluation.cross_validate(
        moods, protocol=protocol, search=False, config=quaver.FeatureConfig(), threads=1
    )
    X = AudioFeatures().transform(moods.paths)
    y, speakers = moods.labels, moods.speakers
    names = sorted(set(speakers))
    if protocol == "leave-one-speaker-out":
        parts = [{name} for name in names]
    else:
        parts = [set(names[i::5]) for i in range(5)]
    accuracies, recalls = [], []
    for part in parts:
        test = np.array([speaker in part for speaker in speakers])
        inner, _ = svm.selection.speaker_folds(y[~test], moods.groups[~test])
        machine = svm.make_pipeline(quaver.FeatureConfig(), cv=inner)[1:]
        predicted = machine.fit(X[~test], y[~test]).predict(X[test])
        accuracies.append(accuracy_score(y[test], predicted))
        recalls.append(recall_score(y[test], predicted, average="macro"))
    assert found.report.accuracies.tolist() == pytest.approx(accuracies, abs=1e-12)
    assert found.report.uars.tolist() == pytest.approx(recalls, abs=1e-12)
    assert 0.2 < found.accuracy < 1  # a task that can be failed
    assert found.accuracy == pytest.approx(np.mean(found.predicted == y))
    assert found.report.confusion.sum() == 90


def test_an_estimator_of_ones_own(moods: Corpus) -> None:
    mine = make_pipeline(AudioFeatures(threads=1), StandardScaler(), SVC(C=3))
    found = evaluation.cross_validate(moods, mine)
    X = AudioFeatures().transform(moods.paths)
    for i, test in enumerate(folds_of(moods, "speaker-independent")):
        train = np.setdiff1d(np.arange(90), test)
        machine = make_pipeline(StandardScaler(), SVC(C=3)).fit(X[train], moods.labels[train])
        expected = accuracy_score(moods.labels[test], machine.predict(X[test]))
        assert found.report.accuracies[i] == pytest.approx(expected)
    assert np.isnan(found.probabilities).all()  # an SVC has none
    with pytest.raises(TypeError, match="takes no options, got search"):
        evaluation.cross_validate(moods, mine, search=False)


def test_what_is_chosen_is_chosen_in_the_training_part(
    moods: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "GRID", {})
    seen = []
    fit = selection.fit

    def spy(vectors: Any, labels: Any, groups: Any, **options: Any) -> Any:
        seen.append(set(groups.tolist()))
        return fit(vectors, labels, groups, **options)

    monkeypatch.setattr(selection, "fit", spy)
    found = evaluation.cross_validate(moods, protocol="leave-one-speaker-out")
    speakers = set(moods.groups.tolist())
    tested = [set(moods.groups[found.folds == i].tolist()) for i in range(6)]
    assert seen == [speakers - part for part in tested]
    assert all(choice["C"] in selection.PENALTIES for choice in found.report.choices)


def test_a_function_that_trains(moods: Corpus) -> None:
    def train(part: Corpus) -> Any:
        return svm.train(part, config=quaver.FeatureConfig(), search=False)

    found = evaluation.cross_validate(moods, train, threads=1)
    named = evaluation.cross_validate(moods, "svm", search=False, threads=1)
    assert found.report.confusion.tolist() == named.report.confusion.tolist()
    np.testing.assert_allclose(found.probabilities, named.probabilities, atol=1e-6)


@pytest.mark.filterwarnings("ignore:random folds")
def test_random_folds_and_no_speakers(moods: Corpus) -> None:
    nobody = Corpus.of_columns(
        {**{name: list(moods.column(name)) for name in ("path", "label")}, "corpus": ["m"] * 90}
    )
    with pytest.raises(ValueError, match="needs the speakers, which are not known"):
        evaluation.cross_validate(nobody)
    mine = make_pipeline(AudioFeatures(threads=1), StandardScaler(), SVC())
    found = evaluation.cross_validate(nobody, mine, protocol="random", seed=3)
    assert found.resampled == "clips"
    assert found.to_dict()["speakers"] is None
    for i in range(5):  # each label is shared out evenly
        counts = np.unique(nobody.labels[found.folds == i], return_counts=True)[1]
        assert set(counts.tolist()) <= {3, 4}
    with pytest.warns(UserWarning, match="random folds though speakers are known"):
        next(folds_of(moods, "random"))


def test_bad_clips_are_failures_and_no_scores(moods: Corpus, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("no audio")
    more = Corpus([*moods, Clip(tmp_path / "bad.wav", "calm", "a", "moods")])
    mine = make_pipeline(AudioFeatures(threads=1), StandardScaler(), SVC())
    found = evaluation.cross_validate(more, mine)
    assert [f.index for f in found.failures] == [90]
    assert len(found.corpus) == 90
    assert found.to_dict()["failures"][0]["file"].endswith("bad.wav")


class Majority(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Answers what most training clips are, with the shares as probabilities."""

    def fit(self, X: Any, y: Any) -> Majority:
        self.classes_, counts = np.unique(y, return_counts=True)
        self.shares_ = counts / counts.sum()
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.classes_[self.shares_.argmax()])

    def predict_proba(self, X: Any) -> Any:
        return np.tile(self.shares_, (len(X), 1))


def test_a_label_that_only_the_test_part_has(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(400, 6000, 0), 16000)
    rows = [("x", "p"), ("x", "q"), ("y", "p"), ("y", "p")]
    clips = Corpus(Clip(tmp_path / "a.wav", label, speaker, "t") for label, speaker in rows)
    with pytest.warns(UserWarning, match="fold 1: no clip of y is left to train on"):
        found = evaluation.cross_validate(clips, Majority(), protocol="leave-one-speaker-out")
    assert found.predicted.tolist() == ["x", "y", "x", "x"]
    assert found.probabilities[0].tolist() == [1, 0]
    assert found.accuracy == 0.25
    assert found.counts() == {
        "x": {"clips": 2, "recall": 0.5}, "y": {"clips": 2, "recall": 0.0},
    }  # fmt: skip
    frame = found.to_frame()
    assert frame["right"].tolist() == [True, False, False, False]
    assert frame["fold"].tolist() == [0, 1, 0, 0]
    assert frame["probability_x"].tolist() == pytest.approx([1, 1 / 3, 1, 1])


@pytest.mark.parametrize("kind", ["svm", "robust", "encoder"])
def test_a_label_with_one_clip_to_train_on_is_said_before_anything_is_read(kind: str) -> None:
    rows = [*(("x", name) for name in "pqrpqr"), ("y", "p"), ("y", "q")]
    clips = Corpus(Clip(Path(f"{i}.wav"), *row, "t") for i, row in enumerate(rows))
    with pytest.raises(ValueError, match="fold 1 has one clip of y to train on, expected two"):
        evaluation.cross_validate(clips, kind, protocol="leave-one-speaker-out")


@pytest.mark.filterwarnings("ignore:random folds")
def test_parts_that_overlap_stay_together(moods: Corpus) -> None:
    paths = [str(path) for path in moods.column("path")]
    columns: dict[str, Any] = {
        "path": paths * 4,
        "label": moods.labels.tolist() * 4,
        "start": np.repeat([0.0, 0.03, 0.2, 0.06], 90),
        "end": np.repeat([0.1, 0.2, np.nan, 0.15], 90),
    }
    clips = Corpus.of_columns(columns)
    assert units_of(clips).reshape(4, 90)[[0, 1, 3]].tolist() == [[*range(90)]] * 3
    assert units_of(clips).reshape(4, 90)[2].tolist() == [*range(90, 180)]
    folds = np.full(360, -1)
    for i, rows in enumerate(folds_of(clips, "random")):
        folds[rows] = i
    together = folds.reshape(4, 90)
    assert (together[[1, 3]] == together[0]).all()
    assert (together[2] != together[0]).any()
    twice = Corpus.joined([clips[:90], clips[:90]])  # a corpus that was given twice
    assert units_of(twice).tolist() == [*range(90)] * 2
    found = evaluation.cross_validate(twice, search=False, protocol="random", threads=1)
    assert (found.folds[:90] == found.folds[90:]).all()
    texts = Corpus.of_columns({"path": [""] * 3, "label": ["a"] * 3})
    assert units_of(texts).tolist() == [0, 1, 2]


def test_intervals_are_drawn_over_speakers() -> None:
    # Nine speakers of whom all clips are right, one of whom all are wrong: what chance makes of the
    # share of such speakers in ten draws is binomial, whatever the number of clips: of ten the
    # quantile of 0.86 % is taken in the place of 2.5 %.
    right, wrong = np.diag([5, 5]), np.array([[0, 5], [5, 0]])
    (low, high), uar = results.bootstrap(np.array([right] * 9 + [wrong]), draws=20000)
    assert (low, high) == (0.6, 1.0)
    assert uar == (0.6, 1.0)
    # Of labels with unlike numbers of clips the average recall is not the accuracy.
    uneven = np.array([[[9, 0], [1, 0]]] * 4)
    assert results.bootstrap(uneven) == ((0.9, 0.9), (0.5, 0.5))


@pytest.mark.parametrize("n_speakers", [4, 12])
def test_intervals_of_few_speakers_hold_what_they_say(n_speakers: int) -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        right = rng.binomial(40, rng.beta(6, 4, n_speakers))  # 60 % on average
        confusions = np.zeros((n_speakers, 2, 2), np.int64)
        confusions[:, 0, 0], confusions[:, 0, 1] = right, 40 - right
        low, high = results.bootstrap(confusions, draws=500)[0]
        held += low <= 0.6 <= high
    assert held / 300 > 0.89  # 79 % of four by the plain quantiles


def test_speakers_of_ravdess_called_otherwise() -> None:
    names = ["ann", "bob", "01", "02"]
    clips = Corpus(Clip(Path(f"{name}.wav"), "calm", name, "ravdess") for name in names)
    folds = [clips.speakers[rows].tolist() for rows in folds_of(clips, "speaker-independent")]
    assert folds == [["ann", "02"], ["bob"], ["01"]]


def test_wrong_arguments(moods: Corpus) -> None:
    with pytest.raises(ValueError, match=r"model must be one of svm, .*, got 'knn'"):
        evaluation.cross_validate(moods, "knn")
    with pytest.raises(TypeError, match="an estimator or a function, got int"):
        evaluation.cross_validate(moods, 3)
    with pytest.raises(ValueError, match=r"protocol must be one of .*, got 'holdout'"):
        evaluation.cross_validate(moods, protocol="holdout")
    with pytest.raises(ValueError, match="needs at least two corpora"):
        evaluation.cross_validate(moods, protocol="leave-one-corpus-out")
    with pytest.raises(ValueError, match="needs a column text"):
        evaluation.cross_validate(moods, "text")


class _Recorded(Majority):
    """In the place of a network: remembers what it was trained on."""

    seen: ClassVar[list[tuple[Any, Any]]] = []

    def __init__(self, random_state: int | None = None, epochs: int = 10) -> None:
        self.random_state, self.epochs = random_state, epochs
        self.card: dict[str, Any] = {}

    def fit(self, X: Any, y: Any, groups: Any = None) -> _Recorded:
        self.seen.append((list(X), groups))
        super().fit(X, y)
        return self

    def predict_clips(self, clips: Any, threads: int | None = None) -> Predictions:
        shares = self.predict_proba(clips)
        return Predictions.of(self.classes_, shares, np.arange(len(clips)), ())


@pytest.mark.slow
def test_networks_hear_the_training_part_only(
    moods: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = pytest.importorskip("quaver.models.tdcnn.classifier")
    monkeypatch.setattr(classifier, "TDCNNClassifier", _Recorded)
    monkeypatch.setattr(_Recorded, "seen", [])
    found = evaluation.cross_validate(moods, "tdcnn", protocol="leave-one-speaker-out", epochs=3)
    assert found.accuracy == 0.2
    for i, (heard, groups) in enumerate(_Recorded.seen):
        assert heard == moods.paths[found.folds != i].tolist()
        assert groups is None  # a tenth of five speakers is none


@pytest.mark.slow
def test_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = pytest.importorskip("quaver.models.text.classifier")
    monkeypatch.setattr(classifier, "TextClassifier", _Recorded)
    monkeypatch.setattr(_Recorded, "seen", [])
    table = tmp_path / "texts.csv"
    rows = [f"well {i},{'ab'[i % 2]},{'pqr'[i // 4]}" for i in range(12)]
    table.write_text("\n".join(["text,label,speaker", *rows]))
    texts = manifest(table, recordings=False)
    evaluation.cross_validate(texts, "text", protocol="leave-one-speaker-out")
    assert _Recorded.seen[0][0] == [f"well {i}" for i in range(4, 12)]


@pytest.mark.parametrize("kind", ["robust", "encoder"])
def test_models_of_vectors(moods: Corpus, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    # The vectors of all clips are made once; a fold is trained on its own part of them.
    parts = []

    def part(rows: Any) -> Any:
        parts.append(rows.tolist())
        return moods.part(rows)

    def trained(clips: Any) -> Any:
        return _Recorded().fit(clips.paths, clips.labels)

    vectors = SimpleNamespace(part=part)
    if kind == "robust":
        monkeypatch.setattr(robust, "heard", lambda clips, **_: vectors)
        monkeypatch.setattr(robust, "model_of", lambda _, heard, search: trained(heard))
    else:
        pytest.importorskip("onnxruntime")
        from quaver.models.encoder import classifier, model, selection
        from quaver.models.encoder import vectors as vectors_

        monkeypatch.setattr(model.Encoder, "load_pretrained", lambda **_: None)
        monkeypatch.setattr(vectors_, "vectors_of", lambda *_, **__: vectors)
        choice = SimpleNamespace(penalty=1.0)
        monkeypatch.setattr(selection, "fit", lambda heard, search: (trained(heard), choice))
        monkeypatch.setattr(classifier, "EncoderClassifier", lambda _, head, card: head)
    found = evaluation.cross_validate(moods, kind, search=False)
    assert parts == [np.flatnonzero(found.folds != i).tolist() for i in range(5)]
    assert found.accuracy == 0.2
