"""The estimators that a ``.skops`` file may hold, and what their numbers must be; private.

scikit-learn hands fitted arrays to C code that believes them: their shapes, signs and sums are
checked here before it runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KERNELS = ("linear", "poly", "rbf", "sigmoid")
_MOST_STEPS = 20
_MOST_LABELS = 1000
_HIGHEST_DEGREE = 100


def check_steps(steps: Any) -> int:
    """Return how many values a fitted classifier takes, or raise ValueError.

    Parameters
    ----------
    steps : estimator
        Of `CLASSES`; a pipeline, or a classifier alone.
    """
    n_values = _count(steps if not _is(steps, "Pipeline") else _parts(steps)[0], "n_features_in_")
    _check_classifier(steps, n_values)
    return n_values


def _is(estimator: Any, name: str) -> bool:
    return type(estimator).__name__ == name


def _check_classifier(estimator: Any, n_values: int) -> list[Any]:
    """Return the labels of a fitted classifier of so many values."""
    if _is(estimator, "Pipeline"):
        *before, last = _parts(estimator)
        for step in before:
            n_values = _check_transformer(step, n_values)
        return _check_classifier(last, n_values)
    kind = type(estimator).__name__
    if kind not in _CLASSIFIERS:
        raise ValueError(f"a step that classifies is expected, got {kind}")
    return _CLASSIFIERS[kind](estimator, n_values)


def _parts(pipeline: Any) -> list[Any]:
    given = getattr(pipeline, "steps", None)
    pairs = given if isinstance(given, list) else []
    fit = all(isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str) for p in pairs)
    if not fit or not 1 <= len({name for name, _ in pairs}) == len(pairs) <= _MOST_STEPS:
        raise ValueError("a pipeline must have steps of distinct names")
    for name in ("memory", "transform_input"):
        if getattr(pipeline, name, None) is not None:
            raise ValueError(f"{name} of a pipeline must be None")
    if not isinstance(getattr(pipeline, "verbose", None), bool):
        raise ValueError("verbose of a pipeline must be a bool")
    parts = [step for _, step in pairs if not (isinstance(step, str) and step == "passthrough")]
    if not parts or parts[-1] is not pairs[-1][1] or any(isinstance(step, str) for step in parts):
        raise ValueError("steps of a pipeline must be estimators")
    return parts


def _check_transformer(estimator: Any, n_values: int) -> int:
    """Return how many values a fitted transformer makes of so many."""
    kind = type(estimator).__name__
    if kind not in _TRANSFORMERS:
        raise ValueError(f"a step that transforms is expected, got {kind}")
    if _count(estimator, "n_features_in_") != n_values:
        raise ValueError(f"{kind} takes {estimator.n_features_in_} values of {n_values}")
    if kind == "PCA":
        return _check_pca(estimator, n_values)
    for name in _TRANSFORMERS[kind]:
        if getattr(estimator, name, None) is not None or name in ("min_", "max_abs_"):
            _numbers(estimator, name, (n_values,))
    scale = getattr(estimator, "scale_", None)
    if scale is not None and not np.all(scale):
        raise ValueError(f"scale_ of {kind} must not be 0")
    return n_values


def _check_pca(pca: Any, n_values: int) -> int:
    components = _numbers(pca, "components_", (None, n_values))
    if not 1 <= len(components) <= n_values:
        raise ValueError(f"components_ of PCA must not be {len(components)} of {n_values} values")
    _numbers(pca, "mean_", (n_values,))
    variance = _numbers(pca, "explained_variance_", (len(components),))
    if (variance < 0).any() or not isinstance(getattr(pca, "whiten", None), bool):
        raise ValueError("PCA must have variances that are not negative, and whiten or not")
    return len(components)


def _check_svc(svc: Any, n_values: int) -> list[Any]:
    labels = _labels(svc, "classes_")
    _check_width(svc, n_values)
    pairs = len(labels) * (len(labels) - 1) // 2
    vectors = _numbers(svc, "support_vectors_", (None, n_values), np.float64)
    n_vectors = len(vectors)
    counts = _numbers(svc, "_n_support", (len(labels),), np.int32)
    # Each alone: negative ones could make up for others in the sum.
    if not n_vectors or (counts < 0).any() or counts.sum(dtype=np.int64) != n_vectors:
        raise ValueError(
            f"_n_support of SVC must sum to {n_vectors} vectors, got {counts.tolist()}"
        )
    _numbers(svc, "support_", (n_vectors,), np.int32)
    for name in ("dual_coef_", "_dual_coef_"):
        _numbers(svc, name, (len(labels) - 1, n_vectors), np.float64)
    for name in ("intercept_", "_intercept_"):
        _numbers(svc, name, (pairs,), np.float64)
    curves = [_numbers(svc, name, (None,), np.float64) for name in ("_probA", "_probB")]
    if {len(curve) for curve in curves} not in ({0}, {pairs}):
        raise ValueError(f"_probA and _probB of SVC must be {pairs} numbers each, or none")
    _check_kernel(svc)
    return labels


def _check_kernel(svc: Any) -> None:
    if getattr(svc, "kernel", None) not in _KERNELS or getattr(svc, "_sparse", None) is not False:
        raise ValueError(f"SVC must be dense, its kernel one of {', '.join(_KERNELS)}")
    if getattr(svc, "decision_function_shape", None) not in ("ovr", "ovo"):
        raise ValueError("decision_function_shape of SVC must be ovr or ovo")
    for name, highest in (("_gamma", 1e9), ("coef0", 1e9), ("cache_size", 1e6)):
        if not abs(_real(svc, name)) <= highest:
            raise ValueError(f"{name} of SVC must be at most {highest:g}, got {_real(svc, name)}")
    if not 0 <= _count(svc, "degree", lowest=0) <= _HIGHEST_DEGREE:
        raise ValueError(f"degree of SVC must be at most {_HIGHEST_DEGREE}, got {svc.degree}")


def _check_regression(regression: Any, n_values: int) -> list[Any]:
    labels = _labels(regression, "classes_")
    _check_width(regression, n_values)
    n_rows = 1 if len(labels) == 2 else len(labels)
    _numbers(regression, "coef_", (n_rows, n_values))
    _numbers(regression, "intercept_", (n_rows,))
    return labels


def _check_calibrated(calibrated: Any, n_values: int) -> list[Any]:
    labels = _labels(calibrated, "classes_")
    parts = getattr(calibrated, "calibrated_classifiers_", None)
    if not isinstance(parts, list) or not 1 <= len(parts) <= _MOST_STEPS:
        raise ValueError("calibrated_classifiers_ must be a few")
    for part in parts:
        if not _is(part, "_CalibratedClassifier"):
            raise ValueError(f"calibrated_classifiers_ must be such, got {type(part).__name__}")
        if _labels(part, "classes") != labels or getattr(part, "method", None) != "sigmoid":
            raise ValueError("a calibrated classifier of other labels or another method")
        if _check_classifier(getattr(part, "estimator", None), n_values) != labels:
            raise ValueError("a calibrated classifier whose estimator has other labels")
        curves = getattr(part, "calibrators", None)
        expected = 1 if len(labels) == 2 else len(labels)
        if not isinstance(curves, list) or len(curves) != expected:
            raise ValueError(f"calibrators must be {expected}")
        for curve in curves:
            if not _is(curve, "_SigmoidCalibration"):
                raise ValueError(f"calibrators must be sigmoid, got {type(curve).__name__}")
            _real(curve, "a_"), _real(curve, "b_")
    return labels


def _check_landmarks(machine: Any, n_values: int) -> list[Any]:
    labels = _labels(machine, "classes_")
    _check_width(machine, n_values)
    landmarks = _numbers(machine, "landmarks_", (None, n_values), np.float32)
    n_labels = len(labels)
    if not len(landmarks):
        raise ValueError("landmarks_ must not be empty")
    _numbers(machine, "matrix_", (len(landmarks), n_labels), np.float32)
    _numbers(machine, "bias_", (n_labels,), np.float32)
    _numbers(machine, "speech_matrix_", (n_values, 1), np.float32)
    _numbers(machine, "speech_bias_", (1,), np.float32)
    priors = _numbers(machine, "priors_", (n_labels,), np.float32)
    if (priors <= 0).any() or abs(float(priors.sum()) - 1) > 1e-3:
        raise ValueError(f"priors_ must be positive and sum to 1, got {priors.tolist()!r:.200}")
    for name in ("gamma_", "highest_"):
        if not _real(machine, name) > 0:
            raise ValueError(f"{name} must be positive, got {_real(machine, name)}")
    return labels


_TRANSFORMERS: dict[str, tuple[str, ...]] = {
    "StandardScaler": ("mean_", "scale_"),
    "MinMaxScaler": ("min_", "scale_"),
    "MaxAbsScaler": ("max_abs_", "scale_"),
    "RobustScaler": ("center_", "scale_"),
    "PCA": (),
}
_CLASSIFIERS: dict[str, Callable[[Any, int], list[Any]]] = {
    "SVC": _check_svc,
    "LogisticRegression": _check_regression,
    "CalibratedClassifierCV": _check_calibrated,
    "LandmarkClassifier": _check_landmarks,
}
#: Where they are. Each holds numbers only; whatever is not here is not made.
CLASSES = {
    "sklearn.pipeline.Pipeline",
    "sklearn.decomposition._pca.PCA",
    "sklearn.svm._classes.SVC",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "quaver.models.svm.landmarks.LandmarkClassifier",
} | {f"sklearn.preprocessing._data.{name}" for name in _TRANSFORMERS if name != "PCA"}


def _check_width(estimator: Any, n_values: int) -> None:
    if _count(estimator, "n_features_in_") != n_values:
        kind = type(estimator).__name__
        raise ValueError(f"{kind} takes {estimator.n_features_in_} values of {n_values}")


def _labels(estimator: Any, name: str) -> list[Any]:
    found = getattr(estimator, name, None)
    labels = found.tolist() if isinstance(found, np.ndarray) and found.ndim == 1 else []
    if not 2 <= len(set(labels)) == len(labels) <= _MOST_LABELS:
        kind = type(estimator).__name__
        raise ValueError(f"{name} of {kind} must be distinct labels, got {labels!r:.200}")
    return labels


def _numbers(
    estimator: Any, name: str, shape: tuple[int | None, ...], dtype: Any = None
) -> NDArray[Any]:
    """Return a fitted array, which must be of a shape and finite; None is any length."""
    found = getattr(estimator, name, None)
    kind = type(estimator).__name__
    if not isinstance(found, np.ndarray) or found.ndim != len(shape):
        raise ValueError(f"{name} of {kind} must be an array of shape {shape}")
    if any(n is not None and n != m for n, m in zip(shape, found.shape, strict=True)):
        raise ValueError(f"{name} of {kind} must have the shape {shape}, got {found.shape}")
    if found.dtype.kind not in "fi" or (dtype is not None and found.dtype != dtype):
        raise ValueError(f"{name} of {kind} must be numbers, got {found.dtype}")
    if not np.isfinite(found).all():
        raise ValueError(f"{name} of {kind} must be finite")
    return found


def _count(estimator: Any, name: str, lowest: int = 1) -> int:
    found = getattr(estimator, name, None)
    if isinstance(found, bool) or not isinstance(found, (int, np.integer)) or found < lowest:
        kind = type(estimator).__name__
        raise ValueError(f"{name} of {kind} must be a whole number, got {found!r:.200}")
    return int(found)


def _real(estimator: Any, name: str) -> float:
    found = getattr(estimator, name, None)
    if isinstance(found, (int, float, np.floating, np.integer)) and math.isfinite(found):
        return float(found)
    kind = type(estimator).__name__
    raise ValueError(f"{name} of {kind} must be a finite number, got {found!r:.200}")
