"""Files of models: they come back as they were, and loading trusts nothing."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

import quaver
from quaver.models import persistence, svm

N_VALUES = len(quaver.feature_names())
CARD = {"name": "test", "versions": {"scikit-learn": "0.0"}}


def vectors(n: int = 40, n_values: int = N_VALUES) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    rng = np.random.default_rng(0)
    labels = np.array(["fear", "joy"])[np.arange(n) % 2]
    X = rng.standard_normal((n, n_values)) + np.arange(n)[:, None] % 2
    return X.astype(np.float32), labels


def fitted(n_values: int = N_VALUES) -> Any:
    X, y = vectors(n_values=n_values)
    machine = CalibratedClassifierCV(SVC(), cv=3, ensemble=False)
    return make_pipeline(StandardScaler(), machine).fit(X, y)


def write(file: Path, **changes: Any) -> None:
    arguments: dict[str, Any] = {
        "kind": "svm",
        "steps": fitted(),
        "config": quaver.FeatureConfig().to_dict(),
        "classes": ("fear", "joy"),
        "card": CARD,
        "probe": vectors()[0][:4],
    }
    persistence.save(file, **(arguments | changes))


def test_a_model_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "m.skops"
    steps = fitted()
    write(file, steps=steps)
    content = persistence.load(file, kind="svm")
    X = vectors()[0]
    np.testing.assert_array_equal(content["steps"].predict_proba(X), steps.predict_proba(X))
    assert content["config"] == quaver.FeatureConfig().to_dict()
    assert content["card"] == CARD
    assert [path.name for path in tmp_path.iterdir()] == ["m.skops"]


def test_missing_file() -> None:
    with pytest.raises(FileNotFoundError, match=r"no such model: nowhere\.skops"):
        persistence.load("nowhere.skops", kind="svm")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        persistence.load(tmp_path, kind="svm")


NOT_MODELS = {
    "empty": b"",
    "text": b"hello",
    "riff": b"RIFF\x00\x00\x00\x00WAVE",
    "pickle": pickle.dumps({"format": 1}),
}


@pytest.mark.parametrize("name", list(NOT_MODELS))
def test_files_that_are_no_models(tmp_path: Path, name: str) -> None:
    file = tmp_path / "m.skops"
    file.write_bytes(NOT_MODELS[name])
    with pytest.raises(ValueError, match=r"m\.skops: not a model of quaver"):
        persistence.load(file, kind="svm")


def test_archives_that_are_no_models(tmp_path: Path) -> None:
    file = tmp_path / "m.skops"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", "{}")
    with pytest.raises(ValueError, match=r"m\.skops: not a model of quaver"):
        persistence.load(file, kind="svm")
    skops.io.dump({"format": 1}, file)
    with pytest.raises(ValueError, match=r"m\.skops: not a model of quaver"):
        persistence.load(file, kind="svm")
    write(file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"m\.skops: not a model of quaver"):
        persistence.load(file, kind="svm")


def noisy(X: NDArray[np.float32]) -> NDArray[np.float32]:
    raise AssertionError("code of the file was run")


def test_foreign_classes_are_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "m.skops"
    skops.io.dump({"steps": make_pipeline(FunctionTransformer(noisy))}, file)
    with pytest.raises(ValueError, match=r"m\.skops: holds classes that are not trusted: .*noisy"):
        persistence.load(file, kind="svm")


def test_foreign_classes_are_not_even_written(tmp_path: Path) -> None:
    X, y = vectors()
    steps = make_pipeline(FunctionTransformer(half), fitted()[-1]).fit(X, y)
    with pytest.raises(ValueError, match=r"scikit-learn's own classes, got .*half"):
        write(tmp_path / "m.skops", steps=steps)
    assert not list(tmp_path.iterdir())


def half(X: NDArray[np.float32]) -> NDArray[np.float32]:
    return X / 2


@pytest.mark.parametrize(
    ("schema", "message"),
    [("no json", "not a model"), ("[" * 100_000, "not a model"), ("[1]", "not a model")],
    ids=["text", "deep", "list"],
)
def test_forged_schemas(tmp_path: Path, schema: str, message: str) -> None:
    file = tmp_path / "m.skops"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", schema)
    with pytest.raises(ValueError, match=rf"m\.skops: {message}"):
        persistence.load(file, kind="svm")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": [1]}, r"not a model of quaver \(wrong config\)"),
        ({"card": "text"}, r"not a model of quaver \(wrong card\)"),
        ({"classes": ("joy", "fear")}, r"labels \['joy', 'fear'\], those of its steps"),
        ({"config": {"n_mfcc": -1}}, "n_mfcc must be positive, got -1"),
        ({"config": {"n_mfcc": "x"}}, "n_mfcc must be an int"),
    ],
    ids=str,
)
def test_wrong_fields_are_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    file = tmp_path / "m.skops"
    write(file, **changes)
    with pytest.raises(ValueError, match=rf"m\.skops: {message}"):
        svm.load(file)


def test_kinds_and_formats_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.skops"
    write(file, kind="other")
    with pytest.raises(ValueError, match="kind 'other', expected 'svm'"):
        svm.load(file)
    monkeypatch.setattr(persistence, "FORMAT", 7)
    write(file)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=f"format 7, expected {persistence.FORMAT}"):
        svm.load(file)


def test_other_results_than_at_training_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if another scikit-learn computed something else."""
    file = tmp_path / "m.skops"
    write(file)
    whole = SVC.decision_function
    monkeypatch.setattr(SVC, "decision_function", lambda self, X: whole(self, X) + 1)
    with pytest.raises(ValueError, match=r"trained with scikit-learn 0\.0, .*does not reproduce"):
        persistence.load(file, kind="svm")


def test_values_and_configuration_must_fit(tmp_path: Path) -> None:
    file = tmp_path / "m.skops"
    config = quaver.FeatureConfig(n_mfcc=5)
    made = len(quaver.feature_names(config))
    write(file, config=config.to_dict())
    with pytest.raises(
        ValueError, match=rf"takes {N_VALUES} values, its configuration makes {made}: .*n_mfcc"
    ):
        svm.load(file)
    write(file, config={"n_mfcc": 13, "loudness": True})
    with pytest.raises(ValueError, match=r"m\.skops: not parameters of FeatureConfig: loudness"):
        svm.load(file)
