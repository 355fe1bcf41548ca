"""An SVM trained and scored on features that were written before: what it is from recordings."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

import quaver
from quaver.corpus import Corpus, manifest
from quaver.dataset.read import CorpusFeatures
from quaver.models import svm
from quaver.models.evaluation import cross_validate, evaluate_model
from quaver.models.results import bootstrap

CONFIG = quaver.FeatureConfig(n_mfcc=20)


@pytest.fixture(scope="module")
def clips(corpus_folder: Path) -> Corpus:
    """The whole clips: others overlap, and are on both sides."""
    found = manifest(corpus_folder / "clips.csv")
    return found.part([clip.end is None and clip.start == 0 for clip in found])


@pytest.fixture(scope="module")
def features(clips: Corpus, tmp_path_factory: pytest.TempPathFactory) -> CorpusFeatures:
    out = tmp_path_factory.mktemp("features")
    quaver.extract_corpus(clips, out, config=CONFIG, partition=7)
    return quaver.read_corpus_features(out)


def test_training_is_the_same(clips: Corpus, features: CorpusFeatures) -> None:
    heard = svm.train(clips, config=CONFIG)
    read = svm.train(features)
    assert read.config == heard.config == CONFIG
    assert read.card == heard.card
    np.testing.assert_array_equal(
        read.steps.predict_proba(features.values), heard.steps.predict_proba(features.values)
    )
    assert evaluate_model(read, features).to_dict() == evaluate_model(heard, clips).to_dict()


@pytest.mark.parametrize("protocol", ["speaker-independent", "leave-one-speaker-out", "random"])
def test_scores_are_the_same(protocol: str, clips: Corpus, features: CorpusFeatures) -> None:
    with pytest.warns(UserWarning, match="random") if protocol == "random" else nullcontext():
        heard = cross_validate(clips, config=CONFIG, search=False, protocol=protocol)
        read = cross_validate(features, search=False, protocol=protocol)
    assert read.report.to_dict() == heard.report.to_dict()
    np.testing.assert_array_equal(read.predicted, heard.predicted)
    np.testing.assert_array_equal(read.probabilities, heard.probabilities)


def test_no_recording_is_opened(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = tmp_path / "corpus"
    shutil.copytree(corpus_folder, copied)
    quaver.extract_corpus(manifest(copied / "clips.csv"), tmp_path / "features")
    shutil.rmtree(copied)
    found = quaver.read_corpus_features(tmp_path / "features")
    assert len(svm.train(found, search=False).classes) == 2
    cross_validate(found, search=False)


@pytest.mark.filterwarnings("ignore:random folds")
def test_windows_of_a_recording_stay_together(clips: Corpus, tmp_path: Path) -> None:
    # Labels that sound tells nothing of, but a recording: a window of it would know the others'.
    labels = ["ab"[i // 2 % 2] for i in range(len(clips))]
    columns = {"path": [str(clip.path) for clip in clips], "label": labels}
    nobody = Corpus.of_columns(columns)
    quaver.extract_corpus(nobody, tmp_path, window=0.1, hop=0.02)
    windows = quaver.read_corpus_features(tmp_path)
    found = cross_validate(windows, search=False, protocol="random")
    paths = windows.corpus.column("path")
    assert all(len(set(found.folds[paths == path])) == 1 for path in set(paths))
    assert len(set(found.folds)) == 5
    assert found.accuracy < 0.75
    assert found.resampled == "recordings"
    of_files = np.stack([
        np.bincount(2 * (rows == "b") + (said == "b"), minlength=4).reshape(2, 2)
        for rows, said in (
            (windows.labels[paths == path], found.predicted[paths == path])
            for path in sorted(set(paths))
        )
    ])  # fmt: skip
    assert found.intervals() == bootstrap(of_files)
    chosen = svm.train(windows, search=False).card["chosen"]
    assert chosen["folds_of_search"] == "by recording"
    one = windows.part(paths == paths[0])
    with pytest.raises(ValueError, match="random folds need at least two recordings, got 1"):
        cross_validate(one, search=False, protocol="random")


def test_features_that_do_not_fit(features: CorpusFeatures) -> None:
    with pytest.raises(ValueError, match="features are made already"):
        svm.train(features, config=quaver.FeatureConfig())
    with pytest.raises(ValueError, match="features are made already"):
        cross_validate(features, config=quaver.FeatureConfig())
    with pytest.raises(ValueError, match="for the model 'svm', got 'encoder'"):
        cross_validate(features, "encoder")
    other = svm.train(features, search=False)
    assert evaluate_model(other, features).accuracy > 0.5
    plain = svm.load_pretrained()
    with pytest.raises(ValueError, match="config"):
        evaluate_model(plain, features)


def test_parts_and_labels(features: CorpusFeatures) -> None:
    part = features.part([3, 1])
    np.testing.assert_array_equal(part.values, features.values[[3, 1]])
    assert part.corpus == features.corpus.part([3, 1])
    masked = features.part(features.labels == "calm")
    np.testing.assert_array_equal(masked.values, features.values[features.labels == "calm"])
    renamed = features.relabelled({"calm": "quiet"}, ["bored"])
    assert set(renamed.labels) == {"quiet"}
    np.testing.assert_array_equal(renamed.values, masked.values)
    assert set(features.with_speakers("room").corpus.speakers) == {"hall"}
    assert repr(features) == f"<CorpusFeatures of {len(features)} x 560 values, 0 failed>"
    assert set(features.groups) == {f"clips/{name}" for name in "pqrs"}
