"""Choice of features and parameters of the SVM by a cross-validation that keeps speakers apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models import require

require("sklearn", extra="svm")

from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold  # noqa: E402
from sklearn.pipeline import Pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402

from quaver.config import FeatureConfig  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Table = tuple[FeatureConfig, NDArray[np.float32]]
    _Fold = tuple[NDArray[np.intp], NDArray[np.intp]]  # rows to train on, rows to test on
    _Choice = tuple[_Table, float, float, float | None]  # penalty, kernel width, score

_TRIMMED = {"n_mfcc": 26, "trim_db": 25.0, "delta_width": 9}

#: Configurations that `train` chooses from; the first is that of the original project.
CANDIDATES = (
    FeatureConfig(),
    FeatureConfig(**_TRIMMED),  # type: ignore[arg-type]  # a dictionary has one value type
    FeatureConfig(**_TRIMMED, fmax=6000.0),  # type: ignore[arg-type]
    FeatureConfig(**_TRIMMED, fmax=6000.0, pre_emphasis=0.5),  # type: ignore[arg-type]
)

#: What `train` takes without a search.
DEFAULT_CONFIG = CANDIDATES[-1]

#: Penalties of the search, and kernel widths as multiples of one over the number of features.
PENALTIES = (3.0, 10.0)
KERNEL_WIDTHS = (0.5, 1.0)

#: Share of the variance that the principal components keep.
VARIANCE = 0.98

_INNER_FOLDS = 4
_SEED = 0


def make_steps(machine: SVC, variance: float | None = VARIANCE) -> list[tuple[str, Any]]:
    """Return scaling, reduction (left out if None) and classifier, by name."""
    reduce = "passthrough" if variance is None else PCA(variance, svd_solver="full")
    return [("scale", StandardScaler()), ("reduce", reduce), ("classify", machine)]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What `fit` chose.

    Attributes
    ----------
    steps : sklearn.pipeline.Pipeline
        Fitted on all rows.
    config : FeatureConfig
    penalty, kernel_width : float
        C, and gamma as a multiple of one over the number of features.
    score : float or None
        Unweighted average recall in the cross-validation of the search.
    """

    steps: Pipeline
    config: FeatureConfig
    penalty: float
    kernel_width: float
    score: float | None


def fit(
    tables: Sequence[_Table],
    labels: NDArray[np.str_],
    groups: NDArray[np.str_] | None,
    *,
    search: bool = True,
    n_jobs: int | None = None,
) -> Fitted:
    """Choose among tables of vectors and parameters, and fit the choice on all rows.

    Parameters
    ----------
    tables : sequence of (FeatureConfig, ndarray of shape (n_clips, n_values))
        The same clips in each; without a search the first is taken.
    labels : ndarray of shape (n_clips,)
    groups : ndarray of shape (n_clips,), optional
        Speakers, kept together by the folds of search and calibration; None: random folds, for
        protocols whose test speakers are known from training.
    search : bool, default True
    n_jobs : int, optional

    Returns
    -------
    Fitted
    """
    folds = _folds(labels, groups)
    best: _Choice = (tables[0], 10.0, KERNEL_WIDTHS[-1], None)
    if search:
        best = max((_search(t, labels, folds, n_jobs) for t in tables), key=lambda b: b[3] or 0.0)
    (config, X), penalty, width, score = best
    machine = SVC(C=penalty, gamma=width / X.shape[1])
    steps = make_steps(machine)
    steps[-1] = ("classify", CalibratedClassifierCV(machine, cv=folds, ensemble=False))
    fitted = Pipeline(steps).fit(X, labels)
    fitted[-1].set_params(cv=len(folds))  # the indices themselves need not be kept
    return Fitted(fitted, config, penalty, width, score)


def _search(
    table: _Table, labels: NDArray[np.str_], folds: list[_Fold], n_jobs: int | None
) -> _Choice:
    n_values = table[1].shape[1]
    grid = {
        "classify__C": list(PENALTIES),
        "classify__gamma": [width / n_values for width in KERNEL_WIDTHS],
    }
    searcher = GridSearchCV(
        Pipeline(make_steps(SVC())),
        grid,
        cv=folds,
        scoring="recall_macro",
        refit=False,
        n_jobs=n_jobs,
    ).fit(table[1], labels)
    chosen = searcher.best_params_
    width = float(chosen["classify__gamma"] * n_values)
    return table, float(chosen["classify__C"]), round(width, 6), float(searcher.best_score_)


def _folds(labels: NDArray[np.str_], groups: NDArray[np.str_] | None) -> list[_Fold]:
    """Return folds by speaker where every training part then still has all labels."""
    rows = np.zeros((len(labels), 1))
    if groups is not None:
        n_folds = min(_INNER_FOLDS, len(np.unique(groups)))
        if n_folds >= 2:
            folds = list(GroupKFold(n_folds).split(rows, labels, groups))
            if all(len(np.unique(labels[part])) == len(np.unique(labels)) for part, _ in folds):
                return folds
    n_folds = min(_INNER_FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=_SEED)
    return list(splitter.split(rows, labels))
