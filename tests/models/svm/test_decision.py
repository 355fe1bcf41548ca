"""A decision in a few products of matrices is that of scikit-learn."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from quaver.config import FeatureConfig
from quaver.models import svm
from quaver.models.svm import selection
from quaver.models.svm.decision import Decision


def fitted(variance: float | None, n_labels: int, **options: Any) -> Pipeline:
    rng = np.random.default_rng(n_labels)
    labels = np.repeat(np.arange(n_labels), 12).astype(str)
    rows = rng.standard_normal((labels.size, 9)) + np.arange(labels.size)[:, None] / 30
    steps = selection.make_steps(SVC(**options), variance)
    steps[-1] = ("classify", CalibratedClassifierCV(steps[-1][1], cv=3, ensemble=False))
    return Pipeline(steps).fit(rows, labels)


@pytest.mark.parametrize("variance", [None, 0.8])
@pytest.mark.parametrize("n_labels", [3, 5])
@pytest.mark.parametrize("spread", [0.1, 1, 30])
def test_answers_are_those_of_the_steps(
    variance: float | None, n_labels: int, spread: float
) -> None:
    steps = fitted(variance, n_labels, C=3.0, gamma=0.2)
    decision = Decision.of(steps)
    assert decision is not None
    rows = spread * np.random.default_rng(1).standard_normal((1500, 9))
    expected = steps.predict_proba(rows)
    np.testing.assert_allclose(decision.predict_proba(rows), expected, atol=1e-12)
    one = decision.predict_proba(rows[:1])
    np.testing.assert_allclose(one, expected[:1], atol=1e-12)


def test_steps_of_another_kind_answer_themselves() -> None:
    for options in ({"kernel": "linear"}, {"decision_function_shape": "ovo"}):
        assert Decision.of(fitted(None, 3, **options)) is None
    assert Decision.of(fitted(None, 2)) is None
    model = svm.load_pretrained()
    assert Decision.of(Pipeline(model.steps.steps[:1])) is None
    assert Decision.of(Pipeline(model.steps.steps[1:])) is None


def test_the_shipped_model_answers_as_its_steps_do() -> None:
    model = svm.load_pretrained("ravdess-svm")
    scale = model.steps["scale"]
    rng = np.random.default_rng(0)
    scores = np.array([[0.3], [1.0], [4.0]]) * rng.standard_normal((3, len(scale.mean_)))
    vectors = (scale.mean_ + scores * scale.scale_).astype(np.float32)
    expected = model.steps.predict_proba(vectors)
    for each in (model, pickle.loads(pickle.dumps(model))):
        np.testing.assert_allclose(each._of_vectors(vectors), expected, atol=1e-6)


def test_steps_that_are_fitted_again_answer_anew() -> None:
    steps = fitted(None, 3, C=3.0, gamma=0.2)
    model = svm.SvmModel(steps, FeatureConfig(), {})
    rows = np.random.default_rng(2).standard_normal((30, 9)).astype(np.float32)
    before = model._of_vectors(rows)
    labels = np.repeat(np.arange(3), 10).astype(str)
    steps.fit(rows, labels)
    after = model._of_vectors(rows)
    np.testing.assert_allclose(after, steps.predict_proba(rows), atol=1e-6)
    assert np.abs(after - before).max() > 0.01
