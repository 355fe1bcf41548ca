"""The answers of fitted steps in a few products of matrices.

scikit-learn checks and copies its input in every step, and libsvm takes one vector after the other:
for one clip that is most of the time.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Rows that are looked at together, so that the kernel of many takes no more memory than of some.
_TOGETHER = 1024


class Decision:
    """What `quaver.models.svm.train` fits, as arrays: `predict_proba` of its steps to rounding.

    Parameters
    ----------
    steps : sklearn.pipeline.Pipeline
        Of which `Decision.of` has said that they are such.
    """

    def __init__(self, steps: Any) -> None:
        scale, reduce, calibrated = (steps[name] for name in ("scale", "reduce", "classify"))
        (part,) = calibrated.calibrated_classifiers_
        self._made_of = _fitted(steps)
        svc = part.estimator
        matrix = np.eye(len(scale.mean_)) if isinstance(reduce, str) else reduce.components_.T
        centre = 0.0 if isinstance(reduce, str) else reduce.mean_ @ matrix
        self._matrix = np.ascontiguousarray(matrix / scale.scale_[:, None], np.float64)
        self._offset = -(scale.mean_ / scale.scale_) @ matrix - centre
        self._vectors = np.ascontiguousarray(svc.support_vectors_.T)
        self._norms = np.square(self._vectors).sum(axis=0)
        self._gamma = float(svc._gamma)
        self._pairs = _of_pairs(svc)
        self._intercepts = np.array(svc._intercept_)
        self._slopes = np.array([curve.a_ for curve in part.calibrators])
        self._shifts = np.array([curve.b_ for curve in part.calibrators])

    @classmethod
    def of(cls, steps: Any) -> Decision | None:
        """Return the decision of steps that are like those of training, else None."""
        names = [name for name, _ in steps.steps]
        if names != ["scale", "reduce", "classify"]:
            return None
        scale, reduce, calibrated = (step for _, step in steps.steps)
        kinds = [type(step).__name__ for step in (scale, reduce, calibrated)]
        if kinds[0] != "StandardScaler" or kinds[2] != "CalibratedClassifierCV":
            return None
        if scale.mean_ is None or scale.scale_ is None:
            return None
        if reduce != "passthrough" and (kinds[1] != "PCA" or reduce.whiten):
            return None
        parts = calibrated.calibrated_classifiers_
        svc = parts[0].estimator
        if len(parts) != 1 or type(svc).__name__ != "SVC" or svc.kernel != "rbf":
            return None
        is_known = svc.decision_function_shape == "ovr" and len(svc.classes_) > 2
        return cls(steps) if is_known else None

    def is_of(self, steps: Any) -> bool:
        """Whether the steps are still those that this was made of, and not fitted again since."""
        now = _fitted(steps)
        return all(one is other for one, other in zip(now, self._made_of, strict=True))

    def predict_proba(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability of each label, shape (n, n_classes)."""
        starts = range(0, len(vectors), _TOGETHER)
        return np.concatenate([self._answers(vectors[i : i + _TOGETHER]) for i in starts])

    def _answers(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        rows = vectors @ self._matrix + self._offset
        distances = np.square(rows).sum(axis=1)[:, None] + self._norms - 2 * (rows @ self._vectors)
        kernel = np.exp(-self._gamma * np.maximum(distances, 0))
        scores = self._one_to_rest(kernel @ self._pairs + self._intercepts)
        found = 1 / (1 + np.exp(self._slopes * scores + self._shifts))
        sums = found.sum(axis=1, keepdims=True)
        uniform = np.full_like(found, 1 / found.shape[1])
        shares = np.divide(found, sums, out=uniform, where=sums != 0)
        return np.asarray(np.minimum(shares, 1))

    def _one_to_rest(self, decisions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return votes of the pairs, ties broken by their confidence, as scikit-learn's SVC."""
        n_labels = len(self._slopes)
        votes, confidences = (np.zeros((len(decisions), n_labels)) for _ in range(2))
        for k, (i, j) in enumerate(combinations(range(n_labels), 2)):
            first = decisions[:, k] > 0
            votes[:, i] += first
            votes[:, j] += ~first
            confidences[:, i] += decisions[:, k]
            confidences[:, j] -= decisions[:, k]
        return np.asarray(votes + confidences / (3 * (np.abs(confidences) + 1)))


def _fitted(steps: Any) -> tuple[Any, ...]:
    """Return what is another object once one of the steps is fitted again."""
    scale, reduce, calibrated = (step for _, step in steps.steps)
    components = None if isinstance(reduce, str) else reduce.components_
    return scale.mean_, components, calibrated.calibrated_classifiers_


def _of_pairs(svc: Any) -> NDArray[np.float64]:
    """Return the coefficients of every support vector in the decision of every pair of labels."""
    ends = np.cumsum(svc._n_support)
    of_label = [slice(end - n, end) for end, n in zip(ends, svc._n_support, strict=True)]
    pairs = list(combinations(range(len(of_label)), 2))
    found = np.zeros((len(svc.support_vectors_), len(pairs)))
    for k, (i, j) in enumerate(pairs):
        found[of_label[i], k] = svc._dual_coef_[j - 1, of_label[i]]
        found[of_label[j], k] = svc._dual_coef_[i, of_label[j]]
    return found
