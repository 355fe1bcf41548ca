"""Files of models: they come back as they were, and loading trusts nothing."""

from __future__ import annotations

import dataclasses
import os
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC

import fuzzing
import quaver
from forging import SEAL, change_array, change_node, rewrite
from quaver.models import archive, persistence, svm

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


# what is checked before scikit-learn sees it


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    X, _ = vectors(60)
    labels = np.array(["a", "b", "c"])[np.arange(60) % 3]
    machine = CalibratedClassifierCV(SVC(), cv=3, ensemble=False)
    steps = make_pipeline(StandardScaler(), PCA(5, svd_solver="full"), machine).fit(X, labels)
    file = tmp_path_factory.mktemp("written") / "m.skops"
    write(file, steps=steps, classes=("a", "b", "c"))
    return file


@pytest.fixture
def saved(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path))


def refused(file: Path, message: str | None = None) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        persistence.load(file, kind="svm")
    assert str(caught.value).startswith(str(file))


def forged_counts(counts: NDArray[Any]) -> NDArray[Any]:
    return np.array([2_000_100, counts.sum() - 2_000_101, 1], counts.dtype)


ARRAYS = {
    "counts of the right sum": ("_n_support", forged_counts),
    "counts of another sum": ("_n_support", lambda a: a + 1),
    "counts of two labels": ("_n_support", lambda a: np.array([a[0], a[1:].sum()], a.dtype)),
    "counts of 64 bits": ("_n_support", lambda a: a.astype(np.int64)),
    "few vectors": ("support_vectors_", lambda a: a[:2]),
    "no vectors": ("support_vectors_", lambda a: a[:0]),
    "narrow vectors": ("support_vectors_", lambda a: a[:, :2]),
    "flat vectors": ("support_vectors_", np.ravel),
    "vectors without an end": ("support_vectors_", lambda a: a * np.inf),
    "few coefficients": ("_dual_coef_", lambda a: a[:, :1]),
    "one row of coefficients": ("_dual_coef_", lambda a: a[:1]),
    "text": ("_dual_coef_", lambda a: a.astype("U8")),
    "few constants": ("_intercept_", lambda a: a[:1]),
    "no constants": ("_intercept_", lambda a: a[:0]),
    "curves of one pair": ("_probA", lambda a: np.ones(1)),
    "indices": ("support_", lambda a: a[:1]),
    "means": ("mean_", lambda a: a[:3]),
    "scale of 0": ("scale_", lambda a: a * 0),
    "components": ("components_", lambda a: a[:, :3]),
    "two labels": ("classes_", lambda a: a[:2]),
    "labels that are one": ("classes_", lambda a: np.full_like(a, "a")),
    "no width": ("_gamma", lambda a: a * np.nan),
    "no slope": ("a_", lambda a: a * np.nan),
    "a probe of one value": ("vectors", lambda a: a[:, :1]),
    "an empty probe": ("vectors", lambda a: a[:0]),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_that_do_not_fit_are_refused_unused(saved: Path, case: str) -> None:
    attribute, change = ARRAYS[case]
    refused(change_array(saved, attribute, change))


NODES = {
    "kernel": "precomputed",
    "degree": 10**9,
    "_sparse": True,
    "coef0": "x",
    "decision_function_shape": "other",
    "memory": "/tmp",
    "n_features_in_": 3,
    "method": "isotonic",
    "whiten": "yes",
}


@pytest.mark.parametrize("attribute", NODES)
def test_parameters_that_do_not_fit_are_refused(saved: Path, attribute: str) -> None:
    refused(change_node(saved, attribute, NODES[attribute]))


def edit_schema(file: Path, old: str, new: str) -> Path:
    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode())

    return rewrite(file, {"schema.json": change})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"SVC"', '"NuSVC"', "not trusted: .*NuSVC"),
        ('"dict"', '"OrderedDict"', "not trusted"),
        ('"ListNode"', '"SetNode"', "not trusted"),
        ('"type": "numpy"', '"type": ""', "an array of the type ''"),
        ('"_gamma"', '"_impl"', "has no attributes .*_impl"),
        ('"_gamma"', '"predict"', "has no attributes .*predict"),
        ('"content": "3"', '"content": "' + "1" * 5000 + '"', "5000 digits"),
        ('"content": "3"', '"content": 3', "content must be a str"),
        ('"__class__"', '"__klass__"', "__class__ must be a str"),
        (".npy", ".npz", "no entry"),
    ],
    ids=str,
)
def test_schemas_that_say_something_else(saved: Path, old: str, new: str, message: str) -> None:
    refused(edit_schema(saved, old, new), message)


@pytest.mark.parametrize(
    "schema",
    [b"\xff{}", b'{"protocol": 2', b"[" * 10_000 + b"]" * 10_000, b'"x"', b"{}", b"null",
     b"1" * 5000, b" " * (archive.LARGEST_JSON + 1), b'{"a": "\\ud800"}'],
    ids=["UTF-8", "torn", "deep", "text", "empty", "null", "digits", "blanks", "half"],
)  # fmt: skip
def test_schemas_that_are_none(saved: Path, schema: bytes) -> None:
    refused(rewrite(saved, {"schema.json": schema}), "not a model of quaver")


def test_arrays_are_as_long_as_they_say(saved: Path) -> None:
    whole = saved.read_bytes()
    for old, new in ((b"'shape': (60,", b"'shape': (61,"), (b"<f8", b"|O8"), (b"NUMPY", b"NUMPI")):
        saved.write_bytes(whole)
        with zipfile.ZipFile(saved) as opened:
            changes = {
                name: opened.read(name).replace(old, new)
                for name in opened.namelist()
                if name.endswith(".npy")
            }
        refused(rewrite(saved, changes))


def test_an_archive_is_bounded(saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    refused(rewrite(saved, {"0.npy": bytes(40 << 20)}), "bytes, expected at most")
    saved.write_bytes(whole)
    refused(rewrite(saved, {f"{i}.npy": b"" for i in range(5001)}), "entries")
    saved.write_bytes(whole)
    refused(rewrite(saved, {"../up.npy": b""}), "an entry of the name")
    saved.write_bytes(whole)
    refused(rewrite(saved, compression=zipfile.ZIP_LZMA), "compressed by method 14")
    saved.write_bytes(whole)
    with zipfile.ZipFile(saved, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("schema.json", "{}")
    refused(saved, "distinct")
    saved.write_bytes(whole + b"behind")
    refused(saved, "cut off")


def test_files_that_never_end_are_refused_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "m.skops"
    os.mkfifo(fifo)
    for file in (fifo, Path("/dev/zero")):
        refused(file, "expected a regular file")


def test_an_edited_file_is_told_by_its_checksums(saved: Path) -> None:
    with zipfile.ZipFile(saved) as opened:
        seal = opened.read(SEAL)
        entries = {info.filename: info.file_size for info in opened.infolist()}
    assert len(seal.splitlines()) == len(entries) - 1
    whole = saved.read_bytes()
    change_array(saved, "_intercept_", lambda a: a * 1.00001)
    persistence.load(saved, kind="svm")  # without checksums, as an earlier version wrote it
    refused(rewrite(saved, {SEAL: seal}), "damaged or edited")
    saved.write_bytes(whole)
    refused(rewrite(saved, {SEAL: seal[:-1]}), "damaged or edited")


@pytest.mark.parametrize(
    "steps",
    [
        (MinMaxScaler(), LogisticRegression()),
        (MaxAbsScaler(), RobustScaler(), SVC(kernel="poly")),
        (StandardScaler(with_mean=False), "passthrough", PCA(3, whiten=True), LogisticRegression()),
    ],
    ids=str,
)
@pytest.mark.parametrize("n_labels", [2, 4])
def test_other_steps_come_back(tmp_path: Path, steps: Any, n_labels: int) -> None:
    X = np.random.default_rng(1).standard_normal((80, 6)).astype(np.float32)
    y = np.array(list("abcd"), object)[np.arange(80) % n_labels]
    machine = CalibratedClassifierCV(steps[-1], cv=2, ensemble=isinstance(steps[-1], SVC))
    fitted = make_pipeline(*steps[:-1], machine).fit(X, y)
    file = tmp_path / "m.skops"
    write(file, steps=fitted, classes=tuple("abcd"[:n_labels]), probe=X[:4])
    content = persistence.load(file, kind="svm")
    assert content["n_values"] == 6
    np.testing.assert_array_equal(content["steps"].predict_proba(X), fitted.predict_proba(X))


def test_trees_whose_indices_nobody_checks_are_not_written(tmp_path: Path) -> None:
    X, y = vectors()
    steps = make_pipeline(StandardScaler(), RandomForestClassifier(3)).fit(X, y)
    with pytest.raises(ValueError, match=r"scikit-learn's own classes, got .*RandomForest"):
        write(tmp_path / "m.skops", steps=steps)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"n_mels": 2**20}, "n_mels must be at most 4096"),
        ({"n_fft": 2**20, "hop_length": 1}, "values a second"),
        ({"n_fft": 2**21, "frame_length": 2**21, "hop_length": 2**21}, "n_fft must be at most"),
        ({"rolloff": 2}, "rolloff must lie in"),
        ({"fmin": 9000}, "fmin and fmax must satisfy"),
        ({"n_bands": 2**20}, "n_bands must lie between"),
        ({"sample_rate": 10**400}, "sample_rate must be at most"),
        ({"trim_db": 10**400}, "trim_db must be at most"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_configurations_beyond_sense(tmp_path: Path, config: Any, message: str) -> None:
    file = tmp_path / "m.skops"
    write(file, config=config)
    with pytest.raises(ValueError, match=message) as caught:
        svm.load(file)
    assert "m.skops" in str(caught.value)


#: What no parameter or few can be.
UGLY: list[Any] = [
    *(None, True, -1, 0, 1, 2, 2**20, 2**24, 2**31, 2**64, 10**400, 0.5, 1e-300, 1e308, -1e308),
    *(float("nan"), float("inf"), "", "x", [], [[1]], ["x"], {}),
]


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(quaver.FeatureConfig)])
def test_any_configuration_is_refused_by_name_or_can_be_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = svm.load_pretrained()
    good = model.config.to_dict()
    content = {
        "steps": model.steps,
        "card": {},
        "n_values": len(quaver.feature_names(model.config)),
    }
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 8000)
    reasons = []
    for value in UGLY:
        found = {**content, "config": {**good, name: value}}
        monkeypatch.setattr(persistence, "load", lambda file, kind, found=found: found)
        with fuzzing.memory_limit(1 << 30):
            try:
                config = svm.load("m.skops").config
            except ValueError as error:
                reasons.append(str(error))
                continue
            quaver.extract(noise, config.sample_rate, config=config, pad=True)
    assert len(reasons) >= 10
    assert [reason for reason in reasons if not reason.startswith("m.skops: ")] == []
