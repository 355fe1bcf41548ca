"""Results as frames of pandas."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import quaver
from quaver.models.predictions import Predictions
from quaver.models.scores import score
from quaver.models.timeline import Timeline


def test_a_batch() -> None:
    good = np.random.default_rng(0).standard_normal((2, 8000)).astype(np.float32)
    batch = quaver.extract_many([good[0], np.zeros(0), good[1]], 16000)
    frame = batch.to_frame()
    assert frame.index.tolist() == [0, 2]
    assert tuple(frame.columns) == batch.names
    np.testing.assert_array_equal(frame.to_numpy(), batch.values)


def test_predictions() -> None:
    shares = np.array([[0.2, 0.8], [0.6, 0.4]])
    found = Predictions.of(
        np.array(["calm", "tense"]), shares, np.array([0, 2]), (), [(), ("silence", "too_short")]
    ).to_frame()
    assert found.index.tolist() == [0, 2]
    assert found["label"].tolist() == ["tense", "calm"]
    assert found["reliable"].tolist() == [True, False]
    assert found["warnings"].tolist() == ["", "silence,too_short"]
    assert found["probability_tense"].tolist() == [0.8, 0.4]


def test_a_timeline() -> None:
    starts = np.array([0.0, 1.0])
    shares, levels = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([-20.0, -100.0])
    found = Timeline(starts, starts + 3, shares, ("calm", "tense"), levels).to_frame()
    assert found["end"].tolist() == [3, 4]
    assert found["label"].tolist() == ["calm", "tense"]
    assert found["warnings"].tolist() == ["", "silence"]
    assert found["probability_calm"].tolist() == [0.9, 0.3]


def test_a_report() -> None:
    report = score("mine", ["a", "b"], [(["a", "b"], ["a", "a"]), (["a"], ["a"])])
    found = report.to_frame()
    assert found["accuracy"].tolist() == [0.5, 1]
    assert found["uar"].tolist() == [0.5, 1]


@pytest.mark.slow
def test_a_report_of_texts() -> None:
    evaluation = pytest.importorskip("quaver.models.text.evaluation")
    scores = (0.5,) * 5
    report = evaluation.TextReport("x", *scores, {"a": 0.25, "b": 1.0}, {"b": 0.5, "a": 0.75}, 9, 4)
    found = report.to_frame()
    assert found.to_dict("list") == {"label": ["a", "b"], "f1": [0.25, 1], "threshold": [0.75, 0.5]}


def test_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    report = score("mine", ["a", "b"], [(["a", "b"], ["a", "a"])])
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match=r'pandas: pip install "quaver\[pandas\]"'):
        report.to_frame()
