"""Choice of features and parameters of the SVM by a cross-validation that keeps speakers apart.

The search is greedy: from the features of the original project on, one parameter after the other
takes the value with the best average recall, then penalty and kernel width of the machine do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.decomposition import PCA
    from sklearn.metrics import make_scorer
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

from quaver.config import FeatureConfig
from quaver.models.folds import speaker_folds
from quaver.models.scores import average_recall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.folds import Fold

#: Values that the search tries for each parameter of the features, in this order.
GRID: dict[str, tuple[Any, ...]] = {
    "trim_db": (None, 20.0, 25.0, 30.0, 40.0),
    "delta_width": (None, 5, 9),
    "n_mfcc": (13, 20, 26),
    "fmax": (8000.0, 6000.0, 4000.0),
    "pre_emphasis": (0.97, 0.7, 0.5),
}

#: Penalties of the search, and kernel widths as multiples of one over the number of features.
PENALTIES = (10.0, 3.0)
KERNEL_WIDTHS = (1.0, 0.5)

#: What is taken without a search; chosen while looking at scores on RAVDESS, test speakers among
#: them, so that a score on RAVDESS with it is too good.
DEFAULT_CONFIG = FeatureConfig(
    n_mfcc=26, trim_db=25.0, delta_width=9, fmax=6000.0, pre_emphasis=0.5
)

#: Share of the variance that the principal components keep.
VARIANCE = 0.98

#: How many times a search looks at a choice.
N_LOOKS = 1 + sum(len(v) - 1 for v in GRID.values()) + len(PENALTIES) * len(KERNEL_WIDTHS) - 1

#: From a configuration to the vectors of the clips, (n_clips, n_values) float32.
Vectors = Callable[[FeatureConfig], "NDArray[np.float32]"]


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
    by_speaker : bool
        Whether the folds of search and calibration kept each speaker's clips together.
    """

    steps: Pipeline
    config: FeatureConfig
    penalty: float
    kernel_width: float
    score: float | None
    by_speaker: bool

    def choice(self) -> dict[str, Any]:
        """Return what was chosen as JSON types, of the features what is not the default."""
        defaults = FeatureConfig(sample_rate=self.config.sample_rate).to_dict()
        changed = {k: v for k, v in self.config.to_dict().items() if v != defaults[k]}
        return {"C": self.penalty, "kernel_width": self.kernel_width, "config": changed}


def fit(
    vectors: Vectors,
    labels: NDArray[np.str_],
    groups: NDArray[np.str_] | None,
    *,
    config: FeatureConfig | None = None,
    search: bool = True,
    n_jobs: int | None = None,
    progress: Callable[[], object] | None = None,
) -> Fitted:
    """Choose features and parameters, and fit the choice on all rows.

    Parameters
    ----------
    vectors : callable
        From a configuration to the vectors of the clips; called again for the same configuration.
    labels : ndarray of shape (n_clips,)
    groups : ndarray of shape (n_clips,), optional
        Speakers, kept together by the folds of search and calibration; None: random folds, for
        protocols whose test speakers are known from training.
    config : FeatureConfig, optional
        Not to be searched for; by default it is, or `DEFAULT_CONFIG` is taken without a search.
    search : bool, default True
    n_jobs : int, optional
        Processes of a cross-validation, as in scikit-learn.
    progress : callable, optional
        Called without arguments after each look at a choice.

    Returns
    -------
    Fitted

    Warns
    -----
    UserWarning
        If speakers cannot be kept together because some label would then be missing in training.
    """
    folds, by_speaker = speaker_folds(labels, groups)
    chosen = config or (FeatureConfig() if search else DEFAULT_CONFIG)
    penalty, width, best = PENALTIES[0], KERNEL_WIDTHS[0], None
    if search:

        def look(candidate: FeatureConfig, c: float, w: float) -> float:
            found = _score(vectors(candidate), labels, folds, c, w, n_jobs)
            if progress is not None:
                progress()
            return found

        best = look(chosen, penalty, width)
        if config is None:
            chosen, best = _climb(look, chosen, best, penalty, width)
        for c, w in [(c, w) for c in PENALTIES for w in KERNEL_WIDTHS][1:]:
            score = look(chosen, c, w)
            if score > best:
                penalty, width, best = c, w, score
    X = vectors(chosen)
    machine = SVC(C=penalty, gamma=width / X.shape[1])
    steps = make_steps(machine)
    steps[-1] = ("classify", CalibratedClassifierCV(machine, cv=folds, ensemble=False))
    fitted = Pipeline(steps).fit(X, labels)
    fitted[-1].set_params(cv=len(folds))  # the indices themselves need not be kept
    return Fitted(fitted, chosen, penalty, width, best, by_speaker)


def _climb(
    look: Callable[[FeatureConfig, float, float], float],
    config: FeatureConfig,
    best: float,
    penalty: float,
    width: float,
) -> tuple[FeatureConfig, float]:
    for name, values in GRID.items():
        start = config
        for value in values[1:]:
            candidate = dataclasses.replace(start, **{name: value})
            score = look(candidate, penalty, width)
            if score > best:
                config, best = candidate, score
    return config, best


def _score(
    X: NDArray[np.float32],
    labels: NDArray[np.str_],
    folds: list[Fold],
    penalty: float,
    width: float,
    n_jobs: int | None,
) -> float:
    steps = Pipeline(make_steps(SVC(C=penalty, gamma=width / X.shape[1])))
    scorer = make_scorer(average_recall)
    return float(cross_val_score(steps, X, labels, cv=folds, scoring=scorer, n_jobs=n_jobs).mean())
